"""Backends: the schedulers of a launcher, made when they are first used, and asked in one way.

Whatever a scheduler raises becomes one error that says what it was asked to do, with secrets hidden.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

from launchbind.errors import LaunchbindError, SchedulerError, UnknownBackendError, UnknownJobError
from launchbind.handle import Handle
from launchbind.protocols import App, Scheduler, SchedulerFactory, SupportsExitCode
from launchbind.state import JobState, JobStatus

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from launchbind.protocols import Description, Listed, StateLike
    from launchbind.redaction import Redactor
    from launchbind.registry import Registry

AppT = TypeVar("AppT", bound=App)
ExecutorT = TypeVar("ExecutorT")
InfoT = TypeVar("InfoT")


class Backends(Generic[AppT, ExecutorT, InfoT]):
    """The schedulers of one session, by backend."""

    def __init__(
        self,
        registry: Registry[ExecutorT],
        factories: Mapping[str, SchedulerFactory[Scheduler[AppT, ExecutorT, InfoT]]],
        session: str,
        redactor: Redactor,
    ) -> None:
        Handle("backend", session, "app_id")  # no job may start in a session that its handle cannot carry
        self._registry = registry
        self._factories = factories
        self._schedulers: dict[str, Scheduler[AppT, ExecutorT, InfoT]] = {}
        self._lock = threading.RLock()
        self.session = session
        self.redactor = redactor

    def canonical(self, backend: str) -> str:
        """The backend's registered name, from that or an alias."""
        return self._registry.entry(backend).name if backend in self._registry else backend

    def scheduler(self, backend: str) -> Scheduler[AppT, ExecutorT, InfoT]:
        """The scheduler of a backend, by its canonical name."""
        with self._lock:
            if backend not in self._schedulers:
                factory = self._factories.get(backend)
                if factory is None:
                    raise UnknownBackendError(backend, tuple(self._factories))
                with self.asking(backend, "make its scheduler"):
                    self._schedulers[backend] = factory(self.session)
            return self._schedulers[backend]

    def find(self, handle: Handle | str) -> tuple[Handle, Scheduler[AppT, ExecutorT, InfoT]]:
        """The handle, its backend under the canonical name, and the scheduler that has the job."""
        handle = Handle.parse(handle) if isinstance(handle, str) else handle
        backend = self.canonical(handle.backend)
        return Handle(backend, handle.session, handle.app_id), self.scheduler(backend)

    def describe(self, handle: Handle, scheduler: Scheduler[AppT, ExecutorT, InfoT]) -> Description:
        """What the scheduler says about the job."""
        with self.asking(handle.backend, f"tell how {handle} fares"):
            description = scheduler.describe(handle.app_id)
        if description is None:
            raise UnknownJobError(str(handle))
        return description

    def status(
        self,
        handle: Handle,
        scheduler: Scheduler[AppT, ExecutorT, InfoT],
        description: Description,
    ) -> JobStatus:
        """A description in launchbind's terms."""
        state = _job_state(handle.backend, description.state)
        # torchx writes "<NONE>" where it has no message (torchx.specs.api.NONE).
        message = "" if description.msg == "<NONE>" else description.msg
        return JobStatus(
            handle, state, self._exit_code(handle, scheduler, state), message, description.ui_url
        )

    def listed(self, backend: str, scheduler: Scheduler[AppT, ExecutorT, InfoT], job: Listed) -> JobStatus:
        """A job of a listing in launchbind's terms."""
        handle = Handle(backend, self.session, job.app_id)
        state = _job_state(backend, job.state)
        return JobStatus(handle, state, self._exit_code(handle, scheduler, state))

    def _exit_code(self, handle: Handle, scheduler: object, state: JobState) -> int | None:
        if not (state.is_terminal and isinstance(scheduler, SupportsExitCode)):
            return None
        with self.asking(handle.backend, f"tell how {handle} ended"):
            return scheduler.exit_code(handle.app_id)

    def close(self) -> None:
        """Close every scheduler that was made, the others too when one fails."""
        failure: SchedulerError | None = None
        with self._lock:
            while self._schedulers:
                backend, scheduler = self._schedulers.popitem()
                try:
                    with self.asking(backend, "close its scheduler"):
                        scheduler.close()
                except SchedulerError as error:
                    failure = failure or error
        if failure is not None:
            raise failure

    @contextmanager
    def asking(self, backend: str, action: str, redactor: Redactor | None = None) -> Generator[None]:
        """Report whatever the scheduler raises as a :class:`SchedulerError` about ``action``."""
        try:
            yield
        except LaunchbindError:
            raise
        except Exception as error:
            reason = (redactor or self.redactor).text(f"{type(error).__name__}: {error}")
            raise SchedulerError(backend, action, reason) from error


def _job_state(backend: str, state: StateLike) -> JobState:
    """The job state of that name; one that launchbind does not know is an error, not UNKNOWN."""
    known = JobState.__members__.get(state.name)
    if known is None:
        raise SchedulerError(backend, "give a job state", f"{state.name!r} is none that is known")
    return known
