"""The launcher for NeMo-Run's executors, and the names of NeMo-Run's own module of schedulers."""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, Any

from launchbind_adapters.nemo_run.executors import EXECUTORS, FACTORIES, disputed
from launchbind_adapters.torchx import SchedulerMixin as SchedulerMixin

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from nemo_run.core.execution.base import Executor
    from torchx.schedulers import SchedulerFactory
    from torchx.specs import AppDef, AppDryRunInfo

    from launchbind.jobs.launcher import Launcher

#: Executor class to backend: a live view of :data:`EXECUTORS`.
EXECUTOR_MAPPING: MutableMapping[type[Executor], str] = EXECUTORS.by_type
#: Backend to executor class: the other view of the same state.
REVERSE_EXECUTOR_MAPPING: MutableMapping[str, type[Executor]] = EXECUTORS.by_name
_NAMES = EXECUTORS.nearest_names  # where name_of looks first, too; to look here is one call less


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
