"""``run.Experiment`` with a subclass of SlurmExecutor, on a real Slurm."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from guard import GUARD_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from slurm_cluster import SlurmCluster
    from tests.e2e.conftest import Completed, Launchbind

    Python = Callable[..., str]

SCENARIOS = Path(__file__).parent / "scenarios"
STATUS = "import sys, nemo_run; print(nemo_run.Experiment.from_id(sys.argv[1]).status(return_dict=True))"
LOGS = "import sys, nemo_run; nemo_run.Experiment.from_id(sys.argv[1]).logs(sys.argv[2])"
CANCEL = "import sys, nemo_run; nemo_run.Experiment.from_id(sys.argv[1]).cancel(sys.argv[2])"


@pytest.fixture
def environment(environment: dict[str, str], slurm: SlurmCluster) -> dict[str, str]:
    """Every process here finds the cluster and the executor."""
    return {**environment, **slurm.environment, "PYTHONPATH": str(SCENARIOS), "COLUMNS": "1000"}


@pytest.fixture
def python(environment: dict[str, str], tmp_path: Path) -> Python:
    """Run Python in a process of its own, and return all that it printed."""

    def run(*arguments: str) -> str:
        done: Completed = subprocess.run(
            [sys.executable, *arguments],
            env=environment,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=GUARD_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


def scenario(python: Python, name: str) -> str:
    return python(str(SCENARIOS / "own_slurm.py"), name)


def jobs(output: str) -> tuple[str, dict[str, tuple[str, str]]]:
    """The experiment's id, and handle and state by job."""
    lines = [line.split() for line in output.splitlines()]
    [found] = [words[1] for words in lines if words[:1] == ["ID"]]
    return found, {words[1]: (words[2], words[3]) for words in lines if words[:1] == ["JOB"]}


def test_a_dry_run_shows_the_script(python: Python) -> None:
    """The subclass is dry-run as its parent is."""
    shown = scenario(python, "dry")
    assert "#SBATCH --account=tests" in shown
    assert "#SBATCH --partition=debug" in shown


def test_tasks_run_in_order_and_are_read_by_a_new_process(python: Python, launchbind: Launchbind) -> None:
    """Dependencies hold; later, from_id, and launchbind by the handle, tell states and logs."""
    found, ended = jobs(scenario(python, "chain"))
    assert {state for _, state in ended.values()} == {"SUCCEEDED"}
    assert python("-c", STATUS, found).count("SUCCEEDED") == 2
    assert "first" in python("-c", LOGS, found, "one")
    assert "second" in python("-c", LOGS, found, "two")
    handle, _ = ended["two"]
    assert f"{handle}\tSUCCEEDED\t0" in launchbind("status", handle).stdout
    assert launchbind("logs", handle).stdout == "second\n"


def test_a_job_group_is_one_job(python: Python, launchbind: Launchbind) -> None:
    """Tasks of a group are merged into one job, as for the parent class; both run."""
    _, ended = jobs(scenario(python, "group"))
    [(handle, state)] = ended.values()
    assert state == "SUCCEEDED"
    assert sorted(launchbind("logs", handle).stdout.split()) == ["left", "right"]


def test_a_detached_task_is_cancelled_by_a_new_process(python: Python, launchbind: Launchbind) -> None:
    """The experiment's process has gone, the job runs, and another process cancels it."""
    found, started = jobs(scenario(python, "detach"))
    [(handle, _)] = started.values()
    assert launchbind("logs", "--replica", "0", handle).returncode == 0
    python("-c", CANCEL, found, "long")
    waited = launchbind("wait", handle)
    assert f"{handle}\tCANCELLED" in waited.stdout
    assert "CANCELLED" in python("-c", STATUS, found)
