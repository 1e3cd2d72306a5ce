"""launchbind binds executors (where and how a job runs) to the schedulers that submit it.

Every public name is importable from here and is loaded on first use, so ``import launchbind`` costs
next to nothing, whatever a program goes on to need.
"""

from __future__ import annotations

__version__ = "0.1.0"

# Name to module. The imports below say the same to checkers; a test holds the two against each other.
_EXPORTS = {
    name: module
    for module, names in {
        "bindings.backend": "Backend",
        "bindings.bindings": "Bindings",
        "errors": (
            "AdapterError AmbiguousNameError BrokenTargetError ConflictError DryRunError "
            "InvalidHandleError InvalidNameError InvalidReferenceError InvalidSettingError "
            "InvalidTargetError LaunchbindError MissingDependencyError PlanError ProfileError "
            "SchedulerError UnknownBackendError UnknownJobError UnknownNameError UnknownTypeError "
            "UnsupportedError WaitTimeoutError"
        ),
        "handle": "Handle",
        "jobs.launcher": "Launcher",
        "planning.dryrun": "DryRunInfo DryRunMixin submit_dryrun",
        "planning.plan": "Plan",
        "protocols": (
            "App BoundScheduler DescribesExitCode Description DryRunScheduler Executor Role Scheduler "
            "SchedulerFactory SupportsAssign SupportsCleanup SupportsDescribeMany SupportsList "
            "SupportsLogs SupportsVolatile"
        ),
        "protocols.explaining": "explain",
        "redaction": "Redactor",
        "registry": "Entry EntryState Registry",
        "specs": "AppSpec RoleSpec",
        "state": "JobDescription JobState JobStatus",
    }.items()
    for name in names.split()
}

TYPE_CHECKING = False  # as checkers read it; importing typing would take longer than all the rest
if TYPE_CHECKING:
    __all__: list[str]

    from launchbind.bindings.backend import Backend as Backend
    from launchbind.bindings.bindings import Bindings as Bindings
    from launchbind.errors import AdapterError as AdapterError
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
    from launchbind.jobs.launcher import Launcher as Launcher
    from launchbind.planning.dryrun import DryRunInfo as DryRunInfo
    from launchbind.planning.dryrun import DryRunMixin as DryRunMixin
    from launchbind.planning.dryrun import submit_dryrun as submit_dryrun
    from launchbind.planning.plan import Plan as Plan
    from launchbind.protocols import App as App
    from launchbind.protocols import BoundScheduler as BoundScheduler
    from launchbind.protocols import DescribesExitCode as DescribesExitCode
    from launchbind.protocols import Description as Description
    from launchbind.protocols import DryRunScheduler as DryRunScheduler
    from launchbind.protocols import Executor as Executor
    from launchbind.protocols import Role as Role
    from launchbind.protocols import Scheduler as Scheduler
    from launchbind.protocols import SchedulerFactory as SchedulerFactory
    from launchbind.protocols import SupportsAssign as SupportsAssign
    from launchbind.protocols import SupportsCleanup as SupportsCleanup
    from launchbind.protocols import SupportsDescribeMany as SupportsDescribeMany
    from launchbind.protocols import SupportsList as SupportsList
    from launchbind.protocols import SupportsLogs as SupportsLogs
    from launchbind.protocols import SupportsVolatile as SupportsVolatile
    from launchbind.protocols.explaining import explain as explain
    from launchbind.redaction import Redactor as Redactor
    from launchbind.registry import Entry as Entry
    from launchbind.registry import EntryState as EntryState
    from launchbind.registry import Registry as Registry
    from launchbind.specs import AppSpec as AppSpec
    from launchbind.specs import RoleSpec as RoleSpec
    from launchbind.state import JobDescription as JobDescription
    from launchbind.state import JobState as JobState
    from launchbind.state import JobStatus as JobStatus
else:  # or checkers would take any name for one of these

    def __getattr__(name: str) -> object:
        if name == "__all__":
            return sorted(_EXPORTS)
        if name not in _EXPORTS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value: object = getattr(import_module(f"launchbind.{_EXPORTS[name]}"), name)
        globals()[name] = value  # the next look does not come here
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_EXPORTS, "__all__"})
