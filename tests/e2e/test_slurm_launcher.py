"""``Launcher`` on a real Slurm: many jobs, several roles, dependencies, restarts."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import nemo_run as run
import pytest
from guard import GUARD_SECONDS
from nemo_run.run.torchx_backend.schedulers import slurm as upstream
from slurm_cluster import ACCOUNT, PARTITION
from torchx.specs import AppDef, Role

from launchbind import JobState, PlanError, SchedulerError
from launchbind_adapters.nemo_run import launcher
from launchbind_adapters.slurm import client
from launchbind_adapters.slurm.status import WAITING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from slurm_cluster import SlurmCluster

JOBS = 100

# invoke (2.2), which NeMo-Run runs its commands with, never closes its pipes.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")


@pytest.fixture(autouse=True)
def at_home(
    slurm: SlurmCluster, nemorun_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """NeMo-Run, in this process, keeps its files where the tests' commands do, and finds the cluster."""
    monkeypatch.setattr("nemo_run.config._NEMORUN_HOME", str(nemorun_home))
    monkeypatch.setattr(upstream, "SLURM_JOB_DIRS", str(nemorun_home / ".slurm_jobs"))
    monkeypatch.chdir(tmp_path)
    for name, value in slurm.environment.items():
        monkeypatch.setenv(name, value)
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)  # invoke reads it when the dry run makes folders
        yield
    gc.collect()


def executor(**fields: object) -> run.SlurmExecutor:
    given: dict[str, object] = {"account": ACCOUNT, "partition": PARTITION, "packager": run.Packager()}
    made: run.SlurmExecutor = run.SlurmExecutor(**{**given, **fields})  # type: ignore[arg-type]
    return made


def app(script: str, name: str = "job", retries: int = 0) -> AppDef:
    arguments = ["-c", f"'{script}'"]
    return AppDef(name, roles=[Role(name, image="", entrypoint="sh", args=arguments, max_retries=retries)])


def two(first: str, second: str) -> AppDef:
    """Two roles, the first of which has the app's name, which is that of the job's folder too."""
    scripts = {"train": first, "evaluate": second}
    roles = [app(script, name).roles[0] for name, script in scripts.items()]
    return AppDef("train", roles=roles)


def together(**fields: object) -> run.SlurmExecutor:
    """An executor whose roles begin at once, in one allocation."""
    return executor(
        wait_time_for_group_job=0,
        monitor_group_job=False,
        srun_args=["--overlap"],
        **fields,
    )


def test_a_hundred_jobs_at_once_all_reach_their_state(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Submitted from ten threads through one launcher, none is lost, and a round asks at most twice."""
    queries: Counter[str] = Counter()
    original = subprocess.run

    def counting(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        queries[command[0]] += 1
        return original(command, **options)

    monkeypatch.setattr(subprocess, "run", counting)
    handles: dict[int, str] = {}
    with launcher("many") as jobs:

        def submit(numbers: range) -> None:
            for number in numbers:
                task = app(f"echo {number}; exit {number % 3}", name=f"job{number}")
                handles[number] = str(jobs.run(task, executor()))

        threads = [threading.Thread(target=submit, args=(range(start, JOBS, 10),)) for start in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(handles.values())) == JOBS
        in_order = [handles[number] for number in range(JOBS)]
        before, rounds = queries.total(), 0
        give_up = time.monotonic() + GUARD_SECONDS
        while True:
            statuses = jobs.statuses(in_order)
            rounds += 1
            for number, status in enumerate(statuses):
                assert status.state is not JobState.UNKNOWN
                assert status.state is not JobState.SUCCEEDED or number % 3 == 0
            if all(status.state.is_terminal for status in statuses) or time.monotonic() > give_up:
                break
            time.sleep(0.5)
        asked = queries.total() - before
        assert [status.exit_code for status in statuses] == [number % 3 for number in range(JOBS)]
        assert queries["sbatch"] == JOBS
        assert queries["sacct"] == rounds
        assert asked <= 2 * rounds
        output = ["".join(jobs.logs(handle)) for handle in in_order]
        assert output == [f"{number}\n" for number in range(JOBS)]
    with launcher("another") as jobs:
        listed = {status.handle.app_id: status.state for status in jobs.list("slurm")}
        assert {handle.rpartition("/")[2] for handle in in_order} <= listed.keys()
    with capsys.disabled():
        print(f"\n{JOBS} Slurm jobs at once: {rounds} rounds of statuses took {asked} queries")


def test_two_roles_run_and_are_read_one_by_one() -> None:
    """Each role's log is its own, though the first one's name is in the path of the job's folder."""
    with launcher() as jobs:
        handle = jobs.run(two("echo trained", "echo evaluated"), together())
        assert jobs.wait(handle, timeout=GUARD_SECONDS).state is JobState.SUCCEEDED
    with launcher() as jobs:
        assert list(jobs.logs(handle, "train")) == ["trained\n"]
        assert list(jobs.logs(handle, "evaluate")) == ["evaluated\n"]


@pytest.mark.parametrize(("first", "second"), [("exit 137", "true"), ("true", "exit 137")])
def test_a_job_one_role_of_which_fails_has_failed(first: str, second: str) -> None:
    """Upstream's script ends well whichever role fails; the job's steps tell, and the code is whole."""
    with launcher() as jobs:
        handle = jobs.run(two(first, second), together())
        status = jobs.wait(handle, timeout=GUARD_SECONDS)
    assert status.state is JobState.FAILED
    assert status.exit_code in (137, 9)  # seven bits of it from a Slurm under load: launchbind_adapters/slurm


def test_a_job_that_slurm_forgets_is_no_endless_wait(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever waits for it is told; the statuses of other jobs are told beside it, and so is the list.

    What Slurm says of it is changed on its way: only a crash at the right moment makes it forget a job.
    """
    with launcher() as jobs:
        good, lost = (jobs.run(app("true"), executor()) for _ in range(2))
        for handle in (good, lost):
            assert jobs.wait(handle, timeout=GUARD_SECONDS).state is JobState.SUCCEEDED
        for name, change in (
            ("sacct", f"s/^{lost.app_id}|COMPLETED/{lost.app_id}|RUNNING/"),
            ("squeue", "d"),
        ):
            program = tmp_path / name
            program.write_text(f"#!/bin/sh\n{shutil.which(name)} \"$@\" | sed '{change}'\n")
            program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        monkeypatch.setattr(client, "FORGOTTEN_SECONDS", 0)
        with pytest.raises(SchedulerError, match=f"forgotten job {lost.app_id} .*: ask sacct -j"):
            jobs.wait(lost, poll=0.1, timeout=GUARD_SECONDS)
        told = {status.handle: status for status in jobs.statuses([lost, good])}
        assert told[good].state is JobState.SUCCEEDED
        assert (told[lost].state, told[lost].message) == (JobState.RUNNING, WAITING)
        assert {good, lost} <= {status.handle for status in jobs.list("slurm_tunnel")}


def test_a_job_waits_for_another(tmp_path: Path) -> None:
    """A dependency given as a handle holds the job back, and says so, until the other has ended."""
    go = tmp_path / "go"
    with launcher() as jobs:
        script = f"until [ -e {go} ]; do sleep 0.1; done; echo first >> {tmp_path}/order"
        first = jobs.run(app(script), executor())
        second = jobs.run(app(f"echo second >> {tmp_path}/order"), executor(dependencies=[str(first)]))
        give_up = time.monotonic() + GUARD_SECONDS
        while (status := jobs.status(second)).message != "Dependency":
            assert time.monotonic() < give_up
        assert status.state is JobState.PENDING
        go.touch()
        assert jobs.wait(second, timeout=GUARD_SECONDS).state is JobState.SUCCEEDED
    assert (tmp_path / "order").read_text() == "first\nsecond\n"


def test_a_job_that_is_tried_again_ends_once(slurm: SlurmCluster, tmp_path: Path) -> None:
    """A first try that fails is not taken for the end, and the log holds both tries in order."""
    script = f"echo try; test -e {tmp_path}/tried && exit 0; touch {tmp_path}/tried; exit 7"
    with launcher() as jobs:
        handle = jobs.run(app(script, retries=1), executor())
        give_up = time.monotonic() + GUARD_SECONDS
        while not (status := jobs.status(handle)).state.is_terminal:
            assert time.monotonic() < give_up
            if status.message == "BeginTime":  # Slurm holds a job that was put back for two minutes
                slurm.run("scontrol", "update", f"JobId={handle.app_id}", "StartTime=now")
            time.sleep(0.5)
        assert (status.state, status.exit_code) == (JobState.SUCCEEDED, 0)
        assert list(jobs.logs(handle)) == ["try\n", "try\n"]


def test_the_tunnels_folder_may_be_any(tmp_path: Path) -> None:
    """A LocalTunnel's own job_dir is where the job's files are; upstream needs NeMo-Run's own there."""
    with launcher() as jobs:
        elsewhere = executor(tunnel=run.LocalTunnel(job_dir=str(tmp_path / "shared")))
        handle = jobs.run(app("pwd"), elsewhere)
        assert jobs.wait(handle, timeout=GUARD_SECONDS).state is JobState.SUCCEEDED
        assert "".join(jobs.logs(handle)).startswith(str(tmp_path / "shared"))


def test_a_repository_that_is_not_there_is_told_before_there_is_a_job() -> None:
    """The default packager needs a git repository; the error says so, and what to set instead."""
    with launcher() as jobs, pytest.raises(PlanError, match=r"packager=run\.Packager\(\)"):
        jobs.plan(app("true"), run.SlurmExecutor(account=ACCOUNT))


def test_accounting_that_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When sacct fails, the job's state is not made up."""
    with launcher() as jobs:
        handle = jobs.run(app("true"), executor())
        assert jobs.wait(handle, timeout=GUARD_SECONDS).state is JobState.SUCCEEDED
        broken = tmp_path / "sacct"
        broken.write_text("#!/bin/sh\necho 'sacct: error: Problem talking to the database' >&2; exit 1\n")
        broken.chmod(0o755)
        with monkeypatch.context() as patched:
            patched.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
            with pytest.raises(SchedulerError, match="Problem talking to the database"):
                jobs.status(handle)
        assert jobs.status(handle).state is JobState.SUCCEEDED
