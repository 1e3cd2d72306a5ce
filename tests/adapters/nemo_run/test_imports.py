"""What is imported when: following a local job needs nothing of NeMo-Run or torchx, planning one does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from guard import GUARD_SECONDS
from nemo_run import LocalExecutor
from nemo_run.config import get_nemorun_home, set_nemorun_home
from torchx.specs import AppDef, Role

from launchbind_adapters.nemo_run import launcher
from launchbind_adapters.nemo_run.home import nemorun_home

if TYPE_CHECKING:
    from tests.adapters.conftest import RunPython

    from launchbind import Handle

HEAVY = {"nemo_run", "torchx", "leptonai"}
#: Runs the command line and prints, as the last line of its errors, which modules were imported.
COMMAND_LINE = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from launchbind.__main__ import main
sys.exit(main())
"""


@pytest.fixture(scope="module")
def ended() -> Handle:
    """A local job that has printed a line and failed with exit code 3."""
    script = Role("main", image="", entrypoint="sh", args=["-c", "echo hello; exit 3"])
    with launcher() as jobs:
        handle = jobs.run(AppDef("ended", roles=[script]), LocalExecutor())
        jobs.wait(handle, timeout=GUARD_SECONDS)
    return handle


@pytest.mark.usefixtures("nemorun_home")
@pytest.mark.parametrize(
    ("command", "printed", "code"),
    [
        (["status", "HANDLE"], "HANDLE\tFAILED\t3\t\n", 0),
        (["logs", "HANDLE"], "hello\n", 0),
        (["logs", "--follow", "--grep", "^h", "HANDLE"], "hello\n", 0),
        (["wait", "HANDLE"], "HANDLE\tFAILED\t3\t\n", 3),
        (["cancel", "HANDLE"], "HANDLE\tFAILED\t3\t\n", 0),
        (["list", "-b", "local_persistent"], "HANDLE\tFAILED\t3\t\n", 0),
    ],
    ids=["status", "logs", "logs --follow", "wait", "cancel", "list"],
)
def test_commands_that_follow_a_local_job_import_no_launcher(
    ended: Handle, command: list[str], printed: str, code: int
) -> None:
    """Each prints what is asked, and imports neither nemo_run nor torchx nor leptonai."""
    words = [word.replace("HANDLE", str(ended)) for word in command]
    done = subprocess.run(
        [sys.executable, "-c", COMMAND_LINE, *words],
        capture_output=True,
        text=True,
        timeout=GUARD_SECONDS,
        check=False,
    )
    assert printed.replace("HANDLE", str(ended)) in done.stdout, done.stderr
    assert done.returncode == code
    imported = done.stderr.splitlines()[-1].split()
    assert "launchbind_adapters.nemo_run.local" in imported
    assert {name.partition(".")[0] for name in imported} & HEAVY == set()


def test_making_a_launcher_imports_neither(run_python: RunPython) -> None:
    """launcher() of both adapters imports neither nemo_run nor torchx."""
    code = """
import sys
from launchbind_adapters import nemo_run, torchx
with nemo_run.launcher(), torchx.launcher():
    print(sorted({"nemo_run", "torchx"} & {*sys.modules}))
"""
    assert run_python(code) == "[]\n"


#: Code that makes a package look as if it were not installed.
HIDE = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
def hide(package):
    PathFinder.find_spec = lambda name, *rest: None if name == package else find(name, *rest)
"""


def test_without_nemo_run_a_backend_says_what_to_install(run_python: RunPython) -> None:
    """Planning a local or Slurm job, and the status of a Docker job, raise the error that names the extra."""
    code = f"""{HIDE}
hide("nemo_run")
from launchbind import AppSpec, MissingDependencyError, RoleSpec
from launchbind_adapters.nemo_run import launcher
app = AppSpec("app", [RoleSpec("main", "true")])
with launcher() as jobs:
    for ask in (
        lambda: jobs.plan(app, object(), backend="local_persistent"),
        lambda: jobs.plan(app, object(), backend="slurm_tunnel"),
        lambda: jobs.status("docker_persistent://launchbind/app"),
    ):
        try:
            ask()
        except MissingDependencyError as error:
            print(error)
"""
    lines = run_python(code).splitlines()
    assert len(lines) == 3
    for line in lines:
        assert "'nemo_run'" in line
        assert line.endswith("which is not installed: run python -m pip install 'launchbind[nemo]'.")


def test_without_torchx_a_backend_says_what_to_install(run_python: RunPython) -> None:
    """Planning for one of torchx's backends raises the error that names the extra."""
    code = f"""{HIDE}
hide("torchx")
from launchbind import AppSpec, MissingDependencyError, RoleSpec
from launchbind_adapters.torchx import launcher
with launcher() as jobs:
    try:
        jobs.plan(AppSpec("app", [RoleSpec("main", "true")]), {{}}, backend="local_cwd")
    except MissingDependencyError as error:
        print(error)
"""
    line = run_python(code).strip()
    assert line.endswith("which is not installed: run python -m pip install 'launchbind[torchx]'.")


def test_the_home_folder_is_nemo_runs() -> None:
    """Once nemo_run is imported, its folder counts, also after set_nemorun_home."""
    before = get_nemorun_home()
    try:
        set_nemorun_home("/elsewhere")
        assert nemorun_home() == Path("/elsewhere")
    finally:
        set_nemorun_home(before)


@pytest.mark.parametrize("given", ["/some/where", None])
def test_the_home_folder_is_found_without_nemo_run(
    run_python: RunPython, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    """Before nemo_run is imported, the folder is the one that it will have: NEMORUN_HOME, or the default."""
    if given:
        monkeypatch.setenv("NEMORUN_HOME", given)
    else:
        monkeypatch.delenv("NEMORUN_HOME")
    code = """
import sys
from launchbind_adapters.nemo_run.home import nemorun_home
early = nemorun_home()
assert "nemo_run" not in sys.modules
from nemo_run.config import get_nemorun_home
print(early, str(early) == get_nemorun_home())
"""
    expected = given or str(Path.home() / ".nemo_run")
    assert run_python(code) == f"{expected} True\n"
