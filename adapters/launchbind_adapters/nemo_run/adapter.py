"""NeMo-Run's adapter for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind.adapter import BaseAdapter
from launchbind_adapters.nemo_run.bindings import EXECUTORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nemo_run.core.execution.base import Executor
    from torchx.specs import AppDef

    from launchbind.adapter import Check
    from launchbind.jobs.launcher import Launcher


class Adapter(BaseAdapter["Executor"]):
    """NeMo-Run's executors on the command line, those of plugins among them."""

    executors = EXECUTORS

    def checks(self) -> Iterable[Check]:
        """Check that each executor imports, has a scheduler, and finds the program it calls."""
        from launchbind_adapters.nemo_run.checks import nemo_run_checks

        return nemo_run_checks()

    def executor(self, backend: str, settings: Mapping[str, object], env: Mapping[str, str], /) -> Executor:
        """Make the backend's executor, with a packager where the settings name none."""
        made = super().executor(backend, settings, {})  # raises the error that says what to install
        from launchbind_adapters.nemo_run.prepare import with_packager

        made = with_packager(made, settings)
        made.env_vars = {**made.env_vars, **{name: _literal(made, text) for name, text in env.items()}}
        return made

    def app(self, executor: Executor, name: str, command: Sequence[str], env: Mapping[str, str], /) -> AppDef:
        """Make an app of one role that runs ``command`` as it is, whatever characters it contains."""
        import shlex

        from nemo_run.core.execution.local import LocalExecutor
        from torchx.specs import AppDef, Role

        words = list(command)
        if not isinstance(executor, LocalExecutor):
            # Every other scheduler of NeMo-Run joins the words by spaces, in a shell script.
            words = [shlex.quote(word) for word in words]
        program, *arguments = words
        if _takes_macros(executor):
            arguments = [word.replace("$", "$$") for word in arguments]
        return AppDef(name, roles=[Role(name, image="", entrypoint=program, args=arguments)])

    def launcher(self, session: str, /) -> Launcher[AppDef, Executor]:
        """See :func:`launchbind_adapters.nemo_run.launcher`."""
        from launchbind_adapters.nemo_run.launching import launcher

        return launcher(session)


def _takes_macros(executor: Executor) -> bool:
    """Whether NeMo-Run replaces macros such as ${app_id} in arguments and variables, by string.Template."""
    from nemo_run.core.execution.local import LocalExecutor

    return isinstance(executor, LocalExecutor) or executor.macro_values() is not None


def _literal(executor: Executor, text: str) -> str:
    """Escape ``text`` so that, as a value of ``env_vars``, it reaches the job unchanged."""
    import shlex

    from nemo_run.core.execution.dgxcloud import DGXCloudExecutor
    from nemo_run.core.execution.kubeflow import KubeflowExecutor
    from nemo_run.core.execution.slurm import SlurmExecutor

    if isinstance(executor, (SlurmExecutor, DGXCloudExecutor)):
        text = shlex.quote(text)  # their scripts export it in a line "export NAME=value"
    # Kubeflow's scheduler replaces macros in arguments, but not in variables.
    templated = _takes_macros(executor) and not isinstance(executor, KubeflowExecutor)
    return text.replace("$", "$$") if templated else text
