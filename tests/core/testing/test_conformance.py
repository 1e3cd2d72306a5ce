"""The conformance suite: the fakes pass it, and each of its rules notices the one thing it is there for."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar
from unittest import SkipTest
from uuid import uuid4

import pytest

import launchbind
from launchbind import (
    DryRunInfo,
    DryRunMixin,
    Handle,
    JobState,
    JobStatus,
    Launcher,
    Plan,
    PlanError,
    Registry,
    SchedulerError,
    WaitTimeoutError,
)
from launchbind.testing import (
    FakeApp,
    FakeCluster,
    FakeExecutor,
    FakeInfo,
    FakeJob,
    FakeManagedExecutor,
    FakeProgram,
    FakeRequest,
    FakeRole,
)
from launchbind.testing._cluster import JOB_ID
from launchbind.testing.conformance import PlanConformance, SchedulerConformance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from tests.core.conftest import WriteModule

    from launchbind.testing._suite import Suite

ExecutorT = TypeVar("ExecutorT")
FakeLauncher = Launcher[FakeApp, FakeExecutor, FakeInfo]

CORE = Path(str(launchbind.__file__)).parents[1]
#: Guards against hanging only; nothing here takes that long.
GUARD_SECONDS = 120

PROGRAMS = {
    "fail": FakeProgram(exit_code=3),
    "last": FakeProgram(exit_code=None),
    "no-such-program": FakeProgram(exit_code=127),
    "talk": FakeProgram(["one\n", "two\n", "three\n", "four\n"], polls=4),
}


class FakeSuite(SchedulerConformance[FakeApp, FakeExecutor, FakeInfo]):
    """The suite as the author of the fakes subclasses it."""

    succeeding = ("succeed",)
    failing = ("fail",)
    lasting = ("last",)
    missing = ("no-such-program",)
    printing = ("talk",)
    printed = ("one", "two", "three", "four")
    poll_seconds = 0.01
    guard_seconds = 30

    def app(self, command: list[str], env: dict[str, str]) -> FakeApp:
        return FakeApp("job", [FakeRole("main", command[0], command[1:], env)])


def launchers(
    cluster: FakeCluster,
    kind: type[FakeLauncher] = Launcher,
    copier: Callable[[FakeExecutor], FakeExecutor] | None = None,
) -> Callable[[], FakeLauncher]:
    """A function that makes launchers which all have this one cluster."""
    executors: Registry[FakeExecutor] = Registry("executor")
    executors.register("fake", FakeExecutor)

    def make() -> FakeLauncher:
        if copier is not None:
            return kind(executors, {"fake": lambda session: cluster}, copier=copier)
        return kind(executors, {"fake": lambda session: cluster})

    return make


class TestTheFakes(FakeSuite):
    """FakeCluster, with every capability there is, passes all of it."""

    module = "launchbind.testing"
    not_imported = ("pytest", "unittest")
    most_modules = 100
    exempt: ClassVar = {"test_another_process_finds_the_job": "its jobs are in memory"}

    @pytest.fixture
    def make_launcher(self) -> Callable[[], FakeLauncher]:
        return launchers(FakeCluster(programs=PROGRAMS))

    @pytest.fixture
    def executor(self) -> FakeExecutor:
        return FakeManagedExecutor({"MODE": "fast"})


# -- schedulers, launchers and executors with one thing wrong --------------------------------------------


class Sizeless(FakeExecutor):
    """Has a number where a method is called."""

    nproc_per_node = 1  # type: ignore[assignment]


class Unassignable(FakeExecutor):
    """Claims SupportsAssign, and cannot be called as that has it."""

    def assign(self, folder: str) -> None: ...


class Greedy(FakeCluster):
    """Writes into the executor it is given."""

    def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
        cfg.env_vars["SEEN"] = "1"
        return super()._submit_dryrun(app, cfg)


class Restless(FakeCluster):
    """Does not tell which part of a request is made anew."""

    def volatile(self, dryrun_info: FakeInfo, /) -> Mapping[str, str]:
        return {}


class Blind(FakeCluster):
    """Keeps the command out of the request."""

    def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
        info = super()._submit_dryrun(app, cfg)
        info.request.commands.clear()
        return info


class LeakyPlan(Plan[FakeInfo]):
    def __repr__(self) -> str:
        return self.render(redact=False)


class Leaky(FakeLauncher):
    """Its plans tell everything."""

    def plan(self, app: FakeApp, executor: FakeExecutor, *, backend: str | None = None) -> Plan[FakeInfo]:
        plan = super().plan(app, executor, backend=backend)
        plan.__class__ = LeakyPlan
        return plan


class Forgetful(FakeCluster):
    """Does not pass the executor's variables on."""

    def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
        return super()._submit_dryrun(app, replace(cfg, env_vars={}))


class Imaginative(FakeCluster):
    """Names a volatile value that is nowhere in the request."""

    def volatile(self, dryrun_info: FakeInfo, /) -> Mapping[str, str]:
        return {**super().volatile(dryrun_info), f"no-{uuid4().hex}": "<nothing>"}


class Sweeping(FakeCluster):
    """Names a volatile value that every plan has."""

    def volatile(self, dryrun_info: FakeInfo, /) -> Mapping[str, str]:
        return {**super().volatile(dryrun_info), "echo": "<command>"}


class FallingThrough(FakeLauncher):
    """Sends what is for an unknown backend to another one."""

    def plan(self, app: FakeApp, executor: FakeExecutor, *, backend: str | None = None) -> Plan[FakeInfo]:
        return super().plan(app, executor)


class Rootless(FakeCluster):
    """Does not remember the roles of its jobs."""

    def describe(self, app_id: str, /) -> FakeJob | None:
        job = super().describe(app_id)
        return job and replace(job, roles=[])


class Obliging(FakeCluster):
    """Knows every job that it is asked about."""

    def describe(self, app_id: str, /) -> FakeJob | None:
        unknown = FakeJob(app_id, FakeRequest("", [], {}), [], JobState.UNKNOWN)
        return super().describe(app_id) or unknown


class Unlisted(FakeCluster):
    """Lists no job."""

    def list(self) -> Iterable[FakeJob]:
        return []


class Modest(FakeCluster):
    """Calls a success a failure."""

    def _go_on(self, job: FakeJob) -> None:
        super()._go_on(job)
        if job.state is JobState.SUCCEEDED and job.roles[0].entrypoint == "succeed":
            job.state = JobState.FAILED


class Boastful(FakeCluster):
    """Calls a failure a success."""

    def _go_on(self, job: FakeJob) -> None:
        super()._go_on(job)
        if job.state is JobState.FAILED and job.roles[0].entrypoint == "fail":
            job.state = JobState.SUCCEEDED


class Fickle(FakeCluster):
    """Says once that a job which has succeeded is running, the second time it is asked after the end."""

    def _go_on(self, job: FakeJob) -> None:
        if job.msg == "ended":
            job.state, job.msg = JobState.RUNNING, "running again"
            return
        super()._go_on(job)
        if job.state is JobState.SUCCEEDED and not job.msg:
            job.msg = "ended"

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, FakeJob | None]:
        return {app_id: self.jobs.get(app_id) for app_id in app_ids}


class Approximate(FakeCluster):
    """Tells failure from success, and no more."""

    def exit_code(self, app_id: str, /) -> int | None:
        return super().exit_code(app_id) and 1


class Hasty(FakeCluster):
    """Tells an exit code before there is one."""

    def exit_code(self, app_id: str, /) -> int | None:
        return super().exit_code(app_id) or 0


class Impatient(FakeLauncher):
    """Ends a job that it has waited for in vain."""

    def wait(
        self,
        handle: Handle | str,
        *,
        timeout: float | None = None,
        poll: float = 2.0,
        progress: Callable[[JobStatus], None] | None = None,
    ) -> JobStatus:
        try:
            return super().wait(handle, timeout=timeout, poll=poll, progress=progress)
        except WaitTimeoutError:
            self.cancel(handle)
            raise


class Shuffling(FakeCluster):
    """Mixes up the jobs that are asked about together."""

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, FakeJob | None]:
        found = super().describe_many(app_ids)
        return dict(zip(found, reversed([*found.values()]), strict=True))


class Polite(FakeCluster):
    """Calls a cancelled job a success."""

    def cancel(self, app_id: str, /) -> None:
        job = self.jobs.get(app_id)
        if job is not None and not job.state.is_terminal:
            job.state = JobState.SUCCEEDED


class Strict(FakeCluster):
    """Cancels only what there is."""

    def cancel(self, app_id: str, /) -> None:
        super().cancel(self.jobs[app_id].app_id)


class Thorough(FakeCluster):
    """Cancels even what has ended."""

    def cancel(self, app_id: str, /) -> None:
        if app_id in self.jobs:
            self.jobs[app_id].state = JobState.CANCELLED


class Unwary(FakeLauncher):
    """Submits a plan as it is now."""

    def submit(self, plan: Plan[FakeInfo]) -> Handle:
        plan.fingerprint = plan.current_fingerprint()
        return super().submit(plan)


class Repeating(FakeLauncher):
    """Submits a plan as often as it is asked to; its jobs need other ids then."""

    def submit(self, plan: Plan[FakeInfo]) -> Handle:
        plan.handle = None
        return super().submit(plan)


class Explicit(FakeCluster):
    """Tells the environment of what it cannot start."""

    def schedule(self, dryrun_info: FakeInfo, /) -> str:
        if dryrun_info.request.commands == [["no-such-program"]]:
            raise SchedulerError(self.backend, "start it", f"not found with {dryrun_info.request.env}")
        return super().schedule(dryrun_info)


class Discreet(FakeCluster):
    """Refuses what it cannot start."""

    def schedule(self, dryrun_info: FakeInfo, /) -> str:
        if dryrun_info.request.commands == [["no-such-program"]]:
            raise FileNotFoundError(f"no-such-program with {dryrun_info.request.env}")
        return super().schedule(dryrun_info)


class Chatty(FakeCluster):
    """Tells the environment of a job that failed."""

    def describe(self, app_id: str, /) -> FakeJob | None:
        job = super().describe(app_id)
        if job is not None and job.state is JobState.FAILED:
            job.msg = f"failed with {job.request.env}"
        return job


class Logging(FakeCluster):
    """What the schedulers with wrong logs share."""

    def log_iter(
        self,
        app_id: str,
        role_name: str,
        k: int = 0,
        regex: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        should_tail: bool = False,
    ) -> Iterator[str]:
        return self.altered(
            app_id, super().log_iter(app_id, role_name, k, regex, since, until, should_tail), should_tail
        )

    def altered(self, app_id: str, lines: Iterator[str], follow: bool) -> Iterator[str]:
        raise NotImplementedError


class Losing(Logging):
    """Loses the first line of an ended job."""

    def altered(self, app_id: str, lines: Iterator[str], follow: bool) -> Iterator[str]:
        return (line for line in lines if follow or line != "one\n")


class Stuttering(Logging):
    """Gives a line twice, unless it is followed."""

    def altered(self, app_id: str, lines: Iterator[str], follow: bool) -> Iterator[str]:
        return (line for line in lines for _ in range(2 if line == "one\n" and not follow else 1))


class Short(FakeCluster):
    """Follows only to what is written by now."""

    def _follow(self, job: FakeJob, role: FakeRole, replica: int) -> Iterator[str]:
        yield from self._written(job, role, replica)


class Endless(Logging):
    """Follows a job beyond its end."""

    over = threading.Event()

    def altered(self, app_id: str, lines: Iterator[str], follow: bool) -> Iterator[str]:
        yield from lines
        if follow:
            self.over.wait(GUARD_SECONDS)


class Anchored(FakeCluster):
    """Finds a regex only where a line begins."""

    def log_iter(
        self,
        app_id: str,
        role_name: str,
        k: int = 0,
        regex: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        should_tail: bool = False,
    ) -> Iterator[str]:
        lines = super().log_iter(app_id, role_name, k, None, since, until, should_tail)
        return (line for line in lines if regex is None or re.match(regex, line))


class Quiet(FakeLauncher):
    """Gives no lines where there is no such replica."""

    def logs(
        self,
        handle: Handle | str,
        role: str | None = None,
        replica: int | None = None,
        follow: bool = False,
        *,
        regex: str | None = None,
        since: datetime | None = None,
    ) -> Iterator[str]:
        try:
            return super().logs(handle, role, replica, follow, regex=regex, since=since)
        except PlanError:
            return iter(())


class Clinging(Logging):
    """Ends the job when a reader leaves."""

    def altered(self, app_id: str, lines: Iterator[str], follow: bool) -> Iterator[str]:
        try:
            yield from lines
        except GeneratorExit:
            self.cancel(app_id)
            raise


class Broken(Logging):
    """Cannot read its logs."""

    def altered(self, app_id: str, lines: Iterator[str], follow: bool) -> Iterator[str]:
        raise OSError("the disk is gone")


class Slow(FakeCluster):
    """Learns of its jobs only later."""

    def describe(self, app_id: str, /) -> FakeJob | None:
        return None


class Pending(FakeCluster):
    """Never gets to its jobs."""

    def describe(self, app_id: str, /) -> FakeJob | None:
        return self.jobs.get(app_id)

    def log_iter(
        self,
        app_id: str,
        role_name: str,
        k: int = 0,
        regex: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        should_tail: bool = False,
    ) -> Iterator[str]:
        return iter(())


class Premature(FakeCluster):
    """Calls a job a success when it has begun."""

    def _go_on(self, job: FakeJob) -> None:
        job.state = JobState.SUCCEEDED


# -- what the suite says of them -------------------------------------------------------------------------


@dataclass
class Verdict:
    """What came of a suite: test to the message of its failure, or to the reason why it was skipped."""

    failed: dict[str, str]
    skipped: dict[str, str]


def verdict(
    suite: type[Suite[FakeApp, ExecutorT, FakeInfo]],
    make_launcher: Callable[[], Launcher[FakeApp, ExecutorT, FakeInfo]],
    executor: Callable[[], ExecutorT],
) -> Verdict:
    """Run every test of a suite, as pytest would."""
    found = Verdict({}, {})
    for name, test in inspect.getmembers(suite, inspect.isfunction):
        if name.startswith("test_"):
            given = {"make_launcher": make_launcher, "executor": executor()}
            wanted = inspect.signature(test).parameters
            instance = suite()
            try:
                instance.setup_method(test)
                test(instance, **{each: value for each, value in given.items() if each in wanted})
            except SkipTest as error:
                found.skipped[name] = str(error)
            except Exception as error:
                found.failed[name] = f"{type(error).__name__}: {error}"
    return found


def judged(
    cluster: FakeCluster | type[FakeCluster] = FakeCluster,
    kind: type[FakeLauncher] = Launcher,
    *,
    executor: Callable[[], FakeExecutor] = FakeExecutor,
    copier: Callable[[FakeExecutor], FakeExecutor] | None = None,
    **attributes: object,
) -> Verdict:
    """What the suite says of a cluster, or of a launcher, an executor or a copier."""
    cluster = cluster(programs=PROGRAMS) if isinstance(cluster, type) else cluster
    suite: type[FakeSuite] = type("Suite", (FakeSuite,), attributes)
    return verdict(suite, launchers(cluster, kind, copier), executor)


RULES: list[tuple[str, str, Callable[[], Verdict]]] = [
    (
        "test_the_classes_satisfy_the_protocols",
        "Sizeless.nproc_per_node is int, not a method",
        lambda: judged(executor=Sizeless),
    ),
    (
        "test_the_classes_satisfy_the_protocols",
        "Unassignable.assign takes 1 parameters where 4 are passed",
        lambda: judged(executor=Unassignable),
    ),
    (
        "test_planning_changes_nothing",
        "planning once changed the executor",
        lambda: judged(Greedy, copier=lambda executor: executor),
    ),
    (
        "test_equal_plans_have_one_fingerprint",
        "name it in the scheduler's volatile()",
        lambda: judged(Restless),
    ),
    ("test_a_changed_command_shows", "must hold the command", lambda: judged(Blind)),
    ("test_plans_hide_secrets", "repr(plan) shows the value of APP_TOKEN", lambda: judged(kind=Leaky)),
    (
        "test_plans_hide_secrets",
        "EXECUTOR_PASSWORD does not reach the request",
        lambda: judged(Forgetful),
    ),
    ("test_volatile_values_are_in_the_request", "which is not in the request", lambda: judged(Imaginative)),
    ("test_volatile_values_are_in_the_request", "which two plans share", lambda: judged(Sweeping)),
    ("test_an_unknown_backend_is_an_error", "must have no default", lambda: judged(kind=FallingThrough)),
    (
        "test_importing_the_adapter_is_cheap",
        "importing json imports re:",
        lambda: judged(module="json", not_imported=("re", "torchx")),
    ),
    (
        "test_importing_the_adapter_is_cheap",
        "more than the 0 of most_modules",
        lambda: judged(module="json", most_modules=0),
    ),
    (
        "test_importing_the_adapter_is_cheap",
        "No module named 'no_such_adapter'",
        lambda: judged(module="no_such_adapter"),
    ),
    ("test_another_launcher_finds_the_job", "tells the roles {}, not {'main': 1}", lambda: judged(Rootless)),
    (
        "test_an_unknown_job_is_an_error",
        "must return None for ids they do not know",
        lambda: judged(Obliging),
    ),
    ("test_the_list_has_the_job", "0 times", lambda: judged(Unlisted)),
    ("test_a_job_that_succeeds_is_succeeded", "must say SUCCEEDED", lambda: judged(Modest)),
    ("test_a_job_that_succeeds_is_succeeded", "is RUNNING when it is asked again", lambda: judged(Fickle)),
    ("test_a_job_that_fails_is_failed", "must say FAILED", lambda: judged(Boastful)),
    (
        "test_exit_codes_are_told",
        "exit_code() is 1 for ['fail'], which exits with 3",
        lambda: judged(Approximate),
    ),
    ("test_exit_codes_are_told", "exit_code() is 0 for a job that runs", lambda: judged(Hasty)),
    (
        "test_a_running_job_has_not_ended",
        "the job is CANCELLED: it must go on",
        lambda: judged(kind=Impatient),
    ),
    ("test_statuses_agree_with_status", "describe_many() must agree", lambda: judged(Shuffling)),
    ("test_cancelling_ends_the_job", "describe() must say CANCELLED", lambda: judged(Polite)),
    (
        "test_cancelling_again_changes_nothing",
        "cancel('launchbind-no-such-job') raised KeyError",
        lambda: judged(Strict),
    ),
    ("test_cancelling_again_changes_nothing", "made SUCCEEDED into CANCELLED", lambda: judged(Thorough)),
    ("test_a_changed_plan_is_refused", "must compare fingerprints", lambda: judged(kind=Unwary)),
    ("test_a_plan_is_submitted_once", "must keep plan.handle", lambda: judged(kind=Repeating)),
    ("test_failures_hide_secrets", "shows the value of APP_TOKEN", lambda: judged(Explicit)),
    ("test_failures_hide_secrets", "shows the value of APP_TOKEN", lambda: judged(Chatty)),
    ("test_failures_hide_secrets", "is SUCCEEDED, not FAILED", lambda: judged(missing=("succeed",))),
    ("test_logs_have_every_line_once", "not ['one', 'two', 'three', 'four']", lambda: judged(Losing)),
    ("test_logs_have_every_line_once", "logs() gave ['one', 'one', 'two'", lambda: judged(Stuttering)),
    ("test_following_ends_with_the_job", "up to the last one", lambda: judged(Short)),
    ("test_logs_are_filtered", "re.search finds it", lambda: judged(Anchored)),
    (
        "test_logs_of_an_unknown_replica_are_an_error",
        "logs of replica 0 of role 'launchbind-no-such-role' gave None",
        lambda: judged(kind=Quiet),
    ),
    (
        "test_a_reader_may_leave",
        "the job is CANCELLED after a reader of its logs left",
        lambda: judged(Clinging),
    ),
]


@pytest.mark.parametrize(
    ("rule", "said", "judge"), RULES, ids=[f"{number}-{rule}" for number, (rule, _, _) in enumerate(RULES)]
)
def test_each_rule_notices_what_it_is_for(rule: str, said: str, judge: Callable[[], Verdict]) -> None:
    """With one thing wrong exactly the test of that rule fails, and its message says what to change."""
    found = judge()
    assert list(found.failed) == [rule], found.failed
    assert said in found.failed[rule]


def test_every_rule_has_a_fake_that_breaks_it() -> None:
    """Those above, and the one for which processes have to be started, below."""
    rules = {name for name in dir(SchedulerConformance) if name.startswith("test_")}
    assert {rule for rule, _, _ in RULES} | {"test_another_process_finds_the_job"} == rules


def test_a_scheduler_that_refuses_what_it_cannot_start_passes() -> None:
    """The error of the refusal has no secret in it, since the launcher hides them there."""
    assert judged(Discreet).failed == {}


def test_jobs_that_only_their_launcher_knows_are_noticed() -> None:
    """The message says that the job must be described."""
    executors: Registry[FakeExecutor] = Registry("executor")
    executors.register("fake", FakeExecutor)
    schedulers = {"fake": lambda session: FakeCluster(session, programs=PROGRAMS)}
    found = verdict(FakeSuite, lambda: Launcher(executors, schedulers), FakeExecutor)
    assert list(found.failed) == ["test_another_launcher_finds_the_job"]
    assert "describe() returned None for fake://launchbind/job-" in str(found.failed)


# -- what spoils more than one test ----------------------------------------------------------------------


def test_a_job_that_is_not_found_is_told_from_one_that_never_was() -> None:
    """Every test that follows a job says that describe() returned None for it."""
    found = judged(Slow).failed
    assert "test_a_job_that_succeeds_is_succeeded" in found
    assert found["test_cancelling_ends_the_job"].startswith(
        "AssertionError: describe() returned None for fake://"
    )


def test_a_job_that_does_not_begin_is_given_up() -> None:
    """After guard_seconds, which the message names, whether its end is waited for or its beginning."""
    found = judged(Pending, guard_seconds=0.02).failed
    assert "needs more than guard_seconds = 0.02" in found["test_a_job_that_succeeds_is_succeeded"]
    assert "still PENDING after guard_seconds = 0.02" in found["test_cancelling_ends_the_job"]


def test_a_job_that_ends_too_early_is_noticed() -> None:
    """Whatever needs a running job says that it ended before its end."""
    found = judged(Premature).failed
    assert "is SUCCEEDED before its end" in found["test_a_running_job_has_not_ended"]


def test_a_stream_that_does_not_end_is_given_up() -> None:
    """After guard_seconds; nothing hangs."""
    try:
        found = judged(Endless, guard_seconds=0.5).failed
    finally:
        Endless.over.set()
    assert set(found) == {"test_following_ends_with_the_job", "test_a_reader_may_leave"}
    assert "log_iter() must end when the job has ended" in found["test_following_ends_with_the_job"]


def test_a_stream_that_fails_is_the_failure() -> None:
    """The scheduler's own error is not hidden by the thread that reads."""
    found = judged(Broken).failed
    assert "OSError: the disk is gone" in found["test_logs_have_every_line_once"]


# -- what is skipped -------------------------------------------------------------------------------------

RunConfig = dict[str, str]


class Bare(DryRunMixin):
    """A scheduler that claims no capability, and takes a mapping for an executor, as torchx's do."""

    backend = "bare"

    def __init__(self, cluster: FakeCluster) -> None:
        self.cluster = cluster

    def _submit_dryrun(self, app: FakeApp, cfg: RunConfig) -> FakeInfo:
        commands = [[role.entrypoint, *role.args] for role in app.roles]
        return DryRunInfo(FakeRequest(app.name, commands, {**cfg, **app.roles[0].env}))

    def schedule(self, dryrun_info: FakeInfo, /) -> str:
        request = dryrun_info.request
        submitted: FakeInfo = DryRunInfo(replace(request, env={JOB_ID: f"{request.app}-{uuid4().hex}"}))
        submitted.app = dryrun_info.app
        return self.cluster.schedule(submitted)

    def describe(self, app_id: str, /) -> FakeJob | None:
        return self.cluster.describe(app_id)

    def cancel(self, app_id: str, /) -> None:
        self.cluster.cancel(app_id)

    def close(self) -> None: ...


def test_capabilities_that_are_not_claimed_are_skipped() -> None:
    """With a reason; the rest is passed, with a mapping for an executor and a backend that is named."""

    class BareSuite(SchedulerConformance[FakeApp, RunConfig, FakeInfo]):
        backend = "bare"
        succeeding, failing, lasting = FakeSuite.succeeding, FakeSuite.failing, FakeSuite.lasting
        missing, poll_seconds = FakeSuite.missing, FakeSuite.poll_seconds

        def app(self, command: list[str], env: dict[str, str]) -> FakeApp:
            return FakeSuite().app(command, env)

    cluster = FakeCluster(programs=PROGRAMS)
    configs: Registry[RunConfig] = Registry("run config")
    found = verdict(BareSuite, lambda: Launcher(configs, {"bare": lambda session: Bare(cluster)}), dict)
    assert found.failed == {}
    logs = "the scheduler of 'bare' does not claim SupportsLogs"
    assert found.skipped == {
        "test_a_reader_may_leave": logs,
        "test_another_process_finds_the_job": "elsewhere names no launcher for another process",
        "test_exit_codes_are_told": "the scheduler of 'bare' does not claim SupportsExitCode",
        "test_following_ends_with_the_job": logs,
        "test_importing_the_adapter_is_cheap": "module does not name the adapter's module",
        "test_logs_are_filtered": logs,
        "test_logs_have_every_line_once": logs,
        "test_logs_of_an_unknown_replica_are_an_error": logs,
        "test_the_list_has_the_job": "the scheduler of 'bare' does not claim SupportsList",
        "test_volatile_values_are_in_the_request": "the scheduler of 'bare' does not claim SupportsVolatile",
    }


def test_exempt_tests_are_skipped_with_their_reasons() -> None:
    """A rule that the backend cannot keep is named, with the reason why."""
    found = judged(Unlisted, exempt={"test_the_list_has_the_job": "nobody keeps a list"})
    assert found.failed == {}
    assert found.skipped["test_the_list_has_the_job"] == "exempt: nobody keeps a list"


def test_an_exemption_of_nothing_is_an_error() -> None:
    """A test that was renamed, or misspelt, is not silently run after all."""
    found = judged(exempt={"test_the_lists": "none"})
    assert set(found.failed.values()) == {
        "AssertionError: exempt names tests that do not exist: test_the_lists"
    }


def test_an_author_who_forgot_the_app_is_told() -> None:
    """The message says which method is missing."""

    class Appless(PlanConformance[FakeApp, FakeExecutor, FakeInfo]):
        pass

    found = verdict(Appless, launchers(FakeCluster()), FakeExecutor)
    assert "Appless needs a method app(self, command, env)" in str(found.failed)


def test_plans_alone_can_be_tested() -> None:
    """For a backend that is out of reach: PlanConformance submits nothing."""

    class PlansOnly(PlanConformance[FakeApp, FakeExecutor, FakeInfo]):
        def app(self, command: list[str], env: dict[str, str]) -> FakeApp:
            return FakeSuite().app(command, env)

    cluster = FakeCluster()
    assert verdict(PlansOnly, launchers(cluster), FakeExecutor).failed == {}
    assert cluster.jobs == {}


# -- other processes -------------------------------------------------------------------------------------

FILED = """
import os
from pathlib import Path
from launchbind import JobState, Launcher, Registry
from launchbind.testing import FakeExecutor, FakeJob, FakeRequest, FakeRole, FakeScheduler

class Filed(FakeScheduler):
    "Its jobs are files, so every process finds them."

    def path(self, app_id):
        return Path(os.environ["FILED_JOBS"], app_id)

    def schedule(self, info, /):
        app_id = super().schedule(info)
        self.path(app_id).write_text("RUNNING")
        return app_id

    def describe(self, app_id, /):
        if self.path(app_id).exists():
            state = JobState[self.path(app_id).read_text()]
            return FakeJob(app_id, FakeRequest("", [], {}), [FakeRole("main", "last")], state)

    def cancel(self, app_id, /):
        self.path(app_id).write_text("CANCELLED")

class Behind(Filed):
    def describe(self, app_id, /):
        job = super().describe(app_id)
        job.state = JobState.PENDING
        return job

def launcher(kind=Filed):
    executors = Registry("executor")
    executors.register("fake", FakeExecutor)
    return Launcher(executors, {"fake": kind})

def behind():
    return launcher(Behind)

def alone():
    return launcher(FakeScheduler)
"""


@pytest.mark.parametrize(
    ("elsewhere", "said"),
    [
        ("filed:launcher", ""),
        ("filed:behind", "is RUNNING, and PENDING in another process"),
        ("filed:alone", "UnknownJobError"),
        (None, "elsewhere names no launcher"),
    ],
)
def test_another_process_is_asked_for_the_job(
    elsewhere: str | None,
    said: str,
    write_module: WriteModule,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that knows the job passes; one that does not, or tells another state, does not."""
    write_module("filed", FILED)
    monkeypatch.setenv("FILED_JOBS", str(tmp_path))
    from importlib import import_module

    suite: type[FakeSuite] = type("Suite", (FakeSuite,), {"elsewhere": elsewhere})
    message = ""
    try:
        suite().test_another_process_finds_the_job(import_module("filed").launcher, FakeExecutor())
    except (AssertionError, SkipTest) as error:
        message = str(error)
    assert said in message
    assert bool(said) is bool(message)


PLAIN = """
import pytest
from launchbind import Launcher, Registry
from launchbind.testing import FakeApp, FakeExecutor, FakeRole, FakeScheduler
from launchbind.testing.conformance import PlanConformance

class TestPlans(PlanConformance):
    @pytest.fixture
    def make_launcher(self):
        executors = Registry("executor")
        executors.register("fake", FakeExecutor)
        return lambda: Launcher(executors, {"fake": FakeScheduler})

    @pytest.fixture
    def executor(self):
        return FakeExecutor()

    def app(self, command, env):
        return FakeApp("job", [FakeRole("main", command[0], command[1:], env)])

class TestBlind(TestPlans):
    exempt = {"test_planning_changes_nothing": "it is known to"}

    def app(self, command, env):
        return super().app(["same"], env)
"""


def test_plain_pytest_runs_it(tmp_path: Path) -> None:
    """pytest finds the tests, skips with the reasons, and shows the message of the one that fails."""
    (tmp_path / "test_plans.py").write_text(PLAIN)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", "-W", "error", tmp_path],
        env={**os.environ, "PYTHONPATH": str(CORE), "COLUMNS": "200"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=GUARD_SECONDS,
        check=False,
    )
    assert "1 failed, 10 passed, 5 skipped" in done.stdout, done.stdout
    assert (
        "two commands have one fingerprint: the dry-run info's request must hold the command" in done.stdout
    )
    assert "exempt: it is known to" in done.stdout
    assert "does not claim SupportsVolatile" in done.stdout


def test_it_is_imported_without_pytest() -> None:
    """Neither the fakes nor the suite need it, nor anything but the standard library."""
    code = "import launchbind.testing.conformance, sys; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(CORE)}
    done = subprocess.run([sys.executable, "-S", "-c", code], env=environment, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "launchbind" in loaded, done.stderr
    assert loaded - sys.stdlib_module_names - {"__main__"} == {"launchbind"}
