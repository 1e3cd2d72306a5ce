"""Local jobs under their supervisor: real processes, followed from this process and others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from guard import GUARD_SECONDS
from nemo_run.core.execution.local import LocalExecutor
from torchx.specs import AppDef, Role

from launchbind import Handle, JobState, PlanError, SchedulerError, UnknownJobError
from launchbind_adapters.nemo_run import launcher, supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nemo_run.core.execution.base import Executor
    from tests.adapters.conftest import RunPython

    from launchbind import Launcher

    Jobs = Launcher[AppDef, Executor]

pytestmark = pytest.mark.usefixtures("nemorun_home")


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    """A launcher; at the end of the test, jobs still running are cancelled."""
    with launcher() as made:
        before = {status.handle for status in made.list("local_persistent")}
        yield made
        for status in made.list("local_persistent"):
            if status.handle not in before:
                made.cancel(status.handle)


def sh(script: str, name: str = "main", replicas: int = 1) -> Role:
    """A role that runs a shell script, in which ``${replica_id}`` is the replica's number."""
    return Role(name, image="", entrypoint="sh", args=["-c", script], num_replicas=replicas)


def python(code: str) -> Role:
    return Role("main", image="", entrypoint=sys.executable, args=["-c", code.replace("$", "$$")])


def start(jobs: Jobs, *roles: Role, env: dict[str, str] | None = None) -> Handle:
    return jobs.run(AppDef("job", roles=list(roles)), LocalExecutor(env_vars=env or {}))


def output(jobs: Jobs, handle: Handle | str) -> str:
    """All of the job's output; returns when the job has ended."""
    return "".join(jobs.logs(handle, follow=True))


def folder(jobs: Jobs, handle: Handle) -> Path:
    return Path(urlsplit(jobs.status(handle).ui_url or "").path)


def await_file(path: Path) -> str:
    """The text of a file that a job is about to write."""
    give_up = time.monotonic() + GUARD_SECONDS
    while not (path.exists() and path.read_text().endswith("\n")):
        assert time.monotonic() < give_up, f"{path} was never written"
        time.sleep(0.01)
    return path.read_text()


def await_end(pid: int) -> None:
    """Wait until a process that is no child of ours has ended."""
    give_up = time.monotonic() + GUARD_SECONDS
    while is_running(pid):
        assert time.monotonic() < give_up, f"process {pid} is still there"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def test_exit_codes_are_kept_per_replica(jobs: Jobs) -> None:
    """Each replica's exit code is kept, and the job's is the first one that is not zero."""
    handle = start(jobs, sh("exit $((${replica_id} * 5))", "work", 3), sh("exit 0", "help", 2))
    status = jobs.wait(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, 5)
    result = json.loads((folder(jobs, handle) / "result.json").read_text())
    assert result["exit_codes"] == {"work": [0, 5, 10], "help": [0, 0]}


def test_logs_are_kept_per_replica(jobs: Jobs) -> None:
    """Logs can be limited to one role and one replica; without a role, all are returned."""
    handle = start(jobs, sh("echo work ${replica_id}", "work", 2), sh("echo help >&2", "help"))
    assert sorted(output(jobs, handle).splitlines()) == ["help", "work 0", "work 1"]
    assert list(jobs.logs(handle, role="work")) == ["work 0\n", "work 1\n"]
    assert list(jobs.logs(handle, role="work", replica=1)) == ["work 1\n"]
    assert list(jobs.logs(handle, role="help")) == ["help\n"]
    with pytest.raises(PlanError, match=r"work \(0-1\), help \(0-0\)"):
        jobs.logs(handle, role="work", replica=2)


def test_all_succeeding_is_success(jobs: Jobs) -> None:
    """When every replica ends with 0, so does the job."""
    status = jobs.wait(start(jobs, sh("true", "one", 2), sh("true", "two")))
    assert (status.state, status.exit_code, status.message) == (JobState.SUCCEEDED, 0, "")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_death_by_signal_is_told_as_shells_tell_it(jobs: Jobs, number: signal.Signals) -> None:
    """A process ended by signal N gives exit code 128 + N, and a failed job."""
    status = jobs.wait(start(jobs, python(f"import os; os.kill(os.getpid(), {number.value})")))
    assert (status.state, status.exit_code) == (JobState.FAILED, 128 + number)


def test_what_a_job_leaves_running_is_ended_with_it(jobs: Jobs, tmp_path: Path) -> None:
    """A background process that keeps the pipe open neither prolongs the job nor outlives it."""
    pid_file = tmp_path / "pid"
    handle = start(jobs, sh(f"sleep 1000 & echo $! > '{pid_file}'; echo done"))
    assert output(jobs, handle) == "done\n"
    assert jobs.wait(handle).state is JobState.SUCCEEDED
    await_end(int(pid_file.read_text()))


def test_a_process_that_left_the_group_does_not_hold_up_the_job(jobs: Jobs, tmp_path: Path) -> None:
    """A daemon with its own session that keeps the pipe open goes on, and the job ends without it."""
    pid_file = tmp_path / "pid"
    code = f"""
import subprocess
daemon = subprocess.Popen(["sleep", "1000"], start_new_session=True)
open({str(pid_file)!r}, "w").write(str(daemon.pid))
print("done")
"""
    handle = start(jobs, python(code))
    assert output(jobs, handle) == "done\n"
    assert jobs.wait(handle).exit_code == 0
    os.kill(int(pid_file.read_text()), signal.SIGKILL)  # raises if it has ended


def test_cancelling_ends_the_job_and_what_it_started(jobs: Jobs, tmp_path: Path) -> None:
    """After cancel the job is CANCELLED, and its processes have ended, including grandchildren."""
    pids = tmp_path / "pids"
    handle = start(jobs, sh(f"sleep 1000 & echo $$$$ $! > '{pids}'; wait"))
    running = [int(pid) for pid in await_file(pids).split()]
    assert all(map(is_running, running))
    jobs.cancel(handle)
    assert jobs.status(handle).state is JobState.CANCELLED
    for pid in running:
        await_end(pid)
    jobs.cancel(handle)
    assert jobs.status(handle).state is JobState.CANCELLED


def test_a_process_that_ignores_sigterm_is_killed(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the grace period SIGKILL follows; here the supervisor runs with a shorter one."""
    source = Path(supervisor.__file__).read_text()
    shorter = source.replace(f"GRACE_SECONDS = {supervisor.GRACE_SECONDS}", "GRACE_SECONDS = 1")
    assert shorter != source
    (tmp_path / "supervisor.py").write_text(shorter)
    monkeypatch.setattr(supervisor, "__file__", str(tmp_path / "supervisor.py"))
    ready = tmp_path / "ready"
    code = f"""
import os, signal, time
signal.signal(signal.SIGTERM, lambda *_: print("no", flush=True))
open({str(ready)!r}, "w").write(str(os.getpid()) + "\\n")
while True:
    time.sleep(1000)
"""
    handle = start(jobs, python(code))
    pid = int(await_file(ready))
    jobs.cancel(handle)
    status = jobs.status(handle)
    assert (status.state, status.exit_code) == (JobState.CANCELLED, 128 + signal.SIGKILL)
    assert output(jobs, handle) == "no\n"
    await_end(pid)


def test_cancelling_kills_children_that_ignore_sigterm(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that ignores SIGTERM outlives its parent only for the grace period, shorter here."""
    shorter = Path(supervisor.__file__).read_text().replace("GRACE_SECONDS = 10", "GRACE_SECONDS = 1")
    (tmp_path / "supervisor.py").write_text(shorter)
    monkeypatch.setattr(supervisor, "__file__", str(tmp_path / "supervisor.py"))
    pids = tmp_path / "pids"
    handle = start(jobs, sh(f"(trap '' TERM; exec sleep 1000) & sleep 0.2; echo $! > '{pids}'; wait"))
    child = int(await_file(pids))
    jobs.cancel(handle)
    assert jobs.status(handle).state is JobState.CANCELLED
    await_end(child)


def test_a_submitter_that_dies_before_it_has_the_answer_leaves_a_job_that_can_be_followed(
    tmp_path: Path,
) -> None:
    """The supervisor goes on when nobody reads its answer, and writes the job's result."""
    process = {
        "args": ["sh", "-c", "echo alone; exit 3"],
        "env": dict(os.environ),
        "cwd": None,
        **{stream: str(tmp_path / f"{stream}.log") for stream in ("stdout", "stderr", "combined")},
    }
    reader, writer = os.pipe()
    os.close(reader)  # the submitter has died
    with open(tmp_path / "lock", "w") as lock:
        subprocess.run(
            [sys.executable, "-I", "-S", supervisor.__file__, str(lock.fileno()), str(tmp_path)],
            input=json.dumps({"main": [process]}),
            text=True,
            stdout=writer,
            pass_fds=(lock.fileno(),),
            check=True,
        )
    os.close(writer)
    give_up = time.monotonic() + GUARD_SECONDS
    while not (tmp_path / "result.json").exists():
        assert time.monotonic() < give_up, "the supervisor has left no result"
        time.sleep(0.02)
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["state"], result["exit_codes"]) == ("FAILED", {"main": [3]})
    assert (tmp_path / "combined.log").read_text() == "alone\n"


def test_a_log_that_cannot_be_written_does_not_end_the_job(tmp_path: Path) -> None:
    """A full disk, here a file size limit, truncates the log; the job goes on and its result is written."""
    process = {
        "args": ["sh", "-c", "yes | head -c 200000; exit 5"],
        "env": dict(os.environ),
        "cwd": None,
        **{stream: str(tmp_path / f"{stream}.log") for stream in ("stdout", "stderr", "combined")},
    }
    limited = (
        "import resource, runpy, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)); sys.argv = sys.argv[1:]; "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    with open(tmp_path / "lock", "w") as lock:
        started = subprocess.run(
            [sys.executable, "-c", limited, supervisor.__file__, str(lock.fileno()), str(tmp_path)],
            input=json.dumps({"main": [process]}),
            text=True,
            capture_output=True,
            pass_fds=(lock.fileno(),),
            check=True,
        )
    assert started.stdout == "started"
    give_up = time.monotonic() + GUARD_SECONDS
    while not (tmp_path / "result.json").exists():
        assert time.monotonic() < give_up, "the supervisor has left no result"
        time.sleep(0.02)
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["state"], result["exit_codes"], result["logs_complete"]) == (
        "FAILED",
        {"main": [5]},
        False,
    )
    assert 0 < (tmp_path / "combined.log").stat().st_size <= 65536


def test_a_relative_job_folder_is_found_from_elsewhere(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job whose job_dir is relative is followed from another working directory."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    handle = jobs.run(AppDef("job", roles=[sh("echo here; exit 3")]), LocalExecutor(job_dir="relative"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert output(jobs, handle) == "here\n"
    assert jobs.wait(handle).exit_code == 3


def test_a_killed_supervisor_is_a_failure_with_a_message(jobs: Jobs) -> None:
    """kill -9 of the supervisor also ends its process; the job is FAILED, with a message and no exit code."""
    handle = start(jobs, sh("exec sleep 1000"))
    [process] = children(int((folder(jobs, handle) / "supervisor.pid").read_text()))
    os.kill(int((folder(jobs, handle) / "supervisor.pid").read_text()), signal.SIGKILL)
    status = jobs.wait(handle)
    await_end(process)
    assert (status.state, status.exit_code) == (JobState.FAILED, None)
    assert "supervisor was killed" in status.message
    assert output(jobs, handle) == ""
    jobs.cancel(handle)
    assert jobs.status(handle).state is JobState.FAILED


def children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def test_a_program_that_does_not_exist_leaves_nothing_behind(jobs: Jobs, nemorun_home: Path) -> None:
    """Submitting it is an error that names the program; no job, process, record or folder remains."""
    before = {path for path in nemorun_home.rglob("*") if path.is_file()}
    listed = jobs.list("local_persistent")
    with pytest.raises(SchedulerError, match=r"could not submit app 'job'.*no-such-program"):
        start(jobs, sh("sleep 1000", "first"), Role("second", image="", entrypoint="no-such-program"))
    assert jobs.list("local_persistent") == listed
    assert {path for path in nemorun_home.rglob("*") if path.is_file()} == before


def test_a_plan_that_could_not_be_submitted_can_be_submitted_again(jobs: Jobs, tmp_path: Path) -> None:
    """Once the program exists, the plan that failed can be submitted."""
    program = tmp_path / "program"
    app = AppDef("job", roles=[Role("main", image="", entrypoint=str(program))])
    plan = jobs.plan(app, LocalExecutor())
    with pytest.raises(SchedulerError):
        jobs.submit(plan)
    program.write_text("#!/bin/sh\necho here now\n")
    program.chmod(0o755)
    assert output(jobs, jobs.submit(plan)) == "here now\n"


def test_two_jobs_run_at_once(jobs: Jobs, tmp_path: Path) -> None:
    """Two jobs that wait for each other both end, which needs both to run at once."""
    handles = [
        start(jobs, sh(f"mkfifo '{tmp_path}/{mine}' 2>/dev/null; {first}; {second}"))
        for mine, first, second in (
            ("a", f"until [ -p '{tmp_path}/b' ]; do sleep 0.05; done", "echo a"),
            ("b", f"until [ -p '{tmp_path}/a' ]; do sleep 0.05; done", "echo b"),
        )
    ]
    assert [output(jobs, handle) for handle in handles] == ["a\n", "b\n"]
    assert [status.state for status in jobs.statuses(handles)] == [JobState.SUCCEEDED] * 2


def test_unicode_and_binary_output_both_come_through(jobs: Jobs) -> None:
    """UTF-8 is unchanged; other bytes become U+FFFD and lose no line; \\r ends a line, too."""
    code = r"""
import sys
sys.stdout.buffer.write("grüße ☃ \U0001f600\u2028same line\r50%\r100%\n".encode() + b"\xff\x00\xfe\nlast")
"""
    handle = start(jobs, python(code))
    expected = ["grüße ☃ \U0001f600\u2028same line\r", "50%\r", "100%\n", "\ufffd\x00\ufffd\n", "last"]
    assert list(jobs.logs(handle, follow=True)) == expected
    assert list(jobs.logs(handle)) == expected


def test_a_job_is_followed_from_another_process(jobs: Jobs, run_python: RunPython, tmp_path: Path) -> None:
    """Status, logs, wait, cancel and list work in a new process that has only the handle."""
    ready = tmp_path / "ready"
    handle = start(jobs, sh(f"echo hello; echo > '{ready}'; exec sleep 1000"))
    await_file(ready)
    code = """
import sys
from launchbind_adapters.nemo_run import launcher
with launcher() as jobs:
    handle = sys.argv[1]
    print(jobs.status(handle).state)
    print(*jobs.logs(handle), sep="", end="")
    print(handle in [str(status.handle) for status in jobs.list("local_persistent")])
    jobs.cancel(handle)
    print(jobs.wait(handle).state)
"""
    assert run_python(code, str(handle)).splitlines() == ["RUNNING", "hello", "True", "CANCELLED"]
    assert jobs.status(handle).state is JobState.CANCELLED


def test_a_job_outlives_a_submitter_that_is_killed(jobs: Jobs, tmp_path: Path) -> None:
    """When SIGKILL ends the submitter right after submitting, the job goes on and can be found."""
    gate = tmp_path / "gate"
    code = f"""
import os, signal
from nemo_run.core.execution.local import LocalExecutor
from torchx.specs import AppDef, Role
from launchbind_adapters.nemo_run import launcher
script = "until [ -e {gate} ]; do sleep 0.05; done; echo survived; exit 7"
app = AppDef("orphan", roles=[Role("main", image="", entrypoint="sh", args=["-c", script])])
jobs = launcher()
print(jobs.run(app, LocalExecutor()), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    submitter = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=GUARD_SECONDS, check=False
    )
    assert submitter.returncode == -signal.SIGKILL, submitter.stderr
    handle = Handle.parse(submitter.stdout.strip())
    assert jobs.status(handle).state is JobState.RUNNING
    assert handle in [status.handle for status in jobs.list("local_persistent")]
    gate.touch()
    assert output(jobs, handle) == "survived\n"
    assert jobs.wait(handle).exit_code == 7


def test_an_interrupted_submitter_does_not_take_the_job_along(jobs: Jobs, tmp_path: Path) -> None:
    """SIGINT and SIGHUP to the submitter's process group, as a terminal sends them, do not reach the job."""
    ready = tmp_path / "ready"
    code = f"""
import os, signal
from nemo_run.core.execution.local import LocalExecutor
from torchx.specs import AppDef, Role
from launchbind_adapters.nemo_run import launcher
script = "echo > {ready}; exec sleep 1000"
app = AppDef("orphan", roles=[Role("main", image="", entrypoint="sh", args=["-c", script])])
jobs = launcher()
print(jobs.run(app, LocalExecutor()), flush=True)
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.killpg(os.getpid(), signal.SIGINT)
os.killpg(os.getpid(), signal.SIGHUP)
"""
    submitter = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=GUARD_SECONDS,
        start_new_session=True,
        check=False,
    )
    assert submitter.returncode == -signal.SIGHUP, submitter.stderr
    handle = submitter.stdout.strip()
    await_file(ready)
    assert jobs.status(handle).state is JobState.RUNNING


def test_listing_names_jobs_in_the_order_they_were_submitted(jobs: Jobs) -> None:
    """list() returns every local job with its state, oldest first."""
    handles = [start(jobs, sh(f"exit {code}")) for code in (0, 1)]
    for handle in handles:
        jobs.wait(handle)
    last = jobs.list("local_persistent")[-2:]
    assert [status.handle for status in last] == handles
    assert [status.state for status in last] == [JobState.SUCCEEDED, JobState.FAILED]


@pytest.mark.parametrize("ask", ["status", "wait", "cancel", "logs"])
def test_an_unknown_job_is_an_error_whatever_is_asked(jobs: Jobs, ask: str) -> None:
    """A handle without a job is an UnknownJobError that repeats the handle."""
    with pytest.raises(UnknownJobError, match="local_persistent://launchbind/job-never-was"):
        getattr(jobs, ask)("local_persistent://launchbind/job-never-was")


def test_an_app_id_cannot_point_outside_the_records(jobs: Jobs) -> None:
    """An app id is not used as a path: dots in it find no other file."""
    with pytest.raises(UnknownJobError):
        jobs.status("local_persistent://launchbind/..")


def test_variables_reach_the_job_and_secrets_leave_no_trace_on_disk(jobs: Jobs, nemorun_home: Path) -> None:
    """The job gets its variables; no file of the launcher contains their secrets."""
    token = "hf_not_for_any_disk"
    handle = start(jobs, sh('echo "$MODE" "${#HF_TOKEN}"'), env={"HF_TOKEN": token, "MODE": "fast"})
    assert output(jobs, handle) == f"fast {len(token)}\n"
    files = [path for path in nemorun_home.rglob("*") if path.is_file()]
    assert [path for path in files if token.encode() in path.read_bytes()] == []


def test_a_jobs_output_is_not_changed(jobs: Jobs) -> None:
    """A job's output is returned unchanged, even if it looks like a secret."""
    handle = start(jobs, sh('echo "token=abc HF_TOKEN: $HF_TOKEN"'), env={"HF_TOKEN": "hf_its_own_affair"})
    assert output(jobs, handle) == "token=abc HF_TOKEN: hf_its_own_affair\n"
