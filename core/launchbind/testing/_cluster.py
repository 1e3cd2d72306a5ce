"""FakeCluster: a scheduler in memory with every capability, whose jobs go on by themselves."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from launchbind.state import JobState
from launchbind.testing._fakes import FakeScheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from launchbind.testing._fakes import FakeApp, FakeExecutor, FakeInfo, FakeJob, FakeRole

#: The variable of a request that holds the job's id, made anew in every dry run.
JOB_ID = "FAKE_JOB_ID"
_FOLLOW_SECONDS = 0.01


@dataclass(frozen=True)
class FakeProgram:
    """What a program does when :class:`FakeCluster` runs it.

    Parameters
    ----------
    lines
        What it prints; or a function of the role's name and the replica's number that returns that.
    exit_code
        What it ends with; None for one that runs until its job is cancelled.
    polls
        How often its job is found RUNNING before the program has ended. No clock is involved.
    """

    lines: Sequence[str] | Callable[[str, int], Sequence[str]] = ()
    exit_code: int | None = 0
    polls: int = 2

    def output(self, role: str, replica: int) -> Sequence[str]:
        """What this replica prints from its start to its end."""
        return self.lines(role, replica) if callable(self.lines) else self.lines


class FakeCluster(FakeScheduler):
    """A :class:`FakeScheduler` with every capability, on which time passes whenever a job is asked about.

    A job is PENDING until it is first described, then RUNNING while its programs print their lines, and
    ends as they say.

    Parameters
    ----------
    session, backend
        As for :class:`FakeScheduler`.
    programs
        By a role's entrypoint; one that is not named prints nothing and succeeds.
    """

    def __init__(
        self,
        session: str = "test",
        *,
        backend: str = "fake",
        programs: Mapping[str, FakeProgram] | None = None,
    ) -> None:
        super().__init__(session, backend=backend)
        self.programs: Mapping[str, FakeProgram] = programs or {}
        self._asked: Counter[str] = Counter()

    def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
        info = super()._submit_dryrun(app, cfg)
        info.request.env[JOB_ID] = f"{app.name}-{uuid4().hex}"
        return info

    def volatile(self, dryrun_info: FakeInfo, /) -> Mapping[str, str]:
        """The job's id."""
        return {dryrun_info.request.env[JOB_ID]: "<job id>"}

    def schedule(self, dryrun_info: FakeInfo, /) -> str:
        """Take the job: it is PENDING."""
        job = self.jobs.pop(super().schedule(dryrun_info))
        job.app_id, job.state = dryrun_info.request.env[JOB_ID], JobState.PENDING
        self.jobs[job.app_id] = job
        return job.app_id

    def describe(self, app_id: str, /) -> FakeJob | None:
        """The job, a step further than it was; or None."""
        job = self.jobs.get(app_id)
        if job is not None:
            self._go_on(job)
        return job

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, FakeJob | None]:
        """Each job, a step further than it was; None for those that never were."""
        return {app_id: self.describe(app_id) for app_id in app_ids}

    def exit_code(self, app_id: str, /) -> int | None:
        """The first non-zero exit code of the job's programs, else 0; None unless they have ended."""
        job = self.jobs.get(app_id)
        if job is None or job.state not in (JobState.SUCCEEDED, JobState.FAILED):
            return None
        return self._code(job)

    def log_iter(
        self,
        app_id: str,
        role_name: str,
        k: int = 0,
        regex: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        should_tail: bool = False,
    ) -> Iterator[str]:
        """What replica ``k`` of a role has printed by now, or goes on to print if ``should_tail``.

        Raises
        ------
        LookupError
            When there is no such job, role or replica.
        NotImplementedError
            When asked for a span of time: there is no clock.
        """
        if since is not None or until is not None:
            raise NotImplementedError
        job = self.jobs.get(app_id)
        roles = {role.name: role for role in job.roles} if job is not None else {}
        role = roles.get(role_name)
        if job is None or role is None or not 0 <= k < role.num_replicas:
            raise LookupError(f"no job {app_id!r} with replica {k} of role {role_name!r}")
        lines = self._follow(job, role, k) if should_tail else iter(self._written(job, role, k))
        return (line for line in lines if regex is None or re.search(regex, line))

    def _follow(self, job: FakeJob, role: FakeRole, replica: int) -> Iterator[str]:
        shown = 0
        while True:
            ended = job.state.is_terminal
            written = self._written(job, role, replica)
            yield from written[shown:]
            shown = len(written)
            if ended:
                return
            self._go_on(job)
            time.sleep(_FOLLOW_SECONDS)  # what never ends by itself is cancelled by another thread

    def _written(self, job: FakeJob, role: FakeRole, replica: int) -> Sequence[str]:
        program = self._program(role)
        lines = program.output(role.name, replica)
        if job.state in (JobState.SUCCEEDED, JobState.FAILED):
            return lines
        polls = max(program.polls, 1)
        return lines[: len(lines) * min(self._asked[job.app_id], polls) // polls]

    def _go_on(self, job: FakeJob) -> None:
        if job.state.is_terminal:
            return
        self._asked[job.app_id] += 1
        programs = [self._program(role) for role in job.roles]
        lasting = max((program.polls for program in programs), default=0)
        if self._asked[job.app_id] <= lasting or any(program.exit_code is None for program in programs):
            job.state = JobState.RUNNING
        else:
            job.state = JobState.FAILED if self._code(job) else JobState.SUCCEEDED

    def _code(self, job: FakeJob) -> int:
        codes = (self._program(role).exit_code for role in job.roles)
        return next((code for code in codes if code), 0)

    def _program(self, role: FakeRole) -> FakeProgram:
        return self.programs.get(role.entrypoint, FakeProgram())
