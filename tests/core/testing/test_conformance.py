"""The conformance suite: the fakes pass it, it skips with reasons, and it runs in plain pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple
from unittest import SkipTest
from uuid import uuid4

import broken_schedulers
import pytest
from fake_jobs import FakeLauncher
from fake_suite import PROGRAMS, FakeSuite, judge, launchers_of, verdict
from guard import GUARD_SECONDS

import launchbind
from launchbind import Bindings, DryRunInfo, DryRunMixin, JobState, Launcher
from launchbind.testing import (
    FakeApp,
    FakeCluster,
    FakeExecutor,
    FakeInfo,
    FakeManagedExecutor,
    FakeRequest,
    FakeRole,
)
from launchbind.testing.conformance import PlanConformance, SchedulerConformance

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.core.conftest import WriteModule

CORE = Path(str(launchbind.__file__)).parents[1]


class TestTheFakes(FakeSuite):
    """FakeCluster, which has every capability, passes the whole suite."""

    module = "launchbind.testing"
    not_imported = ("pytest", "unittest")
    most_modules = 100
    exempt: ClassVar = {"test_another_process_finds_the_job": "its jobs are in memory"}

    @pytest.fixture
    def make_launcher(self) -> Callable[[], FakeLauncher]:
        return launchers_of(FakeCluster(programs=PROGRAMS))

    @pytest.fixture
    def executor(self) -> FakeExecutor:
        return FakeManagedExecutor({"MODE": "fast"})


# -- what is skipped -------------------------------------------------------------------------------------

RunConfig = dict[str, str]


class Described(NamedTuple):
    """A description with what the Protocol asks for, and nothing more."""

    state: JobState
    roles: list[FakeRole]
    msg: str = ""
    ui_url: str | None = None


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
        job_id = {FakeCluster.id_variable: f"{request.app}-{uuid4().hex}"}
        submitted: FakeInfo = DryRunInfo(replace(request, env=job_id))
        submitted.app = dryrun_info.app
        return self.cluster.schedule(submitted)

    def describe(self, app_id: str, /) -> Described | None:
        job = self.cluster.describe(app_id)
        return Described(job.state, job.roles) if job else None

    def cancel(self, app_id: str, /) -> None:
        self.cluster.cancel(app_id)

    def close(self) -> None: ...


def test_capabilities_that_are_not_claimed_are_skipped() -> None:
    """With a reason; the rest is passed, with a mapping for an executor and a backend that is named."""

    class BareSuite(SchedulerConformance[FakeApp, RunConfig]):
        backend = "bare"
        succeeding, failing, lasting = FakeSuite.succeeding, FakeSuite.failing, FakeSuite.lasting
        missing, poll_seconds = FakeSuite.missing, FakeSuite.poll_seconds

        def app(self, command: list[str], env: dict[str, str]) -> FakeApp:
            return FakeSuite().app(command, env)

    cluster = FakeCluster(programs=PROGRAMS)
    made: Bindings[FakeApp, RunConfig] = Bindings(fallback={"bare": lambda session: Bare(cluster)})
    found = verdict(BareSuite, lambda: Launcher(made), dict)
    assert found.failed == {}
    logs = "the scheduler of 'bare' does not claim SupportsLogs"
    assert found.skipped == {
        "test_a_reader_may_leave": logs,
        "test_another_process_finds_the_job": "elsewhere names no launcher for another process",
        "test_exit_codes_are_told": "descriptions of 'bare' do not claim DescribesExitCode",
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
    found = judge(broken_schedulers.ListsNothing, exempt={"test_the_list_has_the_job": "nobody keeps a list"})
    assert found.failed == {}
    assert found.skipped["test_the_list_has_the_job"] == "exempt: nobody keeps a list"


def test_an_exemption_of_nothing_is_an_error() -> None:
    """A test that was renamed, or misspelt, is not silently run after all."""
    found = judge(exempt={"test_the_lists": "none"})
    assert set(found.failed.values()) == {
        "AssertionError: exempt names tests that do not exist: test_the_lists"
    }


def test_an_author_who_forgot_the_app_is_told() -> None:
    """The message says which method is missing."""

    class Appless(PlanConformance[FakeApp, FakeExecutor]):
        pass

    found = verdict(Appless, launchers_of(FakeCluster()), FakeExecutor)
    assert "Appless needs a method app(self, command, env)" in str(found.failed)


def test_plans_alone_can_be_tested() -> None:
    """For a backend that is out of reach: PlanConformance submits nothing."""

    class PlansOnly(PlanConformance[FakeApp, FakeExecutor]):
        def app(self, command: list[str], env: dict[str, str]) -> FakeApp:
            return FakeSuite().app(command, env)

    cluster = FakeCluster()
    assert verdict(PlansOnly, launchers_of(cluster), FakeExecutor).failed == {}
    assert cluster.jobs == {}


# -- other processes -------------------------------------------------------------------------------------

FILED = """
import os
from pathlib import Path
from launchbind import Bindings, JobState, Launcher
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
    bindings = Bindings()
    bindings.bind("fake", FakeExecutor, kind)
    return Launcher(bindings)

def behind():
    return launcher(Behind)

def alone():
    return launcher(FakeScheduler)
"""


@pytest.mark.parametrize(
    ("elsewhere", "expected"),
    [
        ("filed:launcher", ""),
        ("filed:behind", "is RUNNING, and PENDING in another process"),
        ("filed:alone", "UnknownJobError"),
        (None, "elsewhere names no launcher"),
    ],
)
def test_another_process_is_asked_for_the_job(
    elsewhere: str | None,
    expected: str,
    write_module: WriteModule,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process that knows the job passes; one that does not, or gives another state, fails."""
    write_module("filed", FILED)
    monkeypatch.setenv("FILED_JOBS", str(tmp_path))
    from importlib import import_module

    suite: type[FakeSuite] = type("Suite", (FakeSuite,), {"elsewhere": elsewhere})
    message = ""
    try:
        suite().test_another_process_finds_the_job(import_module("filed").launcher, FakeExecutor())
    except (AssertionError, SkipTest) as error:
        message = str(error)
    assert expected in message
    assert bool(expected) is bool(message)


PLAIN = """
import pytest
from launchbind import Bindings, Launcher
from launchbind.testing import FakeApp, FakeExecutor, FakeRole, FakeScheduler
from launchbind.testing.conformance import PlanConformance

class TestPlans(PlanConformance):
    @pytest.fixture
    def make_launcher(self):
        bindings = Bindings()
        bindings.bind("fake", FakeExecutor, FakeScheduler)
        return lambda: Launcher(bindings)

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
