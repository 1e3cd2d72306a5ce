"""What the tests of the command line share: the installed command, in a NEMORUN_HOME of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
import ray_head
import slurm_cluster
from guard import GUARD_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    Completed = subprocess.CompletedProcess[str]
    Process = subprocess.Popen[str]

#: The command that was installed beside the interpreter that runs the tests.
LAUNCHBIND = str(Path(sys.executable).with_name("launchbind"))


class Launchbind(Protocol):
    """Runs the command line to its end."""

    def __call__(self, *arguments: str, **variables: str) -> Completed: ...


class Start(Protocol):
    """Starts the command line."""

    def __call__(self, *arguments: str) -> Process: ...


@pytest.fixture(scope="session")
def nemorun_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where nemo_run keeps its files for these tests."""
    home = tmp_path_factory.mktemp("nemorun")
    (home / "experiments").mkdir()
    return home


@pytest.fixture(scope="session")
def slurm() -> Iterator[slurm_cluster.SlurmCluster]:
    """A real Slurm, on loopback, for as long as the tests run."""
    slurm_cluster.require()
    with slurm_cluster.SlurmCluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def ray() -> Iterator[ray_head.RayHead]:
    """A real Ray head, on loopback, for as long as the tests run."""
    with ray_head.ray_head(cpus=4) as head:
        yield head


@pytest.fixture
def environment(nemorun_home: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of every command here; its PATH finds the installed command first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    homes = {"NEMORUN_HOME": str(nemorun_home), "XDG_STATE_HOME": str(tmp_path / "state")}
    return {**os.environ, **homes, "PATH": path}


@pytest.fixture
def launchbind(environment: dict[str, str], tmp_path: Path) -> Launchbind:
    """Run ``launchbind`` with these arguments and, besides the usual ones, these variables."""

    def run(*arguments: str, **variables: str) -> Completed:
        return subprocess.run(
            [LAUNCHBIND, *arguments],
            env={**environment, **variables},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=GUARD_SECONDS,
            check=False,
        )

    return run


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start ``launchbind`` with these arguments; what is still running is killed with the test."""
    started: list[Process] = []

    def run(*arguments: str) -> Process:
        process = subprocess.Popen(
            [LAUNCHBIND, *arguments],
            env=environment,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with process:
            process.kill()
