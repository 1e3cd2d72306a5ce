"""The rules of logs: every line once and in order, until the job has ended."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, ClassVar
from unittest import SkipTest

from launchbind.errors import PlanError
from launchbind.protocols import SupportsLogs
from launchbind.state import JobState
from launchbind.testing._suite import AppT, ExecutorT, Suite, refusal

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from launchbind.handle import Handle
    from launchbind.testing._suite import AnyLauncher, MakeLauncher

_LINES = tuple(f"launchbind-line-{number}" for number in range(10))
_ECHOES = [f"echo {line}" for line in _LINES]


class LogRules(Suite[AppT, ExecutorT]):
    """The part of the suite that reads logs; skipped unless the scheduler claims SupportsLogs.

    Attributes
    ----------
    printing
        A command that prints ``printed``, takes a moment in between, and succeeds.
    printed
        Its lines, all different; other lines that the backend writes into a log are ignored.
    """

    printing: ClassVar[Sequence[str]] = ("sh", "-c", "; ".join([*_ECHOES[:5], "sleep 1", *_ECHOES[5:]]))
    printed: ClassVar[Sequence[str]] = _LINES

    def test_logs_have_every_line_once(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """In order, once the job has ended, for the whole job and for its one replica."""
        with self._printing_job(make_launcher, executor) as (jobs, handle, role):
            self._end(jobs, handle)
            self._compare(jobs.logs(handle), self.printed, "logs()")
            self._compare(jobs.logs(handle, role, 0), self.printed, f"logs(role={role!r}, replica=0)")

    def test_following_ends_with_the_job(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """The stream has every line, and ends when the job does."""
        with self._printing_job(make_launcher, executor) as (jobs, handle, _):
            self._compare(jobs.logs(handle, follow=True), self.printed, "logs(follow=True)")
            self._end(jobs, handle)

    def test_logs_are_filtered(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """A regex selects the lines in which it is found, anywhere."""
        line = self.printed[-1]
        with self._printing_job(make_launcher, executor) as (jobs, handle, _):
            self._end(jobs, handle)
            for regex in (f"{line[1:]}$", f"^{line}"):
                found = self._read(jobs.logs(handle, regex=regex), "logs(regex=...)")
                assert [each.strip() for each in found] == [line], (
                    f"logs(regex={regex!r}) gave {found}, not {line!r} alone: log_iter() must yield line by "
                    "line, and logs() those in which re.search finds it"
                )

    def test_logs_of_an_unknown_replica_are_an_error(
        self, make_launcher: MakeLauncher, executor: ExecutorT
    ) -> None:
        """Logs of a role or replica that does not exist are an error, not empty."""
        with self._printing_job(make_launcher, executor) as (jobs, handle, role):
            self._end(jobs, handle)
            for name, number in (("launchbind-no-such-role", 0), (role, 99)):
                error = refusal(partial(jobs.logs, handle, name, number))
                assert isinstance(error, PlanError), (
                    f"logs of replica {number} of role {name!r} gave {error!r}, not a PlanError: "
                    "describe() must return the job's roles and their numbers of replicas"
                )

    def test_a_reader_may_leave(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """A reader that stops after the first line affects neither the job nor later readers."""
        with self._printing_job(make_launcher, executor) as (jobs, handle, _):
            stream = jobs.logs(handle, follow=True)
            self._read(islice(stream, 1), "the first line of logs(follow=True)")
            del stream
            state = self._end(jobs, handle).state
            assert state is JobState.SUCCEEDED, (
                f"the job is {state!s} after a reader of its logs left: closing log_iter() must not touch it"
            )
            what = "logs(follow=True) after a reader left"
            self._compare(jobs.logs(handle, follow=True), self.printed, what)

    @contextmanager
    def _printing_job(
        self, make_launcher: MakeLauncher, executor: ExecutorT
    ) -> Generator[tuple[AnyLauncher, Handle, str]]:
        """A launcher, the handle of a job that prints, and its role."""
        with make_launcher() as jobs:
            plan = self._plan(jobs, executor, self.printing)
            if not isinstance(jobs.scheduler(plan.backend), SupportsLogs):
                raise SkipTest(f"the scheduler of {plan.backend!r} does not claim SupportsLogs")
            with self._job(jobs, executor, self.printing) as handle:
                yield jobs, handle, plan.app.roles[0].name

    def _compare(self, lines: Iterable[str], expected: Sequence[str], what: str) -> None:
        found = [line.strip() for line in self._read(lines, what) if line.strip() in expected]
        assert found == [*expected], (
            f"{what} gave {found}, not {[*expected]}: log_iter() must yield every line once and in order, up "
            "to the last one that the job has written"
        )

    def _read(self, lines: Iterable[str], what: str) -> list[str]:
        """All lines, read in another thread, since a stream that never ends would hang the tests."""
        found: list[str] = []
        failures: list[Exception] = []

        def read() -> None:
            try:
                found.extend(lines)
            except Exception as error:  # noqa: BLE001  (raised again below)
                failures.append(error)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(self.guard_seconds)
        assert not reader.is_alive(), (
            f"{what} had not ended after guard_seconds = {self.guard_seconds:g}: log_iter() must end when "
            f"the job has ended; it gave {found}"
        )
        for failure in failures:
            raise failure
        return found
