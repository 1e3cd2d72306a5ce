"""Planner: from an app and an executor to a plan, on copies and with every error redacted."""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from launchbind.bindings.translation import redacted_reason
from launchbind.errors import DryRunError, LaunchbindError, PlanError
from launchbind.planning.canonical import canonical
from launchbind.planning.plan import Plan
from launchbind.protocols import App, SupportsVolatile
from launchbind.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from launchbind.bindings.backend import AnyBackend
    from launchbind.bindings.bindings import Bindings
    from launchbind.bindings.schedulers import SchedulerPool

AppT = TypeVar("AppT", bound=App)
ExecutorT = TypeVar("ExecutorT")


class Planner(Generic[AppT, ExecutorT]):
    """Makes the plans of one launcher."""

    def __init__(
        self,
        bindings: Bindings[AppT, ExecutorT],
        pool: SchedulerPool[AppT, ExecutorT],
        *,
        copier: Callable[[ExecutorT], ExecutorT],
        secret_names: tuple[str, ...],
    ) -> None:
        self._bindings = bindings
        self._pool = pool
        self._copier = copier
        self._secret_names = secret_names

    def plan(self, app: AppT, executor: ExecutorT, key: AnyBackend | None) -> Plan[AppT, object]:
        """Dry-run ``app`` on copies; see :meth:`launchbind.Launcher.plan`."""
        _check(app)
        backend = self._backend(app, executor, key)
        origin = self._bindings.origin(backend)
        scheduler = self._pool.scheduler(backend)
        try:
            app, executor = copy.deepcopy(app), self._copier(executor)
        except Exception as error:
            reason = redacted_reason(error, self._redactor(app, executor))
            raise PlanError(app.name, f"or its executor cannot be copied ({reason})") from error
        try:
            info = scheduler.submit_dryrun(app, executor)
            volatile: Mapping[str, str] = {}
            if isinstance(scheduler, SupportsVolatile):
                # The info comes from this very scheduler.
                volatile = cast("SupportsVolatile[object]", scheduler).volatile(info)
        except DryRunError as error:
            reason = self._redactor(app, executor).text(error.reason)
            raise DryRunError(error.app, error.backend, error.role, error.index, reason) from error.__cause__
        except LaunchbindError:
            raise
        except Exception as error:
            reason = redacted_reason(error, self._redactor(app, executor))
            raise DryRunError(app.name, backend, None, None, reason) from error
        redactor = self._redactor(app, executor)
        return Plan(backend, app, info, origin=origin, redactor=redactor, volatile=volatile)

    def _backend(self, app: AppT, executor: ExecutorT, key: AnyBackend | None) -> str:
        if key is None:
            return self._bindings.executors.name_of(executor)
        backend = self._bindings.canonical(key)
        if not self._bindings.takes(backend, executor):
            wanted = self._bindings.executors.type_of(backend).__qualname__
            given = type(executor).__qualname__
            raise PlanError(app.name, f"cannot run on {backend} with a {given}: it takes a {wanted}")
        return backend

    def _redactor(self, app: AppT, executor: ExecutorT) -> Redactor:
        redactor = Redactor(self._secret_names)
        redactor.learn(canonical(executor))
        redactor.learn(canonical(app))
        return redactor


def _check(app: App) -> None:
    """Refuse an app whose job would never start, or whose logs could not be distinguished."""
    if not app.roles:
        raise PlanError(app.name, "has no roles: add at least one, with the command it runs")
    name, times = Counter(role.name for role in app.roles).most_common(1)[0]
    if times > 1:
        raise PlanError(app.name, f"has {times} roles called {name!r}: give each a name of its own")
    for role in app.roles:
        if role.num_replicas < 1:
            reason = f"has role {role.name!r} with {role.num_replicas} replicas: it needs at least 1"
            raise PlanError(app.name, reason)
