"""SchedulerPool: the schedulers of one launcher, each created when its backend is first used."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from launchbind.bindings.translation import scheduler_errors
from launchbind.errors import LaunchbindError
from launchbind.handle import Handle

if TYPE_CHECKING:
    from launchbind.bindings.bindings import Bindings
    from launchbind.protocols import BoundScheduler
    from launchbind.redaction import Redactor

AppT = TypeVar("AppT")
ExecutorT = TypeVar("ExecutorT")


class SchedulerPool(Generic[AppT, ExecutorT]):
    """The schedulers of one session, by backend; safe to use from several threads."""

    def __init__(self, bindings: Bindings[AppT, ExecutorT], session: str, redactor: Redactor) -> None:
        Handle("backend", session, "app_id")  # raises before any job can be submitted
        self._bindings = bindings
        self._session = session
        self._redactor = redactor
        # Backend, what it was bound to then, and the scheduler. What is bound anew gets another one;
        # the older one stays open, since somebody may be reading the logs of its jobs.
        self._schedulers: list[tuple[str, object, BoundScheduler[AppT, ExecutorT, object]]] = []
        # Reentrant: a factory may ask the same launcher for another backend.
        self._lock = threading.RLock()

    def scheduler(self, backend: str) -> BoundScheduler[AppT, ExecutorT, object]:
        """The scheduler of a canonical name, created by the first call; the next one retries a failure."""
        with self._lock:
            entry = self._bindings.entry(backend)
            bound = None if entry is None else entry.companion
            for name, bound_then, scheduler in self._schedulers:
                if name == backend and bound_then is bound:
                    return scheduler
            factory = self._bindings.factory(backend, entry)
            with scheduler_errors(backend, "create its scheduler", self._redactor):
                scheduler = factory(self._session)
            self._schedulers.append((backend, bound, scheduler))
            return scheduler

    def close(self) -> None:
        """Close every scheduler that was created, then raise the first failure."""
        failure: LaunchbindError | None = None
        with self._lock:
            while self._schedulers:
                backend, _, scheduler = self._schedulers.pop()
                try:
                    with scheduler_errors(backend, "close its scheduler", self._redactor):
                        scheduler.close()
                except LaunchbindError as error:
                    failure = failure or error
        if failure is not None:
            raise failure
