"""What the command line needs of NeMo-Run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from launchbind_adapters.nemo_run.executors import EXECUTORS
from launchbind_adapters.nemo_run.launching import launcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nemo_run.core.execution.base import Executor
    from torchx.specs import AppDef, AppDryRunInfo

    from launchbind.adapter import Check
    from launchbind.jobs.launcher import Launcher
    from launchbind.registry import Entry


class Adapter:
    """What the command line needs of NeMo-Run."""

    def backends(self) -> Sequence[Entry[Executor]]:
        """The registered executors; nothing is imported."""
        return [EXECUTORS.entry(name) for name in EXECUTORS]

    def can_detach(self, backend: str) -> bool:
        """Whether a job goes on when this process ends: each of them does."""
        return True

    def fields(self, backend: str) -> Sequence[tuple[str, str, str]]:
        """The fields of the backend's executor."""
        from launchbind.settings import fields

        return fields(EXECUTORS.type_of(backend))

    def checks(self) -> Iterable[Check]:
        """Whether each executor imports, has a scheduler, and finds the program it calls."""
        from launchbind_adapters.nemo_run.checks import nemo_run_checks

        return nemo_run_checks()

    def executor(self, backend: str, settings: Mapping[str, object], env: Mapping[str, str]) -> Executor:
        """Make the backend's executor from its own fields."""
        from launchbind.settings import build

        made = build(EXECUTORS.type_of(backend), settings)  # raises the error that says what to install
        from launchbind_adapters.nemo_run.prepare import with_packager

        made = with_packager(made, settings)
        made.env_vars = {**made.env_vars, **{name: _literal(made, text) for name, text in env.items()}}
        return made

    def app(self, executor: Executor, name: str, command: Sequence[str], env: Mapping[str, str]) -> AppDef:
        """An app of one role that runs ``command`` as it is, whatever characters it contains."""
        import shlex

        from nemo_run.core.execution.local import LocalExecutor
        from torchx.specs import AppDef, Role

        words = list(command)
        if not isinstance(executor, LocalExecutor):
            # Every other scheduler of NeMo-Run writes the words into a shell script, joined by spaces.
            words = [shlex.quote(word) for word in words]
        program, *arguments = words
        if _takes_macros(executor):
            arguments = [word.replace("$", "$$") for word in arguments]
        return AppDef(name, roles=[Role(name, image="", entrypoint=program, args=arguments)])

    def launcher(self, session: str) -> Launcher[AppDef, Executor, AppDryRunInfo[Any]]:
        """See :func:`launcher`."""
        return launcher(session)


def _takes_macros(executor: Executor) -> bool:
    """Whether arguments and variables go through string.Template, for macros such as ${app_id}."""
    from nemo_run.core.execution.local import LocalExecutor

    return isinstance(executor, LocalExecutor) or executor.macro_values() is not None


def _literal(executor: Executor, text: str) -> str:
    """``text`` as a variable's value in ``env_vars`` that reaches the job unchanged."""
    import shlex

    from nemo_run.core.execution.dgxcloud import DGXCloudExecutor
    from nemo_run.core.execution.kubeflow import KubeflowExecutor
    from nemo_run.core.execution.slurm import SlurmExecutor

    if isinstance(executor, (SlurmExecutor, DGXCloudExecutor)):
        text = shlex.quote(text)  # their scripts have a line "export NAME=value"
    # Kubeflow's arguments know macros, its variables do not.
    templated = _takes_macros(executor) and not isinstance(executor, KubeflowExecutor)
    return text.replace("$", "$$") if templated else text
