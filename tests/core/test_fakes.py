"""The fakes that launchbind ships: they satisfy the protocols and do what they say."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from launchbind import JobState, Launcher, Registry, explain, protocols
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo, FakeRole, FakeScheduler

if TYPE_CHECKING:
    from launchbind import App, Executor, Scheduler, SupportsList, SupportsLogs


def hello() -> FakeApp:
    return FakeApp("hello", [FakeRole("main", "echo", ["hello"], {"ROLE": "1"})])


def test_the_fakes_satisfy_the_protocols() -> None:
    """A type checker accepts them where the protocols are asked for, and explain agrees."""
    executor: Executor = FakeExecutor()
    app: App = hello()
    scheduler: Scheduler[FakeApp, FakeExecutor, FakeInfo] = FakeScheduler()
    logs: SupportsLogs = FakeScheduler()
    listing: SupportsList = FakeScheduler()
    assert explain(executor, protocols.Executor) == explain(app, protocols.App) == []
    assert explain(scheduler, protocols.Scheduler) == explain(logs, protocols.SupportsLogs) == []
    assert isinstance(listing, protocols.SupportsList)


def test_the_executor_has_the_size_it_is_given() -> None:
    """One process on each of its nodes."""
    assert (FakeExecutor(nodes=3).nnodes(), FakeExecutor(nodes=3).nproc_per_node()) == (3, 1)


def test_the_request_has_the_commands_and_the_environment() -> None:
    """The roles' variables win over the executor's."""
    info = FakeScheduler().submit_dryrun(hello(), FakeExecutor({"ROLE": "0", "X": "2"}))
    assert info.request.app == "hello"
    assert info.request.commands == [["echo", "hello"]]
    assert info.request.env == {"ROLE": "1", "X": "2"}


def test_jobs_run_until_the_test_says_otherwise() -> None:
    """A job is RUNNING at once, can be moved on by assignment, and keeps its lines and roles."""
    scheduler = FakeScheduler()
    app_id = scheduler.schedule(scheduler.submit_dryrun(hello(), FakeExecutor()))
    job = scheduler.jobs[app_id]
    assert scheduler.describe(app_id) is job
    assert (job.state, [role.name for role in job.roles]) == (JobState.RUNNING, ["main"])
    job.lines = ["a\n", "b\n"]
    assert list(scheduler.log_iter(app_id, "main")) == ["a\n", "b\n"]
    assert list(scheduler.list()) == [job]


def test_an_info_that_was_never_attached_has_no_roles() -> None:
    """schedule takes an info whose app nobody attached."""
    scheduler = FakeScheduler()
    app_id = scheduler.schedule(scheduler._submit_dryrun(hello(), FakeExecutor()))
    assert scheduler.jobs[app_id].roles == []


def test_cancel_ends_what_has_not_ended() -> None:
    """A job that has ended, or never was, is left alone."""
    scheduler = FakeScheduler()
    app_id = scheduler.schedule(scheduler.submit_dryrun(hello(), FakeExecutor()))
    scheduler.cancel("never was")
    scheduler.cancel(app_id)
    assert scheduler.jobs[app_id].state is JobState.CANCELLED
    scheduler.jobs[app_id].state = JobState.FAILED
    scheduler.cancel(app_id)
    assert scheduler.jobs[app_id].state is JobState.FAILED
    assert scheduler.describe("never was") is None


def test_close_is_noted() -> None:
    """A test can see that the launcher closed its scheduler."""
    scheduler = FakeScheduler("session", backend="other")
    assert (scheduler.session, scheduler.backend, scheduler.closed) == ("session", "other", False)
    scheduler.close()
    assert scheduler.closed


def test_a_launcher_on_fakes_starts_nothing() -> None:
    """From plan to cancellation no process and no thread is started."""
    before = threading.active_count()
    registry: Registry[FakeExecutor] = Registry("executor")
    registry.register("fake", FakeExecutor)
    with Launcher(registry, {"fake": FakeScheduler}) as launcher:
        handle = launcher.run(hello(), FakeExecutor())
        launcher.cancel(handle)
        assert launcher.wait(handle).state is JobState.CANCELLED
    assert threading.active_count() == before
