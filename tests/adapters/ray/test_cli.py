"""The installed command line on Ray."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from guard import GUARD_SECONDS

if TYPE_CHECKING:
    from ray_head import RayHead
    from tests.adapters.conftest import RunPython


def launchbind(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("launchbind")), *arguments],
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=GUARD_SECONDS,
        check=False,
    )


def test_run(head: RayHead) -> None:
    """Standard output is the job's output, nothing of Ray's is printed, and the exit code is the job's."""
    script = 'echo "$0" "$A"; exit 3'
    options = ("-s", f"address={head.address}", "-s", "num_cpus=0.1", "--env", "A=$HOME")
    done = launchbind("run", "-b", "ray", *options, "--", "sh", "-c", script, "${HOME}", RAY_ADDRESS="auto")
    assert done.stdout == "${HOME} $HOME\n", done.stderr
    assert done.returncode == 3
    submitted, ended = done.stderr.splitlines()
    assert submitted.startswith("launchbind: submitted ray://launchbind/sh-")
    assert ended.endswith(" FAILED with exit code 3")


@pytest.mark.usefixtures("head")
def test_a_job_is_found_by_its_handle() -> None:
    """Other commands wait for, read, list and cancel a detached job."""
    handle = launchbind("run", "-b", "ray", "--detach", "--", "sh", "-c", "echo hello; exit 4").stdout.strip()
    assert launchbind("wait", handle).returncode == 4
    assert launchbind("logs", handle).stdout == "hello\n"
    assert f"{handle}\tFAILED\t4" in launchbind("status", handle).stdout
    assert handle in launchbind("list", "-b", "ray").stdout
    assert launchbind("cancel", handle).returncode == 0


def test_an_error_is_one_sentence() -> None:
    """Without a head the command ends with 125 and names the address that it tried."""
    done = launchbind("run", "-b", "ray", "--", "true", RAY_ADDRESS="http://127.0.0.1:9")
    assert done.returncode == 125
    assert done.stderr.count("\n") == 1
    assert "no Ray head answers at http://127.0.0.1:9" in done.stderr


def test_without_ray_it_says_what_to_install(run_python: RunPython) -> None:
    """The backend is still listed and jobs can be planned; submitting names the extra to install."""
    code = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name == "ray" else find(name, *rest)

from launchbind import AppSpec, MissingDependencyError, RoleSpec
from launchbind_adapters.ray import Adapter, RayExecutor, launcher
assert [entry.name for entry in Adapter().backends()] == ["ray"]
print([(check.state, check.fix) for check in Adapter().checks()])
with launcher() as jobs:
    plan = jobs.plan(AppSpec("app", [RoleSpec("main", "true")]), RayExecutor())
    try:
        jobs.submit(plan)
    except MissingDependencyError as error:
        print(error)
"""
    fix = "python -m pip install 'launchbind[ray]'"
    assert run_python(code) == (
        f"""[('missing', "{fix}")]\n"""
        f"backend 'ray' needs the package 'ray', which is not installed: run {fix}.\n"
    )
