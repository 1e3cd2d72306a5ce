"""SchedulerPool: the schedulers of one launcher, each created when its backend is first used."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from launchbind.bindings.translation import scheduler_errors
from launchbind.errors import LaunchbindError, UnknownBackendError
from launchbind.handle import Handle
from launchbind.protocols import App, Scheduler, SchedulerFactory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launchbind.redaction import Redactor
    from launchbind.registry import Registry

AppT = TypeVar("AppT", bound=App)
ExecutorT = TypeVar("ExecutorT")
InfoT = TypeVar("InfoT")


class SchedulerPool(Generic[AppT, ExecutorT, InfoT]):
    """The schedulers of one session, by backend; safe to use from several threads.

    Parameters
    ----------
    registry
        Knows the aliases of backends.
    factories
        Backend to scheduler factory. It is only looked up by key, and iterated for the error of an
        unknown backend, so it may be lazy.
    session
        Passed to each factory.
    redactor
        Hides secrets in the errors of factories and of ``close``.

    Raises
    ------
    InvalidHandleError
        When no handle could carry the session, so that its jobs could not be found again.
    """

    def __init__(
        self,
        registry: Registry[ExecutorT],
        factories: Mapping[str, SchedulerFactory[Scheduler[AppT, ExecutorT, InfoT]]],
        session: str,
        redactor: Redactor,
    ) -> None:
        Handle("backend", session, "app_id")  # raises before any job can be submitted
        self._registry = registry
        self._factories = factories
        self._session = session
        self._redactor = redactor
        self._schedulers: dict[str, Scheduler[AppT, ExecutorT, InfoT]] = {}
        # Reentrant: a factory may ask the same launcher for another backend.
        self._lock = threading.RLock()

    def canonical(self, backend: str) -> str:
        """The registered name of a backend.

        Parameters
        ----------
        backend
            That name or an alias; a name that nobody registered is returned as it is.
        """
        return self._registry.entry(backend).name if backend in self._registry else backend

    def scheduler(self, backend: str) -> Scheduler[AppT, ExecutorT, InfoT]:
        """The scheduler of a backend; the first call creates it.

        Parameters
        ----------
        backend
            Its canonical name.

        Raises
        ------
        UnknownBackendError
            When there is no factory for the backend.
        SchedulerError
            When the factory fails; the next call tries again.
        """
        with self._lock:
            if backend not in self._schedulers:
                factory = self._factories.get(backend)
                if factory is None:
                    raise UnknownBackendError(backend, tuple(self._factories))
                with scheduler_errors(backend, "create its scheduler", self._redactor):
                    self._schedulers[backend] = factory(self._session)
            return self._schedulers[backend]

    def close(self) -> None:
        """Close every scheduler that was created, also when closing one of them fails.

        Raises
        ------
        SchedulerError
            The first failure, once all are closed.
        """
        failure: LaunchbindError | None = None
        with self._lock:
            while self._schedulers:
                backend, scheduler = self._schedulers.popitem()
                try:
                    with scheduler_errors(backend, "close its scheduler", self._redactor):
                        scheduler.close()
                except LaunchbindError as error:
                    failure = failure or error
        if failure is not None:
            raise failure
