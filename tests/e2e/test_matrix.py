"""One scenario on every engine: each is real, and each command is a process of its own that knows the handle.

An engine whose extra is not installed is skipped, so that the suite also shows what one extra alone can do.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
import slurm_cluster
from guard import GUARD_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Launchbind

ON_CLUSTER = {"account": slurm_cluster.ACCOUNT, "partition": slurm_cluster.PARTITION}


@dataclass(frozen=True)
class Engine:
    """A backend, and what it takes to use it."""

    backend: str
    package: str
    #: The session fixture that starts it and says how clients find it; None where nothing is to be started.
    cluster: str | None
    settings: dict[str, str]

    @property
    def options(self) -> list[str]:
        """Those of ``launchbind run``."""
        pairs = [("-s", f"{field}={value}") for field, value in self.settings.items()]
        return ["-b", self.backend, *(word for pair in pairs for word in pair)]


ENGINES = [
    Engine("local_persistent", "nemo_run", None, {}),
    Engine("slurm_tunnel", "nemo_run", "slurm", ON_CLUSTER),
    Engine("submitit_local", "submitit", None, {}),
    Engine("submitit_slurm", "submitit", "slurm", ON_CLUSTER),
    Engine("ray", "ray", "ray", {}),
]


@pytest.fixture(params=ENGINES, ids=lambda engine: str(engine.backend))
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    chosen: Engine = request.param
    if find_spec(chosen.package) is None:
        pytest.skip(f"{chosen.package} is not installed")
    return chosen


@pytest.fixture
def environment(
    environment: dict[str, str], engine: Engine, request: pytest.FixtureRequest
) -> dict[str, str]:
    """Every command here finds the engine."""
    cluster = request.getfixturevalue(engine.cluster).environment if engine.cluster else {}
    return {**environment, **cluster}


def detached(launchbind: Launchbind, engine: Engine, *command: str) -> str:
    started = launchbind("run", *engine.options, "--detach", "--", *command)
    assert started.returncode == 0, started.stderr
    return started.stdout.strip()


def state(launchbind: Launchbind, handle: str) -> str:
    asked = launchbind("status", "--json", handle)
    assert asked.returncode == 0, asked.stderr
    [document] = json.loads(asked.stdout)
    return str(document["state"])


def test_echo(launchbind: Launchbind, engine: Engine) -> None:
    """The job's output, and nothing else, is on standard output, and the exit code is its own."""
    done = launchbind("run", *engine.options, "--", "echo", "hello")
    assert (done.returncode, done.stdout) == (0, "hello\n"), done.stderr


def test_a_failing_job(launchbind: Launchbind, engine: Engine) -> None:
    """It is FAILED with its own exit code, in the process that ran it and in another."""
    done = launchbind("run", *engine.options, "--", "sh", "-c", "echo so far; exit 3")
    assert done.returncode == 3, done.stderr
    said, *engines_own = done.stdout.splitlines()
    assert said == "so far"
    assert all(line.startswith("srun: error: ") for line in engines_own)  # submitit has both in one file
    handle = done.stderr.split()[2]
    assert state(launchbind, handle) == "FAILED"
    assert launchbind("wait", handle).returncode == 3


def test_a_thousand_lines(launchbind: Launchbind, engine: Engine) -> None:
    """Each once and in order: while the job runs, and read again by another process."""
    lines = "".join(f"{number}\n" for number in range(1, 1001))
    done = launchbind("run", *engine.options, "--", "seq", "1000")
    assert (done.returncode, done.stdout) == (0, lines), done.stderr
    assert launchbind("logs", done.stderr.split()[2]).stdout == lines


def test_cancel(launchbind: Launchbind, engine: Engine) -> None:
    """Another process ends the job by its handle, and doing so again is no error."""
    handle = detached(launchbind, engine, "sleep", "300")
    give_up = time.monotonic() + GUARD_SECONDS
    while state(launchbind, handle) != "RUNNING" and time.monotonic() < give_up:
        time.sleep(0.1)
    for _ in range(2):
        cancelled = launchbind("cancel", handle)
        assert cancelled.returncode == 0, cancelled.stderr
    assert launchbind("wait", "--timeout", "60", handle).returncode not in (0, 125)
    assert state(launchbind, handle) == "CANCELLED"


def test_a_new_process(launchbind: Launchbind, engine: Engine) -> None:
    """Processes that know the handle only follow the job, wait for it, and find it in the list."""
    handle = detached(launchbind, engine, "sh", "-c", "sleep 2; echo done")
    assert state(launchbind, handle) in ("SUBMITTED", "PENDING", "RUNNING", "SUCCEEDED")
    followed = launchbind("logs", "-f", handle)
    assert (followed.returncode, followed.stdout) == (0, "done\n"), followed.stderr
    assert launchbind("wait", handle).returncode == 0
    listed = json.loads(launchbind("list", "-b", engine.backend, "--json").stdout)
    assert {"SUCCEEDED"} == {each["state"] for each in listed if each["handle"] == handle}


SUBMIT_PAIR = """
import json, sys
from importlib import import_module
adapter, backend = import_module(f"launchbind_adapters.{sys.argv[2]}").Adapter(), sys.argv[1]
if sys.argv[2] == "nemo_run":
    from torchx.specs import AppDef, Role
    roles = [Role(name, image="", entrypoint="echo", args=["from", name]) for name in "ab"]
    app = AppDef("pair", roles=roles)
else:
    from launchbind import AppSpec, RoleSpec
    app = AppSpec("pair", [RoleSpec(name, "echo", ["from", name]) for name in "ab"])
executor = adapter.executor(backend, json.loads(sys.argv[3]), {})
with adapter.launcher("launchbind") as jobs:
    print(jobs.run(app, executor))
"""


def test_two_roles(
    launchbind: Launchbind, engine: Engine, environment: dict[str, str], tmp_path: Path
) -> None:
    """Both run, and the output of each can be read by its name."""
    submitted = subprocess.run(
        [sys.executable, "-c", SUBMIT_PAIR, engine.backend, engine.package, json.dumps(engine.settings)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=GUARD_SECONDS,
        check=False,
    )
    assert submitted.returncode == 0, submitted.stderr
    handle = submitted.stdout.split()[-1]
    assert launchbind("wait", handle).returncode == 0
    assert [launchbind("logs", "--role", role, handle).stdout for role in "ab"] == ["from a\n", "from b\n"]
    assert sorted(launchbind("logs", handle).stdout.splitlines()) == ["from a", "from b"]
