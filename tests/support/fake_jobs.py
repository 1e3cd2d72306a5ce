"""Launchers on fakes, and jobs that they have submitted, for the tests of the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind import Handle, Launcher, Registry
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo, FakeJob, FakeRole, FakeScheduler

if TYPE_CHECKING:
    from launchbind import SchedulerFactory

FakeLauncher = Launcher[FakeApp, FakeExecutor, FakeInfo]


def executors() -> Registry[FakeExecutor]:
    """A registry with the backend ``fake``, which has the alias ``pretend``."""
    registry: Registry[FakeExecutor] = Registry("executor")
    registry.register("fake", FakeExecutor, aliases=("pretend",))
    return registry


def launcher_of(
    scheduler: FakeScheduler | SchedulerFactory[FakeScheduler] = FakeScheduler,
    *,
    session: str = "tests",
) -> FakeLauncher:
    """A launcher whose backend ``fake`` has this scheduler, or one that this factory creates."""
    factory = (lambda _: scheduler) if isinstance(scheduler, FakeScheduler) else scheduler
    return Launcher(executors(), {"fake": factory}, session=session)


def hello(name: str = "hello") -> FakeApp:
    """An app with one role of one replica."""
    return FakeApp(name, [FakeRole("main", "echo", ["hello", "world"], {"A": "1"})])


def run(scheduler: FakeScheduler, app: FakeApp | None = None) -> tuple[FakeLauncher, Handle, FakeJob]:
    """A launcher, and the handle and job of an app that it has submitted."""
    launcher = launcher_of(scheduler)
    handle = launcher.run(app or hello(), FakeExecutor())
    return launcher, handle, scheduler.jobs[handle.app_id]
