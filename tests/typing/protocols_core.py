"""Protocols: launchbind's own classes and fakes satisfy them, and near misses do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from launchbind import (
    App,
    AppSpec,
    DescribesExitCode,
    Description,
    DryRunInfo,
    DryRunScheduler,
    Executor,
    JobState,
    Role,
    RoleSpec,
    Scheduler,
    SchedulerFactory,
    SupportsAssign,
    SupportsCleanup,
    SupportsList,
    SupportsLogs,
    SupportsVolatile,
)
from launchbind.protocols import Listed, StateLike
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo, FakeJob, FakeRole, FakeScheduler


def executor(_: Executor) -> None: ...
def role(_: Role) -> None: ...
def app(_: App) -> None: ...
def state(_: StateLike) -> None: ...
def description(_: Description) -> None: ...
def listed(_: Listed) -> None: ...
def dry_run_scheduler(_: DryRunScheduler[FakeApp, FakeExecutor, FakeInfo]) -> None: ...
def scheduler(_: Scheduler[FakeApp, FakeExecutor, FakeInfo]) -> None: ...
def factory(_: SchedulerFactory[Scheduler[FakeApp, FakeExecutor, FakeInfo]]) -> None: ...
def logs(_: SupportsLogs) -> None: ...
def lists(_: SupportsList) -> None: ...
def exit_code(_: DescribesExitCode) -> None: ...
def volatile(_: SupportsVolatile[FakeInfo]) -> None: ...
def assign(_: SupportsAssign) -> None: ...
def cleanup(_: SupportsCleanup) -> None: ...


# -- what satisfies them --------------------------------------------------------------------------


def fakes(fake: FakeScheduler, job: FakeJob, fake_app: FakeApp, fake_role: FakeRole) -> None:
    executor(FakeExecutor())
    role(fake_role)
    app(fake_app)
    state(JobState.RUNNING)
    description(job)
    listed(job)
    exit_code(job)
    dry_run_scheduler(fake)
    scheduler(fake)
    factory(FakeScheduler)
    factory(lambda session: FakeScheduler(session, backend="other"))
    logs(fake)
    lists(fake)


@dataclass(frozen=True)
class FrozenExecutor:
    """An executor whose variables cannot be written, nor replaced."""

    env_vars: Mapping[str, str]
    retries: int = 0

    def nnodes(self) -> int:
        raise NotImplementedError

    def nproc_per_node(self) -> int:
        raise NotImplementedError


class Complete:
    """An executor and a scheduler with every capability."""

    def volatile(self, dryrun_info: FakeInfo) -> Mapping[str, str]:
        raise NotImplementedError

    def assign(self, exp_id: str, exp_dir: str, task_id: str, task_dir: str) -> None: ...
    def cleanup(self, handle: str) -> None: ...


def capabilities(complete: Complete) -> None:
    executor(FrozenExecutor({}))
    volatile(complete)
    assign(complete)
    cleanup(complete)


def other_infos(spec: AppSpec[DryRunInfo[int]], one: RoleSpec[DryRunInfo[str]]) -> None:
    """Which dry-run info a role takes does not decide whether it is a role."""
    app(spec)
    role(one)


# -- what does not --------------------------------------------------------------------------------


class NoRetries:
    env_vars: dict[str, str]

    def nnodes(self) -> int:
        raise NotImplementedError

    def nproc_per_node(self) -> int:
        raise NotImplementedError


class NodesAsText:
    env_vars: dict[str, str]
    retries: int

    def nnodes(self) -> str:
        raise NotImplementedError

    def nproc_per_node(self) -> int:
        raise NotImplementedError


class OneArgument:
    """A role whose pre_proc lacks the scheduler."""

    name: str
    entrypoint: str
    args: Sequence[str]
    env: Mapping[str, str]
    num_replicas: int

    def pre_proc(self, dryrun_info: FakeInfo) -> FakeInfo:
        raise NotImplementedError


class ForgetsTheInfo:
    """A role whose pre_proc returns nothing."""

    name: str
    entrypoint: str
    args: Sequence[str]
    env: Mapping[str, str]
    num_replicas: int

    def pre_proc(self, scheduler: str, dryrun_info: FakeInfo) -> None: ...


class NotARole:
    name: str


class WrongRoles:
    name: str
    roles: list[NotARole]


class PlainState:
    """A description whose state is text, not something that has a name."""

    state: str
    msg: str
    ui_url: str | None
    roles: list[FakeRole]


class NoCancel:
    backend: str

    def submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
        raise NotImplementedError

    def schedule(self, dryrun_info: FakeInfo) -> str:
        raise NotImplementedError

    def describe(self, app_id: str) -> FakeJob | None:
        raise NotImplementedError

    def close(self) -> None: ...


class OtherRequest:
    """Dry-runs one kind of request and submits another."""

    backend: str

    def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> DryRunInfo[int]:
        raise NotImplementedError

    def submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> DryRunInfo[int]:
        raise NotImplementedError

    def schedule(self, dryrun_info: FakeInfo) -> str:
        raise NotImplementedError

    def describe(self, app_id: str) -> FakeJob | None:
        raise NotImplementedError

    def cancel(self, app_id: str) -> None: ...
    def close(self) -> None: ...


class NumberedRoles:
    """mypy passes over parameter names here, so only their types can differ; ``explain`` reads the names."""

    def log_iter(
        self,
        app_id: str,
        role_name: int,
        k: int = 0,
        should_tail: bool = False,
    ) -> Iterator[str]:
        raise NotImplementedError


class NeedsMore:
    """A factory that a session name is not enough for."""

    def __call__(self, session_name: str, region: str) -> FakeScheduler:
        raise NotImplementedError


def near_misses(of_int: SupportsVolatile[int], running: JobState) -> None:
    executor(NoRetries())  # type: ignore[arg-type]
    executor(NodesAsText())  # type: ignore[arg-type]
    executor(FakeExecutor)  # type: ignore[arg-type]
    role(OneArgument())  # type: ignore[arg-type]
    role(ForgetsTheInfo())  # type: ignore[arg-type]
    app(WrongRoles())  # type: ignore[arg-type]
    app(AppSpec)  # type: ignore[arg-type]
    state("RUNNING")  # type: ignore[arg-type]
    description(PlainState())  # type: ignore[arg-type]
    listed(running)  # type: ignore[arg-type]
    scheduler(NoCancel())  # type: ignore[arg-type]
    dry_run_scheduler(NoCancel())  # type: ignore[arg-type]
    scheduler(OtherRequest())  # type: ignore[arg-type]
    dry_run_scheduler(OtherRequest())  # type: ignore[arg-type]
    factory(FakeScheduler())  # type: ignore[arg-type]
    factory(NeedsMore())  # type: ignore[arg-type]
    logs(NumberedRoles())  # type: ignore[arg-type]
    lists([])  # type: ignore[arg-type]
    exit_code(PlainState())  # type: ignore[arg-type]
    volatile(of_int)  # type: ignore[arg-type]
    assign(FakeExecutor())  # type: ignore[arg-type]
    cleanup(FakeExecutor())  # type: ignore[arg-type]
