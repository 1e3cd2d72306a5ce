"""The README's section on custom executors: its code runs, and the limits that it states are real."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.adapters.nemo_run.conftest import Place

README = Path(__file__).parents[3] / "README.md"


@pytest.fixture(scope="module")
def section() -> str:
    """The text of the section."""
    found = re.search(
        r"^## Your own executor in NeMo-Run\n(.*?)^## ", README.read_text(), re.DOTALL | re.MULTILINE
    )
    assert found
    return found[1]


@pytest.fixture
def readme_place(place: Place, section: str) -> Place:
    """A place with the section's modules, each named in its first line, and the other block as launch.py."""
    for block in re.findall(r"^```python\n(.*?)^```$", section, re.DOTALL | re.MULTILINE):
        name = re.match(r"# (\w+\.py)\n", block)
        (place.folder / (name[1] if name else "launch.py")).write_text(block)
    return place


def test_the_sections_code_runs(readme_place: Place) -> None:
    """The section's code, run unchanged, prints both jobs' lines; other processes find the jobs."""
    printed = readme_place.python(readme_place.folder / "launch.py")
    scratch = re.search(r"team/0 hello from (.+)\n", printed)
    assert scratch
    assert Path(scratch[1]).is_relative_to(readme_place.home / "experiments" / "greet")
    assert "here/0 hello from here\n" in printed

    readme_place.environment["PYTHONPATH"] += f":{readme_place.folder}"
    status = readme_place.nemo("experiment", "status", "greet")
    assert "- Status: SUCCEEDED\n- Executor: TeamExecutor\n" in status
    assert "- Status: SUCCEEDED\n- Executor: HereExecutor\n" in status
    assert "here/0 hello from here\n" in readme_place.nemo("experiment", "logs", "greet", "1")


def test_the_module_is_also_a_script(readme_place: Place) -> None:
    """The section's module can also be run as a script."""
    assert readme_place.python(readme_place.folder / "my_executors.py") == ""


def test_executors_of_main_cannot_be_read_back(place: Place) -> None:
    """An experiment with an executor defined in __main__ runs, but another process cannot read it."""
    place.python(
        """
from dataclasses import dataclass
import nemo_run as run
from launchbind_adapters.nemo_run import install

@dataclass(kw_only=True)
class Mine(run.LocalExecutor):
    pass

install()
with run.Experiment("main", executor=Mine(), id="main_1") as exp:
    exp.add(run.Script(inline="echo hello"), name="one")
    exp.run()
assert "SUCCEEDED" in str(exp.status(return_dict=True))
"""
    )
    said = place.python("import nemo_run as run\nrun.Experiment.from_id('main_1')\n", fails=True)
    assert "Mine" in said


def test_the_ray_helpers_take_no_subclass() -> None:
    """RayJob and RayCluster refuse a SlurmExecutor subclass, installed or not."""
    import nemo_run as run
    from nemo_run.run.ray.cluster import RayCluster
    from nemo_run.run.ray.job import RayJob

    from launchbind_adapters.nemo_run import installed

    class TeamSlurm(run.SlurmExecutor):
        pass

    for helper in (RayCluster, RayJob):
        with installed(), pytest.raises(ValueError, match="Unsupported executor"):
            helper(name="ray", executor=TeamSlurm(account="team"))


def test_only_slurm_executors_own_flags_become_sbatch_lines(place: Place) -> None:
    """A flag that only a subclass lists becomes no #SBATCH line; one in additional_parameters does."""
    printed = place.python(
        """
from dataclasses import dataclass
import nemo_run as run
from launchbind_adapters.nemo_run import install

@dataclass(kw_only=True)
class Mine(run.SlurmExecutor):
    SBATCH_FLAGS = [*run.SlurmExecutor.SBATCH_FLAGS, "bb"]
    bb: str = "fast"

install()
for more in (None, {"bb": "fast"}):
    executor = Mine(account="team", additional_parameters=more, packager=run.Packager())
    executor.tunnel = run.LocalTunnel(job_dir="/tmp")
    with run.Experiment("slurm", executor=executor) as exp:
        exp.add(run.Script(inline="echo"), name="one")
        exp.dryrun(log=False)
    text = str(exp.jobs[0]._dryrun_info)
    print("account" in text, "#SBATCH --bb=fast" in text)
"""
    )
    assert re.findall(r"^(True|False) (True|False)$", printed, re.MULTILINE) == [
        ("True", "False"),
        ("True", "True"),
    ]
