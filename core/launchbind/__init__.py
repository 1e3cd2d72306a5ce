"""launchbind binds executors (where and how a job runs) to the schedulers that submit it.

Every public name is importable from here and is loaded on first use, so ``import launchbind`` costs
next to nothing, whatever a program goes on to need.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False  # as checkers read it; importing typing would take longer than all the rest
if TYPE_CHECKING:
    from launchbind._explain import explain as explain
    from launchbind.dryrun import DryRunInfo as DryRunInfo
    from launchbind.dryrun import DryRunMixin as DryRunMixin
    from launchbind.dryrun import submit_dryrun as submit_dryrun
    from launchbind.entry import Entry as Entry
    from launchbind.entry import EntryState as EntryState
    from launchbind.errors import AmbiguousNameError as AmbiguousNameError
    from launchbind.errors import BrokenTargetError as BrokenTargetError
    from launchbind.errors import ConflictError as ConflictError
    from launchbind.errors import DryRunError as DryRunError
    from launchbind.errors import InvalidHandleError as InvalidHandleError
    from launchbind.errors import InvalidNameError as InvalidNameError
    from launchbind.errors import InvalidReferenceError as InvalidReferenceError
    from launchbind.errors import InvalidSettingError as InvalidSettingError
    from launchbind.errors import InvalidTargetError as InvalidTargetError
    from launchbind.errors import LaunchbindError as LaunchbindError
    from launchbind.errors import MissingDependencyError as MissingDependencyError
    from launchbind.errors import PlanError as PlanError
    from launchbind.errors import ProfileError as ProfileError
    from launchbind.errors import SchedulerError as SchedulerError
    from launchbind.errors import UnknownBackendError as UnknownBackendError
    from launchbind.errors import UnknownJobError as UnknownJobError
    from launchbind.errors import UnknownNameError as UnknownNameError
    from launchbind.errors import UnknownTypeError as UnknownTypeError
    from launchbind.errors import UnsupportedError as UnsupportedError
    from launchbind.errors import WaitTimeoutError as WaitTimeoutError
    from launchbind.handle import Handle as Handle
    from launchbind.launcher import Launcher as Launcher
    from launchbind.plan import Plan as Plan
    from launchbind.protocols import App as App
    from launchbind.protocols import Description as Description
    from launchbind.protocols import DryRunScheduler as DryRunScheduler
    from launchbind.protocols import Executor as Executor
    from launchbind.protocols import Role as Role
    from launchbind.protocols import Scheduler as Scheduler
    from launchbind.protocols import SchedulerFactory as SchedulerFactory
    from launchbind.protocols import SupportsAssign as SupportsAssign
    from launchbind.protocols import SupportsCleanup as SupportsCleanup
    from launchbind.protocols import SupportsDescribeMany as SupportsDescribeMany
    from launchbind.protocols import SupportsExitCode as SupportsExitCode
    from launchbind.protocols import SupportsList as SupportsList
    from launchbind.protocols import SupportsLogs as SupportsLogs
    from launchbind.protocols import SupportsVolatile as SupportsVolatile
    from launchbind.redaction import Redactor as Redactor
    from launchbind.registry import Registry as Registry
    from launchbind.specs import AppSpec as AppSpec
    from launchbind.specs import RoleSpec as RoleSpec
    from launchbind.state import JobState as JobState
    from launchbind.state import JobStatus as JobStatus

__all__ = [
    "AmbiguousNameError",
    "App",
    "AppSpec",
    "BrokenTargetError",
    "ConflictError",
    "Description",
    "DryRunError",
    "DryRunInfo",
    "DryRunMixin",
    "DryRunScheduler",
    "Entry",
    "EntryState",
    "Executor",
    "Handle",
    "InvalidHandleError",
    "InvalidNameError",
    "InvalidReferenceError",
    "InvalidSettingError",
    "InvalidTargetError",
    "JobState",
    "JobStatus",
    "LaunchbindError",
    "Launcher",
    "MissingDependencyError",
    "Plan",
    "PlanError",
    "ProfileError",
    "Redactor",
    "Registry",
    "Role",
    "RoleSpec",
    "Scheduler",
    "SchedulerError",
    "SchedulerFactory",
    "SupportsAssign",
    "SupportsCleanup",
    "SupportsDescribeMany",
    "SupportsExitCode",
    "SupportsList",
    "SupportsLogs",
    "SupportsVolatile",
    "UnknownBackendError",
    "UnknownJobError",
    "UnknownNameError",
    "UnknownTypeError",
    "UnsupportedError",
    "WaitTimeoutError",
    "explain",
    "submit_dryrun",
]

# Module by module, because that is how they are loaded; a test holds it against __all__.
_HOMES = {
    "dryrun": ("DryRunInfo", "DryRunMixin", "submit_dryrun"),
    "entry": ("Entry", "EntryState"),
    "errors": (
        "AmbiguousNameError",
        "BrokenTargetError",
        "ConflictError",
        "DryRunError",
        "InvalidHandleError",
        "InvalidNameError",
        "InvalidReferenceError",
        "InvalidSettingError",
        "InvalidTargetError",
        "LaunchbindError",
        "MissingDependencyError",
        "PlanError",
        "ProfileError",
        "SchedulerError",
        "UnknownBackendError",
        "UnknownJobError",
        "UnknownNameError",
        "UnknownTypeError",
        "UnsupportedError",
        "WaitTimeoutError",
    ),
    "_explain": ("explain",),
    "handle": ("Handle",),
    "launcher": ("Launcher",),
    "plan": ("Plan",),
    "protocols": (
        "App",
        "Description",
        "DryRunScheduler",
        "Executor",
        "Role",
        "Scheduler",
        "SchedulerFactory",
        "SupportsAssign",
        "SupportsCleanup",
        "SupportsDescribeMany",
        "SupportsExitCode",
        "SupportsList",
        "SupportsLogs",
        "SupportsVolatile",
    ),
    "redaction": ("Redactor",),
    "registry": ("Registry",),
    "specs": ("AppSpec", "RoleSpec"),
    "state": ("JobState", "JobStatus"),
}


def __getattr__(name: str) -> object:
    for module, exported in _HOMES.items():
        if name in exported:
            from importlib import import_module

            value: object = getattr(import_module(f"launchbind.{module}"), name)
            globals()[name] = value  # the next look does not come here
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
