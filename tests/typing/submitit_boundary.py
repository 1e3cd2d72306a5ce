"""submitit: its executors and schedulers satisfy the Protocols, and the adapter loses no type.

submitit ships its types, so nothing is followed here that could go soft; the ignored errors would be
reported as unused if its classes were Any.
"""

from __future__ import annotations

import submitit
from typing_extensions import assert_type

from launchbind import (
    App,
    AppSpec,
    DryRunInfo,
    DryRunScheduler,
    Executor,
    Handle,
    Launcher,
    Plan,
    Registry,
    RoleSpec,
    Scheduler,
    SchedulerFactory,
    SupportsDescribeMany,
    SupportsList,
    SupportsLogs,
    SupportsVolatile,
    submit_dryrun,
)
from launchbind.protocols import DescribesExitCode
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo
from launchbind_adapters.submitit import (
    EXECUTORS,
    DebugExecutor,
    LocalExecutor,
    SlurmExecutor,
    SubmititExecutor,
    SubmititInfo,
    SubmititRequest,
    jobs,
    launcher,
)
from launchbind_adapters.submitit.debug import DebugScheduler
from launchbind_adapters.submitit.local import LocalScheduler
from launchbind_adapters.submitit.slurm import SlurmScheduler


def executor(_: Executor) -> None: ...
def made_by(_: DryRunScheduler[App, SubmititExecutor, DryRunInfo[SubmititRequest]]) -> None: ...
def submitted_by(_: Scheduler[App, SubmititExecutor, DryRunInfo[SubmititRequest]]) -> None: ...
def factory(_: SchedulerFactory[Scheduler[App, SubmititExecutor, SubmititInfo]]) -> None: ...
def logs(_: SupportsLogs) -> None: ...
def lists(_: SupportsList) -> None: ...
def many(_: SupportsDescribeMany) -> None: ...
def codes(_: DescribesExitCode) -> None: ...
def volatile(_: SupportsVolatile[SubmititInfo]) -> None: ...


# -- canary: submitit's own types ------------------------------------------------------------------


def submitits_own(job: submitit.Job[int], local: submitit.LocalJob[int]) -> None:
    assert_type(job.job_id, str)
    assert_type(job.result(), int)
    assert_type(local.results(), list[int])
    assert_type(job.done(), bool)
    job.no_such_attribute  # type: ignore[attr-defined]
    submitit.LocalExecutor()  # type: ignore[call-arg]


# -- the Protocols ---------------------------------------------------------------------------------


def executors(
    base: SubmititExecutor, local: LocalExecutor, debug: DebugExecutor, slurm: SlurmExecutor
) -> None:
    executor(base)
    executor(local)
    executor(debug)
    executor(slurm)

    executor(LocalExecutor)  # type: ignore[arg-type]
    logs(slurm)  # type: ignore[arg-type]
    LocalExecutor("logs")  # type: ignore[call-arg]
    LocalExecutor(mem_gb=1)  # type: ignore[call-arg]
    SlurmExecutor(nodes="2")  # type: ignore[arg-type]


def schedulers(local: LocalScheduler, debug: DebugScheduler, slurm: SlurmScheduler) -> None:
    for scheduler in (local, debug, slurm):
        made_by(scheduler)
        submitted_by(scheduler)
        logs(scheduler)
        lists(scheduler)
        many(scheduler)
        codes(scheduler.list()[0])
        volatile(scheduler)
    factory(LocalScheduler)
    factory(DebugScheduler)
    factory(SlurmScheduler)

    made_by(LocalScheduler)  # type: ignore[arg-type]
    factory(local)  # type: ignore[arg-type]


def dry_run(slurm: SlurmScheduler, app: AppSpec[SubmititInfo], fake: FakeApp, base: SubmititExecutor) -> None:
    assert_type(slurm.submit_dryrun(app, base), DryRunInfo[SubmititRequest])
    assert_type(submit_dryrun(slurm, app, base), DryRunInfo[SubmititRequest])
    slurm.submit_dryrun(fake, base)  # any app will do
    slurm.submit_dryrun("job", base)  # type: ignore[arg-type]
    slurm.submit_dryrun(app, FakeExecutor())  # type: ignore[arg-type]
    slurm.schedule("job")  # type: ignore[arg-type]


# -- the adapter -----------------------------------------------------------------------------------


class TeamExecutor(SlurmExecutor):
    """An executor of one's own."""


def registry() -> None:
    assert_type(EXECUTORS, Registry[SubmititExecutor])
    assert_type(EXECUTORS["submitit_local"], type[SubmititExecutor])
    EXECUTORS.register("team", TeamExecutor)
    EXECUTORS.register("team", SlurmScheduler)  # type: ignore[arg-type]


def life_of_a_job(app: AppSpec[SubmititInfo], fake: FakeApp, fake_plan: Plan[FakeInfo]) -> None:
    made = launcher("session")
    assert_type(made, Launcher[App, SubmititExecutor, DryRunInfo[SubmititRequest]])
    plan = made.plan(app, TeamExecutor())
    assert_type(plan, Plan[DryRunInfo[SubmititRequest]])
    assert_type(plan.info.request.app_id, str)
    assert_type(made.submit(plan), Handle)
    made.run(fake, LocalExecutor())

    made.plan(app, FakeExecutor())  # type: ignore[arg-type]
    made.plan(app, LocalExecutor)  # type: ignore[arg-type]
    made.plan("job", LocalExecutor())  # type: ignore[arg-type]
    made.submit(plan.info)  # type: ignore[arg-type]
    made.submit(fake_plan)  # type: ignore[arg-type]


def results(handle: Handle) -> None:
    assert_type(jobs(handle), dict[str, list[submitit.Job[int]]])
    assert_type(jobs(handle)["main"][0].result(), int)
    jobs(1)  # type: ignore[arg-type]


def adjusting(info: SubmititInfo) -> None:
    """What a role changes is checked too."""

    def adjust(backend: str, info: SubmititInfo) -> SubmititInfo:
        assert_type(info.request.roles[0].command, list[str])
        assert_type(info.request.roles[0].script, str)
        return info

    RoleSpec("main", "true", adjust=adjust)
