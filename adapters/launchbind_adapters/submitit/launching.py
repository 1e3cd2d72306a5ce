"""The launcher for submitit, and submitit's own jobs behind its handles."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from launchbind.errors import MissingDependencyError, UnknownBackendError, UnknownJobError
from launchbind.handle import Handle
from launchbind.registry import Registry, absent_package

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    import submitit

    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import App, Scheduler, SchedulerFactory
    from launchbind_adapters.submitit.executors import (
        DebugExecutor,
        LocalExecutor,
        SlurmExecutor,
        SubmititExecutor,
    )
    from launchbind_adapters.submitit.request import SubmititInfo
    from launchbind_adapters.submitit.scheduler import SubmititScheduler

    AnyScheduler: TypeAlias = (
        SubmititScheduler[LocalExecutor] | SubmititScheduler[DebugExecutor] | SubmititScheduler[SlurmExecutor]
    )

_REQUIRES = "launchbind[submitit]"

#: submitit's executors by backend.
EXECUTORS: Registry[SubmititExecutor] = Registry("executor")
for _name, _target in (
    ("submitit_local", "LocalExecutor"),
    ("submitit_debug", "DebugExecutor"),
    ("submitit_slurm", "SlurmExecutor"),
):
    EXECUTORS.register(_name, f"launchbind_adapters.submitit.executors:{_target}", requires=_REQUIRES)


def launcher(session: str = "launchbind") -> Launcher[App, SubmititExecutor, SubmititInfo]:
    """A launcher for submitit executors and any app: core's ``AppSpec``, torchx's ``AppDef``, or another.

    It reads the name of an app, and name, entrypoint, args, env and num_replicas of its roles; there are no
    macros. Each replica of each role is a job of submitit, whose result is the exit code. When one fails, the
    others go on: the job is RUNNING until the last has ended, then FAILED if any failed, else CANCELLED if
    any was, else SUCCEEDED. Jobs outlive this process, except those of ``submitit_debug``, which have ended
    when ``submit`` returns.

    Parameters
    ----------
    session
        Groups the jobs; it is part of their handles.

    Raises
    ------
    MissingDependencyError
        Not here, but as soon as a scheduler is needed and submitit is not installed.
    """
    from launchbind.jobs.launcher import Launcher

    factories: dict[str, SchedulerFactory[Scheduler[App, SubmititExecutor, SubmititInfo]]] = {
        backend: _factory(backend) for backend in _SCHEDULERS
    }
    return Launcher(EXECUTORS, factories, session=session)


def jobs(handle: Handle | str) -> dict[str, list[submitit.Job[int]]]:
    """submitit's own jobs of each role, one per replica, from any process.

    Their results are exit codes: ``jobs(handle)["main"][0].result()``, or ``results()`` where there are
    several tasks. Jobs of ``submitit_debug`` are ``submitit.LocalJob``s here.

    Parameters
    ----------
    handle
        ``backend://session/app_id``.

    Returns
    -------
    Role to its jobs, in the order of the replicas.

    Raises
    ------
    InvalidHandleError
        When the handle cannot be read.
    UnknownBackendError
        When it belongs to another launcher.
    UnknownJobError
        When there is no such job.
    MissingDependencyError
        When submitit is not installed.
    """
    handle = Handle.parse(handle) if isinstance(handle, str) else handle
    if handle.backend not in _SCHEDULERS:
        raise UnknownBackendError(handle.backend, tuple(_SCHEDULERS))
    found = _factory(handle.backend)(handle.session).jobs(handle.app_id)
    if found is None:
        raise UnknownJobError(str(handle))
    return found


#: Backend to its scheduler, which imports submitit and so is imported when it is used.
_SCHEDULERS = {
    "submitit_local": "launchbind_adapters.submitit.local:LocalScheduler",
    "submitit_debug": "launchbind_adapters.submitit.debug:DebugScheduler",
    "submitit_slurm": "launchbind_adapters.submitit.slurm:SlurmScheduler",
}


def _factory(backend: str) -> Callable[[str], AnyScheduler]:
    target = _SCHEDULERS[backend]
    module, _, name = target.partition(":")

    def create(session_name: str, /) -> AnyScheduler:
        try:
            found: Callable[[str], AnyScheduler] = getattr(import_module(module), name)
        except ImportError as error:
            package = absent_package(error)
            if package is None:
                raise
            raise MissingDependencyError("scheduler", backend, target, package, _REQUIRES) from error
        return found(session_name)

    return create
