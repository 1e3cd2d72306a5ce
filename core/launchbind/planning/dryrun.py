"""The dry-run pipeline: a scheduler's request, adjusted by each role in turn."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from launchbind.errors import DryRunError
from launchbind.protocols import App, DryRunScheduler, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol

    from launchbind.protocols import HasRequest

AppT = TypeVar("AppT", bound=App)
CfgT = TypeVar("CfgT")
InfoT = TypeVar("InfoT")
RequestT = TypeVar("RequestT")

if TYPE_CHECKING:
    InfoT_contra = TypeVar("InfoT_contra", contravariant=True)

    class _Adjusting(Role, Protocol[InfoT_contra]):
        """A role that takes infos of a known type; :class:`Role` does not say which."""

        def pre_proc(self, scheduler: str, dryrun_info: InfoT_contra, /) -> HasRequest: ...

    class _SubmitDryrunOf(Protocol):
        def __call__(
            self, scheduler: DryRunScheduler[AppT, CfgT, InfoT], /
        ) -> Callable[[AppT, CfgT], InfoT]: ...


# torchx gives the method of its protocol a private name. Fetched here, the call below needs no exemption.
_submit_dryrun_of: _SubmitDryrunOf = attrgetter("_submit_dryrun")


class DryRunInfo(Generic[RequestT]):
    """A request that was not submitted; for launchers that have no such class of their own.

    Attributes
    ----------
    request
        What the scheduler would submit.
    app
        The app the request was made from; set by :func:`submit_dryrun`.
    """

    def __init__(self, request: RequestT) -> None:
        self.request = request
        self.app: App | None = None

    def __str__(self) -> str:
        return str(self.request)

    def __repr__(self) -> str:
        return f"DryRunInfo({self.request!r})"


def attach_app(info: object, app: App) -> None:
    """Store the app on a dry-run info, as ``info.app``."""
    setattr(info, "app", app)  # noqa: B010  (the pipeline needs no attribute of an info)


def submit_dryrun(
    scheduler: DryRunScheduler[AppT, CfgT, InfoT],
    app: AppT,
    cfg: CfgT,
    *,
    attach: Callable[[InfoT, AppT], None] = attach_app,
) -> InfoT:
    """Make the request for ``app``, let each role adjust it in order, and attach the app to it.

    Parameters
    ----------
    scheduler
        Its ``_submit_dryrun(app, cfg)`` is called; its ``backend`` is read only when there are roles.
    app
        The ``pre_proc(backend, info)`` of its roles are called in order; what each returns replaces the info.
    cfg
        The executor, passed to the scheduler unchanged.
    attach
        How the app is stored on the info; by default as ``info.app``.

    Returns
    -------
    The info that the last role returned, with the app attached.

    Raises
    ------
    DryRunError
        When a ``pre_proc`` raises, or returns no dry-run info, or when the scheduler returns something
        the app cannot be attached to. What ``_submit_dryrun`` raises passes through.

    Notes
    -----
    The order of the steps is that of NeMo-Run's ``SchedulerMixin.submit_dryrun``
    (nemo_run/run/torchx_backend/schedulers/api.py, 0.11.1).
    """
    info = _submit_dryrun_of(scheduler)(app, cfg)
    if info is None:  # checked here, or the first role would be blamed for it
        reason = "_submit_dryrun returned None, not a dry-run info"
        raise DryRunError(_name(app), _backend(scheduler), None, None, reason)
    # Hot loop: error details are built only on failure.
    for role in cast("Iterable[_Adjusting[InfoT]]", app.roles):
        try:
            adjusted = role.pre_proc(scheduler.backend, info)
        except Exception as error:
            reason = f"pre_proc raised {type(error).__name__}: {error}"
            raise _role_error(role, scheduler, app, reason) from error
        if adjusted is not info:
            info = _checked(adjusted, info, role, scheduler, app)
    try:
        attach(info, app)
    except (AttributeError, TypeError) as error:
        reason = f"_submit_dryrun returned {_kind(info)}, not a dry-run info"
        raise DryRunError(_name(app), _backend(scheduler), None, None, reason) from error
    return info


def _checked(
    adjusted: object, info: InfoT, role: Role, scheduler: DryRunScheduler[AppT, CfgT, InfoT], app: App
) -> InfoT:
    # A dry-run info is of the scheduler's own class, or has a request.
    if adjusted is None or not (isinstance(adjusted, type(info)) or hasattr(adjusted, "request")):
        reason = f"pre_proc returned {_kind(adjusted)}, not the dry-run info to go on with"
        raise _role_error(role, scheduler, app, reason)
    return cast("InfoT", adjusted)


def _role_error(role: Role, scheduler: object, app: App, reason: str) -> DryRunError:
    index = next((index for index, each in enumerate(app.roles) if each is role), None)
    return DryRunError(_name(app), _backend(scheduler), _name(role), index, reason)


def _kind(value: object) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"


def _name(part: App | Role) -> str:
    # Upstream never reads names, so a stand-in may have none; that must not hide the error.
    return str(getattr(part, "name", "?"))


def _backend(scheduler: object) -> str:
    return str(getattr(scheduler, "backend", "?"))


class DryRunMixin:
    """Adds ``submit_dryrun`` to a scheduler that has ``_submit_dryrun`` and ``backend``."""

    def submit_dryrun(self: DryRunScheduler[AppT, CfgT, InfoT], app: AppT, cfg: CfgT) -> InfoT:
        """Call :func:`submit_dryrun` with this scheduler."""
        return submit_dryrun(self, app, cfg)
