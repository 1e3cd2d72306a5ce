"""submitit_local: real jobs on this machine, followed from this process and from others."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import submitit
from guard import GUARD_SECONDS
from tests.adapters.submitit.conftest import app, await_text, is_running, sh, until

from launchbind import Handle, JobState, PlanError, RoleSpec, SchedulerError, UnknownJobError
from launchbind_adapters.submitit import LocalExecutor, SubmititRequest
from launchbind_adapters.submitit import jobs as submitit_jobs
from launchbind_adapters.submitit.records import records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.adapters.conftest import RunPython
    from tests.adapters.submitit.conftest import Jobs, Role


def start(jobs: Jobs, *roles: Role, executor: LocalExecutor | None = None) -> Handle:
    return jobs.run(app(*roles), executor or LocalExecutor())


def output(jobs: Jobs, handle: Handle) -> str:
    """All of the job's output; returns when the job has ended."""
    return "".join(jobs.logs(handle, follow=True))


def folder(jobs: Jobs, handle: Handle) -> Path:
    return Path(urlsplit(jobs.status(handle).ui_url or "").path)


def controller(jobs: Jobs, handle: Handle) -> int:
    """The pid of submitit's controller of a job of one replica."""
    [[job]] = submitit_jobs(handle).values()
    return int(job.job_id)


# -- to the end ------------------------------------------------------------------------------------


def test_a_job_runs_to_its_end(jobs: Jobs) -> None:
    """Its output is the command's and nothing else, and it succeeds with exit code 0."""
    handle = start(jobs, sh("echo out; echo err >&2; echo out again"))
    assert output(jobs, handle) == "out\nerr\nout again\n"
    status = jobs.wait(handle)
    assert (status.state, status.exit_code, status.message) == (JobState.SUCCEEDED, 0, "")


def test_exit_codes_are_kept_per_replica(jobs: Jobs) -> None:
    """A job fails when one of its replicas does, with the first exit code that is not 0."""
    handle = start(jobs, sh("exit 0", "help", 2), sh("exit 5", "work"))
    status = jobs.wait(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, 5)
    found = {role: [job.results() for job in each] for role, each in submitit_jobs(handle).items()}
    assert found == {"help": [[0], [0]], "work": [[5]]}


def test_one_failed_replica_leaves_the_others_alone(jobs: Jobs, tmp_path: Path) -> None:
    """The job is RUNNING until the last of them has ended, and FAILED then."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    handle = start(jobs, sh("exit 3", "bad"), sh(f"read line < {gate}; echo $line", "good"))
    assert list(jobs.logs(handle, "bad", follow=True)) == []  # it has ended
    assert jobs.status(handle).state is JobState.RUNNING
    gate.write_text("through\n")
    assert list(jobs.logs(handle, "good", follow=True)) == ["through\n"]
    assert jobs.wait(handle).state is JobState.FAILED


def test_the_environment_reaches_the_job(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the submitting process, over it the executor's, over that the role's."""
    for name in ("A", "B", "C"):
        monkeypatch.setenv(name, "process")
    executor = LocalExecutor(env_vars={"B": "executor", "C": "executor"})
    handle = start(jobs, sh("echo $A $B $C", C="role"), executor=executor)
    assert output(jobs, handle) == "process executor role\n"


def test_no_shell_reads_the_command(jobs: Jobs) -> None:
    """Arguments arrive as they are, whatever characters they contain."""
    words = ["a b", "$HOME", "'", '"', "*", "%j", "ä"]
    role: Role = RoleSpec("main", sys.executable, ["-c", "import sys; print(sys.argv[1:])", *words])
    assert output(jobs, start(jobs, role)) == f"{words}\n"


def test_setup_runs_in_the_shell_before_the_command(jobs: Jobs) -> None:
    """Its variables reach the command, whose arguments stay as they are; when it fails, so does the job."""
    executor = LocalExecutor(setup=["cd /", "export A='a  b'"])
    assert output(jobs, start(jobs, sh('echo "$A" in $PWD'), executor=executor)) == "a  b in /\n"
    failing = start(jobs, sh("echo never"), executor=LocalExecutor(setup=["exit 9"]))
    assert (output(jobs, failing), jobs.wait(failing).exit_code) == ("", 9)


def test_every_task_runs_the_command(jobs: Jobs) -> None:
    """Their output is one log, their exit codes are the job's results, the first failure is the job's."""
    executor = LocalExecutor(tasks_per_node=3)
    handle = start(
        jobs, sh("echo task $SUBMITIT_LOCAL_GLOBALID; exit $SUBMITIT_LOCAL_GLOBALID"), executor=executor
    )
    assert sorted(output(jobs, handle).splitlines()) == ["task 0", "task 1", "task 2"]
    status = jobs.wait(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, 1)
    assert list(jobs.logs(handle)) == ["task 0\n", "task 1\n", "task 2\n"]
    assert submitit_jobs(handle)["main"][0].results() == [0, 1, 2]


def test_error_output_can_be_kept_apart(jobs: Jobs) -> None:
    """In submitit's own files, and logs show both."""
    handle = start(jobs, sh("echo err >&2; echo out"), executor=LocalExecutor(stderr_to_stdout=False))
    jobs.wait(handle)
    [job] = submitit_jobs(handle)["main"]
    assert (job.stdout(), job.stderr()) == ("out\n", "err\n")
    assert list(jobs.logs(handle)) == ["out\n", "err\n"]


@pytest.mark.parametrize("code", [1, 144, 255])
def test_exit_codes_are_told_as_they_are(jobs: Jobs, code: int) -> None:
    """Also 144, by which submitit's own tasks ask to be started again; the command runs once."""
    handle = start(jobs, sh(f"echo once; exit {code}"))
    assert jobs.wait(handle).exit_code == code
    until(lambda: not is_running(controller(jobs, handle)), "the end of the controller")
    assert list(jobs.logs(handle)) == ["once\n"]


def test_a_signal_is_an_exit_code(jobs: Jobs) -> None:
    """As shells have it: 128 and the signal's number."""
    assert jobs.wait(start(jobs, sh("kill -9 $$"))).exit_code == 128 + 9


def test_a_missing_program_fails_the_job(jobs: Jobs) -> None:
    """With the code that shells have for it, and its name in the log."""
    handle = start(jobs, RoleSpec("main", "no-such-program"))
    status = jobs.wait(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, 127)
    assert "no-such-program" in "".join(jobs.logs(handle))


def test_an_error_in_the_task_is_told(jobs: Jobs) -> None:
    """What keeps a task from running its command is the job's message."""
    status = jobs.wait(start(jobs, sh("true", A="\0")))
    assert (status.state, status.exit_code) == (JobState.FAILED, None)
    assert "null byte" in status.message


def test_what_the_command_leaves_running_ends_with_it(jobs: Jobs) -> None:
    """A child in the background does not outlive the job."""
    handle = start(jobs, sh("sleep 600 & echo $!"))
    [line] = jobs.logs(handle, follow=True)
    until(lambda: not is_running(int(line)), "the end of the background process")


# -- retries and time limits -----------------------------------------------------------------------


def test_a_failing_command_is_retried(jobs: Jobs, tmp_path: Path) -> None:
    """As often as was said, and no more once it has succeeded."""
    script = f"echo attempt; test -e {tmp_path}/$NAME && exit 0; touch {tmp_path}/$NAME; exit 7"
    handle = start(jobs, sh(script, NAME="second"), executor=LocalExecutor(retries=5))
    assert jobs.wait(handle).state is JobState.SUCCEEDED
    assert "".join(jobs.logs(handle)) == "attempt\nlaunchbind: exit code 7, now attempt 2 of 6\nattempt\n"


def test_retries_come_to_an_end(jobs: Jobs) -> None:
    """The last exit code is the job's."""
    handle = start(jobs, sh("echo attempt; exit 7"), executor=LocalExecutor(retries=1))
    assert jobs.wait(handle).exit_code == 7
    assert list(jobs.logs(handle, regex="^attempt")) == ["attempt\n"] * 2


def test_a_job_over_its_time_has_failed(jobs: Jobs) -> None:
    """submitit's signal ends the command, and the message tells why."""
    executor = LocalExecutor(timeout_min=4 / 60, signal_delay_s=3, retries=3)
    handle = start(jobs, sh("echo $$; exec sleep 600"), executor=executor)
    line = next(jobs.logs(handle, follow=True))
    status = jobs.wait(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, None)
    assert "timed-out" in status.message
    assert not is_running(int(line))


# -- from other processes --------------------------------------------------------------------------

ELSEWHERE = """
import sys
from launchbind_adapters.submitit import jobs, launcher
with launcher() as made:
    print(made.status(sys.argv[1]).state)
    if len(sys.argv) > 2:
        made.cancel(sys.argv[1])
    else:
        print(jobs(sys.argv[1])["main"][0].result())
    status = made.wait(sys.argv[1])
    print(status.state, status.exit_code)
    print("".join(made.logs(sys.argv[1])), end="")
"""


def test_another_process_needs_the_handle_only(jobs: Jobs, run_python: RunPython, tmp_path: Path) -> None:
    """It waits for the job, reads its output, and gets its result from submitit's own job."""
    handle = start(jobs, sh(f"touch {tmp_path}/up; while test -e {tmp_path}/up; do sleep 0.05; done; exit 4"))
    until((tmp_path / "up").exists, "the start of the job")
    threading_end = subprocess.Popen(["sh", "-c", f"sleep 1; rm {tmp_path}/up"])
    assert run_python(ELSEWHERE, str(handle)).splitlines() == ["RUNNING", "4", "FAILED 4"]
    threading_end.wait()


def test_another_process_cancels_the_job(jobs: Jobs, run_python: RunPython) -> None:
    """From its handle alone."""
    handle = start(jobs, sh("echo up; exec sleep 600"))
    next(jobs.logs(handle, follow=True))
    assert run_python(ELSEWHERE, str(handle), "cancel").splitlines() == ["RUNNING", "CANCELLED 143", "up"]


LAUNCHER = """
import os, sys, time
from launchbind import AppSpec, RoleSpec
from launchbind_adapters.submitit import LocalExecutor, launcher
jobs = launcher()
print(jobs.run(AppSpec("job", [RoleSpec("main", "sh", ["-c", sys.argv[1]])]), LocalExecutor()), flush=True)
time.sleep(600)
"""


@contextmanager
def launching(script: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of its own group, as in a terminal, that has submitted a job; and the job's handle."""
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGHUP])
def test_the_job_outlives_its_launcher(jobs: Jobs, number: int) -> None:
    """A kill, a Ctrl-C in its terminal, or the terminal's end: the signal goes to the whole group."""
    with launching("read _ < /dev/zero & sleep 2; echo done; exit 6") as (process, handle):
        assert jobs.status(handle).state is JobState.RUNNING
        os.killpg(process.pid, number)
        process.wait()
        assert jobs.status(handle).state is JobState.RUNNING
    status = jobs.wait(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, 6)
    assert list(jobs.logs(handle)) == ["done\n"]


def test_the_job_holds_nothing_of_its_launcher(jobs: Jobs) -> None:
    """Whoever reads the launcher's output sees it end with the launcher, not with the job."""
    with launching("sleep 600") as (process, handle):
        process.kill()
        assert process.stdout is not None
        assert process.stdout.read() == ""
        assert jobs.status(handle).state is JobState.RUNNING


def test_a_launcher_killed_while_submitting_loses_nothing(jobs: Jobs) -> None:
    """Whenever it is killed: the list has the job, running in full or FAILED, and never half of it."""
    for delay in (0.35, 0.45, 0.55, 0.65, 0.8):
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, "sleep 600"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(delay)
        process.kill()
        process.wait()
    states = set()
    for status in jobs.list("submitit_local"):
        handle = status.handle
        until(lambda: jobs.status(handle).state is not JobState.PENDING, "the end of submitting")  # noqa: B023
        states.add(jobs.status(status.handle).state)
        [ids] = submitit_jobs(status.handle).values() or [[]]
        assert (jobs.status(status.handle).state is JobState.RUNNING) is (len(ids) == 1)
    assert states <= {JobState.RUNNING, JobState.FAILED}


# -- ending it -------------------------------------------------------------------------------------


def test_cancelling_lets_the_command_tidy_up(jobs: Jobs) -> None:
    """It is sent SIGTERM first; the job is CANCELLED though the command then ends well."""
    handle = start(jobs, sh("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.1; done"))
    lines = jobs.logs(handle, follow=True)
    assert next(lines) == "up\n"
    jobs.cancel(handle)
    assert list(lines)[-1] == "bye\n"
    assert jobs.status(handle).state is JobState.CANCELLED


def test_cancelling_ends_what_ignores_it(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its children, by SIGKILL, after a grace."""
    handle = start(jobs, sh("trap '' TERM; sleep 600 & echo $!; while :; do sleep 0.1; done"))
    lines = jobs.logs(handle, follow=True)
    child = int(next(lines))
    jobs.cancel(handle)
    assert jobs.status(handle).state is JobState.CANCELLED
    until(lambda: not is_running(child), "the end of its child")


def test_cancelling_ends_every_replica(jobs: Jobs) -> None:
    """All at once; none is retried."""
    roles = (sh("echo up; exec sleep 600", "a", 2), sh("echo up; exec sleep 600", "b"))
    handle = start(jobs, *roles, executor=LocalExecutor(retries=3))
    for role, replica in (("a", 0), ("a", 1), ("b", 0)):
        next(jobs.logs(handle, role, replica, follow=True))
    jobs.cancel(handle)
    assert jobs.status(handle).state is JobState.CANCELLED
    assert list(jobs.logs(handle)) == ["up\n"] * 3


def test_what_has_ended_is_not_cancelled(jobs: Jobs) -> None:
    """Cancelling again, or too late, changes nothing; nor does cancelling what never was."""
    scheduler = jobs.scheduler("submitit_local")
    handle = start(jobs, sh("exit 3"))
    jobs.wait(handle)
    scheduler.cancel(handle.app_id)
    assert jobs.status(handle).state is JobState.FAILED
    scheduler.cancel("never-was")


def test_a_replica_that_failed_before_is_not_cancelled(jobs: Jobs) -> None:
    """What had come to its end when the rest was cancelled keeps its state and its exit code."""
    handle = start(jobs, sh("exit 3", "bad"), sh("exec sleep 600", "lasting"))
    assert list(jobs.logs(handle, "bad", follow=True)) == []  # it has ended
    time.sleep(0.05)  # files have the time of the kernel's last tick
    jobs.cancel(handle)
    status = jobs.status(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, 3)


def test_submitits_own_jobs_can_be_cancelled(jobs: Jobs) -> None:
    """The jobs that jobs() gives are live: they run, are cancelled, and have ended then."""
    handle = start(jobs, sh("echo $$; exec sleep 600"))
    pid = int(next(jobs.logs(handle, follow=True)))
    [job] = submitit_jobs(handle)["main"]
    assert isinstance(job, submitit.LocalJob)
    assert (job.state, job.done()) == ("RUNNING", False)
    job.cancel()
    until(job.done, "the end of the job")
    until(lambda: not is_running(pid), "the end of the command")
    assert jobs.wait(handle).state is JobState.FAILED


def test_a_launcher_that_ignores_interrupts_does_not_pass_that_on(jobs: Jobs) -> None:
    """As one that a script starts in the background: submitit ends its jobs by interrupts."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        handle = start(jobs, sh("exec sleep 600"))
    finally:
        signal.signal(signal.SIGINT, before)
    [job] = submitit_jobs(handle)["main"]
    job.cancel()
    until(job.done, "the end of the job")


# -- what goes wrong -------------------------------------------------------------------------------


def test_a_killed_controller_is_a_failed_job(jobs: Jobs) -> None:
    """It says so, at once and for ever, and nothing of the job is left running."""
    handle = start(jobs, sh("echo $$; exec sleep 600"))
    pid = int(next(jobs.logs(handle, follow=True)))
    os.kill(controller(jobs, handle), signal.SIGKILL)
    status = jobs.wait(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, None)
    assert "controller was killed" in status.message
    until(lambda: not is_running(pid), "the end of the command")
    jobs.cancel(handle)
    assert jobs.status(handle).state is JobState.FAILED


def test_a_reused_pid_is_no_running_job(jobs: Jobs) -> None:
    """Another process that has the controller's pid is not taken for it."""
    handle = start(jobs, sh("exec sleep 600"))
    written = records("submitit_local")
    job = written.read(handle.app_id)
    assert job is not None
    [job_id] = job.all_ids()
    born = job.controllers[job_id][1]
    written.write(handle.app_id, replace(job, controllers={job_id: (os.getpid(), born)}))
    assert jobs.status(handle).state is JobState.FAILED
    written.write(handle.app_id, job)
    assert jobs.status(handle).state is JobState.RUNNING


def test_a_job_of_another_machine_is_not_judged(jobs: Jobs) -> None:
    """Where the state folder is shared: that its controller is not here says nothing."""
    handle = start(jobs, sh("true"))
    jobs.wait(handle)
    written = records("submitit_local")
    job = written.read(handle.app_id)
    assert job is not None
    elsewhere = replace(job, host="elsewhere")
    written.write(handle.app_id, elsewhere)
    assert jobs.status(handle).state is JobState.SUCCEEDED  # its result is here
    until(lambda: not is_running(controller(jobs, handle)), "the end of the controller")
    for result in Path(job.folder).glob("*_result.pkl"):
        result.unlink()
    with pytest.raises(SchedulerError, match=f"runs on elsewhere, not on {socket.gethostname()}"):
        jobs.status(handle)
    assert jobs.list("submitit_local") == []  # which is of this machine's jobs


def test_a_failed_submit_leaves_nothing(jobs: Jobs, tmp_path: Path, state_home: Path) -> None:
    """When the second role cannot be submitted, the first is ended; no record and no folder stay."""
    marker = tmp_path / "first"
    executor = LocalExecutor(folder=str(tmp_path / "logs"))
    first = sh(f"echo $$ > {marker}; exec sleep 600", "first")
    second = sh(f"true {'x' * 1_000_000}", "second")
    plan = jobs.plan(app(first, second), executor)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))  # no room for the second one's pickle
    try:
        with pytest.raises(SchedulerError, match="File too large"):
            jobs.submit(plan)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert jobs.list("submitit_local") == []
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path != marker] == []
    assert not (tmp_path / "logs" / plan.request_as(SubmititRequest).app_id).exists()
    if marker.exists():
        assert not is_running(int(await_text(marker)))
    jobs.wait(jobs.submit(jobs.plan(app(sh("true")), executor)))  # and the folder is not spoiled


def test_a_folder_that_cannot_be_made_is_an_error(jobs: Jobs, tmp_path: Path) -> None:
    """And nothing is remembered."""
    (tmp_path / "file").touch()
    with pytest.raises(SchedulerError, match=r"Not a directory|File exists"):
        start(jobs, sh("true"), executor=LocalExecutor(folder=str(tmp_path / "file" / "logs")))
    assert jobs.list("submitit_local") == []


def test_an_interrupted_submission_is_a_failed_job(jobs: Jobs) -> None:
    """A record of a job whose submitter has gone, without all of its ids, never turns into RUNNING."""
    handle = start(jobs, sh("true", "one"), sh("true", "two"))
    jobs.wait(handle)
    written = records("submitit_local")
    job = written.read(handle.app_id)
    assert job is not None
    written.write(handle.app_id, replace(job, ids={"one": job.ids["one"]}))
    status = jobs.status(handle)
    assert (status.state, status.exit_code) == (JobState.FAILED, None)
    assert "submission was interrupted" in status.message
    assert list(jobs.logs(handle, "two", follow=True)) == []


def test_a_submission_that_ends_while_it_is_looked_at_is_whole(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When its submitter has gone because it was done, the job is not taken to be interrupted."""
    handle = start(jobs, sh("true"))
    jobs.wait(handle)
    written = records("submitit_local")
    job = written.read(handle.app_id)
    assert job is not None

    def done(process: object) -> bool:
        assert job is not None
        written.write(handle.app_id, job)
        return False

    written.write(handle.app_id, replace(job, ids={}))
    monkeypatch.setattr("launchbind_adapters.submitit.records.is_alive", done)
    assert jobs.status(handle).state is JobState.SUCCEEDED


# -- logs, lists and folders -----------------------------------------------------------------------


def test_a_thousand_lines_come_in_order(jobs: Jobs) -> None:
    """While the job runs and afterwards, none is lost."""
    handle = start(jobs, sh("i=0; while [ $i -lt 1000 ]; do echo $i; i=$((i+1)); done; printf end"))
    lines = [*(f"{number}\n" for number in range(1000)), "end"]
    assert list(jobs.logs(handle, follow=True)) == lines
    assert list(jobs.logs(handle)) == lines
    assert list(jobs.logs(handle, regex="^99.")) == [f"99{digit}\n" for digit in range(10)]


def test_logs_since_a_point_in_time_are_not_to_be_had(jobs: Jobs) -> None:
    """Log files hold no times, and guessing is no answer."""
    from datetime import datetime, timezone

    handle = start(jobs, sh("true"))
    with pytest.raises(NotImplementedError):
        list(jobs.logs(handle, since=datetime.now(timezone.utc)))


def test_the_list_has_the_sessions_jobs(jobs: Jobs) -> None:
    """Oldest first, with their states; another session's have handles of their own."""
    from launchbind_adapters.submitit import launcher

    first, second = start(jobs, sh("true")), start(jobs, sh("false"))
    for handle in (first, second):
        jobs.wait(handle)
    found = [(status.handle, str(status.state)) for status in jobs.list("submitit_local")]
    assert found == [(first, "SUCCEEDED"), (second, "FAILED")]
    with launcher("another") as others:
        assert others.list("submitit_local") == []


def test_jobs_have_folders_of_their_own(jobs: Jobs, tmp_path: Path) -> None:
    """Where the executor says, readable by their owner alone, since the environment is in there."""
    handle = start(jobs, sh("true"), executor=LocalExecutor(folder=str(tmp_path / "logs")))
    jobs.wait(handle)
    assert folder(jobs, handle) == tmp_path / "logs" / handle.app_id
    assert (tmp_path / "logs" / handle.app_id).stat().st_mode & 0o777 == 0o700


def test_the_record_holds_no_environment(jobs: Jobs, state_home: Path) -> None:
    """What is remembered of a job tells where it is, not what it was given."""
    executor = LocalExecutor(env_vars={"API_TOKEN": "not-for-you"})
    handle = start(jobs, sh("true"), executor=executor)
    [path] = state_home.rglob(f"{handle.app_id}.json")
    assert json.loads(path.read_text())["session"] == "launchbind"
    assert "not-for-you" not in path.read_text()


def test_unknown_jobs_are_unknown(jobs: Jobs) -> None:
    """Of another backend's job there is no record here."""
    handle = start(jobs, sh("true"))
    with pytest.raises(UnknownJobError):
        jobs.status(f"submitit_debug://launchbind/{handle.app_id}")


def test_a_plan_is_submitted_once(jobs: Jobs) -> None:
    """Its folder is its own."""
    plan = jobs.plan(app(sh("true")), LocalExecutor())
    jobs.submit(plan)
    with pytest.raises(PlanError, match="submitted already"):
        jobs.submit(plan)


def test_many_jobs_at_once(jobs: Jobs) -> None:
    """Twenty side by side all end as they should."""
    handles = [start(jobs, sh(f"echo {number}; exit {number % 3}")) for number in range(20)]
    give_up = time.monotonic() + GUARD_SECONDS
    while not all(status.state.is_terminal for status in jobs.statuses(handles)):
        assert time.monotonic() < give_up
        time.sleep(0.1)
    assert [status.exit_code for status in jobs.statuses(handles)] == [number % 3 for number in range(20)]
    assert ["".join(jobs.logs(handle)) for handle in handles] == [f"{number}\n" for number in range(20)]
