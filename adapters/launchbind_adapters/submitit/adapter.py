"""What the command line needs of submitit."""

from __future__ import annotations

from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING

from launchbind.adapter import Check, program
from launchbind.registry import absent_package
from launchbind_adapters.submitit.launching import EXECUTORS, launcher
from launchbind_adapters.submitit.request import SubmititInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import App
    from launchbind.registry import Entry
    from launchbind_adapters.submitit.executors import SubmititExecutor

_FIX = "python -m pip install 'launchbind[submitit]'"


class Adapter:
    """What the command line needs of submitit."""

    def backends(self) -> Sequence[Entry[SubmititExecutor]]:
        """The registered executors; submitit is not imported."""
        return [EXECUTORS.entry(name) for name in EXECUTORS]

    def can_detach(self, backend: str) -> bool:
        """Whether a job goes on when this process ends; a debug job runs in this process."""
        return backend != "submitit_debug"

    def fields(self, backend: str) -> Sequence[tuple[str, str, str]]:
        """The fields of the backend's executor."""
        from launchbind.settings import fields

        return fields(EXECUTORS.type_of(backend))

    def checks(self) -> Iterable[Check]:
        """Whether submitit can be imported, and Slurm's commands are here."""
        started = perf_counter()
        try:
            import_module("submitit")
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is the finding
            detail = " ".join(f"{type(error).__name__}: {error}".split())
            for backend in EXECUTORS:
                missing = absent_package(error) is not None
                yield Check(backend, "missing" if missing else "broken", detail, _FIX)
            return
        seconds = perf_counter() - started
        for backend in EXECUTORS:
            found = None
            if backend == "submitit_slurm":
                found = program(backend, "sbatch", "to submit jobs", "install Slurm's client")
            yield found or Check(backend, "ready", seconds=seconds)

    def executor(
        self, backend: str, settings: Mapping[str, object], env: Mapping[str, str]
    ) -> SubmititExecutor:
        """Make the backend's executor from its own fields."""
        from launchbind.settings import build

        made = build(EXECUTORS.type_of(backend), settings)
        made.env_vars = {**made.env_vars, **env}
        return made

    def app(
        self, executor: SubmititExecutor, name: str, command: Sequence[str], env: Mapping[str, str]
    ) -> App:
        """An app of one role that runs ``command`` as it is; ``env`` is the executor's already."""
        from launchbind.specs import AppSpec, RoleSpec

        program, *arguments = command
        return AppSpec[SubmititInfo](name, [RoleSpec(name, program, arguments)])

    def launcher(self, session: str) -> Launcher[App, SubmititExecutor, SubmititInfo]:
        """See :func:`launcher`."""
        return launcher(session)
