"""NeMo-Run: its executors and schedulers satisfy the Protocols, and the adapter keeps their types."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Generic, TypeVar

from nemo_run.core.execution.base import Executor as NemoExecutor
from nemo_run.core.execution.dgxcloud import DGXCloudExecutor
from nemo_run.core.execution.docker import DockerExecutor, DockerJobRequest
from nemo_run.core.execution.kubeflow import KubeflowExecutor
from nemo_run.core.execution.lepton import LeptonExecutor
from nemo_run.core.execution.local import LocalExecutor
from nemo_run.core.execution.skypilot import SkypilotExecutor
from nemo_run.core.execution.skypilot_jobs import SkypilotJobsExecutor
from nemo_run.core.execution.slurm import SlurmBatchRequest, SlurmExecutor
from nemo_run.run.ray.slurm import SlurmRayRequest
from nemo_run.run.torchx_backend.schedulers.dgxcloud import DGXCloudScheduler, DGXRequest
from nemo_run.run.torchx_backend.schedulers.docker import PersistentDockerScheduler
from nemo_run.run.torchx_backend.schedulers.kubeflow import KubeflowJobRequest, KubeflowScheduler
from nemo_run.run.torchx_backend.schedulers.lepton import LeptonRequest, LeptonScheduler
from nemo_run.run.torchx_backend.schedulers.local import PersistentLocalScheduler
from nemo_run.run.torchx_backend.schedulers.skypilot import SkypilotRequest, SkypilotScheduler
from nemo_run.run.torchx_backend.schedulers.skypilot_jobs import SkypilotJobsRequest, SkypilotJobsScheduler
from nemo_run.run.torchx_backend.schedulers.slurm import SlurmTunnelScheduler
from torchx.schedulers.local_scheduler import PopenRequest
from torchx.specs import AppDef, AppDryRunInfo
from typing_extensions import assert_type

from launchbind import (
    AppSpec,
    Backend,
    Bindings,
    DryRunScheduler,
    Executor,
    Handle,
    Launcher,
    Plan,
    Registry,
    Scheduler,
    SupportsAssign,
    SupportsCleanup,
    SupportsDescribeMany,
    SupportsList,
    SupportsLogs,
    SupportsVolatile,
    submit_dryrun,
)
from launchbind.protocols import DescribesExitCode
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo
from launchbind_adapters.nemo_run import (
    BINDINGS,
    DGX_CLOUD,
    DOCKER,
    EXECUTOR_MAPPING,
    EXECUTORS,
    KUBEFLOW,
    LEPTON,
    LOCAL,
    REVERSE_EXECUTOR_MAPPING,
    SKYPILOT,
    SKYPILOT_JOBS,
    SLURM,
    SchedulerMixin,
    Support,
    cloud,
    get_executor_str,
    launcher,
    register,
)
from launchbind_adapters.nemo_run.bindings import WrappedFactory
from launchbind_adapters.nemo_run.docker import DockerScheduler
from launchbind_adapters.nemo_run.local import LocalScheduler
from launchbind_adapters.nemo_run.slurm import SlurmScheduler

RequestT = TypeVar("RequestT")
KeyT = TypeVar("KeyT")


def executor(_: Executor) -> None: ...
def assign(_: SupportsAssign) -> None: ...
def cleanup(_: SupportsCleanup) -> None: ...
def logs(_: SupportsLogs) -> None: ...
def lists(_: SupportsList) -> None: ...
def describes_many(_: SupportsDescribeMany) -> None: ...
def describes_exit_code(_: DescribesExitCode) -> None: ...
def volatile(_: SupportsVolatile[AppDryRunInfo[PopenRequest]]) -> None: ...


class Requests(Generic[RequestT]):
    """Takes the schedulers that make and submit this request for any NeMo-Run executor."""

    def made_by(self, scheduler: DryRunScheduler[AppDef, NemoExecutor, AppDryRunInfo[RequestT]]) -> None: ...
    def submitted_by(self, scheduler: Scheduler[AppDef, NemoExecutor, AppDryRunInfo[RequestT]]) -> None: ...


class Declared(Generic[KeyT]):
    """What a lazy key declares, to be compared with the key that ``bind`` returns for the real classes."""

    def __init__(self, key: KeyT) -> None: ...
    def matches(self, real: KeyT) -> None: ...


# -- executors -------------------------------------------------------------------------------------


def executors(
    slurm: SlurmExecutor,
    skypilot: SkypilotExecutor,
    skypilot_jobs: SkypilotJobsExecutor,
    local: LocalExecutor,
    docker: DockerExecutor,
    dgx_cloud: DGXCloudExecutor,
    lepton: LeptonExecutor,
    kubeflow: KubeflowExecutor,
    base: NemoExecutor,
) -> None:
    executor(slurm)
    executor(skypilot)
    executor(skypilot_jobs)
    executor(local)
    executor(docker)
    executor(dgx_cloud)
    executor(lepton)
    executor(kubeflow)
    executor(base)

    assign(slurm)
    assign(skypilot)
    assign(skypilot_jobs)
    assign(local)
    assign(docker)
    assign(dgx_cloud)
    assign(lepton)
    assign(kubeflow)

    cleanup(slurm)
    cleanup(skypilot)
    cleanup(skypilot_jobs)
    cleanup(local)
    cleanup(docker)
    cleanup(dgx_cloud)
    cleanup(lepton)
    cleanup(kubeflow)

    executor(LocalExecutor)  # type: ignore[arg-type]
    executor(slurm.tunnel)  # type: ignore[arg-type]
    logs(slurm)  # type: ignore[arg-type]


# -- schedulers ------------------------------------------------------------------------------------


def what_they_make(
    slurm: SlurmTunnelScheduler,
    skypilot: SkypilotScheduler,
    skypilot_jobs: SkypilotJobsScheduler,
    local: PersistentLocalScheduler,
    docker: PersistentDockerScheduler,
    dgx_cloud: DGXCloudScheduler,
    lepton: LeptonScheduler,
    kubeflow: KubeflowScheduler,
) -> None:
    Requests[SlurmBatchRequest | SlurmRayRequest]().made_by(slurm)
    Requests[SkypilotRequest]().made_by(skypilot)
    Requests[SkypilotJobsRequest]().made_by(skypilot_jobs)
    Requests[PopenRequest]().made_by(local)
    Requests[DockerJobRequest]().made_by(docker)
    Requests[DGXRequest]().made_by(dgx_cloud)
    Requests[LeptonRequest]().made_by(lepton)
    Requests[KubeflowJobRequest]().made_by(kubeflow)

    # Slurm's is AppDryRunInfo[Any] upstream, so any request type is accepted for it.
    Requests[int]().made_by(skypilot)  # type: ignore[arg-type]
    Requests[int]().made_by(skypilot_jobs)  # type: ignore[arg-type]
    Requests[int]().made_by(local)  # type: ignore[arg-type]
    Requests[int]().made_by(docker)  # type: ignore[arg-type]
    Requests[int]().made_by(dgx_cloud)  # type: ignore[arg-type]
    Requests[int]().made_by(lepton)  # type: ignore[arg-type]
    Requests[int]().made_by(kubeflow)  # type: ignore[arg-type]


def what_they_submit(
    slurm: SlurmTunnelScheduler,
    skypilot: SkypilotScheduler,
    skypilot_jobs: SkypilotJobsScheduler,
    local: PersistentLocalScheduler,
    docker: PersistentDockerScheduler,
    dgx_cloud: DGXCloudScheduler,
    lepton: LeptonScheduler,
    kubeflow: KubeflowScheduler,
) -> None:
    Requests[SlurmBatchRequest | SlurmRayRequest]().submitted_by(slurm)
    Requests[SkypilotRequest]().submitted_by(skypilot)
    Requests[SkypilotJobsRequest]().submitted_by(skypilot_jobs)
    Requests[PopenRequest]().submitted_by(local)
    Requests[DockerJobRequest]().submitted_by(docker)
    Requests[DGXRequest]().submitted_by(dgx_cloud)
    Requests[LeptonRequest]().submitted_by(lepton)
    Requests[KubeflowJobRequest]().submitted_by(kubeflow)

    Requests[int]().submitted_by(slurm)  # type: ignore[arg-type]
    Requests[int]().submitted_by(skypilot)  # type: ignore[arg-type]
    Requests[int]().submitted_by(skypilot_jobs)  # type: ignore[arg-type]
    Requests[int]().submitted_by(local)  # type: ignore[arg-type]
    Requests[int]().submitted_by(docker)  # type: ignore[arg-type]
    Requests[int]().submitted_by(dgx_cloud)  # type: ignore[arg-type]
    Requests[int]().submitted_by(lepton)  # type: ignore[arg-type]
    Requests[int]().submitted_by(kubeflow)  # type: ignore[arg-type]


def what_else_they_can(
    slurm: SlurmTunnelScheduler,
    skypilot: SkypilotScheduler,
    skypilot_jobs: SkypilotJobsScheduler,
    local: PersistentLocalScheduler,
    docker: PersistentDockerScheduler,
    dgx_cloud: DGXCloudScheduler,
    lepton: LeptonScheduler,
    kubeflow: KubeflowScheduler,
) -> None:
    """Skypilot's two and Lepton's inherit a ``log_iter`` that raises, which types do not show."""
    logs(slurm)
    logs(skypilot)
    logs(skypilot_jobs)
    logs(local)
    logs(docker)
    logs(dgx_cloud)
    logs(lepton)
    logs(kubeflow)

    lists(slurm)
    lists(skypilot)
    lists(skypilot_jobs)
    lists(local)
    lists(docker)
    lists(dgx_cloud)
    lists(lepton)
    lists(kubeflow)


def dry_run(local: PersistentLocalScheduler, app: AppDef, base: NemoExecutor) -> None:
    assert_type(submit_dryrun(local, app, base), AppDryRunInfo[PopenRequest])
    assert_type(submit_dryrun(local, app, LocalExecutor()), AppDryRunInfo[PopenRequest])
    submit_dryrun(local, app, "local")  # type: ignore[misc]
    submit_dryrun(local, "job", base)  # type: ignore[misc]


# -- the adapter -----------------------------------------------------------------------------------


class CustomExecutor(LocalExecutor):
    """A custom executor."""


class Command(str):
    """The request of the scheduler below."""


class CustomScheduler(SchedulerMixin[Command]):
    """Has only what the dry run needs."""

    backend = "custom"

    def _submit_dryrun(self, app: AppDef, cfg: CustomExecutor) -> AppDryRunInfo[Command]:
        raise NotImplementedError


def mappings(local: LocalExecutor, custom: CustomExecutor, base: NemoExecutor) -> None:
    assert_type(EXECUTORS, Registry[NemoExecutor])
    assert_type(EXECUTOR_MAPPING, MutableMapping[type[NemoExecutor], str])
    assert_type(REVERSE_EXECUTOR_MAPPING, MutableMapping[str, type[NemoExecutor]])

    assert_type(get_executor_str(local), str)
    get_executor_str(custom)
    get_executor_str(base)
    assert_type(EXECUTORS["local_persistent"], type[NemoExecutor])
    EXECUTOR_MAPPING[CustomExecutor] = "custom"
    REVERSE_EXECUTOR_MAPPING["custom"] = CustomExecutor

    get_executor_str("local_persistent")  # type: ignore[arg-type]
    get_executor_str(LocalExecutor)  # type: ignore[arg-type]
    get_executor_str(None)  # type: ignore[arg-type]
    EXECUTORS.register("custom", CustomScheduler)  # type: ignore[arg-type]
    EXECUTOR_MAPPING["custom"] = CustomExecutor  # type: ignore[index,assignment]
    EXECUTOR_MAPPING[CustomScheduler] = "custom"  # type: ignore[index]
    REVERSE_EXECUTOR_MAPPING["custom"] = CustomScheduler  # type: ignore[assignment]


def custom_scheduler(scheduler: CustomScheduler, app: AppDef, custom: CustomExecutor) -> None:
    assert_type(scheduler.submit_dryrun(app, custom), AppDryRunInfo[Command])
    scheduler.submit_dryrun(app, LocalExecutor())  # type: ignore[arg-type]
    scheduler.submit_dryrun("job", custom)  # type: ignore[arg-type]


def registering() -> None:
    """Both forms of register(): the decorator keeps the class's own type."""
    support = Support(detach=True, job_groups=True)
    assert_type(support.detach, bool)
    register("custom", CustomExecutor, support=support, aliases=["own"], replace=True)
    register("lazy", "acme:Executor", scheduler="acme:create_scheduler")
    assert_type(register("custom")(CustomExecutor), type[CustomExecutor])

    register("custom", CustomExecutor, detach=True)  # type: ignore[call-overload]
    register("custom", CustomExecutor, support=True)  # type: ignore[call-overload]
    register("custom", CustomScheduler)  # type: ignore[arg-type]
    Support(detached=True)  # type: ignore[call-arg]


def own_local_scheduler(
    local: LocalScheduler, app: AppDef, executor: LocalExecutor, slurm: SlurmExecutor
) -> None:
    """launchbind's scheduler of local jobs has every capability, its executor's and its request's type."""
    submitted: Scheduler[AppDef, LocalExecutor, AppDryRunInfo[PopenRequest]] = local
    logs(local)
    lists(local)
    describes_many(local)
    volatile(local)
    found = local.describe("job")
    if found is not None:
        describes_exit_code(found)
    assert_type(local.submit_dryrun(app, executor), AppDryRunInfo[PopenRequest])

    assert_type(submitted.submit_dryrun(app, executor), AppDryRunInfo[PopenRequest])

    other: Scheduler[AppDef, LocalExecutor, AppDryRunInfo[int]] = local  # type: ignore[assignment]
    other.submit_dryrun(app, executor)
    Requests[PopenRequest]().submitted_by(local)  # type: ignore[arg-type]
    local.submit_dryrun("job", executor)  # type: ignore[arg-type]
    local.submit_dryrun(app, "executor")  # type: ignore[arg-type]
    local.submit_dryrun(app, slurm)  # type: ignore[arg-type]


def keys() -> None:
    """The keys are lazy: what they declare is held against the real classes.

    Each real key has a variable of its own, so that its type is inferred without looking at the declared one.
    """
    assert_type(BINDINGS, Bindings[AppDef, NemoExecutor])
    real: Bindings[AppDef, NemoExecutor] = Bindings()
    slurm = real.bind("slurm", SlurmExecutor, SlurmScheduler)
    skypilot = real.bind("skypilot", SkypilotExecutor, WrappedFactory(cloud.SkypilotScheduler))
    skypilot_jobs = real.bind("sky", SkypilotJobsExecutor, WrappedFactory(cloud.SkypilotJobsScheduler))
    local = real.bind("local", LocalExecutor, LocalScheduler)
    docker = real.bind("docker", DockerExecutor, WrappedFactory(DockerScheduler))
    dgx_cloud = real.bind("dgx_cloud", DGXCloudExecutor, WrappedFactory(cloud.DGXCloudScheduler))
    lepton = real.bind("lepton", LeptonExecutor, WrappedFactory(cloud.LeptonScheduler))
    kubeflow = real.bind("kubeflow", KubeflowExecutor, WrappedFactory(cloud.KubeflowScheduler))

    assert_type(slurm, Backend[AppDef, SlurmExecutor, AppDryRunInfo[SlurmBatchRequest]])
    assert_type(skypilot, Backend[AppDef, SkypilotExecutor, AppDryRunInfo[SkypilotRequest]])
    assert_type(skypilot_jobs, Backend[AppDef, SkypilotJobsExecutor, AppDryRunInfo[SkypilotJobsRequest]])
    assert_type(local, Backend[AppDef, LocalExecutor, AppDryRunInfo[PopenRequest]])
    assert_type(docker, Backend[AppDef, DockerExecutor, AppDryRunInfo[DockerJobRequest]])
    assert_type(dgx_cloud, Backend[AppDef, DGXCloudExecutor, AppDryRunInfo[DGXRequest]])
    assert_type(lepton, Backend[AppDef, LeptonExecutor, AppDryRunInfo[LeptonRequest]])
    assert_type(kubeflow, Backend[AppDef, KubeflowExecutor, AppDryRunInfo[KubeflowJobRequest]])

    Declared(SLURM).matches(slurm)
    Declared(SKYPILOT).matches(skypilot)
    Declared(SKYPILOT_JOBS).matches(skypilot_jobs)
    Declared(LOCAL).matches(local)
    Declared(DOCKER).matches(docker)
    Declared(DGX_CLOUD).matches(dgx_cloud)
    Declared(LEPTON).matches(lepton)
    Declared(KUBEFLOW).matches(kubeflow)

    wide: Backend[AppDef, NemoExecutor, AppDryRunInfo[PopenRequest]] = real.bind("wide", "a:B", "a:C")
    other: Backend[AppDef, LocalExecutor, AppDryRunInfo[int]] = real.bind("other", "a:B", "a:C")
    Declared(wide).matches(local)  # type: ignore[arg-type]
    Declared(other).matches(local)  # type: ignore[arg-type]
    Declared(SLURM).matches(local)  # type: ignore[arg-type]
    Declared(SKYPILOT).matches(skypilot_jobs)  # type: ignore[arg-type]
    Declared(DOCKER).matches(kubeflow)  # type: ignore[arg-type]
    real.bind("wrong", DockerExecutor, LocalScheduler)  # type: ignore[misc]
    real.bind("wrong", FakeExecutor, WrappedFactory(DockerScheduler))  # type: ignore[misc]


def life_of_a_job(
    app: AppDef, executor: LocalExecutor, custom: CustomExecutor, fake_plan: Plan[FakeApp, FakeInfo]
) -> None:
    jobs = launcher("session")
    assert_type(jobs, Launcher[AppDef, NemoExecutor])
    slurm = jobs.plan(app, SlurmExecutor(account="ml"), backend=SLURM)
    assert_type(slurm, Plan[AppDef, AppDryRunInfo[SlurmBatchRequest]])
    assert_type(slurm.info.request, SlurmBatchRequest)
    assert_type(jobs.plan(app, custom, backend=LOCAL).info.request, PopenRequest)
    plan = jobs.plan(app, executor)
    assert_type(plan, Plan[AppDef, object])
    assert_type(plan.request_as(PopenRequest), PopenRequest)
    assert_type(jobs.submit(plan), Handle)
    assert_type(jobs.submit(slurm), Handle)
    assert_type(jobs.run(app, custom, backend="custom"), Handle)

    jobs.plan(app, executor, backend=SLURM)  # type: ignore[misc]
    jobs.run(app, executor, backend=SLURM)  # type: ignore[misc]
    slurm.info.request.jobz  # type: ignore[attr-defined]
    plan.info.request  # type: ignore[attr-defined]
    jobs.plan(app, "local_persistent")  # type: ignore[call-overload]
    jobs.plan(app, LocalExecutor)  # type: ignore[call-overload]
    jobs.plan(app, FakeExecutor())  # type: ignore[call-overload]
    jobs.plan("job", executor)  # type: ignore[call-overload]
    jobs.plan(AppSpec("job"), executor)  # type: ignore[call-overload]
    jobs.submit(plan.info)  # type: ignore[arg-type]
    jobs.submit(fake_plan)  # type: ignore[arg-type]
