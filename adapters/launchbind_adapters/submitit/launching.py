"""The launcher for submitit, and submitit's own jobs behind its handles."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from launchbind.errors import MissingDependencyError, UnknownBackendError, UnknownJobError
from launchbind.handle import Handle
from launchbind.registry import Registry, absent_package
from launchbind_adapters.submitit.executors import DebugExecutor as DebugExecutor  # noqa: TC001
from launchbind_adapters.submitit.executors import LocalExecutor as LocalExecutor  # noqa: TC001
from launchbind_adapters.submitit.executors import SlurmExecutor as SlurmExecutor  # noqa: TC001
from launchbind_adapters.submitit.executors import SubmititExecutor as SubmititExecutor  # noqa: TC001
from launchbind_adapters.submitit.request import RoleRequest as RoleRequest
from launchbind_adapters.submitit.request import SubmititRequest as SubmititRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    import submitit

    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import App, Scheduler, SchedulerFactory
    from launchbind_adapters.submitit.request import SubmititInfo as SubmititInfo
    from launchbind_adapters.submitit.scheduler import SubmititScheduler

    AnyScheduler: TypeAlias = (
        SubmititScheduler[LocalExecutor] | SubmititScheduler[DebugExecutor] | SubmititScheduler[SlurmExecutor]
    )

_REQUIRES = "launchbind[submitit]"
_FIX = f"python -m pip install '{_REQUIRES}'"

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

    Of an app its name, and of its roles name, entrypoint, args, env and num_replicas are read; there are
    no macros. Each replica of each role is a job of submitit, whose result is the exit code. One that fails
    leaves the others alone: the job is RUNNING until the last has ended, then FAILED if any failed, else
    CANCELLED if any was, else SUCCEEDED. Jobs outlive this process, but for ``submitit_debug``, where
    ``submit`` returns when the job has ended.

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
    several tasks. Jobs of ``submitit_debug`` come as ``submitit.LocalJob``.

    Raises
    ------
    InvalidHandleError, UnknownBackendError, UnknownJobError
        When the handle cannot be read, is another launcher's, or belongs to no job.
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


_PRIVATE = "launchbind_adapters.submitit"
#: Backend to its scheduler, none of them imported.
_SCHEDULERS = {
    "submitit_local": "local:LocalScheduler",
    "submitit_debug": "debug:DebugScheduler",
    "submitit_slurm": "slurm:SlurmScheduler",
}


def _factory(backend: str) -> Callable[[str], AnyScheduler]:
    module, _, name = _SCHEDULERS[backend].partition(":")

    def create(session_name: str, /) -> AnyScheduler:
        try:
            made: AnyScheduler = getattr(import_module(f"launchbind_adapters.submitit.{module}"), name)(
                session_name
            )
        except ImportError as error:
            package = absent_package(error)
            if package is None:
                raise
            target = f"{_PRIVATE}.{module}:{name}"
            raise MissingDependencyError("scheduler", backend, target, package, _REQUIRES) from error
        return made

    return create
