"""The launcher for submitit, and submitit's own jobs behind its handles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind.bindings.bindings import Bindings
from launchbind.errors import UnknownBackendError, UnknownJobError
from launchbind.handle import Handle

if TYPE_CHECKING:
    import submitit

    from launchbind.bindings.backend import Backend
    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import App
    from launchbind_adapters.submitit.executors import (
        DebugExecutor,
        LocalExecutor,
        SlurmExecutor,
        SubmititExecutor,
    )
    from launchbind_adapters.submitit.request import SubmititInfo

_HERE = "launchbind_adapters.submitit"
_REQUIRES = "launchbind[submitit]"

#: Which of submitit's engines takes which executor; submitit is imported when one is first used.
BINDINGS: Bindings[App, SubmititExecutor] = Bindings()
LOCAL: Backend[App, LocalExecutor, SubmititInfo] = BINDINGS.bind(
    "submitit_local", f"{_HERE}.executors:LocalExecutor", f"{_HERE}.local:LocalScheduler", requires=_REQUIRES
)
DEBUG: Backend[App, DebugExecutor, SubmititInfo] = BINDINGS.bind(
    "submitit_debug", f"{_HERE}.executors:DebugExecutor", f"{_HERE}.debug:DebugScheduler", requires=_REQUIRES
)
SLURM: Backend[App, SlurmExecutor, SubmititInfo] = BINDINGS.bind(
    "submitit_slurm", f"{_HERE}.executors:SlurmExecutor", f"{_HERE}.slurm:SlurmScheduler", requires=_REQUIRES
)
#: submitit's executors by backend.
EXECUTORS = BINDINGS.executors


def launcher(session: str = "launchbind") -> Launcher[App, SubmititExecutor]:
    """A launcher for submitit executors and any app: core's ``AppSpec``, torchx's ``AppDef``, or another.

    It reads the name of an app, and name, entrypoint, args, env and num_replicas of its roles; there are no
    macros. Each replica of each role is a job of submitit, whose result is the exit code. When one fails, the
    others go on: the job is RUNNING until the last has ended, then FAILED if any failed, else CANCELLED if
    any was, else SUCCEEDED. Jobs outlive this process, except those of ``submitit_debug``, which have ended
    when ``submit`` returns. Where submitit is not installed, the first use of a backend raises
    :class:`launchbind.MissingDependencyError`.

    Parameters
    ----------
    session
        Groups the jobs; it is part of their handles.
    """
    from launchbind.jobs.launcher import Launcher

    return Launcher(BINDINGS, session=session)


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
    InvalidHandleError, UnknownBackendError, UnknownJobError
        When the handle cannot be read, belongs to another launcher, or to no job.
    MissingDependencyError
        When submitit is not installed.
    """
    handle = Handle.parse(handle) if isinstance(handle, str) else handle
    if handle.backend not in EXECUTORS:
        raise UnknownBackendError(handle.backend, tuple(EXECUTORS))
    with launcher(handle.session) as own:
        scheduler = own.scheduler(handle.backend)
        from launchbind_adapters.submitit.scheduler import SubmititScheduler

        found = scheduler.jobs(handle.app_id) if isinstance(scheduler, SubmititScheduler) else None
    if found is None:
        raise UnknownJobError(str(handle))
    return found
