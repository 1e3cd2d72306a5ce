"""Bindings: direct and lazy ones, each with its key."""

from __future__ import annotations

from typing import TypeAlias

from typing_extensions import assert_type, override

from launchbind import App, AppSpec, Backend, Bindings, DryRunInfo, Launcher, Registry

from .executors import DeskExecutor, FrozenExecutor, QueueExecutor, TeamExecutor
from .schedulers import Batch, DeskScheduler, Process, QueueScheduler

BINDINGS: Bindings[AppSpec, TeamExecutor] = Bindings(group="team.executors", base=TeamExecutor)
assert_type(BINDINGS.executors, Registry[TeamExecutor])

DESK = BINDINGS.bind("desk", DeskExecutor, DeskScheduler, aliases=["local"])
QUEUE = BINDINGS.bind("queue", QueueExecutor, QueueScheduler)
assert_type(DESK, Backend[AppSpec, DeskExecutor, DryRunInfo[Process]])
assert_type(QUEUE, Backend[AppSpec, QueueExecutor, DryRunInfo[Batch]])
assert_type(DESK.name, str)

# Any callable that takes the session makes schedulers; and the executor alone may be lazy.
BASH = BINDINGS.bind("bash", DeskExecutor, lambda session: DeskScheduler(session, shell="bash"))
HALF = BINDINGS.bind("half", "team.lazy:LazyDesk", DeskScheduler)
assert_type(BASH, Backend[AppSpec, DeskExecutor, DryRunInfo[Process]])
assert_type(HALF, Backend[AppSpec, DeskExecutor, DryRunInfo[Process]])

# A lazy binding has the types it is declared with. Binding the classes themselves shows that these are true;
# wrong.py has a declaration that is not.
LazyKey: TypeAlias = Backend[AppSpec, QueueExecutor, DryRunInfo[Batch]]
LAZY: LazyKey = BINDINGS.bind(
    "lazy",
    "tests.typing.consumer.executors:QueueExecutor",
    "tests.typing.consumer.schedulers:QueueScheduler",
    requires="team[lazy]",
)

assert_type(BINDINGS.bind("lazy", QueueExecutor, QueueScheduler), LazyKey)

# A scheduler that takes any app and any executor serves where narrower ones are asked for.
EVERY_APP: Bindings[App, object] = Bindings(fallback={"spare": lambda session: Spare(session)})
EVERY_APP.bind("desk", DeskExecutor, DeskScheduler)


class Spare(DeskScheduler):
    """A scheduler without executors of its own."""

    @override
    def _submit_dryrun(self, app: App, cfg: object) -> DryRunInfo[Process]:
        return super()._submit_dryrun(app, DeskExecutor())


def copy_executor(executor: TeamExecutor) -> TeamExecutor:
    """Copies executors in a way of its own."""
    return executor


JOBS = Launcher(BINDINGS, session="team", copier=copy_executor, secret_names=["license"])
assert_type(JOBS, Launcher[AppSpec, TeamExecutor])
FROZEN: Bindings[App, FrozenExecutor] = Bindings()


def takes_narrower(jobs: Launcher[AppSpec[DryRunInfo[Batch]], QueueExecutor]) -> None:
    """A launcher of any app and any executor is one of some apps and some executors."""


ALL_JOBS = Launcher(EVERY_APP)
takes_narrower(ALL_JOBS)


def takes_key(key: Backend[AppSpec, QueueExecutor, object]) -> str:
    """A key of wider executors and of any info is one of these."""
    return str(key)


takes_key(QUEUE)
takes_key(LAZY)
