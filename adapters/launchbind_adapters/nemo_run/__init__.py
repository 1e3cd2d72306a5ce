"""NeMo-Run: its executors as a registry, its schedulers behind a launcher.

Importing this module imports neither nemo_run nor torchx: every executor is a lazy entry, imported
when a job needs it. ``EXECUTOR_MAPPING``, ``REVERSE_EXECUTOR_MAPPING``, ``get_executor_str`` and
``SchedulerMixin`` stand in for the names of ``nemo_run.run.torchx_backend.schedulers.api`` (0.11.1).
"""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, Any

from launchbind_adapters.nemo_run.executors import EXECUTORS as EXECUTORS
from launchbind_adapters.nemo_run.executors import FACTORIES, disputed
from launchbind_adapters.nemo_run.executors import register as register
from launchbind_adapters.nemo_run.patches import InstallError as InstallError
from launchbind_adapters.nemo_run.patches import install as install
from launchbind_adapters.nemo_run.patches import installed as installed
from launchbind_adapters.nemo_run.patches import uninstall as uninstall
from launchbind_adapters.torchx import SchedulerMixin as SchedulerMixin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping, Sequence

    from nemo_run.core.execution.base import Executor
    from torchx.schedulers import SchedulerFactory
    from torchx.specs import AppDef, AppDryRunInfo

    from launchbind.adapter import Check
    from launchbind.jobs.launcher import Launcher
    from launchbind.registry import Entry

#: Executor class to backend: a live view of :data:`EXECUTORS`.
EXECUTOR_MAPPING: MutableMapping[type[Executor], str] = EXECUTORS.by_type
#: Backend to executor class: the other view of the same state.
REVERSE_EXECUTOR_MAPPING: MutableMapping[str, type[Executor]] = EXECUTORS.by_name
_NAMES = EXECUTORS._names  # where name_of looks first, too; to look here is one call less


def get_executor_str(executor: Executor) -> str:
    """The backend of an executor: that of the nearest registered class along its MRO.

    Raises
    ------
    UnknownTypeError
        A ``KeyError`` that names the executor's class and lists what is registered.
    """
    try:
        return _NAMES[type(executor)]
    except KeyError:
        pass
    return EXECUTORS.name_of(executor)


def launcher(session: str = "launchbind") -> Launcher[AppDef, Executor, AppDryRunInfo[Any]]:
    """A launcher for NeMo-Run executors and torchx apps.

    Local jobs run under a supervisor, so they outlive this process and can be followed from any other.
    An executor without a ``job_dir`` is given one below ``$NEMORUN_HOME/experiments``, its ``env_vars``
    and ``retries`` reach every role, and what an app says is what runs: the quotes that NeMo-Run's
    local scheduler strips from the argument of ``-c`` are put around it first.

    Parameters
    ----------
    session
        Groups the jobs; it is part of their handles.

    Raises
    ------
    ImportError
        When nemo_run is not installed, or is but cannot be imported.
    """
    EXECUTORS.type_of("local_persistent")  # raises the error that says what to install
    from launchbind.jobs.launcher import Launcher
    from launchbind_adapters import torchx
    from launchbind_adapters.nemo_run import cloud, docker, local, slurm
    from launchbind_adapters.nemo_run.prepare import copy_executor, prepare

    factories: dict[str, SchedulerFactory] = {
        **torchx.schedulers(),
        **disputed(),
        "local_persistent": local.create_scheduler,
        "docker_persistent": docker.create_scheduler,
        "slurm_tunnel": slurm.create_scheduler,
        "dgx_cloud": cloud.create_dgx_cloud,
        "lepton": cloud.create_lepton,
        "kubeflow": cloud.create_kubeflow,
        "skypilot": cloud.create_skypilot,
        "skypilot_jobs": cloud.create_skypilot_jobs,
    }
    # What is registered later shows too.
    live: ChainMap[str, SchedulerFactory] = ChainMap(FACTORIES, factories)
    return Launcher(EXECUTORS, live, session=session, prepare=prepare(session), copier=copy_executor)


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
