"""What the tests of submitit's adapter share: a state folder of their own, and ways to start jobs."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from guard import GUARD_SECONDS

import launchbind
import launchbind_adapters
from launchbind import AppSpec, RoleSpec
from launchbind_adapters.submitit import SubmititInfo, launcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from launchbind import Launcher
    from launchbind.protocols import App
    from launchbind_adapters.submitit import SubmititExecutor

    Jobs = Launcher[App, SubmititExecutor]
    Role = RoleSpec[SubmititInfo]


def sh(script: str, name: str = "main", replicas: int = 1, **env: str) -> Role:
    """A role that runs a shell script."""
    return RoleSpec(name, "sh", ["-c", script], env=env, num_replicas=replicas)


def app(*roles: Role, name: str = "job") -> AppSpec[SubmititInfo]:
    return AppSpec(name, list(roles))


def until(met: Callable[[], bool], what: str) -> None:
    """Wait for something that is about to happen."""
    give_up = time.monotonic() + GUARD_SECONDS
    while not met():
        assert time.monotonic() < give_up, f"{what} never happened"
        time.sleep(0.02)


def await_text(path: Path) -> str:
    """The text of a file that a job is about to write, once it has a whole line."""
    until(lambda: path.exists() and path.read_text().endswith("\n"), f"writing {path}")
    return path.read_text().strip()


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where jobs are remembered, by this process and by those it starts."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    sources = [Path(module.__path__[0]).parent for module in (launchbind, launchbind_adapters)]
    path = [str(source) for source in sources if str(source) in sys.path]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
    return tmp_path / "state"


@pytest.fixture
def jobs(state_home: Path) -> Iterator[Jobs]:
    """A launcher; the local jobs it leaves running are ended with the test."""
    with launcher() as made:
        yield made
        for status in made.list("submitit_local"):
            made.cancel(status.handle)
