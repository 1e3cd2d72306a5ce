"""``launchbind run -b slurm_tunnel``: from the installed command to a real Slurm and back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from guard import GUARD_SECONDS
from slurm_cluster import ACCOUNT, PARTITION

if TYPE_CHECKING:
    from pathlib import Path

    from slurm_cluster import SlurmCluster
    from tests.e2e.conftest import Launchbind, Start

ON_SLURM = ("-b", "slurm_tunnel", "-s", f"account={ACCOUNT}", "-s", f"partition={PARTITION}")


@pytest.fixture
def environment(environment: dict[str, str], slurm: SlurmCluster) -> dict[str, str]:
    """Every command here finds the cluster."""
    return {**environment, **slurm.environment}


def python(code: str, *arguments: str) -> tuple[str, ...]:
    return ("--", sys.executable, "-c", code, *arguments)


def detached(launchbind: Launchbind, *command: str) -> str:
    started = launchbind("run", *ON_SLURM, "--detach", "--", *command)
    assert started.returncode == 0, started.stderr
    return started.stdout.strip()


def one_sentence(stderr: str) -> str:
    """What a failed command said, which must be one line without a traceback."""
    lines = stderr.strip().splitlines()
    assert len(lines) == 1, stderr
    return lines[0]


def test_hello(launchbind: Launchbind) -> None:
    """In any folder, with nothing set but account and partition, the output is the job's and only that."""
    done = launchbind("run", *ON_SLURM, "--", "echo", "hello")
    assert (done.returncode, done.stdout) == (0, "hello\n"), done.stderr
    submitted, ended = done.stderr.splitlines()
    handle = submitted.rpartition(" ")[2]
    assert handle.startswith("slurm_tunnel://launchbind/")
    assert ended == f"launchbind: {handle} SUCCEEDED with exit code 0"


# Of 128 or more, a Slurm under load may come to record seven bits only ; a failure it stays.
@pytest.mark.parametrize(("code", "told"), [(3, {3}), (100, {100}), (137, {137, 9})])
def test_the_exit_code_is_the_jobs(launchbind: Launchbind, code: int, told: set[int]) -> None:
    """A job that exits with a code makes the command exit with that code, and say so."""
    done = launchbind("run", *ON_SLURM, "--", "sh", "-c", f"exit {code}")
    assert done.stdout == ""
    assert done.returncode in told
    assert f"FAILED with exit code {done.returncode}" in done.stderr


@pytest.mark.parametrize("attempt", range(3))
def test_no_line_is_lost(launchbind: Launchbind, attempt: int) -> None:
    """A thousand lines written at once, and a last one without a newline, all arrive, each time."""
    code = f"print(*range({attempt}, {attempt} + 1000), sep='\\n', end='\\nlast')"
    done = launchbind("run", *ON_SLURM, *python(code))
    assert done.stdout == "".join(f"{number}\n" for number in range(attempt, attempt + 1000)) + "last"
    assert done.returncode == 0


def test_a_log_longer_than_is_read_at_once_arrives_whole(launchbind: Launchbind) -> None:
    """A megabyte of lines with characters of several bytes is read in pieces, and put together again."""
    done = launchbind("run", *ON_SLURM, *python("for i in range(20000): print(i, 'grüße ☃ ' * 5)"))
    assert done.stdout == "".join(f"{number} {'grüße ☃ ' * 5}\n" for number in range(20000))


def test_words_and_variables_arrive_as_they_are(launchbind: Launchbind) -> None:
    """Quotes, dollars and blanks in words and variables reach the job unchanged."""
    words = ["$$", "$HOME", "${app_id}", "'q'", '"q"', " a  b ", "*", "\\", ""]
    code = "import os, sys; print(sys.argv[1:]); print(os.environ['WORD'], os.environ['A'])"
    variables = ("--env", "WORD=$$ ${app_id} 'q'", "--env", "A=b=c")
    done = launchbind("run", *ON_SLURM, *variables, *python(code, *words))
    assert done.stdout == f"{words}\n$$ ${{app_id}} 'q' b=c\n", done.stderr


def test_a_job_is_followed_waited_for_and_read_by_its_handle(
    launchbind: Launchbind, start: Start, tmp_path: Path
) -> None:
    """Processes that know the handle only see the job run, its output as it comes, its end and its code."""
    go = tmp_path / "go"
    script = f"echo first; until [ -e {go} ]; do sleep 0.1; done; echo last; exit 4"
    handle = detached(launchbind, "bash", "-c", script)
    following = start("logs", "-f", handle)
    assert following.stdout is not None
    assert following.stdout.readline() == "first\n"
    assert "\tRUNNING\t" in launchbind("status", handle).stdout
    go.touch()
    assert following.stdout.read() == "last\n"
    waited = launchbind("wait", handle)
    assert waited.returncode == 4
    assert f"{handle}\tFAILED\t4\t" in waited.stdout
    (document,) = json.loads(launchbind("status", "--json", handle).stdout)
    assert (document["handle"], document["state"], document["exit_code"]) == (handle, "FAILED", 4)
    assert launchbind("logs", "--grep", "la", handle).stdout == "last\n"
    assert f"{handle}\tFAILED" in launchbind("list", "-b", "slurm_tunnel").stdout


def test_a_job_is_cancelled_by_its_handle_twice(launchbind: Launchbind) -> None:
    """Cancelling ends the job; cancelling again is no error and changes nothing."""
    handle = detached(launchbind, "sleep", "300")
    for _ in range(2):
        cancelled = launchbind("cancel", handle)
        assert (cancelled.returncode, cancelled.stderr) == (0, "")
        assert f"{handle}\tCANCELLED" in cancelled.stdout
    assert f"{handle}\tCANCELLED" in launchbind("wait", handle).stdout


def test_ctrl_c_cancels_the_job(launchbind: Launchbind, start: Start) -> None:
    """The interrupt that ends the command ends its job too."""
    running = start("run", *ON_SLURM, "--", "sh", "-c", "echo begun; sleep 300")
    assert running.stdout is not None
    assert running.stderr is not None
    assert running.stdout.readline() == "begun\n"
    running.send_signal(signal.SIGINT)
    assert running.wait(GUARD_SECONDS) == 130
    handle = running.stderr.readline().split()[-1]
    assert f"{handle}\tCANCELLED" in launchbind("status", handle).stdout


def test_a_plan_shows_the_script_and_hides_secrets(launchbind: Launchbind) -> None:
    """Two plans have one fingerprint, no secret shows, and nothing is submitted."""
    plan = ("plan", *ON_SLURM, "--env", "HF_TOKEN=hf_not_for_your_eyes")
    shown = launchbind(*plan, "--", "echo", "hello")
    assert f"#SBATCH --account={ACCOUNT}" in shown.stdout
    assert "hf_not_for_your_eyes" not in shown.stdout
    first, second = (json.loads(launchbind(*plan, "--json", "--", "echo", "hello").stdout) for _ in range(2))
    assert first == second


def test_the_repository_one_is_in_is_sent_along(launchbind: Launchbind, tmp_path: Path) -> None:
    """What is committed lies in the job's working directory."""
    (tmp_path / "train.py").write_text("print('trained')\n")
    identity = ("-c", "user.name=tests", "-c", "user.email=tests@example.org")
    for command in (("init", "-q"), ("add", "train.py"), (*identity, "commit", "-q", "-m", "code")):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    done = launchbind("run", *ON_SLURM, "--", sys.executable, "train.py")
    assert (done.returncode, done.stdout) == (0, "trained\n"), done.stderr


def test_what_slurm_refuses_is_said_in_a_sentence(launchbind: Launchbind) -> None:
    """A partition that does not exist is told in sbatch's own words; nothing is submitted."""
    refused = launchbind("run", *ON_SLURM[:-1], "partition=nowhere", "--", "echo")
    assert (refused.returncode, refused.stdout) == (125, "")
    assert "invalid partition specified: nowhere" in one_sentence(refused.stderr)


@pytest.mark.parametrize("command", ["status", "logs", "cancel", "wait"])
def test_a_job_that_never_was_is_told_from_one_that_is(launchbind: Launchbind, command: str) -> None:
    """An id that nobody submitted from here is unknown, whatever Slurm may have under it."""
    done = launchbind(command, "slurm_tunnel://launchbind/4000000")
    assert done.returncode == 125
    assert "no job with handle" in one_sentence(done.stderr)


def test_a_controller_that_dies_makes_no_job_succeed(
    launchbind: Launchbind, slurm: SlurmCluster, tmp_path: Path
) -> None:
    """While slurmctld is dead each command says so; when it is back the same handle tells how it ended."""
    go = tmp_path / "go"
    ended = detached(launchbind, "true")
    assert launchbind("wait", ended).returncode == 0
    handle = detached(launchbind, "bash", "-c", f"until [ -e {go} ]; do sleep 0.1; done; echo done; exit 5")
    give_up = time.monotonic() + GUARD_SECONDS
    while "\tRUNNING\t" not in launchbind("status", handle).stdout:
        assert time.monotonic() < give_up
    slurm.kill_controller()
    try:
        go.touch()
        for command in ("status", "cancel"):
            failed = launchbind(command, handle)
            assert failed.returncode == 125
            assert "Unable to contact slurm controller" in one_sentence(failed.stderr)
            assert "SUCCEEDED" not in failed.stdout + failed.stderr
        assert f"{ended}\tSUCCEEDED\t0" in launchbind("status", ended).stdout
        refused = launchbind("run", *ON_SLURM, "--", "echo")
        assert refused.returncode == 125
        assert "Unable to contact slurm controller" in one_sentence(refused.stderr)
    finally:
        slurm.start_controller()
    waited = launchbind("wait", handle)
    assert (waited.returncode, f"{handle}\tFAILED\t5" in waited.stdout) == (5, True), waited.stdout
    assert launchbind("logs", handle).stdout == "done\n"
