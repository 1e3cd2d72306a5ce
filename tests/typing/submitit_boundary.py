"""submitit: its executors and schedulers satisfy the Protocols, and the adapter loses no type.

submitit ships its types, so nothing is followed here that could go soft; the ignored errors would be
reported as unused if its classes were Any.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import submitit
from typing_extensions import assert_type

from launchbind import (
    App,
    AppSpec,
    Backend,
    Bindings,
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
    BINDINGS,
    DEBUG,
    EXECUTORS,
    LOCAL,
    SLURM,
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

ExecutorT = TypeVar("ExecutorT")
KeyT = TypeVar("KeyT")


def executor(_: Executor) -> None: ...
def logs(_: SupportsLogs) -> None: ...
def lists(_: SupportsList) -> None: ...
def many(_: SupportsDescribeMany) -> None: ...
def codes(_: DescribesExitCode) -> None: ...
def volatile(_: SupportsVolatile[SubmititInfo]) -> None: ...


class Takes(Generic[ExecutorT]):
    """Takes the schedulers of one class of executors."""

    def made_by(self, _: DryRunScheduler[App, ExecutorT, DryRunInfo[SubmititRequest]]) -> None: ...
    def submitted_by(self, _: Scheduler[App, ExecutorT, DryRunInfo[SubmititRequest]]) -> None: ...
    def factory(self, _: SchedulerFactory[Scheduler[App, ExecutorT, SubmititInfo]]) -> None: ...


class Declared(Generic[KeyT]):
    """What a lazy key declares, to be compared with the key that ``bind`` returns for the real classes."""

    def __init__(self, key: KeyT) -> None: ...
    def matches(self, real: KeyT) -> None: ...


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
    Takes[LocalExecutor]().made_by(local)
    Takes[DebugExecutor]().made_by(debug)
    Takes[SlurmExecutor]().made_by(slurm)
    Takes[LocalExecutor]().submitted_by(local)
    Takes[DebugExecutor]().submitted_by(debug)
    Takes[SlurmExecutor]().submitted_by(slurm)
    for scheduler in (local, debug, slurm):
        logs(scheduler)
        lists(scheduler)
        many(scheduler)
        codes(scheduler.list()[0])
        volatile(scheduler)
    Takes[LocalExecutor]().factory(LocalScheduler)
    Takes[DebugExecutor]().factory(DebugScheduler)
    Takes[SlurmExecutor]().factory(SlurmScheduler)

    Takes[LocalExecutor]().made_by(LocalScheduler)  # type: ignore[arg-type]
    Takes[LocalExecutor]().factory(local)  # type: ignore[arg-type]
    Takes[SlurmExecutor]().made_by(local)  # type: ignore[arg-type]
    Takes[SlurmExecutor]().submitted_by(local)  # type: ignore[arg-type]
    Takes[SubmititExecutor]().made_by(slurm)  # type: ignore[arg-type]
    Takes[DebugExecutor]().factory(SlurmScheduler)  # type: ignore[arg-type]


def dry_run(slurm: SlurmScheduler, app: AppSpec[SubmititInfo], fake: FakeApp, team: TeamExecutor) -> None:
    assert_type(slurm.submit_dryrun(app, team), DryRunInfo[SubmititRequest])
    assert_type(submit_dryrun(slurm, app, team), DryRunInfo[SubmititRequest])
    slurm.submit_dryrun(fake, team)  # any app will do
    slurm.submit_dryrun("job", team)  # type: ignore[arg-type]
    slurm.submit_dryrun(app, FakeExecutor())  # type: ignore[arg-type]
    slurm.submit_dryrun(app, LocalExecutor())  # type: ignore[arg-type]
    slurm.schedule("job")  # type: ignore[arg-type]


# -- the adapter -----------------------------------------------------------------------------------


class TeamExecutor(SlurmExecutor):
    """An executor of one's own."""


def registry() -> None:
    assert_type(EXECUTORS, Registry[SubmititExecutor])
    assert_type(EXECUTORS["submitit_local"], type[SubmititExecutor])
    EXECUTORS.register("team", TeamExecutor)
    EXECUTORS.register("team", SlurmScheduler)  # type: ignore[arg-type]


def keys() -> None:
    """The keys are lazy: what they declare is held against the real classes."""
    assert_type(BINDINGS, Bindings[App, SubmititExecutor])
    assert_type(LOCAL, Backend[App, LocalExecutor, SubmititInfo])
    assert_type(DEBUG, Backend[App, DebugExecutor, SubmititInfo])
    assert_type(SLURM, Backend[App, SlurmExecutor, SubmititInfo])

    real: Bindings[App, SubmititExecutor] = Bindings()
    Declared(LOCAL).matches(real.bind("local", LocalExecutor, LocalScheduler))
    Declared(DEBUG).matches(real.bind("debug", DebugExecutor, DebugScheduler))
    Declared(SLURM).matches(real.bind("slurm", SlurmExecutor, SlurmScheduler))

    Declared(LOCAL).matches(real.bind("slurm", SlurmExecutor, SlurmScheduler))  # type: ignore[arg-type]
    local = real.bind("local", LocalExecutor, LocalScheduler)
    Declared(SLURM).matches(local)  # type: ignore[arg-type]
    false: Backend[App, LocalExecutor, FakeInfo] = local  # type: ignore[assignment]
    Declared(false).matches(real.bind("local", LocalExecutor, LocalScheduler))  # type: ignore[arg-type]
    real.bind("local", LocalExecutor, SlurmScheduler)  # type: ignore[misc]


def life_of_a_job(app: AppSpec[SubmititInfo], fake: FakeApp, fake_plan: Plan[FakeApp, FakeInfo]) -> None:
    made = launcher("session")
    assert_type(made, Launcher[App, SubmititExecutor])
    plan = made.plan(app, TeamExecutor(), backend=SLURM)
    assert_type(plan, Plan[AppSpec[SubmititInfo], DryRunInfo[SubmititRequest]])
    assert_type(plan.info.request.app_id, str)
    named = made.plan(app, TeamExecutor())
    assert_type(named, Plan[App, object])
    assert_type(named.request_as(SubmititRequest), SubmititRequest)
    assert_type(made.submit(named), Handle)
    assert_type(made.submit(plan), Handle)
    made.run(fake, LocalExecutor())

    made.plan(app, FakeExecutor())  # type: ignore[call-overload]
    made.plan(app, LocalExecutor)  # type: ignore[call-overload]
    made.plan("job", LocalExecutor())  # type: ignore[call-overload]
    made.plan(app, LocalExecutor(), backend=SLURM)  # type: ignore[misc]
    named.info.request  # type: ignore[attr-defined]
    plan.info.request.jobz  # type: ignore[attr-defined]
    made.submit(plan.info)  # type: ignore[arg-type]
    # This launcher takes any app, so that a plan comes from another launcher shows only at run time.
    made.submit(fake_plan)


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
