"""The executors and their registry: the core's own, typed, and cheap to import."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import launchbind
from launchbind import (
    AppSpec,
    Executor,
    InvalidSettingError,
    Registry,
    RoleSpec,
    Scheduler,
    UnknownBackendError,
    UnknownJobError,
    explain,
)
from launchbind.settings import build, fields
from launchbind_adapters import submitit as adapter
from launchbind_adapters.submitit import (
    EXECUTORS,
    DebugExecutor,
    LocalExecutor,
    SlurmExecutor,
    SubmititExecutor,
    launcher,
)

if TYPE_CHECKING:
    from tests.adapters.conftest import RunPython

EXECUTOR_CLASSES = {
    "submitit_local": LocalExecutor,
    "submitit_debug": DebugExecutor,
    "submitit_slurm": SlurmExecutor,
}


def test_the_registry_is_the_cores_own() -> None:
    """Three backends in a plain Registry, with classes and names in both directions."""
    assert type(EXECUTORS) is Registry
    assert dict(EXECUTORS.by_name) == EXECUTOR_CLASSES
    assert {EXECUTORS.name_of(cls): cls for cls in EXECUTOR_CLASSES.values()} == EXECUTOR_CLASSES


def test_the_core_knows_nothing_of_submitit() -> None:
    """Nothing in the core names it, its backends or its adapter: it needed no change there."""
    sources = Path(launchbind.__path__[0]).rglob("*.py")
    named = re.compile(r"submitit[_.]|import submitit|\.submitit")
    assert [path.name for path in sources if named.search(path.read_text())] == []


def test_a_subclass_goes_to_its_parents_backend() -> None:
    """An executor of one's own needs no registration."""

    class TeamExecutor(SlurmExecutor):
        pass

    assert EXECUTORS.name_of(TeamExecutor()) == "submitit_slurm"


@pytest.mark.parametrize("backend", EXECUTOR_CLASSES)
def test_executors_and_schedulers_conform(backend: str) -> None:
    """At run time too: explain finds nothing missing in them."""
    assert explain(EXECUTOR_CLASSES[backend](), Executor) == []
    with launcher() as jobs:
        assert explain(jobs.scheduler(backend), Scheduler) == []


def test_the_base_class_has_no_backend() -> None:
    """An executor that says nothing of its engine is not sent to any."""
    with pytest.raises(KeyError):
        EXECUTORS.name_of(SubmititExecutor())


def test_texts_are_read_as_the_types_of_fields() -> None:
    """What the command line and profiles give as text becomes what submitit takes."""
    texts = {
        "timeout_min": "30",
        "mem_gb": "1.5",
        "exclusive": "true",
        "setup": "module load cuda,ulimit -n 4096",
        "srun_args": '["--cpu-bind=none"]',
        "additional_parameters": '{"reservation": "ml", "requeue": true}',
    }
    made = build(SlurmExecutor, texts)
    assert (made.timeout_min, made.mem_gb, made.exclusive) == (30, 1.5, True)
    assert made.setup == ["module load cuda", "ulimit -n 4096"]
    assert made.srun_args == ["--cpu-bind=none"]
    assert made.additional_parameters == {"reservation": "ml", "requeue": True}
    assert "partition" in {name for name, _, _ in fields(SlurmExecutor)}


def test_what_an_engine_would_ignore_is_no_field() -> None:
    """Memory on the local engine, or a time limit on the debug engine, is refused by name."""
    with pytest.raises(InvalidSettingError, match="mem_gb"):
        build(LocalExecutor, {"mem_gb": "1"})
    with pytest.raises(InvalidSettingError, match="timeout_min"):
        build(DebugExecutor, {"timeout_min": "1"})


def test_jobs_of_other_handles_are_refused() -> None:
    """A handle of another launcher, and one of no job, each have their own error."""
    with pytest.raises(UnknownBackendError):
        adapter.jobs("local_persistent://launchbind/x")
    with pytest.raises(UnknownJobError):
        adapter.jobs("submitit_local://launchbind/x")


def test_nothing_is_imported_before_its_time(run_python: RunPython) -> None:
    """The module, the backends, the fields and an executor cost no import of submitit."""
    code = """
import sys
from launchbind_adapters.submitit import Adapter, launcher
adapter = Adapter()
assert [entry.name for entry in adapter.backends()] == ["submitit_local", "submitit_debug", "submitit_slurm"]
assert {entry.state for entry in adapter.backends()} <= {"lazy", "ready"}
adapter.fields("submitit_slurm")
adapter.executor("submitit_slurm", {"nodes": "2"}, {"A": "1"})
launcher()
assert not {"submitit", "torchx", "nemo_run"} & {*sys.modules}
"""
    run_python(code)


ABSENT = "import sys; sys.modules['submitit'] = None\n"


def test_without_submitit_one_sentence_says_what_to_install(run_python: RunPython) -> None:
    """Backends are still listed; planning and the checks tell the command that mends it."""
    code = """
from launchbind_adapters.submitit import Adapter, launcher
from launchbind import MissingDependencyError
adapter = Adapter()
assert len(adapter.backends()) == 3
print({(check.state, check.fix) for check in adapter.checks()})
executor = adapter.executor("submitit_local", {}, {})
try:
    launcher().plan(adapter.app(executor, "a", ["true"], {}), executor)
except MissingDependencyError as error:
    print(error)
"""
    checks, sentence = run_python(ABSENT + code).splitlines()
    assert checks == """{('missing', "python -m pip install 'launchbind[submitit]'")}"""
    assert "'submitit', which is not installed" in sentence
    assert "launchbind[submitit]" in sentence


def test_a_broken_submitit_is_no_absent_one(run_python: RunPython, tmp_path: Path) -> None:
    """When submitit is there but cannot be imported, the checks say broken."""
    (tmp_path / "submitit").mkdir()
    (tmp_path / "submitit" / "__init__.py").write_text("1 / 0")
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from launchbind_adapters.submitit import Adapter
print({(check.state, check.detail) for check in Adapter().checks()})
"""
    assert run_python(code, str(tmp_path)).strip() == "{('broken', 'ZeroDivisionError: division by zero')}"


def test_the_checks_look_for_slurm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where sbatch is not on PATH, the Slurm backend alone is missing something."""
    monkeypatch.setenv("PATH", str(tmp_path))
    states = {check.subject: check.state for check in adapter.Adapter().checks()}
    assert states == {"submitit_local": "ready", "submitit_debug": "ready", "submitit_slurm": "missing"}


def test_the_command_line_makes_what_it_is_asked_for() -> None:
    """Settings and variables end up in the executor, the command in one role; debug jobs cannot detach."""
    made = adapter.Adapter().executor("submitit_local", {"timeout_min": "1", "env_vars": "{}"}, {"A": "1"})
    assert made == LocalExecutor(timeout_min=1, env_vars={"A": "1"})
    app = adapter.Adapter().app(made, "name", ["echo", "$HOME"], {"A": "1"})
    assert app == AppSpec("name", [RoleSpec("name", "echo", ["$HOME"])])
    detach = [backend for backend in EXECUTORS if adapter.Adapter().can_detach(backend)]
    assert detach == ["submitit_local", "submitit_slurm"]


def test_the_command_line_runs_a_job() -> None:
    """``launchbind run`` shows the job's output and ends with its exit code."""
    script = "echo hello $A; exit 3"
    command = ["run", "-b", "submitit_local", "--env", "A=1", "--", "sh", "-c", script]
    done = subprocess.run(
        [sys.executable, "-m", "launchbind", *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("hello 1\n", 3), done.stderr
