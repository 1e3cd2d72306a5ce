"""Asking a cluster: which commands are run, for which jobs, and what their failures become."""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING

import pytest

from launchbind import JobState
from launchbind_adapters.slurm import JobQuery, SlurmClient, client, commands, run_slurm
from launchbind_adapters.slurm.status import WAITING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Cluster:
    """Plays a cluster: what its commands print, and what they were asked."""

    def __init__(self, sacct: str = "", squeue: str = "") -> None:
        self.prints = {"sacct": sacct, "squeue": squeue, "scancel": "", "sbatch": "7\n"}
        #: By command, what it fails with.
        self.failing: dict[str, str] = {}
        self.calls: list[Sequence[str]] = []

    def __call__(self, words: Sequence[str]) -> str:
        self.calls.append(words)
        if words[0] in self.failing:
            raise RuntimeError(f"{words[0]} failed: {self.failing[words[0]]}")
        return self.prints[words[0]]

    def ids(self, command: str) -> list[list[str]]:
        """The ids in each call of a command."""
        return [
            words[-1].partition("=")[2].split(",") if command != "scancel" else list(words[1:])
            for words in self.calls
            if words[0] == command
        ]


def ask(cluster: Cluster, *job_ids: str) -> dict[str, JobState]:
    found = SlurmClient(cluster).ask(map(JobQuery, job_ids))
    return {job_id: status.state for job_id, status in found.items()}


def test_squeue_is_asked_for_what_sacct_has_not_recorded() -> None:
    """Many jobs take one command each, and an unknown job is left out."""
    cluster = Cluster("7|COMPLETED|0:0|0:0|a\n8|RUNNING|0:0|0:0|b\n", "8|RUNNING|None\n9|PENDING|None\n")
    states = ask(cluster, "7", "8", "9", "10")
    assert states == {"7": JobState.SUCCEEDED, "8": JobState.RUNNING, "9": JobState.PENDING}
    assert cluster.ids("sacct") == [["7", "8", "9", "10"]]
    assert cluster.ids("squeue") == [["8", "9", "10"]]


def test_nothing_is_asked_without_need() -> None:
    """No squeue for jobs that have ended, and no command at all for no job."""
    cluster = Cluster("7|FAILED|1:0|1:0|a\n")
    assert ask(cluster, "7") == {"7": JobState.FAILED}
    assert [words[0] for words in cluster.calls] == ["sacct"]
    assert ask(cluster) == {}
    assert len(cluster.calls) == 1


def test_an_array_is_asked_for_although_sacct_shows_an_end() -> None:
    """For sacct shows one whose tasks still run as one job that has ended."""
    cluster = Cluster("7|COMPLETED|0:0|0:0|a\n", "7_0|COMPLETED|None\n7_1|RUNNING|None\n")
    found = SlurmClient(cluster).ask([JobQuery("7", array=True)])
    assert found["7"].state is JobState.RUNNING


def test_the_tasks_of_an_array_are_asked_for_as_one_job() -> None:
    """However many they are; each has its own answer."""
    cluster = Cluster("7_0|FAILED|1:0|1:0|a\n", "7_0|FAILED|None\n7_1|RUNNING|None\n")
    assert ask(cluster, "7_0", "7_1") == {"7_0": JobState.FAILED, "7_1": JobState.RUNNING}
    assert (cluster.ids("sacct"), cluster.ids("squeue")) == ([["7"]], [["7"]])


def test_more_jobs_than_one_command_takes_are_asked_for_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each job in one of them, and every answer arrives; the same holds for cancelling."""
    monkeypatch.setattr(client, "JOBS_AT_ONCE", 3)
    cluster = Cluster("", "".join(f"{number}|RUNNING|None\n" for number in range(7)))
    job_ids = [str(number) for number in range(7)]
    assert ask(cluster, *job_ids) == dict.fromkeys(job_ids, JobState.RUNNING)
    chunks = [["0", "1", "2"], ["3", "4", "5"], ["6"]]
    SlurmClient(cluster).cancel(job_ids)
    for command in ("sacct", "squeue", "scancel"):
        assert cluster.ids(command) == chunks


def test_a_command_for_the_most_jobs_fits_into_one_argument() -> None:
    """Linux takes 128 KiB, and Slurm's ids have at most ten digits."""
    for command in (commands.sacct, commands.squeue):
        assert max(map(len, command(["1234567890"] * client.JOBS_AT_ONCE))) < 128 * 1024


def test_a_job_that_the_controller_has_forgotten_is_no_failure() -> None:
    """squeue and scancel fail when the only job they name is one; the other failures are told."""
    forgotten = "slurm_load_jobs error: Invalid job id specified"
    cluster = Cluster("7|RUNNING|0:0|0:0|a\n")
    asking = SlurmClient(cluster)
    cluster.failing = {"squeue": forgotten, "scancel": forgotten}
    assert asking.ask([JobQuery("7")])["7"].message == WAITING
    asking.cancel(["7"])
    unreachable = "Unable to contact slurm controller"
    cluster.failing = dict.fromkeys(("sacct", "scancel"), unreachable)
    with pytest.raises(RuntimeError, match=f"^sacct failed: {unreachable}$"):
        asking.ask([JobQuery("7")])
    with pytest.raises(RuntimeError, match=f"^scancel failed: {unreachable}$"):
        asking.cancel(["7"])


def test_a_job_that_waits_for_its_accounting_too_long_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first look that found it ended; once it is recorded there is none."""
    cluster = Cluster("7|RUNNING|0:0|0:0|a\n")
    asking = SlurmClient(cluster)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    asking.check_remembered("7")
    asking.ask([JobQuery("7")])
    asking.check_remembered("7")
    now += client.FORGOTTEN_SECONDS + 1
    asking.ask([JobQuery("7")])
    with pytest.raises(RuntimeError, match="forgotten job 7 and has not recorded its end: ask sacct -j 7"):
        asking.check_remembered("7")
    cluster.prints["sacct"] = "7|COMPLETED|0:0|0:0|a\n"
    asking.ask([JobQuery("7")])
    asking.check_remembered("7")


def test_all_jobs_are_listed_once() -> None:
    """Arrays and heterogeneous jobs are one job each, and one that was requeued is none more."""
    cluster = Cluster("7\n8_0\n8_[1-3]\n9+0\n9+1\n7\n")
    assert SlurmClient(cluster).known_jobs() == ["7", "8", "9"]


def test_a_job_is_submitted_by_the_words_given() -> None:
    """Its id is what sbatch prints."""
    cluster = Cluster()
    assert SlurmClient(cluster).submit(["sbatch", "--parsable", "a b.sh"]) == "7"
    assert cluster.calls == [["sbatch", "--parsable", "a b.sh"]]


def test_a_command_runs_here_as_it_is() -> None:
    """No shell reads its words, it has no input, and what is not UTF-8 in its output is no error."""
    code = r"import sys; sys.stdin.read(); sys.stdout.buffer.write(sys.argv[1].encode() + b'\xff\n')"
    assert run_slurm([sys.executable, "-c", code, "$HOME 'x'"]) == "$HOME 'x'\ufffd\n"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "echo 'sacct: error:' >&2; echo '  no   database' >&2; exit 1",
            "sh failed: sacct: error: no database",
        ),
        ("exit 3", "sh failed: exit code 3"),
    ],
)
def test_a_command_that_fails_is_an_error_of_one_sentence(script: str, said: str) -> None:
    """In its own words, on one line."""
    with pytest.raises(RuntimeError, match=f"^{re.escape(said)}$"):
        run_slurm(["sh", "-c", script])


def test_a_command_that_hangs_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended after the time limit."""
    monkeypatch.setattr(commands, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(RuntimeError, match=r"^sleep did not answer in 0.2 s$"):
        run_slurm(["sleep", "600"])


def test_the_terminals_interrupts_do_not_reach_a_command() -> None:
    """It runs in a session of its own."""
    code = "import os; print(os.getsid(0) == os.getpid())"
    assert run_slurm([sys.executable, "-c", code]) == "True\n"
