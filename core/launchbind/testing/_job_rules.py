"""The rules of jobs: the state is right from start to end, and cancelling ends the job."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from unittest import SkipTest

from launchbind.errors import LaunchbindError, WaitTimeoutError
from launchbind.protocols import DescribesExitCode
from launchbind.state import JobState
from launchbind.testing._suite import AppT, ExecutorT, Suite, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from launchbind.state import JobStatus
    from launchbind.testing._suite import MakeLauncher

_SHORT_SECONDS = 0.1


class JobRules(Suite[AppT, ExecutorT]):
    """The part of the suite that runs jobs to their end.

    Attributes
    ----------
    failing_code
        The exit code of ``failing``.
    missing
        A command whose program does not exist.
    """

    failing_code: ClassVar[int] = 3
    missing: ClassVar[Sequence[str]] = ("launchbind-no-such-program",)

    def test_a_job_that_succeeds_is_succeeded(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """It stays SUCCEEDED when it is asked again."""
        self._ends_as(JobState.SUCCEEDED, make_launcher, executor, self.succeeding)

    def test_a_job_that_fails_is_failed(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """It stays FAILED when it is asked again."""
        self._ends_as(JobState.FAILED, make_launcher, executor, self.failing)

    def test_exit_codes_are_told(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """0 for success, the program's own for failure, None while the job runs."""
        with make_launcher() as jobs:
            for command, expected in ((self.succeeding, 0), (self.failing, self.failing_code)):
                with self._job(jobs, executor, command) as handle:
                    found = self._end(jobs, handle).exit_code
                    scheduler = jobs.scheduler(handle.backend)
                    if not isinstance(scheduler.describe(handle.app_id), DescribesExitCode):
                        raise SkipTest(f"descriptions of {handle.backend!r} do not claim DescribesExitCode")
                    assert found == expected, (
                        f"exit_code is {found} for {list(command)}, which exits with {expected}"
                    )
            with self._job(jobs, executor, self.lasting) as handle:
                self._running(jobs, handle)
                early = getattr(jobs.scheduler(handle.backend).describe(handle.app_id), "exit_code", None)
        assert early is None, f"exit_code is {early} for a job that runs: it must be None until the end"

    def test_a_running_job_has_not_ended(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """Waiting times out, and the job goes on."""
        with make_launcher() as jobs, self._job(jobs, executor, self.lasting) as handle:
            self._running(jobs, handle)
            error = refusal(lambda: jobs.wait(handle, timeout=_SHORT_SECONDS, poll=self.poll_seconds))
            assert isinstance(error, WaitTimeoutError), f"wait() gave {error!r}, not a WaitTimeoutError"
            state = self._status(jobs, handle).state
            assert state is JobState.RUNNING, f"after wait() gave up the job is {state!s}: it must go on"

    def test_statuses_agree_with_status(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """Each has the state and exit code that status() gives, in the order asked."""
        with (
            make_launcher() as jobs,
            self._job(jobs, executor, self.succeeding) as good,
            self._job(jobs, executor, self.failing) as bad,
        ):
            ended = {handle: self._end(jobs, handle) for handle in (good, bad)}
            asked = [bad, good, bad]
            found = jobs.statuses(asked)
        together, single = (
            [(each.handle.app_id, str(each.state), each.exit_code) for each in statuses]
            for statuses in (found, [ended[handle] for handle in asked])
        )
        assert together == single, (
            f"statuses() are {together}, but status() of each gives {single}: describe_many() must agree "
            "with describe()"
        )

    def test_cancelling_ends_the_job(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """The job becomes CANCELLED, or FAILED where the backend does not distinguish them."""
        with make_launcher() as jobs, self._job(jobs, executor, self.lasting) as handle:
            self._running(jobs, handle)
            jobs.cancel(handle)
            state = self._end(jobs, handle).state
        assert state is not JobState.SUCCEEDED, (
            "a job that was cancelled is SUCCEEDED: describe() must say CANCELLED"
        )

    def test_cancelling_again_changes_nothing(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """Cancelling a job that has ended, was cancelled or never existed does nothing."""
        with make_launcher() as jobs, self._job(jobs, executor, self.succeeding) as ended:
            scheduler = jobs.scheduler(ended.backend)
            self._end(jobs, ended)
            with self._job(jobs, executor, self.lasting) as cancelled:
                self._running(jobs, cancelled)
                jobs.cancel(cancelled)
                before = {handle: self._end(jobs, handle).state for handle in (ended, cancelled)}
                for app_id in (ended.app_id, cancelled.app_id, self.unknown_id):
                    try:
                        scheduler.cancel(app_id)
                    except Exception as error:
                        raise AssertionError(
                            f"cancel({app_id!r}) raised {error!r}: it must do nothing for an ended job"
                        ) from error
                for handle, state in before.items():
                    jobs.cancel(handle)
                    now = self._status(jobs, handle).state
                    assert now is state, (
                        f"cancelling again made {state!s} into {now!s}: cancel() must not change an ended job"
                    )

    def test_failures_hide_secrets(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """For a program that does not exist, neither error nor status shows a secret variable."""
        with make_launcher() as jobs:
            plan, secrets = self._secret_plan(jobs, executor, self.missing)
            result: LaunchbindError | JobStatus | None = refusal(lambda: jobs.submit(plan))
            if plan.handle is not None:
                result = self._end(jobs, plan.handle)
                assert result.state is JobState.FAILED, (
                    f"a job whose program does not exist is {result.state!s}, not FAILED or refused"
                )
        for name, secret in secrets.items():
            assert secret not in f"{result} {result!r}", (
                f"the error or status of a job that failed shows the value of {name}: {result!r}"
            )

    def _ends_as(
        self,
        expected: JobState,
        make_launcher: MakeLauncher,
        executor: ExecutorT,
        command: Sequence[str],
    ) -> None:
        with make_launcher() as jobs, self._job(jobs, executor, command) as handle:
            state = self._end(jobs, handle).state
            assert state is expected, (
                f"the job of {list(command)} ended as {state!s}: describe() must say {expected!s}"
            )
            later = self._status(jobs, handle).state
            assert later is expected, f"a job that ended as {state!s} is {later!s} when it is asked again"
