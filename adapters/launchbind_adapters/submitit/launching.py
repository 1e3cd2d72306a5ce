"""The launcher for submitit, and submitit's own jobs behind its handles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind.errors import UnknownBackendError, UnknownJobError
from launchbind.handle import Handle
from launchbind.registry import Registry

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

#: submitit's executors by backend.
EXECUTORS: Registry[SubmititExecutor] = Registry("executor")
#: The scheduler of each, which imports submitit; looking one up raises the error that says what to install.
_SCHEDULERS: Registry[AnyScheduler] = Registry("scheduler")
for _engine, _kind in (("local", "Local"), ("debug", "Debug"), ("slurm", "Slurm")):
    _backend, _here, _needs = f"submitit_{_engine}", "launchbind_adapters.submitit", "launchbind[submitit]"
    EXECUTORS.register(_backend, f"{_here}.executors:{_kind}Executor", requires=_needs)
    _SCHEDULERS.register(_backend, f"{_here}.{_engine}:{_kind}Scheduler", requires=_needs)


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
    found = _SCHEDULERS.type_of(handle.backend)(handle.session).jobs(handle.app_id)
    if found is None:
        raise UnknownJobError(str(handle))
    return found


def _factory(backend: str) -> Callable[[str], AnyScheduler]:
    return lambda session: _SCHEDULERS.type_of(backend)(session)
