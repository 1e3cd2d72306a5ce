"""Launcher: from an executor and an app to a job, and through its life."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Generic, TypeVar

from launchbind.bindings.schedulers import SchedulerPool
from launchbind.bindings.translation import scheduler_errors
from launchbind.errors import InvalidHandleError, SchedulerError, UnsupportedError
from launchbind.handle import Handle
from launchbind.jobs.job import Job, state_and_exit_code, statuses
from launchbind.jobs.waiting import wait
from launchbind.planning.planner import Planner
from launchbind.protocols import App, Role, Scheduler, SchedulerFactory, SupportsList
from launchbind.redaction import Redactor
from launchbind.state import JobStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from typing_extensions import Self

    from launchbind.planning.plan import Plan
    from launchbind.registry import Registry

AppT = TypeVar("AppT", bound=App)
ExecutorT = TypeVar("ExecutorT")
InfoT = TypeVar("InfoT")


class Launcher(Generic[AppT, ExecutorT, InfoT]):
    """Plans, submits and follows jobs.

    Everything after ``submit`` needs only the handle, so another process can go on where one stopped.
    Every method that takes a handle raises these errors, in addition to its own:

    - InvalidHandleError, when the handle cannot be parsed;
    - UnknownBackendError, when there is no scheduler for its backend;
    - UnknownJobError, when the backend knows no such job;
    - SchedulerError, when the scheduler fails. A failure is never reported as the state UNKNOWN.

    Parameters
    ----------
    registry
        Maps an executor's class to its backend.
    schedulers
        Backend to scheduler factory; a scheduler is created when its backend is first used.
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
    >>> from launchbind import Registry
    >>> from launchbind.testing import FakeApp, FakeCluster, FakeExecutor, FakeRole
    >>> executors: Registry[FakeExecutor] = Registry("executor")
    >>> _ = executors.register("fake", FakeExecutor)
    >>> with Launcher(executors, {"fake": FakeCluster}) as jobs:
    ...     handle = jobs.run(FakeApp("fit", [FakeRole("main", "train")]), FakeExecutor())
    ...     print(jobs.wait(handle, poll=0.01).state)
    SUCCEEDED
    """

    def __init__(
        self,
        registry: Registry[ExecutorT],
        schedulers: Mapping[str, SchedulerFactory[Scheduler[AppT, ExecutorT, InfoT]]],
        *,
        session: str = "launchbind",
        copier: Callable[[ExecutorT], ExecutorT] = copy.deepcopy,
        secret_names: Iterable[str] = (),
    ) -> None:
        names = tuple(secret_names)
        self._session = session
        self._redactor = Redactor(names)
        self._pool: SchedulerPool[AppT, ExecutorT, InfoT] = SchedulerPool(
            registry, schedulers, session, self._redactor
        )
        self._planner: Planner[AppT, ExecutorT, InfoT] = Planner(
            registry, self._pool, copier=copier, secret_names=names
        )
        self._roles: dict[Handle, Sequence[Role]] = {}

    @property
    def session(self) -> str:
        """The session in the handles of the jobs that this launcher submits."""
        return self._session

    # -- before the job --------------------------------------------------------------------------

    def plan(self, app: AppT, executor: ExecutorT, *, backend: str | None = None) -> Plan[InfoT]:
        """Dry-run ``app`` on copies: neither ``app`` nor ``executor`` is changed.

        Parameters
        ----------
        app
            What to run.
        executor
            Where and how to run it.
        backend
            A backend's name or alias; by default the name the executor's class is registered under.

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
        self._redactor.update(plan.redactor)  # later errors of the scheduler may repeat these secrets
        return plan

    def submit(self, plan: Plan[InfoT]) -> Handle:
        """Submit exactly what was planned.

        Parameters
        ----------
        plan
            A plan of this launcher, or of one with the same schedulers.

        Raises
        ------
        PlanError
            When the plan was submitted before, or changed since it was made.
        SchedulerError
            When the scheduler refuses it; the plan can be submitted again.
        """
        handle = plan.submit_once(lambda: self._schedule(plan))
        self._roles[handle] = plan.app.roles
        return handle

    def _schedule(self, plan: Plan[InfoT]) -> Handle:
        scheduler, backend, name = self.scheduler(plan.backend), plan.backend, plan.app.name
        with scheduler_errors(backend, f"submit app {name!r}", plan.redactor):
            app_id = scheduler.schedule(plan.info)
        try:
            return Handle(backend, self._session, app_id)
        except InvalidHandleError as error:
            with scheduler_errors(backend, f"cancel the job {app_id!r}", plan.redactor):
                scheduler.cancel(app_id)
            reason = f"no handle can carry its id {app_id!r}, so it was cancelled: give the app another name"
            raise SchedulerError(backend, f"keep the job of app {name!r}", reason) from error

    def run(self, app: AppT, executor: ExecutorT, *, backend: str | None = None) -> Handle:
        """Plan and submit; see :meth:`plan` and :meth:`submit`."""
        return self.submit(self.plan(app, executor, backend=backend))

    # -- the job ---------------------------------------------------------------------------------

    def status(self, handle: Handle | str) -> JobStatus:
        """The job's state, exit code and message, from its scheduler.

        Parameters
        ----------
        handle
            The job; a text is parsed, and may name the backend by an alias.
        """
        return self._job(handle).status()

    def statuses(self, handles: Iterable[Handle | str]) -> list[JobStatus]:
        """The status of each job, in the order given; one query per backend that can describe many.

        Parameters
        ----------
        handles
            The jobs, each as for :meth:`status`; the first one that has an error raises it.
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
        handle
            The job, as for :meth:`status`.
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
        """Cancel the job; does nothing when it has ended.

        Parameters
        ----------
        handle
            The job, as for :meth:`status`.
        """
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
        handle
            The job, as for :meth:`status`.
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

    def list(self, backend: str) -> list[JobStatus]:
        """The jobs that the backend knows.

        Parameters
        ----------
        backend
            A backend's name or alias.

        Raises
        ------
        UnknownBackendError
            When there is no scheduler for the backend.
        UnsupportedError
            When the backend's scheduler cannot list jobs.
        SchedulerError
            When the scheduler fails.
        """
        backend = self._pool.canonical(backend)
        scheduler = self._pool.scheduler(backend)
        if not isinstance(scheduler, SupportsList):
            raise UnsupportedError(backend, "list jobs")
        with scheduler_errors(backend, "list its jobs", self._redactor):
            return [
                JobStatus(Handle(backend, self._session, job.app_id), *state_and_exit_code(backend, job))
                for job in scheduler.list()
            ]

    def _job(self, handle: Handle | str) -> Job:
        handle = Handle.parse(handle) if isinstance(handle, str) else handle
        backend = self._pool.canonical(handle.backend)
        handle = Handle(backend, handle.session, handle.app_id)
        return Job(handle, self._pool.scheduler(backend), self._redactor, self._roles.get(handle))

    # -- the launcher itself ---------------------------------------------------------------------

    def scheduler(self, backend: str) -> Scheduler[AppT, ExecutorT, InfoT]:
        """The scheduler of a backend, for what this class does not offer; the launcher closes it.

        Parameters
        ----------
        backend
            A backend's name or alias.

        Raises
        ------
        UnknownBackendError
            When there is no scheduler for the backend.
        SchedulerError
            When the scheduler cannot be created.
        """
        return self._pool.scheduler(self._pool.canonical(backend))

    def supports(self, backend: str, capability: type) -> bool:
        """Whether the backend's scheduler has a capability.

        Parameters
        ----------
        backend
            A backend's name or alias.
        capability
            A runtime-checkable Protocol, such as :class:`launchbind.SupportsLogs`.
        """
        return isinstance(self.scheduler(backend), capability)

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
