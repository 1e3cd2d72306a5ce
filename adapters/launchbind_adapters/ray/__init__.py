"""Ray Jobs: an executor, a scheduler and a launcher, without torchx.

Importing this module does not import ray.

>>> from launchbind import AppSpec, RoleSpec
>>> from launchbind_adapters.ray import RayExecutor, launcher
>>> with launcher() as jobs:  # doctest: +SKIP
...     handle = jobs.run(AppSpec("hello", [RoleSpec("main", "echo", ["hello"])]), RayExecutor())
...     jobs.wait(handle)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind.registry import Registry
from launchbind.specs import AppSpec, RoleSpec
from launchbind_adapters.ray.executor import RayExecutor as RayExecutor  # noqa: TC001 -- exported
from launchbind_adapters.ray.request import RayInfo as RayInfo  # noqa: TC001 -- exported
from launchbind_adapters.ray.request import RayJob as RayJob
from launchbind_adapters.ray.request import RayRequest as RayRequest
from launchbind_adapters.ray.scheduler import RayScheduler as RayScheduler

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from launchbind.adapter import Check
    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import App
    from launchbind.registry import Entry

#: The executor by its backend; subclasses belong to the same one.
EXECUTORS: Registry[RayExecutor] = Registry("executor")
EXECUTORS.register("ray", f"{__name__}:RayExecutor", requires="launchbind[ray]")


def launcher(session: str = "launchbind") -> Launcher[App, RayExecutor, RayInfo]:
    """A launcher for Ray clusters; it takes apps of any launcher, such as :class:`launchbind.AppSpec`.

    Each replica of each role becomes one Ray job, and the app fares as they do together. Of a role its
    ``entrypoint``, ``args``, ``env`` and ``num_replicas`` count, and they reach the job as they are.

    Parameters
    ----------
    session
        Groups the jobs; it is part of their handles and of their metadata.

    Notes
    -----
    Planning asks no cluster and does not need ray; everything after it raises
    :class:`launchbind.MissingDependencyError` where ray is not installed.
    """
    from launchbind.jobs.launcher import Launcher

    return Launcher(EXECUTORS, {"ray": RayScheduler}, session=session)


class Adapter:
    """What the command line needs of Ray."""

    def backends(self) -> Sequence[Entry[RayExecutor]]:
        """The one backend; ray is not imported."""
        return [EXECUTORS.entry(name) for name in EXECUTORS]

    def can_detach(self, backend: str) -> bool:
        """Jobs are the cluster's, and go on."""
        return True

    def fields(self, backend: str) -> Sequence[tuple[str, str, str]]:
        """The fields of :class:`RayExecutor`."""
        from launchbind.settings import fields

        return fields(EXECUTORS.type_of(backend))

    def checks(self) -> Iterable[Check]:
        """Whether Ray's client imports, and a head answers where ``RAY_ADDRESS`` says."""
        from launchbind_adapters.ray.checks import ray_checks

        return ray_checks()

    def executor(self, backend: str, settings: Mapping[str, object], env: Mapping[str, str]) -> RayExecutor:
        """Make the executor from its own fields."""
        from launchbind.settings import build

        made = build(EXECUTORS.type_of(backend), settings)
        made.env_vars = {**made.env_vars, **env}
        return made

    def app(
        self, executor: RayExecutor, name: str, command: Sequence[str], env: Mapping[str, str]
    ) -> AppSpec[RayInfo]:
        """An app of one role that runs ``command`` as it is."""
        program, *arguments = command
        return AppSpec(name, [RoleSpec(name, program, arguments)])

    def launcher(self, session: str) -> Launcher[App, RayExecutor, RayInfo]:
        """See :func:`launcher`."""
        return launcher(session)
