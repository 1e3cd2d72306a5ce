"""The fakes that launchbind ships: they satisfy the protocols and do what they say."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from fake_jobs import FakeLauncher, hello, launcher_of, request_of

from launchbind import DryRunInfo, Handle, JobState, explain, protocols
from launchbind.testing import (
    FakeApp,
    FakeCluster,
    FakeExecutor,
    FakeInfo,
    FakeManagedExecutor,
    FakeProgram,
    FakeRequest,
    FakeRole,
    FakeScheduler,
)

if TYPE_CHECKING:
    from launchbind import (
        App,
        BoundScheduler,
        DescribesExitCode,
        Description,
        DryRunScheduler,
        Executor,
        Role,
        Scheduler,
        SchedulerFactory,
        SupportsAssign,
        SupportsCleanup,
        SupportsDescribeMany,
        SupportsList,
        SupportsLogs,
        SupportsVolatile,
    )
    from launchbind.protocols import HasRequest, Listed, StateLike


def test_the_fakes_satisfy_the_protocols() -> None:
    """A type checker accepts them where the protocols are asked for, and explain agrees."""
    executor: Executor = FakeExecutor()
    app: App = hello()
    scheduler: Scheduler[FakeApp, FakeExecutor, FakeInfo] = FakeScheduler()
    logs: SupportsLogs = FakeScheduler()
    listing: SupportsList = FakeScheduler()
    assert explain(executor, protocols.Executor) == explain(app, protocols.App) == []
    assert explain(scheduler, protocols.Scheduler) == explain(logs, protocols.SupportsLogs) == []
    assert isinstance(listing, protocols.SupportsList)


def test_the_executor_has_the_size_it_is_given() -> None:
    """One process on each of its nodes."""
    assert (FakeExecutor(nodes=3).nnodes(), FakeExecutor(nodes=3).nproc_per_node()) == (3, 1)


def test_the_request_has_the_commands_and_the_environment() -> None:
    """The roles' variables win over the executor's."""
    info = FakeScheduler().submit_dryrun(hello(), FakeExecutor({"A": "0", "X": "2"}))
    assert info.request.app == "hello"
    assert info.request.commands == [["echo", "hello", "world"]]
    assert info.request.env == {"A": "1", "X": "2"}


def test_jobs_run_until_the_test_says_otherwise() -> None:
    """A job is RUNNING at once, can be moved on by assignment, and keeps its lines and roles."""
    scheduler = FakeScheduler()
    app_id = scheduler.schedule(scheduler.submit_dryrun(hello(), FakeExecutor()))
    job = scheduler.jobs[app_id]
    assert scheduler.describe(app_id) is job
    assert (job.state, [role.name for role in job.roles]) == (JobState.RUNNING, ["main"])
    job.lines = ["a\n", "b\n"]
    assert list(scheduler.log_iter(app_id, "main")) == ["a\n", "b\n"]
    assert list(scheduler.list()) == [job]


def test_an_info_that_was_never_attached_has_no_roles() -> None:
    """schedule takes an info whose app nobody attached."""
    scheduler = FakeScheduler()
    app_id = scheduler.schedule(DryRunInfo(FakeRequest("hello", [["echo"]], {})))
    assert scheduler.jobs[app_id].roles == []


def test_cancel_ends_what_has_not_ended() -> None:
    """Cancelling a job that has ended, or never existed, does nothing."""
    scheduler = FakeScheduler()
    app_id = scheduler.schedule(scheduler.submit_dryrun(hello(), FakeExecutor()))
    scheduler.cancel("never was")
    scheduler.cancel(app_id)
    assert scheduler.jobs[app_id].state is JobState.CANCELLED
    scheduler.jobs[app_id].state = JobState.FAILED
    scheduler.cancel(app_id)
    assert scheduler.jobs[app_id].state is JobState.FAILED
    assert scheduler.describe("never was") is None


def test_close_is_noted() -> None:
    """A test can see that the launcher closed its scheduler."""
    scheduler = FakeScheduler("session", backend="other")
    assert (scheduler.session, scheduler.backend, scheduler.closed) == ("session", "other", False)
    scheduler.close()
    assert scheduler.closed


def test_a_launcher_on_fakes_starts_nothing() -> None:
    """From plan to cancellation no process and no thread is started."""
    before = threading.active_count()
    with launcher_of() as launcher:
        handle = launcher.run(hello(), FakeExecutor())
        launcher.cancel(handle)
        assert launcher.wait(handle).state is JobState.CANCELLED
    assert threading.active_count() == before


def test_there_is_a_fake_of_every_protocol() -> None:
    """A type checker accepts one for each, and explain agrees, with every capability there is."""
    cluster = FakeCluster(programs={"echo": FakeProgram(["hello\n"])})
    job = cluster.describe(cluster.schedule(cluster.submit_dryrun(hello(), FakeExecutor())))
    assert job is not None
    state: StateLike = job.state
    description: Description = job
    listed: Listed = job
    role: Role = job.roles[0]
    app: App = hello()
    executor: Executor = FakeManagedExecutor()
    assign: SupportsAssign = FakeManagedExecutor()
    cleanup: SupportsCleanup = FakeManagedExecutor()
    dry_run: DryRunScheduler[FakeApp, FakeExecutor, FakeInfo] = cluster
    scheduler: Scheduler[FakeApp, FakeExecutor, FakeInfo] = cluster
    bound: BoundScheduler[FakeApp, FakeExecutor, object] = cluster
    factory: SchedulerFactory[Scheduler[FakeApp, FakeExecutor, FakeInfo]] = FakeCluster
    info: HasRequest = cluster.submit_dryrun(hello(), FakeExecutor())
    logs: SupportsLogs = cluster
    listing: SupportsList = cluster
    many: SupportsDescribeMany = cluster
    code: DescribesExitCode = job
    volatile: SupportsVolatile[FakeInfo] = cluster
    fakes = {
        "StateLike": state,
        "Description": description,
        "Listed": listed,
        "Role": role,
        "App": app,
        "Executor": executor,
        "SupportsAssign": assign,
        "SupportsCleanup": cleanup,
        "DryRunScheduler": dry_run,
        "Scheduler": scheduler,
        "BoundScheduler": bound,
        "HasRequest": info,
        "SchedulerFactory": factory,
        "SupportsLogs": logs,
        "SupportsList": listing,
        "SupportsDescribeMany": many,
        "DescribesExitCode": code,
        "SupportsVolatile": volatile,
    }
    every = {
        name: member
        for name, member in vars(protocols).items()
        if getattr(member, "_is_protocol", False) and name != "Protocol"
    }
    assert set(fakes) == set(every)
    assert [problem for name, fake in fakes.items() for problem in explain(fake, every[name])] == []


def test_the_managed_executor_notes_what_it_is_told() -> None:
    """Where its job's files go, and whose are to be removed."""
    executor = FakeManagedExecutor()
    executor.assign("exp_1", "/exp", "task_1", "task")
    executor.cleanup("fake://session/job")
    assert executor.assigned == [("exp_1", "/exp", "task_1", "task")]
    assert executor.cleaned == ["fake://session/job"]


# -- the cluster ---------------------------------------------------------------------------------------


def cluster_of(**programs: FakeProgram) -> tuple[FakeCluster, FakeLauncher]:
    """A cluster that knows these programs, and a launcher for it."""
    cluster = FakeCluster(programs=programs)
    return cluster, launcher_of(cluster)


def run(launcher: FakeLauncher, *roles: FakeRole) -> Handle:
    return launcher.run(FakeApp("job", list(roles)), FakeExecutor())


def test_jobs_of_the_cluster_go_on_when_they_are_asked_about() -> None:
    """As often as the program says they are found RUNNING; then they have ended, with its exit code."""
    cluster, launcher = cluster_of(train=FakeProgram(exit_code=7, polls=2))
    handle = run(launcher, FakeRole("main", "train"), FakeRole("other", "unnamed"))
    assert cluster.jobs[handle.app_id].state is JobState.PENDING
    found = [launcher.status(handle) for _ in range(4)]
    assert [status.state.name for status in found] == ["RUNNING", "RUNNING", "FAILED", "FAILED"]
    assert [status.exit_code for status in found] == [None, None, 7, 7]


def test_a_job_of_the_cluster_can_end_at_once() -> None:
    """With no polls it has ended when it is first asked about."""
    _, launcher = cluster_of(train=FakeProgram(["done\n"], polls=0))
    handle = run(launcher, FakeRole("main", "train"))
    assert launcher.status(handle).state is JobState.SUCCEEDED
    assert list(launcher.logs(handle)) == ["done\n"]


def test_a_program_without_an_exit_code_runs_until_it_is_cancelled() -> None:
    """Then there is no exit code, and following it ends."""
    _, launcher = cluster_of(serve=FakeProgram(["a\n", "b\n"], exit_code=None, polls=1))
    handle = run(launcher, FakeRole("main", "serve"))
    stream = launcher.logs(handle, follow=True)
    assert [next(stream), next(stream)] == ["a\n", "b\n"]
    cancelling = threading.Timer(0.05, launcher.cancel, [handle])
    cancelling.start()
    assert list(stream) == []
    cancelling.join()
    assert launcher.status(handle).state is JobState.CANCELLED
    assert launcher.status(handle).exit_code is None


def test_logs_of_the_cluster_grow_while_a_job_runs() -> None:
    """What it has printed by now can be read; all of it when it has ended, however it came to that."""
    cluster, launcher = cluster_of(train=FakeProgram([f"{n}\n" for n in range(4)], polls=4))
    handle = run(launcher, FakeRole("main", "train"))
    launcher.status(handle)
    assert list(cluster.log_iter(handle.app_id, "main")) == ["0\n"]
    cluster.jobs[handle.app_id].state = JobState.SUCCEEDED
    assert list(cluster.log_iter(handle.app_id, "main")) == ["0\n", "1\n", "2\n", "3\n"]


def test_logs_of_the_cluster_are_those_of_the_replica() -> None:
    """Each role and replica has lines of its own, and a regex chooses among them."""
    _, launcher = cluster_of(
        head=FakeProgram(["head\n"]), work=FakeProgram(lambda role, k: [f"{role} {k}\n", "end\n"])
    )
    handle = run(launcher, FakeRole("h", "head"), FakeRole("w", "work", num_replicas=2))
    launcher.wait(handle, poll=0.01)
    assert list(launcher.logs(handle)) == ["head\n", "w 0\n", "end\n", "w 1\n", "end\n"]
    assert list(launcher.logs(handle, "w", 1)) == ["w 1\n", "end\n"]
    assert list(launcher.logs(handle, regex=r"\d")) == ["w 0\n", "w 1\n"]


def test_logs_that_the_cluster_does_not_have_are_errors() -> None:
    """An unknown job, role or replica."""
    cluster, launcher = cluster_of()
    app_id = run(launcher, FakeRole("main", "train")).app_id
    for asked in (("gone", "main", 0), (app_id, "other", 0), (app_id, "main", 1), (app_id, "main", -1)):
        with pytest.raises(LookupError, match=f"no job '{asked[0]}' with replica {asked[2]}"):
            cluster.log_iter(*asked)


def test_ids_of_the_cluster_are_made_anew_and_named() -> None:
    """Two dry runs have two ids, which ``volatile`` names, so the plans are the same."""
    cluster, launcher = cluster_of()
    one, other = (launcher.plan(hello(), FakeExecutor()) for _ in range(2))
    ids = [request_of(plan).env[cluster.id_variable] for plan in (one, other)]
    assert [*cluster.volatile(DryRunInfo(request_of(one)))] == ids[:1]
    assert ids[0] != ids[1]
    assert one.fingerprint == other.fingerprint
    assert launcher.submit(one).app_id == ids[0]


def test_the_cluster_tells_of_many_jobs_at_once() -> None:
    """Jobs that never existed are None."""
    cluster, launcher = cluster_of()
    app_id = run(launcher, FakeRole("main", "train")).app_id
    assert cluster.describe_many([app_id, "gone"]) == {app_id: cluster.jobs[app_id], "gone": None}
