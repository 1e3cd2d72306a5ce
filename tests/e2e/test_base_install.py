"""The base install: the built wheel and typing-extensions, with no launcher and no command-line packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from guard import GUARD_SECONDS

pytestmark = pytest.mark.venv

ROOT = Path(__file__).parents[2]


def call(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=GUARD_SECONDS, check=False
    )


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of a virtual environment that has nothing but the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("base")
    call(sys.executable, "-m", "venv", folder / "venv").check_returncode()
    programs = folder / "venv" / "bin"
    pip = (programs / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    for arguments in (
        ("wheel", "--no-deps", "--wheel-dir", folder, ROOT),
        ("install", "typing-extensions"),
    ):
        done = call(*pip, *arguments)
        assert done.returncode == 0, done.stderr
    [wheel] = folder.glob("launchbind-*.whl")
    done = call(*pip, "install", "--no-deps", wheel)
    assert done.returncode == 0, done.stderr
    return programs


def test_importing_launchbind_needs_and_loads_no_torchx(base: Path) -> None:
    """The core is imported from the wheel, in isolated mode, and torchx is not."""
    code = "import launchbind, sys; assert 'torchx' not in sys.modules; print(launchbind.__file__)"
    done = call(base / "python", "-Ic", code)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(base.parent)


def test_the_wheel_asks_for_typing_extensions_only(base: Path) -> None:
    """Everything else the wheel requires is under an extra, and it says that it is typed."""
    code = """
from importlib.metadata import files, requires
print([each for each in requires("launchbind") if "extra ==" not in each])
print(sorted(str(each) for each in files("launchbind") if each.name == "py.typed"))
"""
    required, typed = call(base / "python", "-Ic", code).stdout.splitlines()
    assert required == "['typing-extensions>=4.6']"
    assert typed == "['launchbind/py.typed', 'launchbind_adapters/py.typed']"


def test_a_job_runs_on_the_scheduler_in_memory(base: Path) -> None:
    """The core plans, submits and follows a job with nothing else installed."""
    code = """
from launchbind import Bindings, Launcher
from launchbind.testing import FakeApp, FakeExecutor, FakeRole, FakeScheduler
bindings = Bindings()
bindings.bind("fake", FakeExecutor, FakeScheduler)
with Launcher(bindings) as jobs:
    handle = jobs.run(FakeApp("greet", [FakeRole("main", "echo", ["hello"])]), FakeExecutor())
    print(jobs.status(handle).state)
"""
    done = call(base / "python", "-Ic", code)
    assert done.stdout == "RUNNING\n", done.stderr


@pytest.mark.parametrize("command", [["launchbind"], ["python", "-m", "launchbind"]], ids=" ".join)
def test_the_command_line_says_what_it_needs(base: Path, command: list[str]) -> None:
    """Without click the command ends with one sentence that has the command to install it."""
    program, *arguments = command
    done = call(base / program, *arguments, "backends")
    expected = "launchbind: the command line needs click: run python -m pip install 'launchbind[cli]'.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)


def test_an_executor_says_what_it_needs(base: Path) -> None:
    """NeMo-Run's executors are listed without NeMo-Run; resolving one says what to install."""
    code = """
from launchbind import MissingDependencyError
from launchbind_adapters.nemo_run import EXECUTORS
print(len(list(EXECUTORS)))
try:
    EXECUTORS.type_of("local")
except MissingDependencyError as error:
    print(error)
"""
    count, said = call(base / "python", "-Ic", code).stdout.splitlines()
    assert count == "8"
    assert said.endswith("which is not installed: run python -m pip install 'launchbind[nemo]'.")
