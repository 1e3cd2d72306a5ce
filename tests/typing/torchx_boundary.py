"""torchx: its own classes satisfy the Protocols, in both generations, and keep their types.

No scheduler's options are named here: 0.7.0 has typed dicts, torchx-nightly has dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from torchx.schedulers import SchedulerFactory
from torchx.schedulers.api import DescribeAppResponse, ListAppResponse
from torchx.schedulers.api import Scheduler as TorchxScheduler
from torchx.schedulers.docker_scheduler import DockerJob, DockerScheduler
from torchx.schedulers.kubernetes_scheduler import KubernetesJob, KubernetesScheduler
from torchx.schedulers.local_scheduler import LocalScheduler, PopenRequest
from torchx.schedulers.slurm_scheduler import SlurmBatchRequest, SlurmScheduler
from torchx.specs import AppDef, AppDryRunInfo, AppState, CfgVal
from torchx.specs import Role as TorchxRole
from typing_extensions import assert_type

from launchbind import (
    App,
    AppSpec,
    Description,
    DryRunInfo,
    DryRunScheduler,
    Handle,
    Launcher,
    Plan,
    Role,
    Scheduler,
    SupportsDescribeMany,
    SupportsList,
    SupportsLogs,
    SupportsVolatile,
    submit_dryrun,
)
from launchbind.protocols import DescribesExitCode, Listed, StateLike
from launchbind_adapters.torchx import (
    SchedulerMixin,
    TorchxConfig,
    TorchxInfo,
    attach_app,
    launcher,
    schedulers,
)
from launchbind_adapters.torchx.wrapper import WrappedScheduler

CfgT = TypeVar("CfgT")
InfoT = TypeVar("InfoT")


def app(_: App) -> None: ...
def role(_: Role) -> None: ...
def state(_: StateLike) -> None: ...
def description(_: Description) -> None: ...
def listed(_: Listed) -> None: ...
def logs(_: SupportsLogs) -> None: ...
def lists(_: SupportsList) -> None: ...
def exit_code(_: DescribesExitCode) -> None: ...
def volatile(_: SupportsVolatile[TorchxInfo]) -> None: ...
def describes_many(_: SupportsDescribeMany) -> None: ...


class Info(Generic[CfgT, InfoT]):
    """The dry-run info of a scheduler, by its type.

    Two steps, since torchx declares ``submit_dryrun`` as ``AppDryRunInfo[Any]``: in one step, the info type
    could be inferred as Any. The type that ``made_by`` infers is the one that ``submitted_by`` checks.
    """

    info: InfoT

    def __init__(self, made_by: DryRunScheduler[AppDef, CfgT, InfoT]) -> None: ...
    def submitted_by(self, scheduler: Scheduler[AppDef, CfgT, InfoT]) -> None: ...


# -- torchx's classes satisfy the Protocols --------------------------------------------------------


def specs(
    torchx_app: AppDef,
    torchx_role: TorchxRole,
    torchx_state: AppState,
    answer: DescribeAppResponse,
    job: ListAppResponse,
) -> None:
    app(torchx_app)
    role(torchx_role)
    state(torchx_state)
    description(answer)
    listed(job)

    # A role is not tried as an app: torchx-nightly's has every attribute through __getattribute__.
    role(torchx_app)  # type: ignore[arg-type]
    description(job)  # type: ignore[arg-type]
    exit_code(answer)  # type: ignore[arg-type]
    state(answer)  # type: ignore[arg-type]
    listed(torchx_state)  # type: ignore[arg-type]


def builtin_schedulers(
    local: LocalScheduler, docker: DockerScheduler, slurm: SlurmScheduler, kubernetes: KubernetesScheduler
) -> None:
    assert_type(Info(local).info.request, PopenRequest)
    assert_type(Info(docker).info.request, DockerJob)
    assert_type(Info(slurm).info.request, SlurmBatchRequest)
    assert_type(Info(kubernetes).info.request, KubernetesJob)

    Info(local).submitted_by(local)
    Info(docker).submitted_by(docker)
    Info(slurm).submitted_by(slurm)
    Info(kubernetes).submitted_by(kubernetes)

    Info(local).submitted_by(docker)  # type: ignore[arg-type]
    Info(slurm).submitted_by(kubernetes)  # type: ignore[arg-type]


def any_scheduler(each: TorchxScheduler[Any], torchx_app: AppDef) -> None:
    """What the base class satisfies, every plugin satisfies."""
    Info(each).submitted_by(each)
    logs(each)
    lists(each)
    describes_many(each)  # type: ignore[arg-type]

    submit_dryrun(each, torchx_app, object())
    submit_dryrun(each, "job", object())  # type: ignore[misc]


def wrapped_scheduler(each: WrappedScheduler[TorchxConfig], torchx_app: AppDef, config: TorchxConfig) -> None:
    """The wrapper is what core works with, and keeps the types of app, config and info."""
    core_scheduler: Scheduler[AppDef, TorchxConfig, TorchxInfo] = each
    logs(each)
    lists(each)
    volatile(each)
    assert_type(core_scheduler.submit_dryrun(torchx_app, config), AppDryRunInfo[Any])

    each.submit_dryrun("job", config)  # type: ignore[arg-type]
    each.submit_dryrun(torchx_app, "config")  # type: ignore[arg-type]
    each.schedule("job")  # type: ignore[arg-type]


# -- a custom scheduler ----------------------------------------------------------------------------


class Command(str):
    """The request of the scheduler below."""


class Options:
    """Its configuration; any class works."""


class Mine(SchedulerMixin[Command], TorchxScheduler[Any]):
    """Written so that it type-checks with both generations of torchx."""

    def _submit_dryrun(self, app: AppDef, cfg: Options) -> AppDryRunInfo[Command]:
        raise NotImplementedError

    def schedule(self, dryrun_info: AppDryRunInfo[Command]) -> str:
        raise NotImplementedError

    def describe(self, app_id: str) -> DescribeAppResponse | None:
        raise NotImplementedError

    def list(self, cfg: Any = None) -> list[ListAppResponse]:
        raise NotImplementedError

    def _cancel_existing(self, app_id: str) -> None:
        raise NotImplementedError


def own_scheduler(mine: Mine, torchx_app: AppDef, options: Options) -> None:
    assert_type(mine.submit_dryrun(torchx_app, options), AppDryRunInfo[Command])
    assert_type(Info(mine).info, AppDryRunInfo[Command])
    Info(mine).submitted_by(mine)
    assert_type(submit_dryrun(mine, torchx_app, options, attach=attach_app), AppDryRunInfo[Command])

    mine.submit_dryrun("job", options)  # type: ignore[arg-type]
    mine.submit_dryrun(torchx_app, "options")  # type: ignore[arg-type]
    mine.submit_dryrun(torchx_app)  # type: ignore[call-arg]


class Unfinished(SchedulerMixin[Command]):
    """Lacks _submit_dryrun."""

    backend = "unfinished"


def wrong_scheduler(unfinished: Unfinished, torchx_app: AppDef, options: Options) -> None:
    unfinished.submit_dryrun(torchx_app, options)  # type: ignore[misc,arg-type]


# -- the adapter's own functions -------------------------------------------------------------------


def adapter(info: AppDryRunInfo[Command], torchx_app: AppDef) -> None:
    attach_app(info, torchx_app)
    attach_app(info, "job")  # type: ignore[arg-type]
    attach_app(torchx_app, torchx_app)  # type: ignore[arg-type]

    assert_type(schedulers(), dict[str, SchedulerFactory])
    assert_type(schedulers()["local_cwd"]("session"), TorchxScheduler[Any])
    schedulers()["local_cwd"](1)  # type: ignore[arg-type]


def life_of_a_job(
    torchx_app: AppDef, config: Mapping[str, CfgVal], other_app: AppSpec[DryRunInfo[int]]
) -> None:
    jobs = launcher("session")
    assert_type(jobs, Launcher[AppDef, Mapping[str, CfgVal]])
    plan = jobs.plan(torchx_app, config, backend="local_cwd")
    assert_type(plan, Plan[AppDef, object])
    assert_type(plan.request_as(PopenRequest), PopenRequest)
    assert_type(jobs.submit(plan), Handle)

    launcher(1)  # type: ignore[arg-type]
    jobs.plan(other_app, config)  # type: ignore[call-overload]
    jobs.plan(torchx_app, "local_cwd")  # type: ignore[call-overload]
    plan.info.request  # type: ignore[attr-defined]
    jobs.plan(torchx_app, {"log_dir": object()})  # type: ignore[dict-item]
    jobs.submit(plan.info)  # type: ignore[arg-type]
