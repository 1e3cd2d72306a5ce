"""Executors that NeMo-Run does not know, in its experiments: every job here really runs.

``acme`` is the example package, a new executor with a scheduler of its own. ``team`` is a subclass of
LocalExecutor. ``plain`` is LocalExecutor without launchbind and ``installed`` is the same with it.
"""

from __future__ import annotations

import json
import re
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from tests.adapters.nemo_run.conftest import SCENARIOS, Place, finish, make_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Results = dict[str, dict[str, Any]]

BATTERIES = {
    "acme": ["acme_executor:AcmeExecutor"],
    "team": ["team_executors:TeamLocalExecutor"],
    "plain": ["nemo_run:LocalExecutor"],
    "installed": ["nemo_run:LocalExecutor", "install"],
}
EXECUTORS = {"acme": "AcmeExecutor", "team": "TeamLocalExecutor"}
custom = pytest.mark.parametrize("kind", EXECUTORS)


class Battery:
    """The results of scenarios/battery.py, and the place where it ran."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.results: Results = json.loads((place.folder / "results.json").read_text())

    def steady(self) -> Results:
        """The results without ids, times and folders, which differ from run to run."""
        parts = {part: {**result, "shown": None} for part, result in self.results.items()}
        text = json.dumps(parts, sort_keys=True).replace(str(self.place.folder), "FOLDER")
        steady: Results = json.loads(re.sub(r"\b([a-z]+)(_\d{10,19}|-[a-z0-9]{10,})\b", r"\1-ID", text))
        return steady

    def reopen(self, part: str, when: str, *jobs: str) -> dict[str, Any]:
        """What a new process reads of the part's experiment."""
        results = self.place.folder / "reopened.json"
        self.place.python(SCENARIOS / "reopen.py", results, self.results[part]["id"], when, *jobs)
        seen: dict[str, Any] = json.loads(results.read_text())
        return seen

    def nemo(self, command: str, part: str, *arguments: str) -> str:
        """What ``nemo experiment`` prints about the part's experiment, without the time of day."""
        printed = self.place.nemo("experiment", command, self.results[part]["id"], *arguments)
        return re.sub(r"\[\d\d:\d\d:\d\d\]|\s+experiment\.py:\d+", "", printed)


@pytest.fixture(scope="module")
def batteries(tmp_path_factory: pytest.TempPathFactory, acme_site: Path) -> Iterator[dict[str, Battery]]:
    """The four batteries, run side by side."""
    with ExitStack() as stack:
        running = []
        places = {}
        for kind, arguments in BATTERIES.items():
            paths = [SCENARIOS, acme_site] if kind == "acme" else [SCENARIOS]
            place = stack.enter_context(make_place(tmp_path_factory.mktemp(kind), *paths))
            results = place.folder / "results.json"
            running.append(place.start(sys.executable, SCENARIOS / "battery.py", results, *arguments))
            places[kind] = place
        for process in running:
            finish(process)
        yield {kind: Battery(place) for kind, place in places.items()}


# -- in the process that launches --------------------------------------------------------------------


def test_a_dry_run_shows_the_request_and_runs_nothing(batteries: dict[str, Battery]) -> None:
    """The dry run of a new executor shows its own request, with the script where NeMo-Run wrote it."""
    battery = batteries["acme"]
    dry = battery.results["dry_run"]
    script = battery.place.home / "experiments" / "dry" / dry["id"] / "dry" / "scripts" / "dry.sh"
    assert dry["infos"] == [f"acme job dry\n    bash\n    {script}"]
    assert str(script) in dry["shown"]
    jobs = {job.name.split("-")[0] for job in (battery.place.folder / "spool").iterdir()}
    assert "one" in jobs
    assert "dry" not in jobs


def test_a_subclass_has_the_dry_run_of_its_parent(batteries: dict[str, Battery]) -> None:
    """The dry run of a LocalExecutor subclass submits exactly what LocalExecutor's does."""
    team, plain = (batteries[kind].steady()["dry_run"] for kind in ("team", "plain"))
    assert "scripts/dry.sh" in team["infos"][0]
    assert team == plain


@custom
def test_a_job_runs_and_its_logs_are_there(batteries: dict[str, Battery], kind: str) -> None:
    """A job gets its executor's env_vars, succeeds, and ``logs`` prints every line of it."""
    result = batteries[kind].results["logs"]
    assert result["states"] == {"one": "SUCCEEDED"}
    assert result["printed"] == "one/0 hello you\none/0 again\n"


@custom
def test_jobs_run_side_by_side(batteries: dict[str, Battery], kind: str) -> None:
    """Two jobs that wait for each other both end, and each job has the right state."""
    result = batteries[kind].results["parallel"]
    assert result["states"] == {"a": "SUCCEEDED", "b": "SUCCEEDED", "fails": "FAILED", "python": "SUCCEEDED"}
    assert result["made"]


@custom
def test_jobs_wait_for_their_dependencies(batteries: dict[str, Battery], kind: str) -> None:
    """Jobs that depend on each other run in that order."""
    result = batteries[kind].results["dependencies"]
    assert result["order"] == ["1", "2", "3"]
    assert set(result["states"].values()) == {"SUCCEEDED"}


@custom
def test_a_job_group_runs_its_tasks_together(batteries: dict[str, Battery], kind: str) -> None:
    """The tasks of a JobGroup run at the same time, each as a job on the executor's backend."""
    result = batteries[kind].results["group"]
    assert result["met"] == [True, True]
    assert result["handles"] == [2]


@custom
def test_a_job_can_be_cancelled(batteries: dict[str, Battery], kind: str) -> None:
    """A job that would run for ever ends when the experiment cancels it."""
    assert batteries[kind].results["cancel"]["states"] == {"endless": "CANCELLED"}


def test_detaching_follows_what_was_registered(batteries: dict[str, Battery]) -> None:
    """An executor registered with Support(detach=True) may detach; a LocalExecutor subclass may not."""
    refused = {kind: battery.results["detach"]["refused"] for kind, battery in batteries.items()}
    assert refused == {"acme": False, "team": True, "plain": True, "installed": True}


# -- in another process ------------------------------------------------------------------------------


@custom
def test_another_process_reads_the_experiment_back(batteries: dict[str, Battery], kind: str) -> None:
    """Experiment.from_id in a new process finds the executor, the state of its job and its logs."""
    seen = batteries[kind].reopen("logs", "now", "one")
    assert seen["executors"] == {"one": EXECUTORS[kind]}
    assert seen["states"] == {"one": "SUCCEEDED"}
    assert seen["printed"] == "one/0 hello you\none/0 again\n"


@custom
def test_the_command_line_reads_the_experiment_back(batteries: dict[str, Battery], kind: str) -> None:
    """``nemo experiment status`` and ``logs`` show a custom executor's job, its state and its lines."""
    status = batteries[kind].nemo("status", "logs")
    assert f"Task 0: one\n- Status: SUCCEEDED\n- Executor: {EXECUTORS[kind]}\n" in status
    assert "one/0 hello you\none/0 again\n" in batteries[kind].nemo("logs", "logs", "0")


def test_detached_jobs_go_on_and_can_be_followed(batteries: dict[str, Battery]) -> None:
    """Jobs outlive the process that launched them, also one that waits for another; others follow them."""
    battery = batteries["acme"]
    assert battery.reopen("detach", "now")["states"] == {"one": "RUNNING", "two": "PENDING"}
    (battery.place.home / "battery" / "go").touch()
    seen = battery.reopen("detach", "ended", "one", "two")
    assert seen["states"] == {"one": "SUCCEEDED", "two": "SUCCEEDED"}
    assert seen["printed"] == "one/0 let go\ntwo/0 after that\n"


def test_the_command_line_cancels_a_detached_job(batteries: dict[str, Battery]) -> None:
    """``nemo experiment cancel`` ends a job that another process left behind."""
    battery = batteries["acme"]
    assert "- Status: RUNNING\n" in battery.nemo("status", "abandon")
    assert "Cancelling endless" in battery.nemo("cancel", "abandon", "0")
    assert battery.reopen("abandon", "ended")["states"] == {"endless": "CANCELLED"}


def test_cancelling_an_ended_local_job_is_as_before(batteries: dict[str, Battery]) -> None:
    """``nemo experiment cancel`` treats an ended job of a subclass like one of LocalExecutor."""
    said = [batteries[kind].nemo("cancel", "logs", "0") for kind in ("team", "plain")]
    assert "Cancelling one" in said[0]
    # The number of an experiment is its time: in nanoseconds, or, with NeMo-Run 0.10, in seconds. White space
    # goes too, since rich may break a line within that number.
    team, plain = (re.sub(r"─+|_\d{10,19}", "", "".join(text.split())) for text in said)
    assert team == plain


# -- built-in executors ------------------------------------------------------------------------------


def test_local_jobs_end_as_before(batteries: dict[str, Battery]) -> None:
    """The results of LocalExecutor's jobs are the same with launchbind, and for a subclass."""
    plain = batteries["plain"].steady()
    assert plain["logs"]["printed"] == "one/0 hello you\none/0 again\n"
    assert batteries["installed"].steady() == plain
    assert batteries["team"].steady() == plain


@pytest.fixture(scope="module")
def dry_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The results of scenarios/dry_runs.py: without launchbind, installed, and for the team's subclasses."""
    arguments = {
        "plain": ["nemo_run", "SlurmExecutor", "LocalExecutor"],
        "installed": ["nemo_run", "SlurmExecutor", "LocalExecutor", "install"],
        "team": ["team_executors", "TeamSlurmExecutor", "TeamLocalExecutor"],
    }
    found = {}
    with make_place(tmp_path_factory.mktemp("dry"), SCENARIOS) as place:
        for kind, words in arguments.items():
            results = place.folder / f"{kind}.json"
            place.python(SCENARIOS / "dry_runs.py", results, *words)
            found[kind] = json.loads(results.read_text())
    return found


@pytest.mark.parametrize("what", ["mapping", "reverse"])
def test_the_mappings_have_the_same_contents(dry_runs: dict[str, dict[str, Any]], what: str) -> None:
    """NeMo-Run's two mappings have the same pairs in the same order, installed or not."""
    assert (dry_runs["plain"]["launchbind"], dry_runs["installed"]["launchbind"]) == (False, True)
    assert len(dry_runs["plain"][what]) == 8
    assert dry_runs["installed"][what] == dry_runs["plain"][what]


@pytest.mark.parametrize(
    "backend", ["slurm_tunnel", "local_persistent", "docker_persistent", "dgx_cloud", "lepton"]
)
def test_dry_runs_have_the_same_text(dry_runs: dict[str, dict[str, Any]], backend: str) -> None:
    """A built-in executor's dry run, also that of a group, is exactly the same, installed or not."""
    assert len(dry_runs["plain"][backend]) > 100
    assert dry_runs["installed"][backend] == dry_runs["plain"][backend]


@pytest.mark.parametrize("backend", ["slurm_tunnel", "local_persistent"])
def test_subclasses_have_their_parents_dry_runs(dry_runs: dict[str, dict[str, Any]], backend: str) -> None:
    """Subclasses of SlurmExecutor and LocalExecutor submit what their parents do, also as merged groups."""
    assert dry_runs["team"][backend] == dry_runs["plain"][backend]
    if backend == "slurm_tunnel":
        assert "srun" in dry_runs["team"][backend]
        assert dry_runs["team"][backend].count("#SBATCH --account=team") == 2


# -- as an installed package -------------------------------------------------------------------------


def test_the_entry_point_alone_is_enough_for_launchbind(acme_place: Place) -> None:
    """With the package installed, its executor is found by name, and launchbind's own launcher runs it."""
    printed = acme_place.python(
        """
import sys
from launchbind_adapters.nemo_run import EXECUTORS, launcher
from torchx.specs import AppDef, Role

assert "acme" in EXECUTORS and "acme_executor" not in sys.modules
executor = EXECUTORS["acme"]()
with launcher() as jobs:
    handle = jobs.run(AppDef("greet", roles=[Role("greet", "", entrypoint="echo", args=["hello"])]), executor)
    jobs.wait(handle, poll=0.1)
    print(handle.backend, jobs.status(handle).state.name, *jobs.logs(handle))
"""
    )
    assert printed == "acme SUCCEEDED hello\n\n"
