"""A Ray head that dies, restarts, does not exist, or requires a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from guard import GUARD_SECONDS
from ray_head import ray_head
from tests.adapters.ray.conftest import app

from launchbind import JobState, SchedulerError, UnknownJobError
from launchbind_adapters.ray import Adapter, RayExecutor

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adapters.conftest import RunPython
    from tests.adapters.ray.conftest import Jobs


def test_a_head_that_dies_mid_run(jobs: Jobs) -> None:
    """Until the head restarts, every error names its address; afterwards the job is unknown."""
    with ray_head() as head:
        executor = RayExecutor(address=head.address)
        handle = jobs.run(app("sh", "-c", "echo hello; exec sleep 1000"), executor)
        lines = jobs.logs(handle, follow=True)
        assert next(lines) == "hello\n"
        assert jobs.status(handle).state is JobState.RUNNING
        head.kill()
        silence = f"ConnectionError: no Ray head answers at {head.address}"
        with pytest.raises(SchedulerError, match=silence):
            list(lines)
        for ask in (jobs.status, jobs.wait, jobs.cancel, jobs.logs):
            with pytest.raises(SchedulerError, match=silence):
                ask(handle)
        with pytest.raises(SchedulerError, match=silence):
            jobs.list("ray")
        with pytest.raises(SchedulerError, match=silence):
            jobs.run(app("true"), executor)
        head.start()
        with pytest.raises(UnknownJobError):
            jobs.status(handle)
        again = jobs.run(app("true"), executor)
        assert jobs.wait(again, timeout=GUARD_SECONDS).state is JobState.SUCCEEDED


def test_nothing_is_recorded_where_nothing_was_submitted(jobs: Jobs, records: Path) -> None:
    """A head that does not answer is an error at once, and no record is written."""
    with pytest.raises(SchedulerError, match=r"no Ray head answers at http://127\.0\.0\.1:9\.$"):
        jobs.run(app("true"), RayExecutor(address="http://127.0.0.1:9"))
    assert not records.exists()


def test_doctor_without_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a head, doctor names the address and the fix, and does not hang."""
    monkeypatch.setenv("RAY_ADDRESS", "http://127.0.0.1:9")
    (check,) = Adapter().checks()
    assert (check.subject, check.state) == ("ray", "missing")
    assert "no Ray head answers at http://127.0.0.1:9" in check.detail
    assert "ray start --head" in check.fix


@pytest.mark.usefixtures("head")
def test_doctor_with_a_head() -> None:
    """With a head, doctor says that the backend is ready."""
    (check,) = Adapter().checks()
    assert check.state == "ready", check


TOKEN = "0123456789abcdef" * 2


def test_a_head_that_wants_a_token(
    tmp_path: Path, run_python: RunPython, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray's own token file suffices, without RAY_AUTH_MODE; the error for no token says where to put one."""
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text(TOKEN)
    environment = {"HOME": str(tmp_path), "RAY_AUTH_MODE": "token"}
    code = """
import sys
from launchbind import AppSpec, RoleSpec, SchedulerError
from launchbind_adapters.ray import RayExecutor, launcher
with launcher() as jobs:
    try:
        handle = jobs.run(AppSpec("app", [RoleSpec("main", "echo", ["hello"])]), RayExecutor())
        print(*jobs.logs(handle, follow=True), jobs.wait(handle, timeout=120).state)
    except SchedulerError as error:
        print(error)
"""
    with ray_head(environment=environment) as head:
        monkeypatch.setenv("RAY_ADDRESS", head.address)
        said = run_python(code)
        assert f"the Ray head at {head.address} wants the token of its cluster, in RAY_AUTH_TOKEN" in said
        assert said.count("\n") == 1
        monkeypatch.delenv("RAY_AUTH_TOKEN_PATH")
        monkeypatch.setenv("HOME", str(tmp_path))
        assert run_python(code) == "hello\n SUCCEEDED\n"
        monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
        monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
        assert run_python(code) == "hello\n SUCCEEDED\n"
