"""Ray Jobs: the executor and the scheduler satisfy the Protocols, and the adapter keeps its types."""

from __future__ import annotations

from typing import Generic, TypeVar

from ray.job_submission import JobDetails, JobSubmissionClient
from torchx.specs import AppDef
from typing_extensions import assert_type

from launchbind import (
    App,
    AppSpec,
    Backend,
    Bindings,
    Description,
    DryRunInfo,
    DryRunScheduler,
    Executor,
    Handle,
    JobDescription,
    Launcher,
    Plan,
    Registry,
    RoleSpec,
    Scheduler,
    SchedulerFactory,
    SupportsDescribeMany,
    SupportsList,
    SupportsLogs,
    submit_dryrun,
)
from launchbind.adapter import Adapter as CommandLineAdapter
from launchbind.protocols import DescribesExitCode
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo
from launchbind_adapters.ray import (
    BINDINGS,
    EXECUTORS,
    RAY,
    Adapter,
    RayExecutor,
    RayInfo,
    RayJob,
    RayRequest,
    RayScheduler,
    launcher,
)

InfoT = TypeVar("InfoT")
KeyT = TypeVar("KeyT")


def executor(_: Executor) -> None: ...
def logs(_: SupportsLogs) -> None: ...
def lists(_: SupportsList) -> None: ...
def describes_many(_: SupportsDescribeMany) -> None: ...
def describes_exit_code(_: DescribesExitCode) -> None: ...
def factory(_: SchedulerFactory[RayScheduler]) -> None: ...
def adapter(_: CommandLineAdapter[App, RayExecutor]) -> None: ...


class Infos(Generic[InfoT]):
    """Takes the schedulers that make and submit this dry-run info for a Ray executor."""

    def made_by(self, scheduler: DryRunScheduler[App, RayExecutor, InfoT]) -> None: ...
    def submitted_by(self, scheduler: Scheduler[App, RayExecutor, InfoT]) -> None: ...


class Declared(Generic[KeyT]):
    """What a lazy key declares, to be compared with the key that ``bind`` returns for the real classes."""

    def __init__(self, key: KeyT) -> None: ...
    def matches(self, real: KeyT) -> None: ...


def the_executor(ray: RayExecutor) -> None:
    executor(ray)
    RayExecutor(num_cpus=0.5, memory=2**30, conda={"dependencies": ["pip"]})

    executor(RayExecutor)  # type: ignore[arg-type]
    RayExecutor("http://head:8265")  # type: ignore[call-arg,arg-type]
    RayExecutor(num_cpus="1")  # type: ignore[arg-type]
    RayExecutor(token="secret")  # type: ignore[call-arg]


def the_scheduler(scheduler: RayScheduler, app: App, ray: RayExecutor) -> None:
    Infos[RayInfo]().made_by(scheduler)
    Infos[RayInfo]().submitted_by(scheduler)
    logs(scheduler)
    lists(scheduler)
    describes_many(scheduler)
    factory(RayScheduler)

    info = submit_dryrun(scheduler, app, ray)
    assert_type(info, RayInfo)
    assert_type(scheduler.submit_dryrun(app, ray), RayInfo)
    assert_type(info.request, RayRequest)
    assert_type(info.request.jobs, list[RayJob])
    assert_type(scheduler.schedule(info), str)
    described = scheduler.describe("app")
    assert_type(described, JobDescription | None)
    if described is not None:
        known: Description = described
        assert_type(known.msg, str)
        describes_exit_code(described)

    Infos[FakeInfo]().submitted_by(scheduler)  # type: ignore[arg-type]
    scheduler.submit_dryrun(app, FakeExecutor())  # type: ignore[arg-type]
    scheduler.submit_dryrun("job", ray)  # type: ignore[arg-type]
    scheduler.schedule(DryRunInfo(1))  # type: ignore[arg-type]
    info.request.jobs[0].entrypoint = ["echo"]  # type: ignore[assignment]


def the_adapter(ray: RayExecutor) -> None:
    adapter(Adapter())
    assert_type(EXECUTORS, Registry[RayExecutor])
    assert_type(EXECUTORS["ray"], type[RayExecutor])
    assert_type(EXECUTORS.name_of(ray), str)

    EXECUTORS.register("mine", FakeExecutor)  # type: ignore[arg-type]
    EXECUTORS.name_of(FakeExecutor())  # type: ignore[arg-type]


def the_key() -> None:
    """The key is lazy: what it declares is held against the real classes."""
    assert_type(BINDINGS, Bindings[App, RayExecutor])
    real: Bindings[App, RayExecutor] = Bindings()
    ray = real.bind("ray", RayExecutor, RayScheduler)
    assert_type(ray, Backend[App, RayExecutor, RayInfo])
    Declared(RAY).matches(ray)

    other: Backend[App, RayExecutor, FakeInfo] = real.bind("other", "a:B", "a:C")
    Declared(other).matches(ray)  # type: ignore[arg-type]
    real.bind("wrong", FakeExecutor, RayScheduler)  # type: ignore[misc]


def adjust(backend: str, info: RayInfo) -> RayInfo:
    """A role may change the request."""
    info.request.jobs[0].num_cpus = 2
    return info


def life_of_a_job(torchx: AppDef, ray: RayExecutor, fake_plan: Plan[FakeApp, FakeInfo]) -> None:
    """Apps of any launcher are accepted."""
    jobs = launcher("session")
    assert_type(jobs, Launcher[App, RayExecutor])
    plan = jobs.plan(AppSpec[RayInfo]("app", [RoleSpec("main", "echo", adjust=adjust)]), ray, backend=RAY)
    assert_type(plan, Plan[AppSpec[RayInfo], RayInfo])
    assert_type(plan.info.request, RayRequest)
    named = jobs.plan(torchx, ray)
    assert_type(named, Plan[App, object])
    assert_type(named.request_as(RayRequest), RayRequest)
    assert_type(jobs.submit(plan), Handle)
    assert_type(jobs.run(torchx, ray), Handle)

    jobs.plan("job", ray)  # type: ignore[call-overload]
    jobs.plan(torchx, FakeExecutor())  # type: ignore[call-overload]
    jobs.plan(torchx, FakeExecutor(), backend=RAY)  # type: ignore[misc]
    named.info.request  # type: ignore[attr-defined]
    # This launcher takes any app, so that a plan comes from another launcher shows only at run time.
    jobs.submit(fake_plan)


def canary(client: JobSubmissionClient, job: JobDetails) -> None:
    """Ray's own types are followed: if they were Any, these would not be errors."""
    assert_type(job.driver_exit_code, int | None)
    assert_type(client.get_job_logs("id"), str)
    client.submit_job(entrypoint=1)  # type: ignore[arg-type]
    client.stop_job(1)  # type: ignore[arg-type]
    client.no_such_method  # type: ignore[attr-defined]
