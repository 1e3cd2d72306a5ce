"""Fixtures for tests of executors in NeMo-Run: the installed example package, and places to run in."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from guard import GUARD_SECONDS

import launchbind
import launchbind_adapters
from launchbind_adapters.nemo_run import EXECUTORS, uninstall
from launchbind_adapters.nemo_run.executors import FACTORIES, SUPPORT

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
SCENARIOS = HERE / "scenarios"
#: An address at which no service listens.
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Place:
    """A folder with its own NeMo-Run home, and processes that use it."""

    folder: Path
    environment: dict[str, str]

    @property
    def home(self) -> Path:
        """The place's NEMORUN_HOME."""
        return self.folder / "nemo"

    def start(self, *command: str | Path) -> subprocess.Popen[str]:
        """Start a program, with output and errors in one stream."""
        return subprocess.Popen(
            list(map(str, command)),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str | Path, fails: bool = False) -> str:
        """Run a program to its end and return its output."""
        return finish(self.start(*command), fails=fails)

    def python(self, script: str | Path, *arguments: str | Path, fails: bool = False) -> str:
        """Run a script, given as a path or as text."""
        if isinstance(script, str):
            path = self.folder / "script.py"
            path.write_text(script)
            script = path
        return self.run(sys.executable, script, *arguments, fails=fails)

    def nemo(self, *arguments: str) -> str:
        """Run NeMo-Run's command line."""
        return self.run(Path(sys.executable).with_name("nemo"), *arguments)


def finish(process: subprocess.Popen[str], *, fails: bool = False) -> str:
    """Wait for a program that a place started, and check that it fails only if ``fails`` says so."""
    try:
        output, _ = process.communicate(timeout=GUARD_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
    assert (process.returncode != 0) is fails, output
    return output


@contextmanager
def make_place(folder: Path, *paths: Path) -> Iterator[Place]:
    """A place where modules in ``paths`` can be imported; at its end, Acme's cluster ends the jobs there."""
    sources = [Path(module.__path__[0]).parent for module in (launchbind, launchbind_adapters)]
    spool = folder / "spool"
    environment = {
        **os.environ,
        "HOME": str(folder),
        "NEMORUN_HOME": str(folder / "nemo"),
        "ACME_SPOOL": str(spool),
        "PYTHONPATH": os.pathsep.join(map(str, [*paths, *sources])),
        # NeMo-Run's local jobs run the first python on PATH.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "COLUMNS": "1000",
    }
    try:
        yield Place(folder, environment)
    finally:
        for job in spool.iterdir() if spool.exists() else ():
            (job / "cancel").touch()


@pytest.fixture(scope="session")
def acme_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example package, installed by pip."""
    site = tmp_path_factory.mktemp("site")
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", *options, "-t", site, HERE / "example_package"],
        check=True,
        timeout=GUARD_SECONDS,
    )
    return site


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A place without the example package."""
    with make_place(tmp_path) as made:
        yield made


@pytest.fixture
def acme_place(tmp_path: Path, acme_site: Path) -> Iterator[Place]:
    """A place where the example package is installed."""
    with make_place(tmp_path, acme_site) as made:
        yield made


@pytest.fixture
def as_shipped() -> Iterator[None]:
    """The test starts with launchbind's own executors and without install(), and everything is restored."""
    uninstall()
    with EXECUTORS.temporary(), patch.dict(SUPPORT, clear=True), patch.dict(FACTORIES, clear=True):
        yield
        uninstall()


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration that KubeflowExecutor reads when it is created; nothing listens at its address."""
    path = tmp_path / "kubeconfig"
    named = {"clusters": ("cluster", {"server": NOWHERE}), "users": ("user", {"token": "-"})}
    config = {kind: [{"name": "here", key: value}] for kind, (key, value) in named.items()}
    config["contexts"] = [{"name": "here", "context": {"cluster": "here", "user": "here"}}]
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": "here", **config}))
    monkeypatch.setenv("KUBECONFIG", str(path))
    if find_spec("kubernetes"):  # it reads the variable when it is imported
        monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    return path


@pytest.fixture
def invoked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give invoke (2.2), which copies NeMo-Run's files, an empty standard input.

    It reads standard input while it copies, and never closes its pipes. That is no leak of launchbind, so
    this collects the pipes, and tests that use it ignore the warnings.
    """
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        yield
    gc.collect()
