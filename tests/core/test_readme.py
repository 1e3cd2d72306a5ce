"""The README's launcher of one's own: it runs with nothing but the core, and is as short as it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from guard import GUARD_SECONDS

import launchbind

README = Path(__file__).parents[2] / "README.md"
LINES = 60


@pytest.fixture
def blocks() -> list[str]:
    """The section's code: the module, and how it is used."""
    found = re.search(r"^## Bind your own launcher\n(.*?)^## ", README.read_text(), re.DOTALL | re.MULTILINE)
    assert found
    return re.findall(r"^```python\n(.*?)^```$", found[1], re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(blocks: list[str], tmp_path: Path) -> Path:
    """A folder with both."""
    for name, block in zip(("my_launcher.py", "use.py"), blocks, strict=True):
        (tmp_path / name).write_text(block)
    return tmp_path


def run(folder: Path, code: str) -> str:
    """Run code in a new interpreter, which has no packages to import but the core."""
    core = str(Path(str(launchbind.__file__)).parents[1])
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {[core, str(folder)]}\n{code}"],
        env={**os.environ, "HOME": str(folder), "PYTHONPATH": ""},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=GUARD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_runs_a_job(folder: Path) -> None:
    """The plan hides the secret, the job reaches its end, and its output is read."""
    shown = run(folder, (folder / "use.py").read_text())
    assert shown.startswith("export API_TOKEN=<redacted>\nnice -n 5 echo hello\n")
    assert shown.endswith("SUCCEEDED hello\n\n")


def test_another_process_cancels_its_job(folder: Path) -> None:
    """By the handle alone, and again without harm."""
    use = (folder / "use.py").read_text().partition("with Launcher")[0]
    jobs = "jobs = Launcher(bindings)"
    sleep = 'app.roles[0].entrypoint, app.roles[0].args = "sleep", ["300"]'
    handle = run(folder, f"{use}\n{sleep}\n{jobs}\nprint(jobs.run(app, Background()))").strip()
    [pid] = [int(path.read_text()) for path in (folder / "background-jobs").glob("*.pid")]
    for _ in range(2):
        said = run(folder, f"{use}\n{jobs}\njobs.cancel({handle!r})\nprint(jobs.status({handle!r}).state)")
        assert said == "CANCELLED\n"
    give_up = time.monotonic() + GUARD_SECONDS
    while Path(f"/proc/{pid}").exists() and time.monotonic() < give_up:
        time.sleep(0.01)
    assert not Path(f"/proc/{pid}").exists()


def test_it_is_short_and_conforms(blocks: list[str], folder: Path) -> None:
    """The module has fewer than 60 lines, and its scheduler all that the Protocol asks."""
    assert len(blocks[0].splitlines()) < LINES
    code = """
from launchbind import Scheduler, SupportsLogs, explain
from my_launcher import BackgroundScheduler
made = BackgroundScheduler("tests")
print(explain(made, Scheduler), explain(made, SupportsLogs))
"""
    assert run(folder, code) == "[] []\n"
