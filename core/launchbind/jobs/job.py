"""Job: a resolved handle, which is the handle under its backend's canonical name and its scheduler."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from launchbind.bindings.translation import scheduler_errors
from launchbind.errors import InvalidSettingError, SchedulerError, UnknownJobError, UnsupportedError
from launchbind.handle import Handle
from launchbind.jobs.logs import merge, select_replicas
from launchbind.protocols import DescribesExitCode, SupportsDescribeMany, SupportsList, SupportsLogs
from launchbind.state import JobState, JobStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from typing_extensions import Never

    from launchbind.protocols import BoundScheduler, Description, Listed, Role
    from launchbind.redaction import Redactor


@dataclass(frozen=True)
class Job:
    """A job, under its backend's canonical name, and the scheduler that has it."""

    handle: Handle
    scheduler: BoundScheduler[Never, Never, object]
    redactor: Redactor
    #: Where this process submitted the job; else those of its description. Their variables may be secrets.
    roles: Sequence[Role] | None = field(default=None, repr=False)

    def describe(self) -> Description:
        """What the scheduler says about the job; an unknown job is an :class:`UnknownJobError`."""
        with self._errors("get the status of"):
            description = self.scheduler.describe(self.handle.app_id)
        if description is None:
            raise UnknownJobError(str(self.handle))
        return description

    def status(self) -> JobStatus:
        """The job's status; see :meth:`launchbind.Launcher.status`."""
        return self.status_of(self.describe())

    def status_of(self, description: Description) -> JobStatus:
        """The job's status, from a description of it."""
        with self._errors("get the status of"):
            state, exit_code = state_and_exit_code(self.handle.backend, description)
            return JobStatus(self.handle, state, exit_code, description.msg, description.ui_url)

    def cancel(self) -> None:
        """Cancel the job unless it has ended; see :meth:`launchbind.Launcher.cancel`."""
        if not self.status().state.is_terminal:
            with self._errors("cancel"):
                self.scheduler.cancel(self.handle.app_id)

    def logs(
        self, role: str | None, replica: int | None, follow: bool, regex: str | None, since: datetime | None
    ) -> Iterator[str]:
        """The job's output, line by line; see :meth:`launchbind.Launcher.logs`.

        A job's output is not launchbind's to change: secrets are hidden in the errors of reading only.
        """
        try:
            pattern = re.compile(regex or "")
        except re.error as error:
            raise InvalidSettingError("logs", "regex", f"it is no regular expression: {error}") from error
        if not isinstance(self.scheduler, SupportsLogs):
            raise UnsupportedError(self.handle.backend, "read logs")
        read = self._reader(partial(self.scheduler.log_iter, should_tail=follow), since)
        described = self.describe().roles  # asked even if the roles are known: there may be no such job
        roles = described if self.roles is None else self.roles

        def lines(role: str, replica: int) -> Iterator[str]:
            with self._errors("read the logs of"):
                for line in read(self.handle.app_id, role, replica):
                    if pattern.search(line):
                        yield line

        streams = [lines(*each) for each in select_replicas(self.handle.app_id, roles, role, replica)]
        if follow and len(streams) > 1:
            return merge(streams)
        return (line for stream in streams for line in stream)

    def _reader(
        self, log_iter: Callable[..., Iterable[str]], since: datetime | None
    ) -> Callable[..., Iterable[str]]:
        if since is None:
            return log_iter
        from inspect import signature  # here, since few calls ask for a point in time

        # The name must be there: a scheduler that takes any keyword may ignore it.
        if "since" not in signature(log_iter).parameters:
            raise UnsupportedError(self.handle.backend, "read logs since a point in time")
        return partial(log_iter, since=since)

    def _errors(self, action: str) -> AbstractContextManager[None]:
        return scheduler_errors(self.handle.backend, f"{action} {self.handle}", self.redactor)


def statuses(jobs: Sequence[Job]) -> list[JobStatus]:
    """The status of each job, in the order given; one query per backend that can describe many."""
    backends: dict[str, list[Job]] = {}
    for job in jobs:
        backends.setdefault(job.handle.backend, []).append(job)
    found: dict[Handle, JobStatus] = {}
    for backend, group in backends.items():
        scheduler, redactor = group[0].scheduler, group[0].redactor
        if not isinstance(scheduler, SupportsDescribeMany):
            found.update((job.handle, job.status()) for job in group)
            continue
        with scheduler_errors(backend, f"get the status of {len(group)} jobs", redactor):
            described = scheduler.describe_many([job.handle.app_id for job in group])
        for job in group:
            description = described.get(job.handle.app_id)
            if description is None:
                raise UnknownJobError(str(job.handle))
            found[job.handle] = job.status_of(description)
    return [found[job.handle] for job in jobs]


def listing(backend: str, session: str, scheduler: object, redactor: Redactor) -> list[JobStatus]:
    """The jobs that a scheduler lists; see :meth:`launchbind.Launcher.list`.

    Raises
    ------
    UnsupportedError
        When the scheduler cannot list jobs.
    """
    if not isinstance(scheduler, SupportsList):
        raise UnsupportedError(backend, "list jobs")
    with scheduler_errors(backend, "list its jobs", redactor):
        return [
            JobStatus(Handle(backend, session, job.app_id), *state_and_exit_code(backend, job))
            for job in scheduler.list()
        ]


def state_and_exit_code(backend: str, found: Description | Listed) -> tuple[JobState, int | None]:
    """The state that a scheduler gives a job, and its exit code if the job has ended.

    A state that launchbind does not know is an error: UNKNOWN would hide it.
    """
    state = JobState.__members__.get(found.state.name)
    if state is None:
        reason = f"the scheduler returned {found.state.name!r}"
        raise SchedulerError(backend, "give a job state that launchbind knows", reason)
    code = found.exit_code if state.is_terminal and isinstance(found, DescribesExitCode) else None
    return state, code
