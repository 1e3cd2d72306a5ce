"""Jobs on a running Ray head: how they run, and how they are followed, found and cancelled."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from guard import GUARD_SECONDS
from tests.adapters.ray.conftest import app, app_of, role

from launchbind import JobState, SchedulerError, UnknownJobError, UnsupportedError
from launchbind_adapters.ray import RayExecutor, RayInfo, scheduler

if TYPE_CHECKING:
    from pathlib import Path

    from ray_head import RayHead
    from tests.adapters.conftest import RunPython
    from tests.adapters.ray.conftest import Jobs

    from launchbind import Handle

pytestmark = pytest.mark.usefixtures("head")

LINES = [f"{number}\n" for number in range(1, 1001)]


def await_state(jobs: Jobs, handle: Handle, state: JobState) -> None:
    """Wait until the job is in the state."""
    give_up = time.monotonic() + GUARD_SECONDS
    while (status := jobs.status(handle)).state is not state:
        assert time.monotonic() < give_up, status
        time.sleep(0.2)


def test_echo(jobs: Jobs, head: RayHead) -> None:
    """A job runs, its logs are its own output without Ray's, and its status has its page."""
    handle = jobs.run(app("echo", "hello"), RayExecutor())
    assert list(jobs.logs(handle, follow=True)) == ["hello\n"]
    status = jobs.wait(handle, timeout=GUARD_SECONDS)
    assert (status.state, status.exit_code, status.message) == (JobState.SUCCEEDED, 0, "")
    assert status.ui_url == f"{head.address}/#/jobs/{handle.app_id}-main-0"
    assert list(jobs.logs(handle)) == ["hello\n"]


@pytest.mark.parametrize(("script", "code"), [("exit 3", 3), ("kill -9 $$", 137)])
def test_a_failing_job(jobs: Jobs, script: str, code: int) -> None:
    """A failing job is FAILED with its exit code; for a signal that is 128 + N, as in shells."""
    status = jobs.wait(jobs.run(app("sh", "-c", script), RayExecutor()), timeout=GUARD_SECONDS)
    assert (status.state, status.exit_code) == (JobState.FAILED, code)


def test_an_environment_that_cannot_be_made(jobs: Jobs) -> None:
    """A job that never ran is FAILED, with the reason in one line and without a traceback."""
    executor = RayExecutor(working_dir="https://127.0.0.1:9/code.zip")
    status = jobs.wait(jobs.run(app("true"), executor), timeout=GUARD_SECONDS)
    assert (status.state, status.exit_code) == (JobState.FAILED, None)
    assert status.message.startswith("runtime_env setup failed")
    assert "Traceback" not in status.message
    assert "\n" not in status.message


def test_a_thousand_lines(jobs: Jobs) -> None:
    """Each line is there once and in order, both when following and afterwards."""
    handle = jobs.run(app("sh", "-c", "seq 1 500; sleep 3; seq 501 1000"), RayExecutor())
    assert list(jobs.logs(handle, follow=True)) == LINES
    assert list(jobs.logs(handle)) == LINES
    assert list(jobs.logs(handle, regex="^99.$")) == [f"{number}\n" for number in range(990, 1000)]


def test_logs_since_a_point_in_time_are_not_there(jobs: Jobs) -> None:
    """Ray's logs have no times, so ``since`` is an error instead of returning everything."""
    handle = jobs.run(app("true"), RayExecutor())
    with pytest.raises(UnsupportedError, match="since a point in time"):
        list(jobs.logs(handle, since=datetime.now(timezone.utc)))


def test_cancel(jobs: Jobs) -> None:
    """When cancel returns the job has ended; a second cancel does nothing; the output is kept."""
    handle = jobs.run(app("sh", "-c", "echo hello; exec sleep 1000"), RayExecutor())
    for line in jobs.logs(handle, follow=True):  # leaving the loop early closes the stream
        assert line == "hello\n"
        break
    jobs.cancel(handle)
    assert jobs.status(handle).state is JobState.CANCELLED
    jobs.cancel(handle)
    assert jobs.status(handle).exit_code is None
    assert list(jobs.logs(handle)) == ["hello\n"]


def test_cancelling_what_has_not_started_says_what_ray_can_do(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray cannot end a job that waits for resources: that is an error, and the state stays true."""
    monkeypatch.setattr(scheduler, "CANCEL_SECONDS", 2.0)
    handle = jobs.run(app("true"), RayExecutor(resources={"unobtainium": 1}))
    with pytest.raises(SchedulerError, match=r"told to end 2 s ago, but is PENDING.*waiting for"):
        jobs.cancel(handle)
    status = jobs.status(handle)
    assert status.state is JobState.PENDING
    assert "waiting for" in status.message


def test_a_new_process_needs_the_handle_only(
    jobs: Jobs, run_python: RunPython, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process follows, waits for and cancels jobs, even if RAY_ADDRESS has changed."""
    done = jobs.run(app("sh", "-c", "sleep 2; echo hello; exit 5"), RayExecutor())
    running = jobs.run(app("sleep", "1000"), RayExecutor())
    monkeypatch.setenv("RAY_ADDRESS", "http://127.0.0.1:9")
    code = """
import sys
from launchbind_adapters.ray import launcher
done, running = sys.argv[1:]
with launcher() as jobs:
    print([*jobs.logs(done, follow=True)], jobs.wait(done, timeout=120).exit_code)
    jobs.cancel(running)
    print(jobs.status(running).state)
"""
    assert run_python(code, str(done), str(running)) == "['hello\\n'] 5\nCANCELLED\n"


def test_another_machine_needs_the_address_only(
    jobs: Jobs, run_python: RunPython, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a record of the job, the cluster's own data suffices."""
    handle = jobs.run(app_of(role("echo", "a"), role("echo", "b", name="two")), RayExecutor())
    jobs.wait(handle, timeout=GUARD_SECONDS)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
    code = """
import sys
from launchbind_adapters.ray import launcher
with launcher() as jobs:
    print(jobs.status(sys.argv[1]).state, [*jobs.logs(sys.argv[1])], [*jobs.logs(sys.argv[1], "two")])
"""
    assert run_python(code, str(handle)) == "SUCCEEDED ['a\\n', 'b\\n'] ['b\\n']\n"


def test_roles_and_replicas(jobs: Jobs) -> None:
    """Each replica of each role is a job; when all have ended and one has failed, the app is FAILED."""
    roles = [role("echo", "one", replicas=2), role("sh", "-c", "echo two; exit 4", name="two")]
    handle = jobs.run(app_of(*roles), RayExecutor())
    status = jobs.wait(handle, timeout=GUARD_SECONDS)
    assert (status.state, status.exit_code) == (JobState.FAILED, 4)
    assert status.message == "two/0: ended with exit code 4"
    assert list(jobs.logs(handle)) == ["one\n", "one\n", "two\n"]
    assert list(jobs.logs(handle, "main", 1)) == ["one\n"]
    assert sorted(jobs.logs(handle, follow=True)) == ["one\n", "one\n", "two\n"]


def test_an_app_runs_as_long_as_one_of_its_jobs(jobs: Jobs) -> None:
    """When one job has failed, the app still runs, and its message names that job."""
    roles = [role("sleep", "1000"), role("false", name="two")]
    handle = jobs.run(app_of(*roles), RayExecutor())
    give_up = time.monotonic() + GUARD_SECONDS
    while not (status := jobs.status(handle)).message.endswith("two/0: ended with exit code 1"):
        assert not status.state.is_terminal
        assert time.monotonic() < give_up
        time.sleep(0.2)
    assert status.state in (JobState.RUNNING, JobState.PENDING)
    jobs.cancel(handle)
    assert jobs.status(handle).state is JobState.FAILED


WORDS = ["$HOME", "${HOME}", "$$", "`id`", "a b", "", "'q'", '"q"', "\\n", "a\nb", "*", "~", "é", "%s"]
PRINT = """
import os, sys
print(sys.argv[1:], [os.environ[f"W{number}"] for number in range(len(sys.argv) - 1)], sep="\\n")
"""


def test_awkward_words_and_variables(jobs: Jobs) -> None:
    """Arguments and variables reach the job unchanged: neither a shell nor Ray interprets them."""
    env_vars = {f"W{number}": word + "\n" for number, word in enumerate(WORDS)}
    handle = jobs.run(app("python3", "-c", PRINT, *WORDS), RayExecutor(env_vars=env_vars))
    words, variables = jobs.logs(handle, follow=True)
    assert eval(words) == WORDS
    assert eval(variables) == [*env_vars.values()]


def test_a_variable_of_the_role_wins(jobs: Jobs) -> None:
    """Every role gets the executor's variables; a role's own override them."""
    job = app_of(role("sh", "-c", "echo $A $B", B="role"))
    handle = jobs.run(job, RayExecutor(env_vars={"A": "executor", "B": "executor"}))
    assert list(jobs.logs(handle, follow=True)) == ["executor role\n"]


def test_a_working_dir_is_uploaded_and_ray_itself_works(jobs: Jobs, tmp_path: Path) -> None:
    """The entrypoint starts in a copy of the folder, and its Ray tasks get the job's variables."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "main.py").write_text(
        "import os, ray\n"
        "ray.init(log_to_driver=False, logging_level='error')\n"
        "print(ray.get(ray.remote(lambda: os.environ['A']).remote()))\n"
    )
    executor = RayExecutor(working_dir=str(tmp_path / "code"), env_vars={"A": "told"}, num_cpus=0.1)
    handle = jobs.run(app("python", "main.py"), executor)
    output = list(jobs.logs(handle, follow=True))
    assert jobs.wait(handle, timeout=GUARD_SECONDS).state is JobState.SUCCEEDED
    assert output[-1] == "told\n"


def test_list(jobs: Jobs) -> None:
    """list() returns launchbind's jobs with their states."""
    done = jobs.run(app("true", name="done"), RayExecutor())
    jobs.wait(done, timeout=GUARD_SECONDS)
    listed = {str(status.handle): status.state for status in jobs.list("ray")}
    assert listed[str(done)] is JobState.SUCCEEDED


def test_without_ray_address_every_cluster_that_had_jobs_is_listed(
    jobs: Jobs, head: RayHead, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without RAY_ADDRESS, the clusters in the records are listed."""
    monkeypatch.delenv("RAY_ADDRESS")
    handle = jobs.run(app("true"), RayExecutor(address=head.address))
    assert handle in [status.handle for status in jobs.list("ray")]


def test_an_unknown_job(jobs: Jobs) -> None:
    """For a job that the head does not know, every method raises UnknownJobError."""
    for ask in (jobs.status, jobs.cancel, jobs.logs):
        with pytest.raises(UnknownJobError):
            ask("ray://tests/app-000000000000")


def test_a_refused_job_leaves_nothing_behind(jobs: Jobs, records: Path) -> None:
    """When the second job of an app is refused, the first is ended and deleted, and no record remains."""

    def spoil(_: str, info: RayInfo) -> RayInfo:
        info.request.jobs[1].runtime_env["pip"] = 1  # Ray refuses it
        return info

    first, second = role("sleep", "1000"), role("true", name="two")
    second.adjust = spoil
    plan = jobs.plan(app_of(first, second, name="refused"), RayExecutor())
    with pytest.raises(SchedulerError, match="could not submit app 'refused'"):
        jobs.submit(plan)
    assert not [status for status in jobs.list("ray") if status.handle.app_id.startswith("refused-")]
    assert not list(records.iterdir())


def test_output_that_is_no_text_is_an_error(jobs: Jobs) -> None:
    """Ray cannot read logs that are not UTF-8: that is an error; Ray's own client just stops."""
    handle = jobs.run(app("printf", "a\\n\\377\\n"), RayExecutor())
    for follow in (True, False):
        with pytest.raises(SchedulerError, match="UnicodeDecodeError"):
            list(jobs.logs(handle, follow=follow))
