"""FakeCluster: a scheduler in memory with every capability, whose jobs go on by themselves."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

from launchbind.state import JobState
from launchbind.testing._fakes import FakeScheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from launchbind.testing._fakes import FakeApp, FakeExecutor, FakeInfo, FakeJob, FakeRole

_FOLLOW_SECONDS = 0.01


@dataclass(frozen=True)
class FakeProgram:
    """What a program does when :class:`FakeCluster` runs it.

    Parameters
    ----------
    lines
        What it prints, or a function of the role's name and the replica's number that returns that.
    exit_code
        Its exit code; None for one that runs until its job is cancelled.
    polls
        How many queries find its job RUNNING before the program has ended. No clock is involved.
    """

    lines: Sequence[str] | Callable[[str, int], Sequence[str]] = ()
    exit_code: int | None = 0
    polls: int = 2

    def output(self, role: str, replica: int) -> Sequence[str]:
        """What this replica prints from its start to its end."""
        return self.lines(role, replica) if callable(self.lines) else self.lines


class FakeCluster(FakeScheduler):
    """A :class:`FakeScheduler` with every capability, on which each query moves its job on.

    A job is PENDING until it is first described, then RUNNING while its programs print their lines, and
    ends with their exit codes.

    Parameters
    ----------
    session, backend
        As for :class:`FakeScheduler`.
    programs
        Entrypoint to program; one that is not listed prints nothing and succeeds.

    Attributes
    ----------
    id_variable
        The variable of a request that holds the job's id, which every dry run makes anew.

    Examples
    --------
    >>> from launchbind.testing import FakeApp, FakeExecutor, FakeRole
    >>> cluster = FakeCluster(programs={"train": FakeProgram(exit_code=3, polls=1)})
    >>> app = FakeApp("fit", [FakeRole("main", "train")])
    >>> job = cluster.schedule(cluster.submit_dryrun(app, FakeExecutor()))
    >>> [str(cluster.describe(job).state) for _ in range(2)]
    ['RUNNING', 'FAILED']
    >>> cluster.describe(job).exit_code
    3
    """

    id_variable: ClassVar[str] = "FAKE_JOB_ID"

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
        info.request.env[self.id_variable] = f"{app.name}-{uuid4().hex}"
        return info

    def volatile(self, dryrun_info: FakeInfo, /) -> Mapping[str, str]:
        """The job's id."""
        return {dryrun_info.request.env[self.id_variable]: "<job id>"}

    def schedule(self, dryrun_info: FakeInfo, /) -> str:
        """Queue the job: it is PENDING."""
        job = self.jobs.pop(super().schedule(dryrun_info))
        job.app_id, job.state = dryrun_info.request.env[self.id_variable], JobState.PENDING
        self.jobs[job.app_id] = job
        return job.app_id

    def describe(self, app_id: str, /) -> FakeJob | None:
        """The job, moved on by a step, or None."""
        job = self.jobs.get(app_id)
        if job is not None:
            self._go_on(job)
        return job

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, FakeJob | None]:
        """Each job, moved on by a step; None for those that never existed."""
        return {app_id: self.describe(app_id) for app_id in app_ids}

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *, should_tail: bool = False
    ) -> Iterator[str]:
        """What replica ``k`` of a role has printed by now, and goes on to print if ``should_tail``."""
        job = self.jobs.get(app_id)
        roles = {role.name: role for role in job.roles} if job is not None else {}
        role = roles.get(role_name)
        if job is None or role is None or not 0 <= k < role.num_replicas:
            raise LookupError(f"no job {app_id!r} with replica {k} of role {role_name!r}")
        return self._follow(job, role, k) if should_tail else iter(self._written(job, role, k))

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
            time.sleep(_FOLLOW_SECONDS)  # another thread may have to cancel the job

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
        polls = max((program.polls for program in programs), default=0)
        if self._asked[job.app_id] <= polls or any(program.exit_code is None for program in programs):
            job.state = JobState.RUNNING
        else:
            job.exit_code = next((program.exit_code for program in programs if program.exit_code), 0)
            job.state = JobState.FAILED if job.exit_code else JobState.SUCCEEDED

    def _program(self, role: FakeRole) -> FakeProgram:
        return self.programs.get(role.entrypoint, FakeProgram())
