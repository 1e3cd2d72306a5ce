"""The launcher after the submission: everything that needs a handle and nothing else."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import pytest
from fake_jobs import bindings, hello, launcher_of, run

from launchbind import (
    DescribesExitCode,
    InvalidHandleError,
    InvalidSettingError,
    JobState,
    JobStatus,
    Launcher,
    SchedulerError,
    SupportsDescribeMany,
    SupportsLogs,
    UnknownBackendError,
    UnknownJobError,
    UnsupportedError,
    WaitTimeoutError,
)
from launchbind.testing import FakeExecutor, FakeJob, FakeRole, FakeScheduler

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# -- status --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_has_a_status(state: JobState) -> None:
    """A description becomes a JobStatus with the same state, message and address."""
    launcher, handle, job = run(FakeScheduler())
    job.state, job.msg, job.ui_url = state, "so it is", "https://ui"
    assert launcher.status(handle) == JobStatus(handle, state, None, "so it is", "https://ui")


def test_the_terminal_states_are_three() -> None:
    """A job that is SUCCEEDED, FAILED or CANCELLED has ended; UNKNOWN has not."""
    assert {str(state) for state in JobState if state.is_terminal} == {"SUCCEEDED", "FAILED", "CANCELLED"}


def test_states_are_equal_to_their_numbers_and_to_those_of_other_enums() -> None:
    """As torchx's are numbers too, states of both kinds can be compared, and looked up in one dict."""

    class Theirs(int, Enum):
        RUNNING = 3

    assert JobState.RUNNING == Theirs.RUNNING
    assert JobState.RUNNING == 3
    assert Theirs.RUNNING == JobState.RUNNING
    assert JobState.PENDING != Theirs.RUNNING
    assert JobState.RUNNING != "RUNNING"
    assert {JobState.RUNNING: "runs"}[Theirs.RUNNING] == "runs"  # type: ignore[index]


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
    message = "'fake' could not give a job state that launchbind knows: the scheduler returned 'SLEEPING'"
    with pytest.raises(SchedulerError, match=message):
        launcher.status(handle)
    with pytest.raises(SchedulerError, match=message):
        launcher.list("fake")


def test_a_scheduler_that_fails_to_describe_is_an_error() -> None:
    """The error says what was asked, and keeps the cause."""

    class Deaf(FakeScheduler):
        def describe(self, app_id: str, /) -> FakeJob | None:
            raise ConnectionError("refused, password=hunter2")

    launcher, handle, _ = run(Deaf())
    for ask in (launcher.status, launcher.logs, launcher.cancel):
        with pytest.raises(
            SchedulerError, match=f"'fake' could not get the status of {handle}: ConnectionError"
        ) as caught:
            ask(handle)
        assert isinstance(caught.value.__cause__, ConnectionError)
        assert "hunter2" not in str(caught.value)


def test_the_exit_code_comes_with_a_terminal_state() -> None:
    """The description's exit code is read once the job has ended, and ignored before."""
    launcher, handle, job = run(FakeScheduler())
    job.exit_code = 3
    assert launcher.status(handle).exit_code is None
    job.state = JobState.FAILED
    assert launcher.status(handle).exit_code == 3
    assert launcher.wait(handle).exit_code == 3


def test_a_description_need_not_have_an_exit_code() -> None:
    """A launcher's own description, such as torchx's, may have none; then the status has none."""
    scheduler = Codeless()
    launcher, handle, job = run(scheduler)
    job.state = JobState.FAILED
    described = scheduler.describe(handle.app_id)
    assert not isinstance(described, DescribesExitCode)
    assert launcher.status(handle) == JobStatus(handle, JobState.FAILED)


@dataclass
class Plain:
    """A description with what the Protocol asks for, and nothing more."""

    state: JobState
    roles: list[FakeRole]
    msg: str = ""
    ui_url: str | None = None


class Codeless(FakeScheduler):
    """Its descriptions have no exit code."""

    def describe(self, app_id: str, /) -> Plain:  # type: ignore[override]  # conforms to the Protocol all the same
        job = self.jobs[app_id]
        return Plain(job.state, job.roles)


class Unreadable(FakeJob):
    """A job whose exit code is read from somewhere, which fails."""

    @property
    def exit_code(self) -> int | None:
        raise FileNotFoundError(self.app_id)

    @exit_code.setter
    def exit_code(self, code: int | None) -> None: ...


def test_a_description_that_fails_to_give_the_exit_code_is_an_error() -> None:
    """It is translated like every other failure of a scheduler."""
    scheduler = FakeScheduler()
    launcher, handle, job = run(scheduler)
    scheduler.jobs[handle.app_id] = Unreadable(job.app_id, job.request, job.roles, JobState.FAILED)
    with pytest.raises(SchedulerError, match=f"could not get the status of {handle}: FileNotFoundError"):
        launcher.status(handle)
    with pytest.raises(SchedulerError, match="could not list its jobs: FileNotFoundError"):
        launcher.list("fake")


def test_what_a_scheduler_does_not_implement_is_unsupported() -> None:
    """A NotImplementedError of any method says that the scheduler cannot do it; nothing has failed."""

    class Incomplete(FakeScheduler):
        def cancel(self, app_id: str, /) -> None:
            raise NotImplementedError

    launcher, handle, _ = run(Incomplete())
    with pytest.raises(UnsupportedError, match=f"'fake' cannot cancel {handle}[.]"):
        launcher.cancel(handle)


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
    with pytest.raises(SchedulerError, match="'fake' could not get the status of 1 jobs: ConnectionError"):
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
    launcher = Launcher(bindings(Bare))
    handle = launcher.run(hello(), FakeExecutor())
    assert launcher.status(handle).state is JobState.RUNNING
    with pytest.raises(UnsupportedError, match="the scheduler of backend 'fake' cannot read logs"):
        launcher.logs(handle)
    with pytest.raises(UnsupportedError, match="the scheduler of backend 'fake' cannot list jobs"):
        launcher.list("fake")
    assert not isinstance(launcher.scheduler("fake"), SupportsLogs)
    launcher.cancel(handle)
    assert launcher.wait(handle).state is JobState.CANCELLED


def test_capabilities_can_be_asked_for() -> None:
    """By backend or alias, and for a backend that is not there it is the usual error."""
    launcher = launcher_of(FakeScheduler())
    assert isinstance(launcher.scheduler("pretend"), SupportsLogs)
    assert not isinstance(launcher.scheduler("fake"), SupportsDescribeMany)
    with pytest.raises(UnknownBackendError):
        launcher.scheduler("slurm")


# -- list ----------------------------------------------------------------------------------------------


def test_threads_that_ask_at_once_share_one_scheduler() -> None:
    """It is made once, however long that takes."""
    made: list[FakeScheduler] = []

    def factory(session: str, /) -> FakeScheduler:
        time.sleep(0.05)
        made.append(FakeScheduler(session))
        return made[-1]

    launcher = launcher_of(factory)
    threads = [threading.Thread(target=launcher.scheduler, args=("fake",)) for _ in range(4)]
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


def test_a_listing_has_the_exit_codes_of_ended_jobs() -> None:
    """A listed job may carry one, as a description may."""
    launcher, first, job = run(FakeScheduler())
    second = launcher.run(hello(), FakeExecutor())
    job.state, job.exit_code = JobState.FAILED, 3
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


def test_jobs_described_together_have_exit_codes() -> None:
    """They come with the descriptions, as for a single job."""
    launcher, handle, job = run(Batching())
    job.state, job.exit_code = JobState.FAILED, 7
    assert [status.exit_code for status in launcher.statuses([handle])] == [7]
