"""What the command line needs of Ray."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind.specs import AppSpec, RoleSpec
from launchbind_adapters.ray.launching import EXECUTORS, launcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from launchbind.adapter import Check
    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import App
    from launchbind.registry import Entry
    from launchbind_adapters.ray.executor import RayExecutor
    from launchbind_adapters.ray.request import RayInfo


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
