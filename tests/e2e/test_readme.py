"""The README: its code runs, and its commands do what it says they do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from guard import GUARD_SECONDS

if TYPE_CHECKING:
    from tests.e2e.conftest import Completed

README = Path(__file__).parents[2] / "README.md"

# One process for all: a block may go on with the names of those before it.
RUN_BLOCKS = """
import json, pathlib, sys
names = {"__name__": "readme"}
for number, block in enumerate(json.load(sys.stdin), start=1):
    mark, _, name = block.splitlines()[0].partition(" ")
    if mark == "#" and name.endswith(".py"):  # a module, which a later block imports
        pathlib.Path(name).write_text(block)
    else:
        exec(compile(block, f"README block {number}", "exec", dont_inherit=True), names)
    print(f"-- end of block {number}", flush=True)
"""


def blocks(language: str) -> list[str]:
    """The fenced code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)


def run(environment: dict[str, str], folder: Path, command: list[str], text: str = "") -> Completed:
    return subprocess.run(
        command,
        env=environment,
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        timeout=GUARD_SECONDS,
        check=False,
    )


def test_the_python_blocks_run(environment: dict[str, str], tmp_path: Path) -> None:
    """Every Python block runs to its end; the first one shows a plan without its secret, and a job's life."""
    import json

    code = blocks("python")
    assert len(code) >= 5
    done = run(environment, tmp_path, [sys.executable, "-c", RUN_BLOCKS], json.dumps(code))
    assert done.returncode == 0, done.stderr
    first, *rest = re.split(r"-- end of block \d+\n", done.stdout)
    assert len(rest) == len(code)
    assert "hello\n" in first
    assert "SUCCEEDED" in first
    assert "HF_TOKEN" in first
    assert "hf_not_for_your_eyes" not in first


def test_the_adapter_that_it_tests_passes(environment: dict[str, str], tmp_path: Path) -> None:
    """The example of the conformance suite is run by plain pytest, and no test of it is skipped."""
    [module] = [block for block in blocks("python") if block.startswith("# test_my_adapter.py\n")]
    (tmp_path / "test_my_adapter.py").write_text(module)
    done = run(environment, tmp_path, [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"])
    # Importing NeMo-Run warns.
    assert re.search(r"^\d+ passed(, \d+ warnings?)? in ", done.stdout, re.MULTILINE), done.stdout


def test_the_first_command_prints_hello(environment: dict[str, str], tmp_path: Path) -> None:
    """What the README runs right after installing prints hello; installing itself is what CI did."""
    install, _, command = blocks("sh")[0].strip().partition(" && ")
    assert install == "python -m pip install '.[nemo]'"
    done = run(environment, tmp_path, ["sh", "-c", command])
    assert (done.returncode, done.stdout) == (0, "hello\n"), done.stderr


def test_the_commands_it_lists_exist(environment: dict[str, str], tmp_path: Path) -> None:
    """Every ``launchbind COMMAND`` in the README is one that --help knows."""
    named = set(re.findall(r"`launchbind ([a-z]+)", README.read_text()))
    assert "run" in named
    for command in named:
        done = run(environment, tmp_path, ["launchbind", command, "--help"])
        assert done.stdout.startswith(f"Usage: launchbind {command}"), done.stderr


def test_the_folders_it_names_exist() -> None:
    """The table of the layout names folders that are there."""
    layout = README.read_text().partition("\n## Layout\n")[2]
    folders = re.findall(r"^\| `([a-z_/]+)` \|", layout, re.MULTILINE)
    assert "core/launchbind" in folders
    for folder in folders:
        assert README.parent.joinpath(folder).is_dir()


#: What is new in every run: the end of an id, and the folder that a job's files are in.
NEW = re.compile(r"(?<=/)[a-z]+-[a-z0-9]{12,14}\b|file://\S+(?=\")")


def test_the_commands_it_shows_print_what_it_shows(environment: dict[str, str], tmp_path: Path) -> None:
    """Run in order, with their own ids in place of those shown, they print the same lines."""
    [session] = blocks("console")
    ids: dict[str, str] = {}
    for step in session.removeprefix("$ ").split("\n$ "):
        command, *shown = step.rstrip("\n").split("\n")
        for old, new in ids.items():
            command = command.replace(old, new)
        done = run(environment, tmp_path, ["sh", "-c", f"{command} 2>&1"])
        printed = done.stdout.rstrip("\n").split("\n")
        for line, expected in zip(printed, shown, strict=True):
            ids.update(zip(NEW.findall(expected), NEW.findall(line), strict=False))
            assert NEW.sub("...", line) == NEW.sub("...", expected), done.stdout


def test_the_profiles_it_shows_can_be_used(environment: dict[str, str], tmp_path: Path) -> None:
    """The file, as the project's own, has the profiles that it names, and each makes its executor."""
    [text] = blocks("toml")
    (tmp_path / "launchbind.toml").write_text(text)
    code = """
from launchbind import profiles
from launchbind_adapters.nemo_run import EXECUTORS
for name, profile in sorted(profiles.load().items()):
    print(name, profile.executor(EXECUTORS).partition)
"""
    done = run(environment, tmp_path, [sys.executable, "-c", code])
    assert done.stdout == "cluster-a a100\ncluster-b h100\n", done.stderr


def test_the_mypy_settings_it_shows_are_the_ones_that_are_tested() -> None:
    """They are in mypy.ini, line by line."""
    [text] = blocks("ini")
    settings = README.with_name("mypy.ini").read_text()
    assert text.strip() in settings
