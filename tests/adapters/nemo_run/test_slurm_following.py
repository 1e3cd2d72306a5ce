"""Following NeMo-Run's Slurm jobs by their records, with programs that stand in for Slurm's."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from invoke.context import Context
from nemo_run.core.tunnel.client import LocalTunnel, SSHTunnel
from nemo_run.run.torchx_backend.schedulers import slurm as upstream

from launchbind_adapters.nemo_run import slurm_jobs, slurm_tunnel
from launchbind_adapters.nemo_run.slurm_jobs import JobRecord, find, records

if TYPE_CHECKING:
    from invoke.runners import Result
    from tests.adapters.conftest import RunPython

SACCT = "7|FAILED|3:0|3:0|job\n8|RUNNING|0:0|0:0|job\n"
SQUEUE = "8|RUNNING|None\n"
#: Asks everything that can be asked of jobs, and prints the answers and which launchers were imported.
FOLLOW = """
import sys
from launchbind_adapters.nemo_run.slurm import SlurmScheduler
scheduler = SlurmScheduler("session")
for app_id in ("7", "8", "9", "4000000"):
    found = scheduler.describe(app_id)
    print(app_id, *((found.state, found.exit_code, [role.name for role in found.roles]) if found else ()))
print([(app_id, str(found and found.state)) for app_id, found in scheduler.describe_many(["8", "1"]).items()])
print([(each.app_id, str(each.state), each.exit_code) for each in scheduler.list()])
print([list(scheduler.log_iter("7", "main", should_tail=follow)) for follow in (True, False)])
print(list(scheduler.log_iter("7", "main", 1)))
scheduler.cancel("7")
scheduler.close()
heavy = {"nemo_run", "torchx", "leptonai", "invoke", "rich"} & {*sys.modules}
print(sorted(heavy))
"""


@pytest.fixture
def home(nemorun_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A NEMORUN_HOME of this test's own, in this process and in those it starts."""
    monkeypatch.setenv("NEMORUN_HOME", str(tmp_path))
    monkeypatch.setattr("nemo_run.config._NEMORUN_HOME", str(tmp_path))
    monkeypatch.setattr(upstream, "SLURM_JOB_DIRS", str(tmp_path / ".slurm_jobs"))
    return tmp_path


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the programs that stand in for Slurm's note how they were called."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("sacct", SACCT), ("squeue", SQUEUE), ("scancel", "")):
        program = programs / name
        program.write_text(f"#!/bin/sh\necho {name} \"$@\" >> {tmp_path}/calls\nprintf '{text}'\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), os.environ["PATH"]]))
    return tmp_path / "calls"


def test_following_imports_no_launcher(home: Path, calls: Path, run_python: RunPython) -> None:
    """State, code, log, list and cancel come from the record and Slurm's own commands."""
    folder = home / "job"
    folder.mkdir()
    (folder / "log_7_0.out").write_text("first try\n10%\r20%\n")
    (folder / "log_7_1.out").write_text("second try\nend")
    for app_id in ("7", "8", "9"):
        records().write(app_id, JobRecord(app_id, str(folder), {"main": f"log_{app_id}_*.out"}, None))
    lines = ["first try\n", "10%\r", "20%\n", "second try\n", "end"]
    assert run_python(FOLLOW).splitlines() == [
        "7 FAILED 3 ['main']",
        "8 RUNNING None ['main']",
        "9",
        "4000000",
        "[('8', 'RUNNING'), ('1', 'None')]",
        "[('7', 'FAILED', 3), ('8', 'RUNNING', None)]",
        str([lines, lines]),
        "[]",
        "[]",
    ]
    assert "scancel 7" in calls.read_text().splitlines()


def test_a_job_of_an_experiment_is_followed_without_it_too(
    home: Path, calls: Path, run_python: RunPython
) -> None:
    """What upstream's scheduler has written about a job is enough, and nothing is imported to read it."""
    code = """
import sys
from launchbind_adapters.nemo_run.slurm import SlurmScheduler
print(SlurmScheduler("session").describe("7").exit_code, {"nemo_run", "torchx"} & {*sys.modules})
"""
    upstream._save_job_dir("7", str(home / "exp" / "task"), LocalTunnel(job_dir="/jobs"), "/jobs/log_%j*.out")
    assert run_python(code) == "3 set()\n"


@pytest.mark.parametrize(
    "tunnel",
    [
        LocalTunnel(job_dir="/jobs, all"),
        SSHTunnel(job_dir="/jobs", host="login", user="me", port=2222, identity="key"),
    ],
    ids=["local", "ssh"],
)
def test_upstreams_file_of_jobs_is_read_as_upstream_does(home: Path, tunnel: LocalTunnel | SSHTunnel) -> None:
    """Folder, pattern and way to the cluster are those it was written with; the last line of an id counts."""
    other = LocalTunnel(job_dir="/other")
    upstream._save_job_dir("7", "/home/exp/old", other, "/other/old/log*")
    upstream._save_job_dir("7", "/home/exp/task", tunnel, "/jobs/task/log_%j.out")
    upstream._save_job_dir("70", "/home/exp/more", other, "/other/more/log*")
    with open(home / ".slurm_jobs", "a") as file:
        file.write("7 = not a job\n\n")
    local_folder, theirs, pattern = upstream._get_job_dirs()["7"]
    found = find("7")
    assert found is not None
    assert found.folder == str(Path(theirs.job_dir, Path(local_folder).name))
    assert found.logs == {"task": pattern.replace("%j", "7")}
    assert found.ssh == slurm_tunnel.ssh_of(theirs) == slurm_tunnel.ssh_of(tunnel)
    assert find("8") is None


def test_a_job_that_launchbind_submitted_needs_no_file_of_upstreams(home: Path) -> None:
    """Its record comes first; without either there is no such job."""
    assert find("7") is None
    record = JobRecord("7", "/jobs", {"main": "log*"}, None, array=True)
    records().write("7", record)
    assert find("7") == record
    assert json.loads((home / "launchbind" / "slurm" / "7.json").read_text()) == asdict(record)


def test_upstreams_file_is_where_upstream_has_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It settles that when it is imported, wherever NEMORUN_HOME leads afterwards."""
    upstream._save_job_dir("7", "/home/exp/task", LocalTunnel(job_dir="/jobs"), "")
    monkeypatch.setattr("nemo_run.config._NEMORUN_HOME", str(home / "elsewhere"))
    found = find("7")
    assert found is not None
    assert found.logs == {"task": "log*"}
    monkeypatch.delitem(sys.modules, upstream.__name__)
    assert slurm_jobs.find("7") is None


class Loopback(SSHTunnel):
    """A tunnel that leads back to this machine, through invoke as a real one does."""

    def connect(self) -> None:
        if self.user == "stranger":
            raise SystemExit(1)

    def run(self, command: str, hide: bool = True, warn: bool = False, **options: object) -> Result:
        done = Context().run(command, hide=hide, warn=warn, **options)
        assert done is not None
        return done


@pytest.fixture
def loopback() -> Loopback:
    return Loopback(job_dir="", host="here", user="me")


# invoke (2.2) never closes its pipes.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_commands_go_through_an_ssh_tunnel_as_they_are(
    loopback: Loopback, invoked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words arrive unchanged; failures, time limits and logins that fail are errors of one sentence."""
    run = slurm_tunnel.runner_of(loopback)
    assert run(["printf", "%s|", "$HOME 'x'", "a;b"]) == "$HOME 'x'|a;b|"
    with pytest.raises(RuntimeError, match=r"^sh failed: no database$"):
        run(["sh", "-c", "echo no database >&2; exit 4"])
    monkeypatch.setattr(slurm_tunnel, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(RuntimeError, match=r"^sleep did not answer in"):
        run(["sleep", "600"])
    with pytest.raises(ConnectionError, match="cannot log in to stranger@here"):
        slurm_tunnel.runner_of(Loopback(job_dir="", host="here", user="stranger"))(["true"])
