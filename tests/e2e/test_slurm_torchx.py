"""torchx's own scheduler ``slurm``, through ``launchbind run -b torchx:slurm``, on a real Slurm."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest
from guard import GUARD_SECONDS
from slurm_cluster import PARTITION

if TYPE_CHECKING:
    from pathlib import Path

    from slurm_cluster import SlurmCluster
    from tests.e2e.conftest import Launchbind


@pytest.fixture
def environment(environment: dict[str, str], slurm: SlurmCluster) -> dict[str, str]:
    """Every command here finds the cluster."""
    return {**environment, **slurm.environment}


@pytest.fixture
def on_slurm(tmp_path: Path) -> tuple[str, ...]:
    """Where to run; torchx says of a job_dir that it must not exist, and writes into it."""
    (tmp_path / "job").mkdir()
    return ("-b", "torchx:slurm", "-s", f"partition={PARTITION}", "-s", f"job_dir={tmp_path / 'job'}")


@pytest.mark.parametrize("code", [0, 3])
def test_a_job_is_run_and_read_by_its_handle(
    launchbind: Launchbind, on_slurm: tuple[str, ...], code: int
) -> None:
    """State, exit code and log arrive: what the job wrote on standard output, then its errors."""
    script = f"import sys; print('out'); print('err', file=sys.stderr); sys.exit({code})"
    done = launchbind("run", *on_slurm, "--name", "job", "--", sys.executable, "-c", script)
    assert (done.returncode, done.stdout) == (code, "out\nerr\n"), done.stderr
    handle = done.stderr.splitlines()[0].rpartition(" ")[2]
    state = "FAILED" if code else "SUCCEEDED"
    assert f"{handle}\t{state}\t{code}\t" in launchbind("status", handle).stdout
    give_up = time.monotonic() + GUARD_SECONDS
    while (read := launchbind("logs", handle)).returncode:  # until sacct has the job's roles
        assert time.monotonic() < give_up, read.stderr
    assert read.stdout == "out\nerr\n"


def test_a_job_is_cancelled_by_its_handle_twice(launchbind: Launchbind, on_slurm: tuple[str, ...]) -> None:
    """Cancelling ends the job, whose state can be told then, and again is no error."""
    started = launchbind("run", *on_slurm, "--detach", "--", "sleep", "300")
    handle = started.stdout.strip()
    give_up = time.monotonic() + GUARD_SECONDS
    while "\tRUNNING\t" not in (told := launchbind("status", handle)).stdout:
        assert time.monotonic() < give_up, told.stderr
    for _ in range(2):
        assert launchbind("cancel", handle).returncode == 0
        assert f"{handle}\tCANCELLED" in launchbind("wait", handle).stdout


def test_a_job_that_never_was_is_unknown(launchbind: Launchbind) -> None:
    """Slurm's own ignorance of an id is told as that."""
    done = launchbind("status", "slurm://launchbind/4000000")
    assert (done.returncode, "no job with handle" in done.stderr) == (125, True), done.stderr
