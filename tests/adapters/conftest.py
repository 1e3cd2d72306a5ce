"""What the tests of the adapters share: a NEMORUN_HOME of their own, and fresh interpreters."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Protocol

import pytest
from guard import GUARD_SECONDS

# nemo_run reads NEMORUN_HOME when it is imported, which is before any fixture runs.
_HOME = Path(tempfile.mkdtemp(prefix="launchbind-tests-"))
os.environ["NEMORUN_HOME"] = str(_HOME)


class RunPython(Protocol):
    """Runs code in an interpreter of its own, and returns what it printed."""

    def __call__(self, code: str, *arguments: str) -> str: ...


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture
def nemorun_home() -> Path:
    """The folder where nemo_run, in this process and in those it starts, keeps its files."""
    (_HOME / "experiments").mkdir(parents=True, exist_ok=True)
    return _HOME


@pytest.fixture
def run_python(nemorun_home: Path) -> RunPython:
    """Run code in a new interpreter, where nothing is imported yet."""

    def run(code: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            timeout=GUARD_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
