"""``launchbind run``: from the installed command to a real local job and back."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from guard import GUARD_SECONDS

if TYPE_CHECKING:
    from tests.e2e.conftest import Completed, Launchbind, Start

LOCAL = ("run", "-b", "local_persistent")


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def await_end(pid: int) -> None:
    """Wait until a process that is no child of ours has gone, or only awaits being reaped."""
    give_up = time.monotonic() + GUARD_SECONDS
    while is_running(pid):
        assert time.monotonic() < give_up, f"process {pid} is still there"
        time.sleep(0.01)


def python(code: str, *arguments: str) -> tuple[str, ...]:
    return ("--", sys.executable, "-c", code, *arguments)


def later(code: str, environment: dict[str, str], *arguments: str) -> Completed:
    """Run code in a process that has not seen the job before."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=GUARD_SECONDS,
        check=False,
    )


def test_hello(launchbind: Launchbind) -> None:
    """The command of the README prints exactly hello, and exits with 0; the rest goes to standard error."""
    done = launchbind(*LOCAL, "--", "echo", "hello")
    assert (done.returncode, done.stdout) == (0, "hello\n")
    handle = r"local_persistent://launchbind/echo-\w+"
    assert re.fullmatch(
        rf"launchbind: submitted {handle}\nlaunchbind: {handle} SUCCEEDED with exit code 0\n", done.stderr
    )


@pytest.mark.parametrize("code", [3, 137])
def test_the_exit_code_is_the_jobs(launchbind: Launchbind, code: int) -> None:
    """A job that exits with a code makes the command exit with that code, and say so."""
    done = launchbind(*LOCAL, "--", "sh", "-c", f"exit {code}")
    assert (done.returncode, done.stdout) == (code, "")
    assert f"FAILED with exit code {code}" in done.stderr


@pytest.mark.parametrize("attempt", range(5))
def test_no_line_is_lost(launchbind: Launchbind, attempt: int) -> None:
    """A thousand lines written at once, and a last one without a newline, all arrive, each time."""
    code = f"print(*range({attempt}, {attempt} + 1000), sep='\\n', end='\\nlast')"
    done = launchbind(*LOCAL, *python(code))
    assert done.stdout == "".join(f"{number}\n" for number in range(attempt, attempt + 1000)) + "last"
    assert done.returncode == 0


def test_output_and_errors_of_the_job_both_go_to_standard_output(launchbind: Launchbind) -> None:
    """What the job writes to either stream is job output; launchbind's own words are kept apart."""
    done = launchbind(*LOCAL, *python("import sys; print('out', flush=True); print('err', file=sys.stderr)"))
    assert sorted(done.stdout.splitlines()) == ["err", "out"]
    assert [line for line in done.stderr.splitlines() if not line.startswith("launchbind: ")] == []


def test_a_terminal_that_cannot_show_a_character_still_shows_the_rest(launchbind: Launchbind) -> None:
    """Where standard output is ASCII only, other characters are replaced, and the job is not given up."""
    done = launchbind(*LOCAL, "--", "echo", "grüße ☃", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (0, "gr??e ?\n")


def test_words_and_variables_arrive_as_they_are(launchbind: Launchbind) -> None:
    """Quotes, dollars, macros and blanks in words and variables reach the job unchanged."""
    words = ["$$", "$HOME", "${app_id}", "'q'", '"q"', " a  b ", "*", "\\", "--detach", ""]
    code = (
        "import os, sys; print(sys.argv[1:]); print(os.environ['WORD'], os.environ['OWN'], os.environ['A'])"
    )
    variables = ("--env", "WORD=$$ ${app_id} 'q'", "--env", "OWN", "--env", "A=b=c")
    done = launchbind(*LOCAL, *variables, *python(code, *words), OWN="handed on")
    assert done.stdout == f"{words}\n$$ ${{app_id}} 'q' handed on b=c\n", done.stderr


def test_an_inline_script_keeps_its_quotes(launchbind: Launchbind) -> None:
    """The argument of -c keeps its first and last character, and $$ in it is for the shell."""
    done = launchbind(*LOCAL, "--", "sh", "-c", '"echo" "$0" $(test $$ -gt 1 && echo "pid")')
    assert done.stdout == "sh pid\n"


def test_settings_reach_the_executor(launchbind: Launchbind, tmp_path: Path) -> None:
    """-s sets fields by their types: a folder for the job, and a mapping of variables."""
    folder = tmp_path / "jobs"
    settings = ("-s", f"job_dir={folder}", "-s", 'env_vars={"MODE": "fast"}')
    done = launchbind(*LOCAL, *settings, "--", "sh", "-c", 'echo "$MODE"')
    assert done.stdout == "fast\n"
    assert list(folder.iterdir()) != []


def test_an_alias_is_as_good_as_the_name(launchbind: Launchbind) -> None:
    """-b local is -b local_persistent, and the handle has the canonical name."""
    done = launchbind("run", "-b", "local", "--name", "greet", "--", "echo", "hello")
    assert done.stdout == "hello\n"
    assert "local_persistent://launchbind/greet-" in done.stderr


def test_a_backend_of_torchx_runs_too(launchbind: Launchbind) -> None:
    """torchx's own local scheduler, which tells no exit codes, ends with 0 or 1."""
    done = launchbind("run", "-b", "local_cwd", "--", "sh", "-c", "echo hello; exit 3")
    assert (done.returncode, done.stdout) == (1, "hello\n")


def test_two_jobs_at_once(start: Start, tmp_path: Path) -> None:
    """Two commands that each wait for the other's job both succeed."""
    scripts = [
        f"touch '{tmp_path}/{mine}'; until [ -e '{tmp_path}/{other}' ]; do sleep 0.05; done; echo {mine}"
        for mine, other in ("ab", "ba")
    ]
    processes = [start(*LOCAL, "--", "sh", "-c", script) for script in scripts]
    assert [process.communicate(timeout=GUARD_SECONDS)[0] for process in processes] == ["a\n", "b\n"]
    assert [process.returncode for process in processes] == [0, 0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_cancels_the_job(
    start: Start, environment: dict[str, str], number: signal.Signals
) -> None:
    """Ctrl-C, and SIGTERM alike, end the job's processes, say so, and give exit code 130."""
    process = start(*LOCAL, "--", "sh", "-c", "sleep 1000 & echo $$ $!; wait")
    assert process.stdout is not None
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert [is_running(pid) for pid in pids] == [True, True]
    process.send_signal(number)
    _, said = process.communicate(timeout=GUARD_SECONDS)
    assert process.returncode == 130
    assert "Traceback" not in said
    [handle] = re.findall(r"launchbind: cancelled (\S+)", said)
    for pid in pids:
        await_end(pid)
    code = """
import sys
from launchbind_adapters.nemo_run import launcher
with launcher() as jobs:
    print(jobs.status(sys.argv[1]).state)
"""
    assert later(code, environment, handle).stdout == "CANCELLED\n"


def test_a_reader_that_leaves_early_cancels_the_job(environment: dict[str, str], tmp_path: Path) -> None:
    """With ``| head -1`` the job is cancelled once nobody reads on, without a traceback."""
    script = "while echo line; do sleep 0.1; done"
    pipeline = 'launchbind run -b local_persistent -- sh -c "$1" 2>err | head -n 1; echo ${PIPESTATUS[0]}'
    done = subprocess.run(
        ["bash", "-c", pipeline, "bash", script],
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=GUARD_SECONDS,
        check=False,
    )
    assert done.stdout == "line\n130\n"
    said = (tmp_path / "err").read_text()
    assert re.fullmatch(r"launchbind: submitted \S+\nlaunchbind: cancelled \S+\n", said)


def test_a_detached_job_goes_on(launchbind: Launchbind, environment: dict[str, str], tmp_path: Path) -> None:
    """--detach prints the handle and leaves; by it another process sees the job run, and then end."""
    gate = tmp_path / "gate"
    script = f"until [ -e '{gate}' ]; do sleep 0.05; done; echo hello; exit 4"
    done = launchbind(*LOCAL, "--detach", "--", "sh", "-c", script)
    assert done.returncode == 0
    handle = done.stdout.removesuffix("\n")
    assert re.fullmatch(r"local_persistent://launchbind/sh-\w+", handle)
    code = """
import sys
from pathlib import Path
from launchbind_adapters.nemo_run import launcher
handle, gate = sys.argv[1:]
with launcher() as jobs:
    print(jobs.status(handle).state)
    Path(gate).touch()
    print(*jobs.logs(handle, follow=True), sep="", end="")
    status = jobs.wait(handle)
    print(status.state, status.exit_code)
"""
    assert later(code, environment, handle, str(gate)).stdout.splitlines() == ["RUNNING", "hello", "FAILED 4"]


def test_a_detached_job_can_be_cancelled(
    launchbind: Launchbind, environment: dict[str, str], tmp_path: Path
) -> None:
    """Another process ends the job, and its processes, by the handle."""
    pids = tmp_path / "pid"
    done = launchbind(*LOCAL, "--detach", "--", "sh", "-c", f"echo $$ > '{pids}'; exec sleep 1000")
    code = """
import sys
from launchbind_adapters.nemo_run import launcher
with launcher() as jobs:
    jobs.cancel(sys.argv[1])
    print(jobs.wait(sys.argv[1]).state)
"""
    assert later(code, environment, done.stdout.strip()).stdout == "CANCELLED\n"
    if pids.exists():  # cancelled before it had written it, otherwise
        await_end(int(pids.read_text()))


def test_a_command_that_is_killed_leaves_its_job_running(
    start: Start, environment: dict[str, str], tmp_path: Path
) -> None:
    """kill -9 of the command does not touch the job, which can be followed to its end by its handle."""
    gate = tmp_path / "gate"
    script = f"echo ready; until [ -e '{gate}' ]; do sleep 0.05; done; echo survived; exit 7"
    process = start(*LOCAL, "--", "sh", "-c", script)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    os.kill(process.pid, signal.SIGKILL)
    _, said = process.communicate(timeout=GUARD_SECONDS)
    [handle] = re.findall(r"submitted (\S+)", said)
    gate.touch()
    code = """
import sys
from launchbind_adapters.nemo_run import launcher
with launcher() as jobs:
    print(*jobs.logs(sys.argv[1], follow=True), sep="", end="")
    print(jobs.wait(sys.argv[1]).exit_code)
"""
    assert later(code, environment, handle).stdout == "ready\nsurvived\n7\n"


def test_listing_the_backends_imports_no_launcher(environment: dict[str, str]) -> None:
    """``backends`` lists NeMo-Run's and torchx's, and neither of the two is imported for that."""
    code = """
import runpy, sys
sys.argv = ["launchbind", "backends"]
try:
    runpy.run_module("launchbind", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
assert not {"nemo_run", "torchx"} & {*sys.modules}
"""
    done = later(code, environment)
    assert done.returncode == 0, done.stderr
    names = [line.partition("\t")[0] for line in done.stdout.splitlines()]
    assert {"slurm_tunnel", "local_persistent", "kubeflow", "local_cwd", "kubernetes"} <= {*names}
    assert len(names) == len({*names})


def test_python_m_launchbind_is_the_command(environment: dict[str, str]) -> None:
    """``python -m launchbind --version`` tells the installed version."""
    done = subprocess.run(
        [sys.executable, "-m", "launchbind", "--version"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=GUARD_SECONDS,
        check=True,
    )
    assert re.fullmatch(r"launchbind \d+\.\d+\.\d+\n", done.stdout)
