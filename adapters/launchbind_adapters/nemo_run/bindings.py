"""Which scheduler takes which of NeMo-Run's executors, as typed keys; NeMo-Run itself is not imported."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from launchbind.bindings.bindings import Bindings
from launchbind.errors import ConflictError
from launchbind.registry import discover
from launchbind_adapters.lazy import Deferred

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from nemo_run.core.execution.base import Executor
    from nemo_run.core.execution.dgxcloud import DGXCloudExecutor
    from nemo_run.core.execution.docker import DockerExecutor, DockerJobRequest
    from nemo_run.core.execution.kubeflow import KubeflowExecutor
    from nemo_run.core.execution.lepton import LeptonExecutor
    from nemo_run.core.execution.local import LocalExecutor
    from nemo_run.core.execution.skypilot import SkypilotExecutor
    from nemo_run.core.execution.skypilot_jobs import SkypilotJobsExecutor
    from nemo_run.core.execution.slurm import SlurmBatchRequest, SlurmExecutor
    from nemo_run.run.torchx_backend.schedulers.dgxcloud import DGXRequest
    from nemo_run.run.torchx_backend.schedulers.kubeflow import KubeflowJobRequest
    from nemo_run.run.torchx_backend.schedulers.lepton import LeptonRequest
    from nemo_run.run.torchx_backend.schedulers.skypilot import SkypilotRequest
    from nemo_run.run.torchx_backend.schedulers.skypilot_jobs import SkypilotJobsRequest
    from torchx.schedulers import SchedulerFactory
    from torchx.schedulers.api import Scheduler as TorchxScheduler
    from torchx.schedulers.local_scheduler import PopenRequest
    from torchx.specs import AppDef, AppDryRunInfo

    from launchbind.bindings.backend import Backend
    from launchbind.protocols import DryRunScheduler, Scheduler
    from launchbind.registry import Entry

ExecutorT = TypeVar("ExecutorT", bound="Executor")
InfoT = TypeVar("InfoT")

_EXECUTION = "nemo_run.core.execution"
_HERE = "launchbind_adapters.nemo_run"
_REQUIRES = "launchbind[nemo]"


class WrappedFactory(Generic[ExecutorT, InfoT]):
    """Makes torchx schedulers that take NeMo-Run's executors, wrapped for core.

    Parameters
    ----------
    factory
        Makes the torchx scheduler. Its executors and its info are those of its ``_submit_dryrun``, since
        torchx declares every ``submit_dryrun`` as ``AppDryRunInfo[Any]``.
    """

    def __init__(self, factory: Callable[[str], DryRunScheduler[AppDef, ExecutorT, InfoT]]) -> None:
        self.factory = factory

    def __call__(self, session: str, /) -> Scheduler[AppDef, ExecutorT, InfoT]:
        """Make the scheduler; the first one imports nemo_run."""
        EXECUTORS.type_of("local_persistent")  # raises the error that says what to install
        from launchbind_adapters.nemo_run.prepare import prepare
        from launchbind_adapters.torchx.wrapper import WrappedScheduler

        inner = cast("TorchxScheduler[Any]", self.factory(session))
        wrapped = WrappedScheduler[ExecutorT](inner, partial(prepare, session=session))
        return cast("Scheduler[AppDef, ExecutorT, InfoT]", wrapped)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WrappedFactory) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        name = getattr(self.factory, "__qualname__", None)
        return f"{self.factory.__module__}:{name}" if name else repr(self.factory)

    def _identity(self) -> object:
        """The same for a factory and for the one that a reload of its module makes."""
        name = getattr(self.factory, "__qualname__", "<")
        return self.factory if "<" in name else (self.factory.__module__, name)


class _Others(Mapping[str, "WrappedFactory[Executor, AppDryRunInfo[Any]]"]):
    """torchx's own schedulers and those of plugins, looked up only for names that are not bound."""

    @cached_property
    def _found(self) -> dict[str, SchedulerFactory]:
        from launchbind_adapters import torchx

        return {**torchx.schedulers(), **disputed()}

    def __getitem__(self, backend: str) -> WrappedFactory[Executor, AppDryRunInfo[Any]]:
        return WrappedFactory(self._found[backend])

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def disputed() -> dict[str, SchedulerFactory]:
    """A factory for each backend that several distributions claim as a ``torchx.schedulers`` entry point.

    torchx would take whichever it reads last. NeMo-Run keeps its own backends; any other factory raises the
    error that names the claimants, and only when a job goes to that backend.
    """
    found: dict[str, SchedulerFactory] = {}
    entries: list[Entry[object]] = discover("scheduler", "torchx.schedulers", restricted=False)
    for entry in entries:
        if isinstance(entry.error, ConflictError):
            claims = [entry.error.target, *(target for _, target, _ in entry.error.held)]
            own = [target for target in claims if target.startswith("nemo_run.")]
            found[entry.name] = Deferred(own[0]) if own else _refusing_factory(entry.error)
    return found


def _refusing_factory(conflict: ConflictError) -> SchedulerFactory:
    def create(session_name: str, **parameters: object) -> TorchxScheduler[object]:
        raise conflict

    return create


#: NeMo-Run's executors and their schedulers; plugins join by the entry-point group ``launchbind.executors``.
BINDINGS: Bindings[AppDef, Executor] = Bindings(group="launchbind.executors", fallback=_Others())
#: The executors by backend.
EXECUTORS = BINDINGS.executors
SLURM: Backend[AppDef, SlurmExecutor, AppDryRunInfo[SlurmBatchRequest]] = BINDINGS.bind(
    "slurm_tunnel",
    f"{_EXECUTION}.slurm:SlurmExecutor",
    f"{_HERE}.slurm:SlurmScheduler",
    aliases=("slurm",),
    requires=_REQUIRES,
)
SKYPILOT: Backend[AppDef, SkypilotExecutor, AppDryRunInfo[SkypilotRequest]] = BINDINGS.bind(
    "skypilot",
    f"{_EXECUTION}.skypilot:SkypilotExecutor",
    WrappedFactory(Deferred(f"{_HERE}.cloud:SkypilotScheduler")),
    requires=_REQUIRES,
)
SKYPILOT_JOBS: Backend[AppDef, SkypilotJobsExecutor, AppDryRunInfo[SkypilotJobsRequest]] = BINDINGS.bind(
    "skypilot_jobs",
    f"{_EXECUTION}.skypilot_jobs:SkypilotJobsExecutor",
    WrappedFactory(Deferred(f"{_HERE}.cloud:SkypilotJobsScheduler")),
    requires=_REQUIRES,
)
LOCAL: Backend[AppDef, LocalExecutor, AppDryRunInfo[PopenRequest]] = BINDINGS.bind(
    "local_persistent",
    f"{_EXECUTION}.local:LocalExecutor",
    f"{_HERE}.local:LocalScheduler",
    aliases=("local",),
    requires=_REQUIRES,
)
DOCKER: Backend[AppDef, DockerExecutor, AppDryRunInfo[DockerJobRequest]] = BINDINGS.bind(
    "docker_persistent",
    f"{_EXECUTION}.docker:DockerExecutor",
    WrappedFactory(Deferred(f"{_HERE}.docker:DockerScheduler")),
    aliases=("docker",),
    requires=_REQUIRES,
)
DGX_CLOUD: Backend[AppDef, DGXCloudExecutor, AppDryRunInfo[DGXRequest]] = BINDINGS.bind(
    "dgx_cloud",
    f"{_EXECUTION}.dgxcloud:DGXCloudExecutor",
    WrappedFactory(Deferred(f"{_HERE}.cloud:DGXCloudScheduler")),
    requires=_REQUIRES,
)
LEPTON: Backend[AppDef, LeptonExecutor, AppDryRunInfo[LeptonRequest]] = BINDINGS.bind(
    "lepton",
    f"{_EXECUTION}.lepton:LeptonExecutor",
    WrappedFactory(Deferred(f"{_HERE}.cloud:LeptonScheduler")),
    requires=_REQUIRES,
)
KUBEFLOW: Backend[AppDef, KubeflowExecutor, AppDryRunInfo[KubeflowJobRequest]] = BINDINGS.bind(
    "kubeflow",
    f"{_EXECUTION}.kubeflow:KubeflowExecutor",
    WrappedFactory(Deferred(f"{_HERE}.cloud:KubeflowScheduler")),
    requires=_REQUIRES,
)
