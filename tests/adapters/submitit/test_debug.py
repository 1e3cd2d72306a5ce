"""submitit_debug: the job runs within submit, and is read from anywhere afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import submitit
from guard import GUARD_SECONDS
from tests.adapters.submitit.conftest import app, await_text, is_running, sh, until

from launchbind import JobState
from launchbind_adapters.submitit import DebugExecutor, task
from launchbind_adapters.submitit import jobs as submitit_jobs

if TYPE_CHECKING:
    from tests.adapters.conftest import RunPython
    from tests.adapters.submitit.conftest import Jobs


def test_submitting_is_running(jobs: Jobs, run_python: RunPython, capfd: pytest.CaptureFixture[str]) -> None:
    """When submit returns, the job has ended; another process reads its state, output and results."""
    handle = jobs.run(
        app(sh("echo hello $A; exit 3", replicas=2, A="1"), sh("true", "good")), DebugExecutor()
    )
    assert jobs.status(handle).state is JobState.FAILED
    code = """
import sys
from launchbind_adapters.submitit import jobs, launcher
status = launcher().status(sys.argv[1])
print(status.state, status.exit_code, list(launcher().logs(sys.argv[1])))
print({role: [job.result() for job in each] for role, each in jobs(sys.argv[1]).items()})
"""
    state, results = run_python(code, str(handle)).splitlines()
    assert state == r"FAILED 3 ['hello 1\n', 'hello 1\n']"
    assert results == "{'main': [3, 3], 'good': [0]}"
    assert capfd.readouterr().out == ""
    assert all(isinstance(job, submitit.LocalJob) for job in submitit_jobs(handle)["main"])


def test_the_launching_process_is_as_before(jobs: Jobs) -> None:
    """Its environment, working directory and signal handlers are untouched."""
    before = (dict(os.environ), Path.cwd(), signal.getsignal(signal.SIGTERM))
    jobs.run(app(sh("cd /; export A=1")), DebugExecutor(env_vars={"B": "1"}))
    assert (dict(os.environ), Path.cwd(), signal.getsignal(signal.SIGTERM)) == before


def test_retries_and_missing_programs(jobs: Jobs) -> None:
    """As on the other engines; no debugger is opened, which would wait for ever."""
    handle = jobs.run(app(sh("echo attempt; exit 2")), DebugExecutor(retries=1))
    assert jobs.status(handle).exit_code == 2
    assert len(list(jobs.logs(handle, regex="^attempt"))) == 2
    from launchbind import RoleSpec

    handle = jobs.run(app(RoleSpec("main", "no-such-program")), DebugExecutor())
    assert jobs.status(handle).exit_code == 127
    assert "no-such-program" in "".join(jobs.logs(handle))


LAUNCHER = """
import sys
from launchbind import AppSpec, RoleSpec
from launchbind_adapters.submitit import DebugExecutor, launcher
roles = [RoleSpec(name, "sh", ["-c", sys.argv[1]]) for name in ("one", "two")]
try:
    launcher().run(AppSpec("job", roles), DebugExecutor())
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def launching(tmp_path: Path) -> subprocess.Popen[str]:
    """A process that is in the middle of running a debug job, whose pid is in the file ``pid``."""
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, f"echo $$ > {tmp_path}/pid; exec sleep 600"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    await_text(tmp_path / "pid")
    return process


def test_an_interrupt_ends_the_job(jobs: Jobs, launching: subprocess.Popen[str], tmp_path: Path) -> None:
    """After a Ctrl-C it is FAILED, all of it, although the process that ran it goes on."""
    pid = int(await_text(tmp_path / "pid"))
    [status] = jobs.list("submitit_debug")
    assert status.state is JobState.RUNNING
    with launching:
        launching.send_signal(signal.SIGINT)
        assert launching.stdout is not None
        assert launching.stdout.readline() == "interrupted\n"
        ended = jobs.status(status.handle)
        assert (ended.state, ended.exit_code) == (JobState.FAILED, None)
        assert "interrupted" in ended.message
        assert not is_running(pid)
        launching.kill()


def test_an_interrupt_while_the_command_is_started_ends_it_too(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Ctrl-C just then leaves no command behind that nobody knows of."""
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def interrupted(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **options))
        os.kill(os.getpid(), signal.SIGINT)
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    monkeypatch.setattr(task, "HURRY_SECONDS", GUARD_SECONDS)  # on a busy machine SIGTERM takes its time
    other = signal.signal(signal.SIGINT, signal.default_int_handler)  # torchx sets its own, if it ran before
    try:
        with pytest.raises(KeyboardInterrupt):
            jobs.run(app(sh("exec sleep 600")), DebugExecutor())
    finally:
        signal.signal(signal.SIGINT, other)
    assert [process.returncode for process in started] == [-signal.SIGTERM]


def test_a_kill_ends_the_job(jobs: Jobs, launching: subprocess.Popen[str], tmp_path: Path) -> None:
    """With the process that runs it the job is gone, and FAILED."""
    pid = int(await_text(tmp_path / "pid"))
    [status] = jobs.list("submitit_debug")
    with launching:
        launching.kill()
    assert jobs.status(status.handle).state is JobState.FAILED
    until(lambda: not is_running(pid), "the end of the command")


def test_another_process_cancels_the_job(jobs: Jobs, launching: subprocess.Popen[str]) -> None:
    """The command ends, what was to follow does not begin, and submit returns."""
    [status] = jobs.list("submitit_debug")
    jobs.cancel(status.handle)
    with launching:
        launching.communicate(timeout=60)
    assert launching.returncode == 0
    assert jobs.status(status.handle).state is JobState.CANCELLED
