"""The launcher for NeMo-Run's executors, which imports nothing of NeMo-Run before a backend needs it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from launchbind_adapters import torchx
from launchbind_adapters.lazy import Deferred
from launchbind_adapters.nemo_run.executors import EXECUTORS, FACTORIES, copy_executor, disputed
from launchbind_adapters.torchx import SchedulerMixin as SchedulerMixin
from launchbind_adapters.torchx.wrapper import WrappedScheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nemo_run.core.execution.base import Executor
    from torchx.schedulers import SchedulerFactory
    from torchx.schedulers.api import Scheduler as TorchxScheduler
    from torchx.specs import AppDef, AppDryRunInfo

    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import Scheduler

    NemoBackend = Scheduler[AppDef, Executor, AppDryRunInfo[Any]]
    NemoFactory = Callable[[str], NemoBackend]

_HERE = "launchbind_adapters.nemo_run"
#: launchbind's own schedulers: following a job with one imports neither nemo_run nor torchx.
_OWN: dict[str, Deferred[NemoBackend]] = {
    "local_persistent": Deferred(f"{_HERE}.local:LocalScheduler"),
    "slurm_tunnel": Deferred(f"{_HERE}.slurm:SlurmScheduler"),
}
#: NeMo-Run's schedulers, with plans that can be read and compared.
_DERIVED: dict[str, Deferred[TorchxScheduler[object]]] = {
    "docker_persistent": Deferred(f"{_HERE}.docker:DockerScheduler"),
    "dgx_cloud": Deferred(f"{_HERE}.cloud:DGXCloudScheduler"),
    "lepton": Deferred(f"{_HERE}.cloud:LeptonScheduler"),
    "kubeflow": Deferred(f"{_HERE}.cloud:KubeflowScheduler"),
    "skypilot": Deferred(f"{_HERE}.cloud:SkypilotScheduler"),
    "skypilot_jobs": Deferred(f"{_HERE}.cloud:SkypilotJobsScheduler"),
}


class _Factories(Mapping[str, "NemoFactory"]):
    """The scheduler factories of every backend; a factory imports what it needs when it is called.

    torchx's own schedulers and those of plugins are looked up only for a name that is none of NeMo-Run's.
    """

    def __getitem__(self, backend: str) -> NemoFactory:
        if backend in FACTORIES:  # first, and read each time: register() may come after launcher()
            return _wrapped(FACTORIES[backend])
        if backend in _OWN:
            return _OWN[backend]
        return _wrapped(_DERIVED.get(backend) or self._others[backend])

    @cached_property
    def _others(self) -> dict[str, SchedulerFactory]:
        return {**torchx.schedulers(), **disputed()}

    def __iter__(self) -> Iterator[str]:
        return iter({**self._others, **_OWN, **_DERIVED, **FACTORIES})

    def __len__(self) -> int:
        return len({*self})


def _wrapped(factory: SchedulerFactory) -> NemoFactory:
    def create(session: str) -> NemoBackend:
        EXECUTORS.type_of("local_persistent")  # raises the error that says what to install
        from launchbind_adapters.nemo_run.prepare import prepare

        return WrappedScheduler(factory(session), partial(prepare, session=session))

    return create


def launcher(session: str = "launchbind") -> Launcher[AppDef, Executor, AppDryRunInfo[Any]]:
    """A launcher for NeMo-Run executors and torchx apps.

    Local jobs run under a supervisor, so they outlive this process and can be followed from any other.
    An executor without a ``job_dir`` gets one below ``$NEMORUN_HOME/experiments``, its ``env_vars``
    and ``retries`` reach every role, and an app's command runs as it is: NeMo-Run's local scheduler strips
    quotes from the argument of ``-c``, so they are added first.

    nemo_run is imported when a job is planned or a backend needs it. Where it is not installed, that raises
    :class:`launchbind.MissingDependencyError`, an ``ImportError`` that says what to install. Following a
    local or Slurm job does not import it.

    Parameters
    ----------
    session
        Groups the jobs; it is part of their handles.
    """
    from launchbind.jobs.launcher import Launcher

    return Launcher(EXECUTORS, _Factories(), session=session, copier=copy_executor)
