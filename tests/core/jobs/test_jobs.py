"""The launcher after the submission: everything that needs a handle and nothing else."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from launchbind import (
    Handle,
    InvalidHandleError,
    InvalidSettingError,
    JobState,
    JobStatus,
    Launcher,
    Registry,
    SchedulerError,
    SupportsExitCode,
    SupportsLogs,
    UnknownBackendError,
    UnknownJobError,
    UnsupportedError,
    WaitTimeoutError,
)
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo, FakeJob, FakeRole, FakeScheduler

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FakeLauncher = Launcher[FakeApp, FakeExecutor, FakeInfo]


def launcher_of(scheduler: FakeScheduler) -> FakeLauncher:
    registry: Registry[FakeExecutor] = Registry("executor")
    registry.register("fake", FakeExecutor, aliases=("pretend",))
    return Launcher(registry, {"fake": lambda session: scheduler}, session="tests")


def hello() -> FakeApp:
    return FakeApp("hello", [FakeRole("main", "echo", ["hello"])])


def run(scheduler: FakeScheduler, app: FakeApp | None = None) -> tuple[FakeLauncher, Handle, FakeJob]:
    """A launcher, and the handle and job of an app it has submitted."""
    launcher = launcher_of(scheduler)
    handle = launcher.run(app or hello(), FakeExecutor())
    return launcher, handle, scheduler.jobs[handle.app_id]


# -- status --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(JobState))
def test_status_tells_every_state(state: JobState) -> None:
    """What the scheduler describes comes back as a JobStatus."""
    launcher, handle, job = run(FakeScheduler())
    job.state, job.msg, job.ui_url = state, "so it is", "https://ui"
    assert launcher.status(handle) == JobStatus(handle, state, None, "so it is", "https://ui")


def test_the_terminal_states_are_three() -> None:
    """A job that is SUCCEEDED, FAILED or CANCELLED has ended; UNKNOWN has not."""
    assert {str(state) for state in JobState if state.is_terminal} == {"SUCCEEDED", "FAILED", "CANCELLED"}


def test_a_handle_is_enough_in_another_process() -> None:
    """A launcher that never saw the job finds it by the text of its handle."""
    scheduler = FakeScheduler()
    _, handle, job = run(scheduler)
    job.lines = ["hello\n"]
    other = launcher_of(scheduler)
    assert other.status(str(handle)).handle == handle
    assert list(other.logs(str(handle))) == ["hello\n"]
    other.cancel(str(handle))
    assert other.wait(str(handle)).state is JobState.CANCELLED


def test_the_placeholder_of_torchx_is_no_message() -> None:
    """A message of "<NONE>" is none."""
    launcher, handle, job = run(FakeScheduler())
    job.msg = "<NONE>"
    assert launcher.status(handle).message == ""


def test_an_unknown_job_is_an_error() -> None:
    """A handle the backend has no job for is named in the error, whatever is asked."""
    launcher = launcher_of(FakeScheduler())
    for ask in (launcher.status, launcher.wait, launcher.cancel, launcher.logs):
        with pytest.raises(UnknownJobError, match="fake://tests/gone"):
            ask("fake://tests/gone")
    with pytest.raises(UnknownJobError, match="fake://tests/gone"):
        launcher.statuses(["fake://tests/gone"])


def test_a_handle_of_another_backend_is_an_error() -> None:
    """It is not asked of a scheduler that happens to be there."""
    with pytest.raises(UnknownBackendError, match="'slurm': there are fake"):
        launcher_of(FakeScheduler()).status("slurm://tests/1")


def test_a_malformed_handle_is_an_error() -> None:
    """It says how a handle is written."""
    with pytest.raises(InvalidHandleError):
        launcher_of(FakeScheduler()).status("hello-0")


def test_an_unknown_state_is_an_error() -> None:
    """A state of another name is never turned into UNKNOWN."""

    @dataclass
    class Odd:
        name: str = "SLEEPING"

    launcher, handle, job = run(FakeScheduler())
    job.state = Odd()  # type: ignore[assignment]  # as another launcher's state could be
    with pytest.raises(SchedulerError, match="'fake' could not give a job state: 'SLEEPING' is none"):
        launcher.status(handle)
    with pytest.raises(SchedulerError, match="'fake' could not give a job state: 'SLEEPING'"):
        launcher.list("fake")


def test_a_scheduler_that_fails_to_describe_is_an_error() -> None:
    """The error says what was asked, and keeps the cause."""

    class Deaf(FakeScheduler):
        def describe(self, app_id: str, /) -> FakeJob | None:
            raise ConnectionError("refused, password=hunter2")

    launcher, handle, _ = run(Deaf())
    for ask in (launcher.status, launcher.logs, launcher.cancel):
        with pytest.raises(
            SchedulerError, match=f"'fake' could not tell how {handle} fares: ConnectionError"
        ) as caught:
            ask(handle)
        assert isinstance(caught.value.__cause__, ConnectionError)
        assert "hunter2" not in str(caught.value)


class WithExitCode(FakeScheduler):
    """Knows with which code its jobs end."""

    code: int | None = 3

    def exit_code(self, app_id: str, /) -> int | None:
        if self.code == 99:
            raise FileNotFoundError(app_id)
        return self.code


def test_the_exit_code_comes_with_the_end() -> None:
    """It is asked for when the job has ended, and not before."""
    launcher, handle, job = run(WithExitCode())
    assert launcher.status(handle).exit_code is None
    job.state = JobState.FAILED
    assert launcher.status(handle).exit_code == 3
    assert launcher.wait(handle).exit_code == 3


def test_a_scheduler_that_fails_to_tell_the_exit_code_is_an_error() -> None:
    """It is wrapped like every other failure of a scheduler."""
    scheduler = WithExitCode()
    launcher, handle, job = run(scheduler)
    job.state, scheduler.code = JobState.FAILED, 99
    with pytest.raises(SchedulerError, match=f"'fake' could not tell how {handle} ended: FileNotFound"):
        launcher.status(handle)


def test_statuses_come_in_the_order_asked() -> None:
    """Handles and texts can be mixed, and asked for twice."""
    scheduler = FakeScheduler()
    launcher, first, job = run(scheduler)
    second = launcher.run(hello(), FakeExecutor())
    job.state = JobState.FAILED
    found = launcher.statuses([second, str(first), second])
    assert [(status.handle, status.state.name) for status in found] == [
        (second, "RUNNING"),
        (first, "FAILED"),
        (second, "RUNNING"),
    ]
    assert launcher.statuses([]) == []


class Batching(FakeScheduler):
    """Describes many jobs in one query."""

    asked: list[list[str]]
    broken = False

    def describe(self, app_id: str, /) -> FakeJob | None:
        raise AssertionError("asked one by one")

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, FakeJob]:
        if self.broken:
            raise ConnectionError("refused")
        self.asked = [*getattr(self, "asked", []), list(app_ids)]
        return {app_id: self.jobs[app_id] for app_id in app_ids if app_id in self.jobs}


def test_statuses_ask_once_per_backend_where_they_can() -> None:
    """A scheduler that describes many jobs at once gets one query, and its failures are wrapped."""
    scheduler = Batching()
    launcher, first, _ = run(scheduler)
    second = launcher.run(hello(), FakeExecutor())
    assert [status.handle for status in launcher.statuses([second, first])] == [second, first]
    assert scheduler.asked == [[second.app_id, first.app_id]]
    with pytest.raises(UnknownJobError, match="gone"):
        launcher.statuses([first, "fake://tests/gone"])
    scheduler.broken = True
    with pytest.raises(SchedulerError, match="'fake' could not tell how 1 jobs fare: ConnectionError"):
        launcher.statuses([first])


# -- wait ----------------------------------------------------------------------------------------------


class Ending(FakeScheduler):
    """Its jobs end when they have been asked about often enough."""

    questions = 3

    def describe(self, app_id: str, /) -> FakeJob | None:
        job = super().describe(app_id)
        self.questions -= 1
        if job is not None and self.questions <= 0:
            job.state = JobState.SUCCEEDED
        return job


@pytest.mark.parametrize("timeout", [None, 60.0])
@pytest.mark.parametrize("poll", [0.0, 0.001, 2.0])
def test_wait_asks_until_the_job_has_ended(timeout: float | None, poll: float) -> None:
    """With or without a timeout, and even without a pause, it returns the last status."""
    launcher, handle, _ = run(Ending())
    seen: list[JobStatus] = []
    status = launcher.wait(handle, timeout=timeout, poll=poll, progress=seen.append)
    assert status.state is JobState.SUCCEEDED
    assert [each.state.name for each in seen] == ["RUNNING", "RUNNING", "SUCCEEDED"]


@pytest.mark.parametrize("timeout", [0.0, 0.02])
def test_wait_gives_up_after_its_timeout(timeout: float) -> None:
    """The error has the handle, the state and the time, and the job goes on."""
    launcher, handle, job = run(FakeScheduler())
    with pytest.raises(WaitTimeoutError) as caught:
        launcher.wait(handle, timeout=timeout, poll=0.001)
    error = caught.value
    assert (error.handle, error.state, error.seconds) == (str(handle), "RUNNING", timeout)
    assert isinstance(error, TimeoutError)
    assert job.state is JobState.RUNNING


@pytest.mark.parametrize("poll", [-1.0, float("nan")])
def test_wait_refuses_a_pause_that_is_none(poll: float) -> None:
    """In one sentence, and before it asks."""
    launcher, handle, _ = run(FakeScheduler())
    with pytest.raises(InvalidSettingError, match=r"^wait cannot take 'poll': it is seconds, 0 or more"):
        launcher.wait(handle, poll=poll)


def test_wait_does_not_time_out_on_a_job_that_has_ended() -> None:
    """A timeout of nothing is enough for it."""
    launcher, handle, job = run(FakeScheduler())
    job.state = JobState.FAILED
    assert launcher.wait(handle, timeout=0).state is JobState.FAILED


# -- cancel --------------------------------------------------------------------------------------------


def test_cancel_is_idempotent() -> None:
    """A job that has ended is left as it is, and its scheduler is not asked to end it again."""

    class Once(FakeScheduler):
        cancelled = 0

        def cancel(self, app_id: str, /) -> None:
            self.cancelled += 1
            super().cancel(app_id)

    scheduler = Once()
    launcher, handle, job = run(scheduler)
    launcher.cancel(handle)
    launcher.cancel(handle)
    assert (job.state, scheduler.cancelled) == (JobState.CANCELLED, 1)
    job.state = JobState.SUCCEEDED
    launcher.cancel(handle)
    assert (job.state, scheduler.cancelled) == (JobState.SUCCEEDED, 1)


def test_a_scheduler_that_fails_to_cancel_is_an_error() -> None:
    """Its own error is the cause."""

    class Stubborn(FakeScheduler):
        def cancel(self, app_id: str, /) -> None:
            raise PermissionError("not yours")

    launcher, handle, _ = run(Stubborn())
    with pytest.raises(SchedulerError, match=f"'fake' could not cancel {handle}: PermissionError"):
        launcher.cancel(handle)


# -- capabilities --------------------------------------------------------------------------------------


class Bare:
    """A scheduler with no capability beyond the protocol, around a fake one."""

    backend = "bare"

    def __init__(self, session: str = "tests") -> None:
        self._fake = FakeScheduler(session)
        self.submit_dryrun = self._fake.submit_dryrun
        self.schedule = self._fake.schedule
        self.describe = self._fake.describe
        self.cancel = self._fake.cancel
        self.close = self._fake.close


def test_what_a_scheduler_cannot_do_is_an_error_that_names_it() -> None:
    """Capabilities are asked for one by one, and never guessed."""
    registry: Registry[FakeExecutor] = Registry("executor")
    registry.register("fake", FakeExecutor)
    launcher: FakeLauncher = Launcher(registry, {"fake": Bare})
    handle = launcher.run(hello(), FakeExecutor())
    assert launcher.status(handle).state is JobState.RUNNING
    with pytest.raises(UnsupportedError, match="the scheduler of backend 'fake' cannot read logs"):
        launcher.logs(handle)
    with pytest.raises(UnsupportedError, match="the scheduler of backend 'fake' cannot list jobs"):
        launcher.list("fake")
    assert not launcher.supports("fake", SupportsLogs)
    launcher.cancel(handle)
    assert launcher.wait(handle).state is JobState.CANCELLED


def test_capabilities_can_be_asked_for() -> None:
    """By backend or alias, and for a backend that is not there it is the usual error."""
    launcher = launcher_of(FakeScheduler())
    assert launcher.supports("pretend", SupportsLogs)
    assert not launcher.supports("fake", SupportsExitCode)
    with pytest.raises(UnknownBackendError):
        launcher.supports("slurm", SupportsLogs)


# -- list ----------------------------------------------------------------------------------------------


def test_threads_that_ask_at_once_share_one_scheduler() -> None:
    """It is made once, however long that takes."""
    made: list[FakeScheduler] = []

    def factory(session: str, /) -> FakeScheduler:
        time.sleep(0.05)
        made.append(FakeScheduler(session))
        return made[-1]

    executors: Registry[FakeExecutor] = Registry("executor")
    launcher = Launcher(executors, {"fake": factory})
    threads = [threading.Thread(target=launcher.supports, args=("fake", SupportsLogs)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


@pytest.mark.parametrize("backend", ["fake", "pretend"])
def test_list_gives_the_jobs_of_a_backend(backend: str) -> None:
    """Each with its handle and state, by backend or alias."""
    launcher, first, job = run(FakeScheduler())
    second = launcher.run(hello(), FakeExecutor())
    job.state = JobState.SUCCEEDED
    assert launcher.list(backend) == [
        JobStatus(first, JobState.SUCCEEDED),
        JobStatus(second, JobState.RUNNING),
    ]


def test_list_tells_exit_codes_where_the_scheduler_knows_them() -> None:
    """Of the jobs that have ended."""
    launcher, first, job = run(WithExitCode())
    second = launcher.run(hello(), FakeExecutor())
    job.state = JobState.FAILED
    assert launcher.list("fake") == [
        JobStatus(first, JobState.FAILED, 3),
        JobStatus(second, JobState.RUNNING),
    ]


def test_a_scheduler_that_fails_to_list_is_an_error() -> None:
    """Its own error is the cause."""

    class Forgetful(FakeScheduler):
        def list(self) -> Iterable[FakeJob]:
            raise RuntimeError("no idea")

    with pytest.raises(SchedulerError, match="'fake' could not list its jobs: RuntimeError: no idea"):
        launcher_of(Forgetful()).list("fake")


def test_list_of_an_unknown_backend_is_an_error() -> None:
    """No other backend's jobs are listed instead."""
    with pytest.raises(UnknownBackendError):
        launcher_of(FakeScheduler()).list("slurm")


def test_a_handle_may_name_its_backend_by_an_alias() -> None:
    """A handle written by hand with an alias finds the job all the same."""
    launcher, handle, _ = run(FakeScheduler())
    assert launcher.status(f"pretend://{handle.session}/{handle.app_id}").state is JobState.RUNNING


class Knowing(Batching):
    """It knows with which code a job ended."""

    def exit_code(self, app_id: str, /) -> int | None:
        return 7


def test_statuses_tell_exit_codes_where_the_scheduler_knows_them() -> None:
    """Also those that are described many at once."""
    launcher, handle, job = run(Knowing())
    job.state = JobState.FAILED
    assert [status.exit_code for status in launcher.statuses([handle])] == [7]
