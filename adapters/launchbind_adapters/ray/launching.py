"""The launcher for Ray Jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind.bindings.bindings import Bindings

if TYPE_CHECKING:
    from launchbind.bindings.backend import Backend
    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import App
    from launchbind_adapters.ray.executor import RayExecutor
    from launchbind_adapters.ray.request import RayInfo

#: Ray's scheduler and the executor that it takes; subclasses belong to the same backend.
BINDINGS: Bindings[App, RayExecutor] = Bindings()
RAY: Backend[App, RayExecutor, RayInfo] = BINDINGS.bind(
    "ray",
    "launchbind_adapters.ray.executor:RayExecutor",
    "launchbind_adapters.ray.scheduler:RayScheduler",
    requires="launchbind[ray]",
)
EXECUTORS = BINDINGS.executors


def launcher(session: str = "launchbind") -> Launcher[App, RayExecutor]:
    """A launcher for Ray clusters; it takes apps of any launcher, such as :class:`launchbind.AppSpec`.

    Each replica of each role becomes one Ray job; the state of the app is the combined state of its jobs.
    A role's ``entrypoint``, ``args``, ``env`` and ``num_replicas`` are used, and reach the job unchanged.
    Planning contacts no cluster and does not need ray. Everything after it raises
    :class:`launchbind.MissingDependencyError` where ray is not installed.

    Parameters
    ----------
    session
        Groups the jobs; it is part of their handles and of their metadata.
    """
    from launchbind.jobs.launcher import Launcher

    return Launcher(BINDINGS, session=session)
