"""``submitit_slurm`` on a real Slurm: whole lives of jobs, and a controller that dies on the way."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from guard import GUARD_SECONDS
from slurm_cluster import ACCOUNT, PARTITION

from launchbind import AppSpec, Handle, JobState, RoleSpec, SchedulerError
from launchbind_adapters.submitit import SLURM, SlurmExecutor, SubmititInfo, launcher
from launchbind_adapters.submitit import jobs as submitit_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from slurm_cluster import SlurmCluster
    from tests.e2e.conftest import Launchbind

    from launchbind import App, Launcher
    from launchbind_adapters.submitit import SubmititExecutor

    Jobs = Launcher[App, SubmititExecutor]
    Role = RoleSpec[SubmititInfo]

EXECUTOR = SlurmExecutor(account=ACCOUNT, partition=PARTITION)
ON_SLURM = ("-b", "submitit_slurm", "-s", f"account={ACCOUNT}", "-s", f"partition={PARTITION}")


@pytest.fixture
def environment(environment: dict[str, str], slurm: SlurmCluster, tmp_path: Path) -> dict[str, str]:
    """Every command here finds the cluster, and jobs in the test's own folder."""
    return {**environment, **slurm.environment, "XDG_STATE_HOME": str(tmp_path / "state")}


@pytest.fixture
def jobs(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    """A launcher in this process; the jobs it leaves running are ended with the test."""
    for name in ("SLURM_CONF", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, environment[name])
    with launcher() as made:
        yield made
        for status in made.list("submitit_slurm"):
            if not status.state.is_terminal:
                made.cancel(status.handle)


def sh(script: str, name: str = "main", replicas: int = 1) -> Role:
    return RoleSpec(name, "sh", ["-c", script], num_replicas=replicas)


def start(jobs: Jobs, *roles: Role, executor: SlurmExecutor = EXECUTOR) -> Handle:
    return jobs.run(AppSpec[SubmititInfo]("job", list(roles)), executor)


def until(met: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + GUARD_SECONDS
    while not met():
        assert time.monotonic() < give_up, f"{what} never happened"
        time.sleep(0.1)


def own_lines(jobs: Jobs, handle: Handle) -> list[str]:
    """The command's lines; Slurm adds its own to the logs of jobs that do not end well."""
    return [line for line in jobs.logs(handle) if not line.startswith(("srun:", "slurmstepd"))]


def test_the_command_line_runs_a_job(launchbind: Launchbind) -> None:
    """The output is the job's and only that, and the exit code too."""
    done = launchbind("run", *ON_SLURM, "--env", "A=1", "--", "sh", "-c", "echo hello $A")
    assert (done.returncode, done.stdout) == (0, "hello 1\n"), done.stderr
    done = launchbind("run", *ON_SLURM, "--", "sh", "-c", "exit 7")
    assert done.returncode == 7
    assert "FAILED with exit code 7" in done.stderr


def test_the_command_line_plans_the_script(launchbind: Launchbind) -> None:
    """``launchbind plan`` shows the text for sbatch."""
    done = launchbind("plan", *ON_SLURM, "--", "true")
    assert done.returncode == 0, done.stderr
    assert f"#SBATCH --partition={PARTITION}" in done.stdout


def test_a_failing_job_fails_in_slurm_too(jobs: Jobs, slurm: SlurmCluster) -> None:
    """With its exit code, which is also the result of submitit's job."""
    handle = start(jobs, sh("echo before; exit 5"))
    status = jobs.wait(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, 5)
    assert own_lines(jobs, handle) == ["before\n"]
    [job] = submitit_jobs(handle)["main"]
    assert job.result() == 5
    accounts = slurm.run("sacct", "-X", "-n", "-P", "-o", "State,ExitCode", "-j", job.job_id)
    assert accounts == "FAILED|5:0\n"


def test_a_teardown_does_not_hide_a_failure(jobs: Jobs) -> None:
    """It runs, and the job ends with the command's code."""
    executor = SlurmExecutor(account=ACCOUNT, setup=["export A=1"], teardown=["echo bye $A"])
    handle = start(jobs, sh("echo hello $A; exit 5"), executor=executor)
    status = jobs.wait(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, 5)
    assert own_lines(jobs, handle) == ["hello 1\n", "bye 1\n"]


def test_a_thousand_lines_are_followed(jobs: Jobs) -> None:
    """Every line once and in order, to the last one, which has no newline."""
    handle = start(jobs, sh("i=0; while [ $i -lt 1000 ]; do echo $i; i=$((i+1)); done; printf end"))
    lines = [*(f"{number}\n" for number in range(1000)), "end"]
    assert list(jobs.logs(handle, follow=True)) == lines
    assert jobs.wait(handle).state is JobState.SUCCEEDED
    assert list(jobs.logs(handle)) == lines


def test_roles_and_replicas(jobs: Jobs) -> None:
    """Each role is a job of its own, its replicas are an array, and tasks are Slurm's tasks."""
    executor = SlurmExecutor(account=ACCOUNT, tasks_per_node=2)
    two, one = sh("echo $SLURM_ARRAY_TASK_ID; exit $SLURM_ARRAY_TASK_ID", "two", 2), sh("echo one", "one")
    handle = start(jobs, two, one, executor=executor)
    status = jobs.wait(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, 1)
    found = submitit_jobs(handle)
    assert {role: [job.results() for job in each] for role, each in found.items()} == {
        "two": [[0, 0], [1, 1]],
        "one": [[0, 0]],
    }
    assert [job.job_id.partition("_")[2] for job in found["two"]] == ["0", "1"]
    assert list(jobs.logs(handle, "two", 0)) == ["0\n"] * 2
    assert list(jobs.logs(handle, "one")) == ["one\n"] * 2


def test_retries_stay_within_the_job(jobs: Jobs, tmp_path: Path) -> None:
    """A command that fails once succeeds the second time."""
    executor = SlurmExecutor(account=ACCOUNT, retries=1)
    handle = start(jobs, sh(f"mkdir {tmp_path}/once && exit 3 || echo again"), executor=executor)
    assert jobs.wait(handle).state is JobState.SUCCEEDED
    assert own_lines(jobs, handle)[-1] == "again\n"


def test_what_was_planned_is_what_slurm_runs(jobs: Jobs) -> None:
    """The script that submitit keeps beside the job is the plan's."""
    plan = jobs.plan(AppSpec[SubmititInfo]("job", [sh("true")]), EXECUTOR, backend=SLURM)
    handle = jobs.submit(plan)
    jobs.wait(handle)
    [script] = Path(plan.info.request.folder).glob("*_submission.sh")
    assert script.read_text() == plan.info.request.roles[0].script
    assert script.read_text() in plan.render()


ELSEWHERE = """
import sys
from launchbind_adapters.submitit import jobs, launcher
with launcher() as made:
    print(made.status(sys.argv[1]).state)
    open(sys.argv[2], "w").close()
    print("".join(made.logs(sys.argv[1], follow=True)), end="")
    status = made.wait(sys.argv[1])
    print(status.state, status.exit_code, jobs(sys.argv[1])["main"][0].result())
"""


def test_another_process_needs_the_handle_only(jobs: Jobs, tmp_path: Path) -> None:
    """State, output, end and result, without anything of the process that submitted."""
    go = tmp_path / "go"
    handle = start(jobs, sh(f"echo up; until test -e {go}; do sleep 0.1; done; echo down; exit 4"))
    until(lambda: jobs.status(handle).state is JobState.RUNNING, "the start of the job")
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(handle), str(go)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=GUARD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if not line.startswith("srun:")]
    assert lines == ["RUNNING", "up", "down", "FAILED 4 4"]


def test_cancelling_ends_every_replica(jobs: Jobs, slurm: SlurmCluster) -> None:
    """Of all roles; cancelling again changes nothing; what is retried is cancelled too."""
    executor = SlurmExecutor(account=ACCOUNT, retries=3)
    roles = (sh("echo up; exec sleep 600", "a", 2), sh("echo up; exec sleep 600", "b"))
    handle = start(jobs, *roles, executor=executor)
    until(lambda: len(own_lines(jobs, handle)) == 3, "the start of all")
    for _ in range(2):
        jobs.cancel(handle)
        assert jobs.wait(handle).state is JobState.CANCELLED
    assert own_lines(jobs, handle) == ["up\n"] * 3
    assert slurm.run("squeue", "--noheader") == ""


def test_a_job_over_its_time_has_failed(jobs: Jobs) -> None:
    """submitit's signal ends the command before Slurm would."""
    executor = SlurmExecutor(account=ACCOUNT, timeout_min=1, signal_delay_s=58)
    handle = start(jobs, sh("exec sleep 600"), executor=executor)
    status = jobs.wait(handle)
    assert status.state is JobState.FAILED
    assert "timed-out" in status.message


def test_a_job_that_is_killed_has_failed(jobs: Jobs, slurm: SlurmCluster) -> None:
    """By someone else, without a result: never SUCCEEDED, and the reason is told."""
    handle = start(jobs, sh("exec sleep 600"))
    until(lambda: jobs.status(handle).state is JobState.RUNNING, "the start of the job")
    [job] = submitit_jobs(handle)["main"]
    slurm.run("scancel", "--signal=KILL", job.job_id)
    status = jobs.wait(handle)
    assert status.state in (JobState.FAILED, JobState.CANCELLED)
    assert status.exit_code != 0


def test_a_hundred_jobs_take_few_queries(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One launcher, none lost, every state right, and two queries at most for each look at all of them."""
    asked: Counter[str] = Counter()
    original = subprocess.run

    def counting(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        asked[command[0]] += 1
        return original(command, **options)

    monkeypatch.setattr(subprocess, "run", counting)
    handles = [start(jobs, sh(f"echo {number}; exit {number % 3}")) for number in range(100)]
    rounds = 0
    give_up = time.monotonic() + 3 * GUARD_SECONDS
    while True:
        statuses = jobs.statuses(handles)
        rounds += 1
        if all(status.state.is_terminal for status in statuses):
            break
        assert time.monotonic() < give_up, Counter(str(status.state) for status in statuses)
        time.sleep(2)
    assert [status.exit_code for status in statuses] == [number % 3 for number in range(100)]
    expected = [JobState.FAILED if number % 3 else JobState.SUCCEEDED for number in range(100)]
    assert [status.state for status in statuses] == expected
    assert asked["sbatch"] == 100
    assert asked["sacct"] == rounds
    assert asked["squeue"] <= rounds
    with capsys.disabled():
        print(f"\n100 jobs: {rounds} looks at all took {asked['sacct']} sacct and {asked['squeue']} squeue")
    assert [own_lines(jobs, handle) for handle in handles] == [[f"{number}\n"] for number in range(100)]


def test_a_controller_that_dies_is_an_error_until_it_is_back(
    jobs: Jobs, slurm: SlurmCluster, tmp_path: Path
) -> None:
    """Status, wait, cancel, list and submit all say so; then the handle is as good as before."""
    go = tmp_path / "go"
    handle = start(jobs, sh(f"until test -e {go}; do sleep 0.1; done; exit 4"))
    until(lambda: jobs.status(handle).state is JobState.RUNNING, "the start of the job")
    folder = Path(urlsplit(jobs.status(handle).ui_url or "").path)
    saved, started = slurm.folder / "state" / "job_state", time.time()
    until(lambda: saved.stat().st_mtime > started, "saving that the job runs")
    slurm.kill_controller()
    try:
        for ask in (jobs.status, jobs.wait, jobs.cancel):
            with pytest.raises(SchedulerError, match="squeue failed"):
                ask(handle)
        with pytest.raises(SchedulerError, match="squeue failed"):
            jobs.list("submitit_slurm")
        with pytest.raises(SchedulerError, match="sbatch failed"):
            start(jobs, sh("true"))
        assert list(folder.parent.iterdir()) == [folder]  # nothing stays of what was not submitted
    finally:
        slurm.start_controller()
    assert jobs.status(handle).state is JobState.RUNNING
    go.touch()
    status = jobs.wait(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, 4)
