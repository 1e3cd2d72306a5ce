"""Programs that are wrong: a line that says so is an error in every type checker but those that it names.

The file is checked by ``nox -s types`` and never run; see :mod:`type_checkers`. Each error stands for a job
that would go to the wrong place, or for a value that would not be what its reader takes it for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from typing_extensions import assert_type

from launchbind import (
    App,
    AppSpec,
    Backend,
    Bindings,
    DryRunInfo,
    DryRunMixin,
    Executor,
    Handle,
    JobDescription,
    JobState,
    Launcher,
    Plan,
    Registry,
    RoleSpec,
    Scheduler,
    SchedulerFactory,
    SupportsLogs,
    SupportsVolatile,
    explain,
    submit_dryrun,
)
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo, FakeScheduler
from launchbind.testing.conformance import SchedulerConformance

from .consumer.apps import on_queue, pair, queued
from .consumer.bindings import BINDINGS, DESK, JOBS, QUEUE
from .consumer.executors import EXECUTORS, DeskExecutor, FrozenExecutor, QueueExecutor, TeamExecutor
from .consumer.schedulers import Batch, DeskScheduler, Process, QueueScheduler

# -- bindings: executor, scheduler, app and info belong together ------------------------------------------


class TakesFakeApps(QueueScheduler):
    """Its apps adjust the requests of another scheduler."""

    def submit_dryrun(self, app: FakeApp, cfg: QueueExecutor, /) -> DryRunInfo[Batch]:  # wrong
        raise NotImplementedError


class SubmitsAnother(DryRunMixin):
    """Makes one kind of info and submits another."""

    def __init__(self, session: str) -> None:
        self.backend = session

    def _submit_dryrun(self, app: App, cfg: DeskExecutor) -> DryRunInfo[Process]:
        raise NotImplementedError

    def schedule(self, dryrun_info: DryRunInfo[Batch], /) -> str:
        raise NotImplementedError

    def describe(self, app_id: str, /) -> JobDescription | None: ...
    def cancel(self, app_id: str, /) -> None: ...
    def close(self) -> None: ...


BINDINGS.bind("x", DeskExecutor, QueueScheduler)  # wrong
BINDINGS.bind("x", QueueExecutor, DeskScheduler)  # wrong
BINDINGS.bind("x", DeskExecutor, SubmitsAnother)  # wrong, but ty: it takes Info from submit_dryrun alone
BINDINGS.bind("x", DeskExecutor(), DeskScheduler)  # wrong
BINDINGS.bind("x", DeskExecutor, DeskScheduler("session"))  # wrong
BINDINGS.bind("x", DeskExecutor, lambda: DeskScheduler("session"))  # wrong
# Not an executor of these bindings. The bound of a type variable cannot be that of its class, so only base=
# refuses it, at run time.
BINDINGS.bind(
    "x", FakeExecutor, FakeScheduler
)  # wrong, but mypy, pyright, basedpyright, ty, pyrefly: see above
BINDINGS.bind("x", DeskExecutor)  # wrong
of_any_app: Bindings[App, TeamExecutor] = Bindings()
of_any_app.bind("x", QueueExecutor, QueueScheduler)  # wrong
half: Backend[AppSpec, DeskExecutor, DryRunInfo[Process]] = BINDINGS.bind("x", "m:X", QueueScheduler)  # wrong
LazyDesk = Backend[AppSpec, DeskExecutor, DryRunInfo[Batch]]  # a declaration that is false
LAZY_DESK: LazyDesk = BINDINGS.bind("x", "m:DeskExecutor", "m:DeskScheduler")
assert_type(BINDINGS.bind("x", DeskExecutor, DeskScheduler), LazyDesk)  # wrong
other_info: Backend[AppSpec, DeskExecutor, DryRunInfo[Batch]] = DESK  # wrong
wider: Backend[AppSpec, TeamExecutor, DryRunInfo[Process]] = DESK  # wrong
DESK.name = "other"  # wrong
name: str = DESK  # wrong
Bindings[AppSpec, TeamExecutor](base=FrozenExecutor)  # wrong
Bindings[AppSpec, TeamExecutor](fallback={"x": FakeScheduler})  # wrong

# -- plans ------------------------------------------------------------------------------------------------

JOBS.plan(pair, DeskExecutor(), backend=QUEUE)  # wrong
JOBS.plan(pair, QueueExecutor(), backend=DESK)  # wrong
JOBS.plan(pair, FrozenExecutor())  # wrong
JOBS.plan(pair, FrozenExecutor(), backend="desk")  # wrong
JOBS.plan(pair, DeskExecutor)  # wrong
JOBS.plan("pair", DeskExecutor())  # wrong
JOBS.plan(queued, DeskExecutor(), backend=DESK)  # wrong
JOBS.plan(queued, DeskExecutor())  # wrong
JOBS.plan(pair, DeskExecutor(), backend=DeskExecutor)  # wrong
JOBS.plan(pair, DeskExecutor(), "desk")  # wrong
JOBS.run(pair, DeskExecutor(), backend=QUEUE)  # wrong
JOBS.run(pair, FrozenExecutor())  # wrong

plan = JOBS.plan(pair, QueueExecutor(), backend=QUEUE)
untyped = JOBS.plan(pair, QueueExecutor())
plan.info.request.taskz  # wrong
plan.info.request.argv  # wrong
plan.info = plan.info  # wrong
plan.app = plan.app  # wrong
untyped.info.request  # wrong
untyped.request_as(Batch).argv  # wrong
untyped.request_as("Batch")  # wrong
of_processes: Plan[AppSpec, DryRunInfo[Process]] = plan  # wrong
plan.diff(plan.info)  # wrong

FAKE_BINDINGS: Bindings[FakeApp, FakeExecutor] = Bindings()
FAKE = FAKE_BINDINGS.bind("fake", FakeExecutor, FakeScheduler)
FAKES = Launcher(FAKE_BINDINGS)
fake_plan = FAKES.plan(FakeApp("job"), FakeExecutor(), backend=FAKE)
JOBS.submit(fake_plan)  # wrong
JOBS.submit(plan.info)  # wrong
JOBS.submit("desk://team/1")  # wrong
JOBS.plan(pair, QueueExecutor(), backend=FAKE)  # wrong

# -- launchers, and what they give ------------------------------------------------------------------------


def needs_any_executor(jobs: Launcher[AppSpec, Executor]) -> None: ...
def needs_any_app(jobs: Launcher[App, TeamExecutor]) -> None: ...


needs_any_executor(JOBS)  # wrong
needs_any_app(JOBS)  # wrong
Launcher(EXECUTORS)  # wrong
Launcher(BINDINGS, copier=lambda executor: FrozenExecutor())  # wrong
JOBS.supports("desk", SupportsLogs)  # wrong
JOBS.scheduler("desk").log_iter("1", "main")  # wrong
JOBS.scheduler(QUEUE).schedule(plan.info)  # wrong
JOBS.scheduler(QUEUE).submit_dryrun(pair, DeskExecutor())  # wrong
JOBS.list(DeskExecutor)  # wrong
JOBS.status(plan)  # wrong
JOBS.wait(plan.handle)  # wrong
JOBS.logs(Handle("desk", "team", "1"), 0)  # wrong
JOBS.status("desk://team/1").state.value.upper()  # wrong
state: str = JOBS.status("desk://team/1").state  # wrong

# -- registries -------------------------------------------------------------------------------------------

EXECUTORS.register("frozen", FrozenExecutor)  # wrong
EXECUTORS.register("desk", DeskExecutor())  # wrong
EXECUTORS.by_name["frozen"] = FrozenExecutor  # wrong
EXECUTORS.name_of(FrozenExecutor())  # wrong
EXECUTORS.type_of(DeskExecutor)  # wrong
EXECUTORS["desk"]().nice  # wrong
of_desks: Registry[DeskExecutor] = EXECUTORS  # wrong
of_frozen: Registry[FrozenExecutor] = Registry(base=TeamExecutor)  # wrong


@EXECUTORS.register("function")  # wrong
def function() -> None: ...


@EXECUTORS.register("decorated")
class Decorated(TeamExecutor):
    """Still itself, so what it lacks is an error."""


Decorated().nice  # wrong

# -- apps, executors and schedulers of one's own ----------------------------------------------------------


@dataclass
class Forgetful:
    """A role whose pre_proc does not return the info."""

    name: str
    entrypoint: str
    args: Sequence[str]
    env: Mapping[str, str]
    num_replicas: int

    def pre_proc(self, scheduler: str, dryrun_info: DryRunInfo[Batch], /) -> None: ...


@dataclass
class ForgetfulApp:
    """An app of such roles."""

    name: str
    roles: list[Forgetful]


@dataclass
class Sizeless:
    """An executor without nproc_per_node."""

    env_vars: dict[str, str]
    retries: int

    def nnodes(self) -> int:
        return 1


def needs_app(app: App) -> None: ...
def needs_executor(executor: Executor) -> None: ...
def needs_scheduler(scheduler: Scheduler[AppSpec, DeskExecutor, DryRunInfo[Process]]) -> None: ...
def needs_factory(factory: SchedulerFactory[Scheduler[FakeApp, FakeExecutor, FakeInfo]]) -> None: ...
def needs_volatile(scheduler: SupportsVolatile[FakeInfo]) -> None: ...
def needs_logs(scheduler: SupportsLogs) -> None: ...
def forgets(backend: str, info: DryRunInfo[Batch]) -> None: ...


needs_app(ForgetfulApp("job", []))  # wrong
needs_executor(Sizeless({}, 0))  # wrong
needs_executor(DeskExecutor)  # wrong
needs_scheduler(QueueScheduler("team"))  # wrong
needs_scheduler(SubmitsAnother("team"))  # wrong
needs_factory(FakeScheduler())  # wrong
needs_volatile(QueueScheduler("team"))  # wrong
needs_logs(DeskScheduler("team"))  # wrong
RoleSpec("main", "true", adjust=forgets)  # wrong
adjusted: AppSpec[FakeInfo] = AppSpec("job", [RoleSpec("main", "true", adjust=on_queue)])  # wrong
RoleSpec("main", ["true"])  # wrong
submit_dryrun(QueueScheduler("team"), pair, DeskExecutor())  # wrong
DeskScheduler("team").submit_dryrun(pair, QueueExecutor())  # wrong
DeskScheduler("team").schedule(DryRunInfo(Batch("")))  # wrong
explain(DeskScheduler("team"), "Scheduler")  # wrong


class TestAnotherApp(SchedulerConformance[AppSpec, TeamExecutor]):
    """Makes another app than it says."""

    def app(self, command: list[str], env: dict[str, str]) -> str:  # wrong
        return command[0]


JobState.RUNNING.is_terminal()  # wrong
