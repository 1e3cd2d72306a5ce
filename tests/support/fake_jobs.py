"""Launchers on fakes, and jobs that they have submitted, for the tests of the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind import Bindings, Handle, Launcher
from launchbind.testing import (
    FakeApp,
    FakeExecutor,
    FakeInfo,
    FakeJob,
    FakeRequest,
    FakeRole,
    FakeScheduler,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launchbind import BoundScheduler, Plan, Scheduler, SchedulerFactory

    FakeFactory = SchedulerFactory[Scheduler[FakeApp, FakeExecutor, FakeInfo]]

FakeBindings = Bindings[FakeApp, FakeExecutor]
FakeLauncher = Launcher[FakeApp, FakeExecutor]


def bindings(
    factory: FakeFactory = FakeScheduler,
    others: Mapping[str, SchedulerFactory[BoundScheduler[FakeApp, FakeExecutor, object]]] | None = None,
) -> FakeBindings:
    """Bindings of the backend ``fake``, which has the alias ``pretend``, and of others without executors."""
    made: FakeBindings = Bindings(fallback=others)
    made.bind("fake", FakeExecutor, factory, aliases=("pretend",))
    return made


def launcher_of(
    scheduler: FakeScheduler | FakeFactory = FakeScheduler,
    *,
    session: str = "tests",
) -> FakeLauncher:
    """A launcher whose backend ``fake`` has this scheduler, or one that this factory creates."""
    factory = (lambda _: scheduler) if isinstance(scheduler, FakeScheduler) else scheduler
    return Launcher(bindings(factory), session=session)


def request_of(plan: Plan[object, object]) -> FakeRequest:
    """What a plan of a fake scheduler would submit."""
    return plan.request_as(FakeRequest)


def hello(name: str = "hello") -> FakeApp:
    """An app with one role of one replica."""
    return FakeApp(name, [FakeRole("main", "echo", ["hello", "world"], {"A": "1"})])


def run(scheduler: FakeScheduler, app: FakeApp | None = None) -> tuple[FakeLauncher, Handle, FakeJob]:
    """A launcher, and the handle and job of an app that it has submitted."""
    launcher = launcher_of(scheduler)
    handle = launcher.run(app or hello(), FakeExecutor())
    return launcher, handle, scheduler.jobs[handle.app_id]
