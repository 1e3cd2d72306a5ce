"""Launcher: from an executor and an app to a job, and through its life."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Generic, TypeVar, cast, overload

from launchbind.bindings.schedulers import SchedulerPool
from launchbind.handle import Handle
from launchbind.jobs.job import Job, listing, statuses
from launchbind.jobs.submitting import submit
from launchbind.jobs.waiting import wait
from launchbind.planning.planner import Planner
from launchbind.protocols import App, Role
from launchbind.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from typing_extensions import Never, Self

    from launchbind.bindings.backend import AnyBackend, Backend
    from launchbind.bindings.bindings import Bindings
    from launchbind.planning.plan import Plan
    from launchbind.protocols import BoundScheduler
    from launchbind.state import JobStatus

AppT_contra = TypeVar("AppT_contra", bound=App, contravariant=True)
ExecutorT_contra = TypeVar("ExecutorT_contra", contravariant=True)
AppT = TypeVar("AppT", bound=App)
ExecutorT = TypeVar("ExecutorT")
InfoT = TypeVar("InfoT")

if TYPE_CHECKING:
    Statuses = list[JobStatus]  # outside the class, where list is a method


class Launcher(Generic[AppT_contra, ExecutorT_contra]):
    """Plans, submits and follows jobs.

    Everything after ``submit`` needs only the handle, so another process can go on where one stopped. Its
    text will do, too, and may name the backend by an alias. Every method that takes a handle raises these
    errors, in addition to its own:

    - InvalidHandleError, when the handle cannot be parsed;
    - UnknownBackendError, when there is no scheduler for its backend;
    - UnknownJobError, when the backend knows no such job;
    - SchedulerError, when the scheduler fails. A failure is never reported as the state UNKNOWN.

    Parameters
    ----------
    bindings
        Map an executor's class to its backend, and that to its scheduler, which is created when the backend
        is first used.
    session
        Groups jobs; it is part of their handles.
    copier
        Copies an executor for a plan; an adapter gives its own where executors hold connections.
    secret_names
        Names whose values plans hide, in addition to the usual ones; see :class:`launchbind.Redactor`.

    Raises
    ------
    InvalidHandleError
        When no handle can carry the session: it is empty, or contains white space or a slash.

    Examples
    --------
    >>> from launchbind import Bindings
    >>> from launchbind.testing import FakeApp, FakeCluster, FakeExecutor, FakeRole
    >>> bindings: Bindings[FakeApp, FakeExecutor] = Bindings()
    >>> FAKE = bindings.bind("fake", FakeExecutor, FakeCluster)
    >>> with Launcher(bindings) as jobs:
    ...     plan = jobs.plan(FakeApp("fit", [FakeRole("main", "train")]), FakeExecutor(), backend=FAKE)
    ...     handle = jobs.submit(plan)
    ...     print(jobs.wait(handle, poll=0.01).state)
    SUCCEEDED
    """

    def __init__(
        self,
        bindings: Bindings[AppT_contra, ExecutorT_contra],
        *,
        session: str = "launchbind",
        copier: Callable[[ExecutorT_contra], ExecutorT_contra] = copy.deepcopy,
        secret_names: Iterable[str] = (),
    ) -> None:
        names = tuple(secret_names)
        self._session = session
        self._redactor = Redactor(names)
        self._bindings = bindings
        self._pool = SchedulerPool(bindings, session, self._redactor)
        self._planner = Planner(bindings, self._pool, copier=copier, secret_names=names)
        self._roles: dict[Handle, Sequence[Role]] = {}

    @property
    def session(self) -> str:
        """The session in the handles of the jobs that this launcher submits."""
        return self._session

    @overload
    def plan(
        self, app: AppT, executor: ExecutorT, *, backend: Backend[AppT, ExecutorT, InfoT]
    ) -> Plan[AppT, InfoT]: ...
    @overload
    def plan(
        self, app: AppT_contra, executor: ExecutorT_contra, *, backend: str | None = None
    ) -> Plan[AppT_contra, object]: ...
    def plan(self, app: App, executor: object, *, backend: AnyBackend | None = None) -> Plan[App, object]:
        """Dry-run ``app`` on copies: neither ``app`` nor ``executor`` is changed.

        Parameters
        ----------
        app
            What to run.
        executor
            Where and how to run it.
        backend
            A backend's key, or its name or alias; by default the name the executor's class is bound to. With
            the key, checkers know the type of the plan's ``info``; else :meth:`Plan.request_as` tells them.

        Raises
        ------
        UnknownTypeError, UnknownBackendError
            When no backend is known for the executor, or no scheduler for the backend.
        MissingDependencyError, BrokenTargetError
            When the backend's executor or scheduler cannot be imported.
        PlanError
            When the app has no roles, two of one name or one without replicas, or cannot be copied; or when
            the backend takes another class of executors.
        DryRunError
            When the scheduler or a role's ``pre_proc`` fails.
        """
        # The overloads say which app and executor these are; the planner checks the executor.
        mine, where = cast("AppT_contra", app), cast("ExecutorT_contra", executor)
        plan = self._planner.plan(mine, where, backend)
        self._redactor.update(plan.redactor)  # later errors of the scheduler may repeat these secrets
        return plan

    def submit(self, plan: Plan[AppT_contra, object]) -> Handle:
        """Submit exactly what was planned.

        Parameters
        ----------
        plan
            A plan of this launcher, or of one with the same bindings.

        Raises
        ------
        PlanError
            When the plan was submitted before, changed since it was made, or made with other bindings.
        SchedulerError
            When the scheduler refuses it; the plan can be submitted again.
        """
        handle = submit(plan, self._bindings, self._pool, self._session)
        self._roles[handle] = plan.app.roles
        return handle

    @overload
    def run(self, app: AppT, executor: ExecutorT, *, backend: Backend[AppT, ExecutorT, object]) -> Handle: ...
    @overload
    def run(self, app: AppT_contra, executor: ExecutorT_contra, *, backend: str | None = None) -> Handle: ...
    def run(self, app: App, executor: object, *, backend: AnyBackend | None = None) -> Handle:
        """Plan and submit; see :meth:`plan` and :meth:`submit`."""
        mine, where = cast("AppT_contra", app), cast("ExecutorT_contra", executor)
        return self.submit(self.plan(mine, where, backend=cast("str | None", backend)))

    def status(self, handle: Handle | str) -> JobStatus:
        """The job's state, exit code and message, from its scheduler."""
        return self._job(handle).status()

    def statuses(self, handles: Iterable[Handle | str]) -> Statuses:
        """The status of each job, in the order given; one query per backend that can describe many.

        Parameters
        ----------
        handles
            The jobs; the first one that has an error raises it.
        """
        return statuses([self._job(handle) for handle in handles])

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
            Seconds to wait at most; None for no limit.
        poll
            The longest pause between two queries, in seconds; the first pauses are shorter.
        progress
            Called with every status on the way, including the last one.

        Returns
        -------
        The status with the terminal state.

        Raises
        ------
        WaitTimeoutError
            When the job has not ended in time; it goes on.
        InvalidSettingError
            When ``poll`` is negative.
        """
        return wait(self._job(handle), timeout=timeout, poll=poll, progress=progress)

    def cancel(self, handle: Handle | str) -> None:
        """Cancel the job; does nothing when it has ended."""
        self._job(handle).cancel()

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
        """The job's output, line by line, each with its newline; the last line may have none.

        Parameters
        ----------
        role, replica
            Limit it to one role, or to one replica's number, from 0. By default all are read: one after
            the other, or merged as their lines come when following.
        follow
            Go on until the job has ended.
        regex
            Only the lines in which :func:`re.search` finds it.
        since
            Only what was written since then.

        Raises
        ------
        UnsupportedError
            When the backend's scheduler cannot read logs, or not since a point in time.
        InvalidSettingError
            When ``regex`` is no regular expression.
        PlanError
            When the job has no such replica.
        """
        return self._job(handle).logs(role, replica, follow, regex, since)

    def list(self, backend: AnyBackend) -> Statuses:
        """The jobs that the backend knows.

        Parameters
        ----------
        backend
            A backend's key, name or alias.

        Raises
        ------
        UnknownBackendError
            When there is no scheduler for the backend.
        UnsupportedError
            When the backend's scheduler cannot list jobs.
        SchedulerError
            When the scheduler fails.
        """
        name = self._bindings.canonical(backend)
        return listing(name, self._session, self._pool.scheduler(name), self._redactor)

    def _job(self, handle: Handle | str) -> Job:
        handle = Handle.parse(handle) if isinstance(handle, str) else handle
        backend = self._bindings.canonical(handle.backend)
        handle = Handle(backend, handle.session, handle.app_id)
        return Job(handle, self._pool.scheduler(backend), self._redactor, self._roles.get(handle))

    @overload
    def scheduler(
        self, backend: Backend[AppT, ExecutorT, InfoT]
    ) -> BoundScheduler[AppT, ExecutorT, InfoT]: ...
    @overload
    def scheduler(self, backend: str) -> BoundScheduler[AppT_contra, ExecutorT_contra, object]: ...
    def scheduler(self, backend: AnyBackend) -> BoundScheduler[Never, Never, object]:
        """The scheduler of a backend, for what this class does not offer; the launcher closes it.

        ``isinstance(jobs.scheduler(backend), SupportsLogs)`` tells whether it has a capability.

        Parameters
        ----------
        backend
            A backend's key, name or alias.

        Raises
        ------
        UnknownBackendError
            When there is no scheduler for the backend.
        MissingDependencyError, BrokenTargetError
            When its factory cannot be imported.
        SchedulerError
            When the scheduler cannot be created.
        """
        return self._pool.scheduler(self._bindings.canonical(backend))

    def close(self) -> None:
        """Close every scheduler that was created; calling it again does nothing.

        Raises
        ------
        SchedulerError
            The first failure to close one, once all are closed.
        """
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
