"""submitit_slurm where Slurm goes wrong, with programs that stand in for its commands.

What a real cluster does is in tests/e2e.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.adapters.submitit.conftest import app, sh

from launchbind import JobState, SchedulerError
from launchbind_adapters.slurm import client
from launchbind_adapters.slurm.status import WAITING
from launchbind_adapters.submitit import SlurmExecutor, SubmititRequest

if TYPE_CHECKING:
    from tests.adapters.submitit.conftest import Jobs


class Slurm:
    """Commands that do what a test says; each notes how it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.does("sbatch", f"echo x >> {folder}/count; wc -l < {folder}/count")
        self.does("scancel", "true")
        self.tells()

    def does(self, command: str, script: str) -> None:
        path = self.folder / command
        path.write_text(f'#!/bin/sh\necho {command} "$@" >> {self.folder}/calls\n{script}\n')
        path.chmod(0o755)

    def tells(self, accounts: str = "", queue: str = "") -> None:
        """What sacct and squeue print, one line per job: its id, its state and, from sacct, its exit code."""
        for name, lines, rest in (("sacct", accounts, "|0:0|job"), ("squeue", queue, "|None")):
            (self.folder / f"{name}.txt").write_text(
                "".join(f"{line}{rest}\n" for line in lines.split("\n") if line)
            )
            self.does(name, f"cat {self.folder}/{name}.txt")

    @property
    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slurm:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]]))
    return Slurm(tmp_path / "bin")


@pytest.mark.parametrize(
    ("accounts", "queue", "state", "code", "message"),
    [
        ("", "1|PENDING", "PENDING", None, ""),  # accounting has not heard of it yet
        ("1|PENDING|0:0", "1|RUNNING", "RUNNING", None, ""),
        ("1|RUNNING|0:0", "1|COMPLETING", "RUNNING", None, ""),
        ("1|RUNNING|0:0", "1|COMPLETED", "SUCCEEDED", 0, ""),
        ("1|RUNNING|0:0", "1|FAILED", "FAILED", None, ""),
        ("1|RUNNING|0:0", "", "RUNNING", None, WAITING),
        ("1|COMPLETED|0:0", "", "SUCCEEDED", 0, ""),
        ("1|FAILED|3:0", "", "FAILED", 3, ""),
        ("1|FAILED|0:9", "", "FAILED", 137, ""),
        ("1|TIMEOUT|0:0", "", "FAILED", None, "TIMEOUT"),
        ("1|OUT_OF_MEMORY|0:125", "", "FAILED", 253, "OUT_OF_MEMORY"),
        ("1|NODE_FAIL|0:0", "", "FAILED", None, "NODE_FAIL"),
        ("1|CANCELLED by 1000|0:15", "", "CANCELLED", 143, "CANCELLED by 1000"),
    ],
)
def test_states_are_slurms(
    jobs: Jobs, slurm: Slurm, accounts: str, queue: str, state: str, code: int | None, message: str
) -> None:
    """What Slurm says, in launchbind's words, with the exit code and what else there is to say."""
    handle = jobs.run(app(sh("true")), SlurmExecutor())
    slurm.tells(accounts, queue)
    status = jobs.status(handle)
    assert (str(status.state), status.exit_code, status.message) == (state, code, message)


@pytest.mark.parametrize(
    ("accounts", "queue", "state"),
    [
        ("", "1_0|PENDING\n1_1|PENDING", "PENDING"),
        ("1_[0-1]|PENDING|0:0", "1_0|PENDING\n1_1|PENDING", "PENDING"),
        # An array whose tasks accounting does not have yet: their raw ids are other jobs' business.
        ("1|PENDING|0:0\n2|COMPLETED|0:0", "1_0|COMPLETED\n1_1|RUNNING", "RUNNING"),
        ("1_0|FAILED|1:0\n1_1|RUNNING|0:0", "1_1|RUNNING", "RUNNING"),
        ("1_0|COMPLETED|0:0\n1_1|CANCELLED|0:0", "", "CANCELLED"),
        ("1_0|FAILED|1:0\n1_1|CANCELLED|0:0", "", "FAILED"),
        ("1_0|COMPLETED|0:0\n1_1|COMPLETED|0:0", "", "SUCCEEDED"),
    ],
)
def test_states_of_an_array(jobs: Jobs, slurm: Slurm, accounts: str, queue: str, state: str) -> None:
    """A job goes on until its last replica has ended, and then the worst one tells."""
    handle = jobs.run(app(sh("true", replicas=2)), SlurmExecutor())
    slurm.tells(accounts, queue)
    assert str(jobs.status(handle).state) == state


@pytest.mark.parametrize(
    ("command", "script", "reason"),
    [
        ("sacct", "echo 'Problem talking to database' >&2; exit 1", "Problem talking to database"),
        ("squeue", "echo 'Unable to contact slurm controller' >&2; exit 1", "Unable to contact"),
        ("squeue", "exit 3", "exit code 3"),
        ("squeue", "true", "neither sacct nor squeue knows the job 1"),
        ("squeue", "echo '1|NONSENSE|None'", "NONSENSE"),
    ],
)
def test_an_engine_that_does_not_answer_is_an_error(
    jobs: Jobs, slurm: Slurm, command: str, script: str, reason: str
) -> None:
    """Neither UNKNOWN nor "no such job", whatever is asked; and the handle is as good as before."""
    handle = jobs.run(app(sh("true")), SlurmExecutor())
    slurm.does(command, script)
    for ask in (jobs.status, jobs.wait, jobs.cancel, lambda each: jobs.statuses([each])):
        with pytest.raises(SchedulerError, match=reason):
            ask(handle)
    with pytest.raises(SchedulerError, match=reason):
        jobs.list("submitit_slurm")
    slurm.tells("1|COMPLETED|0:0")
    assert jobs.status(handle).state is JobState.SUCCEEDED


def test_absent_commands_are_an_error(
    jobs: Jobs, tmp_path: Path, state_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no Slurm the error names the command, and nothing is left of the job."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SchedulerError, match="sbatch"):
        jobs.run(app(sh("true")), SlurmExecutor())
    assert [path for path in state_home.rglob("*") if path.is_file()] == []


def test_a_failed_submit_leaves_nothing(
    jobs: Jobs, slurm: Slurm, state_home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """When the second role is refused, the first is cancelled; no record, no folder, no stray output."""
    slurm.does("sbatch", f"mkdir {slurm.folder}/once && echo 7 || exec sh -c 'exit 5'")
    slurm.tells("", "7|PENDING")
    slurm.does("scancel", f"echo '7|CANCELLED|None' > {slurm.folder}/squeue.txt")
    with pytest.raises(SchedulerError, match="sbatch failed"):
        jobs.run(app(sh("true", "one"), sh("true", "two")), SlurmExecutor())
    assert "scancel 7" in slurm.calls
    assert [path for path in state_home.rglob("*") if path.is_file()] == []
    assert jobs.list("submitit_slurm") == []
    assert capfd.readouterr() == ("", "")


def test_a_job_that_cannot_be_taken_back_stays_known(jobs: Jobs, slurm: Slurm) -> None:
    """When cancelling fails too, the error says both, and the job is still in the list."""
    slurm.does("sbatch", f"mkdir {slurm.folder}/once && echo 7 || exec sh -c 'exit 5'")
    slurm.tells("", "7|RUNNING")
    slurm.does("scancel", "echo 'no connection' >&2; exit 1")
    with pytest.raises(SchedulerError, match=r"sbatch failed.*could not be cancelled.*no connection"):
        jobs.run(app(sh("true", "one"), sh("true", "two")), SlurmExecutor())
    [status] = jobs.list("submitit_slurm")
    assert status.state is JobState.RUNNING


def test_an_interrupt_leaves_a_job_that_can_be_found(
    jobs: Jobs, slurm: Slurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a Ctrl-C between two roles, what was submitted runs, and the job is never SUCCEEDED."""
    run = subprocess.run

    def interrupted(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        if len([call for call in slurm.calls if call.startswith("sbatch")]) == 1 and command[0] == "sbatch":
            raise KeyboardInterrupt
        return run(command, **options)

    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            jobs.run(app(sh("true", "one"), sh("true", "two")), SlurmExecutor())
    slurm.tells("1|RUNNING|0:0", "1|RUNNING")
    [status] = jobs.list("submitit_slurm")
    assert status.state is JobState.RUNNING
    slurm.tells("1|COMPLETED|0:0")
    ended = jobs.status(status.handle)
    assert (ended.state, ended.exit_code) == (JobState.FAILED, None)
    assert "interrupted" in ended.message


def test_nothing_can_run_that_is_not_on_record(jobs: Jobs, slurm: Slurm, state_home: Path) -> None:
    """While sbatch runs, no pickle is where a task looks for it: a launcher killed then loses no job."""
    slurm.does("sbatch", f"find {state_home} -name '*_submitted.pkl' > {slurm.folder}/early; echo 7")
    handle = jobs.run(app(sh("true")), SlurmExecutor())
    assert (slurm.folder / "early").read_text() == ""
    assert len(list(state_home.rglob(f"{handle.app_id}/7_submitted.pkl"))) == 1


def test_what_is_planned_is_submitted(jobs: Jobs, slurm: Slurm) -> None:
    """sbatch is given the very text that the plan shows, a role's own changes included."""
    slurm.does("sbatch", f'cp "$2" {slurm.folder}/script; echo 1')
    role = sh("true")

    def adjust(backend, info):  # type: ignore[no-untyped-def]
        info.request.roles[0].script += "# mine\n"
        return info

    role.adjust = adjust
    plan = jobs.plan(app(role), SlurmExecutor(partition="long"))
    jobs.submit(plan)
    text = (slurm.folder / "script").read_text()
    assert text.endswith("# mine\n")
    assert text in plan.render()


def test_statuses_of_many_jobs_take_two_queries(jobs: Jobs, slurm: Slurm) -> None:
    """However many there are; one, once all have ended."""
    handles = [jobs.run(app(sh("true")), SlurmExecutor()) for _ in range(30)]
    before = len(slurm.calls)
    slurm.tells("", "\n".join(f"{number}|RUNNING" for number in range(1, 31)))
    assert {status.state for status in jobs.statuses(handles)} == {JobState.RUNNING}
    assert [call.split()[0] for call in slurm.calls[before:]] == ["sacct", "squeue"]
    slurm.tells("\n".join(f"{number}|FAILED|{number}:0" for number in range(1, 31)))
    before = len(slurm.calls)
    assert [status.exit_code for status in jobs.statuses(handles)] == list(range(1, 31))
    assert [call.split()[0] for call in slurm.calls[before:]] == ["sacct"]


def test_results_outweigh_a_good_end(jobs: Jobs, slurm: Slurm) -> None:
    """A job is not SUCCEEDED when Slurm says so but a task's result does not."""
    from submitit.core.utils import JobPaths, cloudpickle_dump

    plan = jobs.plan(app(sh("true")), SlurmExecutor())
    handle = jobs.submit(plan)
    cloudpickle_dump(("success", 4), JobPaths(plan.request_as(SubmititRequest).folder, "1", 0).result_pickle)
    slurm.tells("1|COMPLETED|0:0")
    status = jobs.status(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, 4)


def test_the_result_of_a_job_that_slurm_has_forgotten_is_its_end(jobs: Jobs, slurm: Slurm) -> None:
    """Accounting says RUNNING for ever, the queue has no such job, and the task's result is there."""
    from submitit.core.utils import JobPaths, cloudpickle_dump

    plan = jobs.plan(app(sh("true")), SlurmExecutor())
    handle = jobs.submit(plan)
    slurm.tells("1|RUNNING|0:0")
    cloudpickle_dump(("success", 4), JobPaths(plan.request_as(SubmititRequest).folder, "1", 0).result_pickle)
    status = jobs.status(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, 4)


def test_a_job_that_slurm_forgets_is_no_endless_wait(
    jobs: Jobs, slurm: Slurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a result, whoever waits for it gets an error in the end; the others and the list do not."""
    lost, good = (jobs.run(app(sh("true")), SlurmExecutor()) for _ in range(2))
    slurm.tells("1|RUNNING|0:0\n2|COMPLETED|0:0")
    monkeypatch.setattr(client, "FORGOTTEN_SECONDS", 0)
    for ask in (lambda: jobs.wait(lost, poll=0.01), lambda: list(jobs.logs(lost, follow=True))):
        with pytest.raises(SchedulerError, match=r"forgotten job 1 .*: ask sacct -j 1"):
            ask()
    assert [str(status.state) for status in jobs.statuses([lost, good])] == ["RUNNING", "SUCCEEDED"]
    assert len(jobs.list("submitit_slurm")) == 2


def test_text_around_the_id_of_a_submitted_job_is_not_its_id(jobs: Jobs, slurm: Slurm) -> None:
    """What a site's sbatch prints besides is passed over; without an id, the error shows what it printed."""
    slurm.does("sbatch", "echo Charging job 74 hours so far; echo '75;far'; echo Thank you")
    handle = jobs.run(app(sh("true")), SlurmExecutor())
    slurm.tells("", "75|RUNNING")
    assert jobs.status(handle).state is JobState.RUNNING
    slurm.does("sbatch", "echo Charging job 74 hours so far")
    with pytest.raises(SchedulerError, match=r"Charging job 74 hours so far.*look for the job with squeue"):
        jobs.run(app(sh("true")), SlurmExecutor())
