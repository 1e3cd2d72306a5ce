"""Launcher: from an executor and an app to a job, and through its life."""

from __future__ import annotations

import copy
import re
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from launchbind.bindings.schedulers import Backends
from launchbind.errors import (
    InvalidHandleError,
    InvalidSettingError,
    PlanError,
    SchedulerError,
    UnknownJobError,
    UnsupportedError,
    WaitTimeoutError,
)
from launchbind.handle import Handle
from launchbind.jobs.logs import chosen, read_logs
from launchbind.planning.planner import Planner
from launchbind.protocols import (
    App,
    Role,
    Scheduler,
    SchedulerFactory,
    SupportsDescribeMany,
    SupportsList,
    SupportsLogs,
)
from launchbind.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from typing_extensions import Self

    from launchbind.planning.plan import Plan
    from launchbind.registry import Registry
    from launchbind.state import JobStatus

AppT = TypeVar("AppT", bound=App)
ExecutorT = TypeVar("ExecutorT")
InfoT = TypeVar("InfoT")

_FIRST_POLL = 0.05
_POLL_GROWTH = 1.5


class Launcher(Generic[AppT, ExecutorT, InfoT]):
    """Plans, submits and follows jobs.

    Parameters
    ----------
    registry
        Tells which backend an executor belongs to.
    schedulers
        Backend to scheduler factory; a scheduler is made when its backend is first used.
    session
        Groups the jobs; it is part of their handles.
    prepare
        Called with the copies of app and executor, and the backend, before each dry run; an adapter
        fills in there what its launcher expects, such as job folders. It may return values that it made
        for this plan alone, such as a random id, each with the placeholder that stands for it in
        fingerprints and comparisons.
    volatile
        Called with the copies and the dry-run info; returns such values too, where the schedulers make
        them and do not tell (:class:`SupportsVolatile`).
    copier
        Copies an executor for a plan; an adapter gives its own where executors hold connections.
    secret_names
        Names whose values plans hide, besides the usual ones.

    Notes
    -----
    Everything after ``submit`` needs the handle only, so another process can go on where one stopped.
    """

    def __init__(
        self,
        registry: Registry[ExecutorT],
        schedulers: Mapping[str, SchedulerFactory[Scheduler[AppT, ExecutorT, InfoT]]],
        *,
        session: str = "launchbind",
        prepare: Callable[[AppT, ExecutorT, str], Mapping[str, str] | None] | None = None,
        volatile: Callable[[AppT, ExecutorT, InfoT], Mapping[str, str]] | None = None,
        copier: Callable[[ExecutorT], ExecutorT] = copy.deepcopy,
        secret_names: Iterable[str] = (),
    ) -> None:
        names = tuple(secret_names)
        self._backends: Backends[AppT, ExecutorT, InfoT] = Backends(
            registry, schedulers, session, Redactor(names)
        )
        self._planner: Planner[AppT, ExecutorT, InfoT] = Planner(
            registry, self._backends, prepare=prepare, volatile=volatile, copier=copier, secret_names=names
        )
        self._roles: dict[Handle, Sequence[Role]] = {}

    # -- before the job --------------------------------------------------------------------------

    def plan(self, app: AppT, executor: ExecutorT, *, backend: str | None = None) -> Plan[InfoT]:
        """Dry-run ``app`` on copies: neither ``app`` nor ``executor`` is changed.

        Parameters
        ----------
        backend
            By default the one the executor's class is registered under.

        Raises
        ------
        UnknownTypeError, UnknownBackendError
            When no backend is known for the executor, or no scheduler for the backend.
        PlanError
            When the app has no roles, two of one name or one without replicas, or cannot be copied.
        DryRunError
            When the scheduler or a role's ``pre_proc`` fails.
        """
        plan = self._planner.plan(app, executor, backend)
        self._backends.redactor.absorb(plan._redactor)  # for the errors of schedulers later on
        return plan

    def submit(self, plan: Plan[InfoT]) -> Handle:
        """Submit exactly what was planned.

        Raises
        ------
        PlanError
            When the plan was submitted before, or changed since it was made.
        SchedulerError
            When the scheduler refuses it; the plan can be submitted again.
        """
        scheduler = self._backends.scheduler(plan.backend)
        with plan.submitting:
            if plan.handle is not None:
                raise PlanError(plan.app.name, f"was submitted already, as {plan.handle}: plan it again")
            if plan.current_fingerprint() != plan.fingerprint:
                raise PlanError(plan.app.name, "was changed after it was planned: plan it again")
            with self._backends.asking(plan.backend, f"submit app {plan.app.name!r}", plan._redactor):
                app_id = scheduler.schedule(plan.info)
            try:
                plan.handle = Handle(plan.backend, self._backends.session, app_id)
            except InvalidHandleError as error:
                with self._backends.asking(plan.backend, f"cancel the job {app_id!r}", plan._redactor):
                    scheduler.cancel(app_id)
                reason = (
                    f"no handle can carry its id {app_id!r}, so it was cancelled: give the app another name"
                )
                raise SchedulerError(
                    plan.backend, f"keep the job of app {plan.app.name!r}", reason
                ) from error
        self._roles[plan.handle] = plan.app.roles
        return plan.handle

    def run(self, app: AppT, executor: ExecutorT, *, backend: str | None = None) -> Handle:
        """Plan and submit."""
        return self.submit(self.plan(app, executor, backend=backend))

    # -- the job ---------------------------------------------------------------------------------

    def status(self, handle: Handle | str) -> JobStatus:
        """Ask the job's scheduler how it fares.

        Raises
        ------
        InvalidHandleError, UnknownBackendError
            When the handle cannot be read, or its backend is not at hand.
        UnknownJobError
            When the backend knows no such job.
        SchedulerError
            When the scheduler cannot say; never a silent UNKNOWN.
        """
        handle, scheduler = self._backends.find(handle)
        return self._backends.status(handle, scheduler, self._backends.describe(handle, scheduler))

    def statuses(self, handles: Iterable[Handle | str]) -> list[JobStatus]:
        """The status of each job, in the order asked; one query per backend where it can take many.

        Raises
        ------
        The same errors as :meth:`status`, for the first job that has one.
        """
        asked = [self._backends.find(handle) for handle in handles]
        found: dict[Handle, JobStatus] = {}
        for backend, scheduler in {handle.backend: scheduler for handle, scheduler in asked}.items():
            group = [handle for handle, _ in asked if handle.backend == backend]
            if isinstance(scheduler, SupportsDescribeMany):
                with self._backends.asking(backend, f"tell how {len(group)} jobs fare"):
                    described = scheduler.describe_many([handle.app_id for handle in group])
                for handle in group:
                    description = described.get(handle.app_id)
                    if description is None:
                        raise UnknownJobError(str(handle))
                    found[handle] = self._backends.status(handle, scheduler, description)
            else:
                found.update((handle, self.status(handle)) for handle in group)
        return [found[handle] for handle, _ in asked]

    def wait(
        self,
        handle: Handle | str,
        *,
        timeout: float | None = None,
        poll: float = 2.0,
        progress: Callable[[JobStatus], None] | None = None,
    ) -> JobStatus:
        """Wait until the job has ended.

        Parameters
        ----------
        timeout
            Seconds to wait at most; None waits for as long as it takes.
        poll
            Seconds between questions at most; the first ones come sooner.
        progress
            Called with every status on the way, the last one included.

        Raises
        ------
        WaitTimeoutError
            When the job has not ended in time; it goes on.
        InvalidSettingError
            When ``poll`` is negative.
        """
        if not poll >= 0:
            raise InvalidSettingError("wait", "poll", f"it is seconds, 0 or more, not {poll}")
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = min(_FIRST_POLL, poll)
        while True:
            status = self.status(handle)
            if progress is not None:
                progress(status)
            if status.state.is_terminal:
                return status
            left = pause if deadline is None else deadline - time.monotonic()
            if left <= 0 and timeout is not None:
                raise WaitTimeoutError(str(status.handle), str(status.state), timeout)
            time.sleep(min(pause, left))
            pause = min(pause * _POLL_GROWTH, poll)

    def cancel(self, handle: Handle | str) -> None:
        """End the job; one that has ended already is left as it is.

        Raises
        ------
        UnknownJobError
            When the backend knows no such job.
        """
        if not self.status(handle).state.is_terminal:
            handle, scheduler = self._backends.find(handle)
            with self._backends.asking(handle.backend, f"cancel {handle}"):
                scheduler.cancel(handle.app_id)

    def logs(
        self,
        handle: Handle | str,
        role: str | None = None,
        replica: int | None = None,
        follow: bool = False,
        *,
        regex: str | None = None,
        since: datetime | None = None,
    ) -> Iterator[str]:
        """The job's output, line by line; a last line without a newline comes as it is.

        Parameters
        ----------
        role, replica
            Limit it to one role, or to one replica's number; by default all are read, one after the
            other, or as their lines come when following.
        follow
            Go on until the job has ended.
        regex
            Only lines in which it is found.
        since
            Only what was written since then.

        Raises
        ------
        UnsupportedError
            When the backend's scheduler cannot read logs, or not since a point in time.
        UnknownJobError
            When the backend knows no such job.
        InvalidSettingError
            When ``regex`` is no regular expression.
        """
        try:
            re.compile(regex or "")
        except re.error as error:
            raise InvalidSettingError("logs", "regex", f"it is no regular expression: {error}") from error
        handle, scheduler = self._backends.find(handle)
        if not isinstance(scheduler, SupportsLogs):
            raise UnsupportedError(handle.backend, "read logs")
        description = self._backends.describe(handle, scheduler)
        replicas = chosen(handle, self._roles.get(handle, description.roles), role, replica)
        redactor = self._backends.redactor
        return read_logs(scheduler, handle, replicas, redactor, follow=follow, regex=regex, since=since)

    def list(self, backend: str) -> list[JobStatus]:
        """The jobs that the backend knows.

        Raises
        ------
        UnsupportedError
            When the backend's scheduler cannot list jobs.
        """
        backend = self._backends.canonical(backend)
        scheduler = self._backends.scheduler(backend)
        if not isinstance(scheduler, SupportsList):
            raise UnsupportedError(backend, "list jobs")
        with self._backends.asking(backend, "list its jobs"):
            jobs = list(scheduler.list())
        return [self._backends.listed(backend, scheduler, job) for job in jobs]

    # -- the launcher itself ---------------------------------------------------------------------

    def supports(self, backend: str, capability: type) -> bool:
        """Whether the backend's scheduler has a capability.

        Parameters
        ----------
        capability
            One of the ``Supports...`` Protocols, such as :class:`launchbind.SupportsLogs`.

        Raises
        ------
        UnknownBackendError
            When there is no scheduler for the backend.
        """
        return isinstance(self._backends.scheduler(self._backends.canonical(backend)), capability)

    def close(self) -> None:
        """Close every scheduler that was made; calling it again does nothing."""
        self._backends.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
