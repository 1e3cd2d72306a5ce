"""Submitting a plan: its scheduler gets the info, and a handle comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from launchbind.bindings.translation import scheduler_errors
from launchbind.errors import InvalidHandleError, PlanError, SchedulerError
from launchbind.handle import Handle

if TYPE_CHECKING:
    from typing_extensions import Never

    from launchbind.bindings.bindings import Bindings
    from launchbind.bindings.schedulers import SchedulerPool
    from launchbind.planning.plan import Plan

AppT = TypeVar("AppT")
ExecutorT = TypeVar("ExecutorT")


def submit(
    plan: Plan[object, object],
    bindings: Bindings[AppT, ExecutorT],
    pool: SchedulerPool[AppT, ExecutorT],
    session: str,
) -> Handle:
    """Submit a plan, once; see :meth:`launchbind.Launcher.submit`.

    Parameters
    ----------
    plan
        What to submit.
    bindings, pool, session
        Those of the launcher.
    """
    return plan.submit_once(lambda: _schedule(plan, bindings, pool, session))


def _schedule(
    plan: Plan[object, object],
    bindings: Bindings[AppT, ExecutorT],
    pool: SchedulerPool[AppT, ExecutorT],
    session: str,
) -> Handle:
    backend, name = plan.backend, plan.app_name
    if plan.origin != bindings.origin(backend):
        raise PlanError(name, f"was planned with another binding of {backend}: plan it again")
    scheduler = pool.scheduler(backend)
    with scheduler_errors(backend, f"submit app {name!r}", plan.redactor):
        # The info was made by this scheduler, or by one from the same factory.
        app_id = scheduler.schedule(cast("Never", plan.info))
    try:
        return Handle(backend, session, app_id)
    except InvalidHandleError as error:
        with scheduler_errors(backend, f"cancel the job {app_id!r}", plan.redactor):
            scheduler.cancel(app_id)
        reason = f"no handle can carry its id {app_id!r}, so it was cancelled: give the app another name"
        raise SchedulerError(backend, f"keep the job of app {name!r}", reason) from error
