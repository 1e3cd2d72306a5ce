"""The contract for adapters: its example, the base class, and the checks that ``doctor`` shows."""

from __future__ import annotations

import doctest
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import launchbind
from launchbind import AppSpec, MissingDependencyError, Registry, RoleSpec, explain
from launchbind import adapter as adapter_module
from launchbind.adapter import Adapter, BaseAdapter, Check, failed_check, import_check, program
from launchbind.testing import FakeExecutor

if TYPE_CHECKING:
    import pytest
    from tests.core.conftest import WriteModule


@dataclass
class Plain:
    """An executor that carries no variables."""

    nodes: int = 1


class FakeAdapter(BaseAdapter[FakeExecutor]):
    """An adapter of an executor with variables; its launcher is left out."""

    def __init__(self) -> None:
        self.executors = Registry("executor")
        self.executors.register("fake", FakeExecutor, aliases=["also"])


def test_the_example_of_an_adapter_works() -> None:
    """The code in the docstrings of launchbind.adapter does what it shows."""
    results = doctest.testmod(adapter_module)
    assert results.attempted > 0
    assert results.failed == 0


def test_the_base_class_lacks_a_launcher_only() -> None:
    """explain names what a subclass has to define, and nothing else."""
    assert explain(FakeAdapter(), Adapter) == ["FakeAdapter has no method 'launcher'"]


def test_backends_and_fields_are_those_of_the_registry() -> None:
    """The entries with their aliases, and the fields of the executor's dataclass; jobs may be detached."""
    adapter = FakeAdapter()
    assert [(entry.name, entry.aliases) for entry in adapter.backends()] == [("fake", ("also",))]
    assert ("nodes", "int", "1") in adapter.fields("fake")
    assert adapter.can_detach("fake")


def test_variables_go_to_the_executor() -> None:
    """They are added to those that the settings name, and the app does not repeat them."""
    adapter = FakeAdapter()
    made = adapter.executor("fake", {"env_vars": '{"A": "1", "B": "2"}'}, {"B": "3"})
    assert made == FakeExecutor({"A": "1", "B": "3"})
    app = adapter.app(made, "name", ["echo", "$HOME"], {"B": "3"})
    assert app == AppSpec("name", [RoleSpec("name", "echo", ["$HOME"])])


def test_variables_go_to_the_app_where_the_executor_has_no_place_for_them() -> None:
    """An executor without env_vars is made as it is, and the role carries the variables."""
    adapter: BaseAdapter[Plain] = BaseAdapter()
    adapter.executors = Registry("executor")
    adapter.executors.register("plain", Plain)
    made = adapter.executor("plain", {"nodes": "2"}, {"B": "3"})
    assert made == Plain(2)
    app = adapter.app(made, "name", ["true"], {"B": "3"})
    assert app == AppSpec("name", [RoleSpec("name", "true", env={"B": "3"})])


def test_checks_import_every_executor(write_module: WriteModule) -> None:
    """Ready, missing and broken ones each have a check, with the time it took and what to install."""
    write_module("lazy_executor", "class A: ...")
    write_module("broken_executor", "raise OSError('no\\nlicense')")
    adapter = FakeAdapter()
    adapter.executors.register("lazy", "lazy_executor:A")
    adapter.executors.register("broken", "broken_executor:A", requires="acme[all]")
    adapter.executors.register("missing", "not_installed_anywhere:A")
    ready, lazy, broken, missing = adapter.checks()
    assert ready == Check("fake", "ready")
    assert (lazy.subject, lazy.state) == ("lazy", "ready")
    assert lazy.seconds is not None
    assert (broken.state, broken.detail) == ("broken", "OSError: no license")
    assert broken.fix == "python -m pip install 'acme[all]'"
    assert missing.state == "missing"
    assert missing.fix == "python -m pip install 'not_installed_anywhere'"


def test_a_module_is_checked_by_importing_it() -> None:
    """One that imports is ready, with the time it took; one that does not says what to install."""
    ready = import_check("acme", "json", "acme[all]")
    assert (ready.state, ready.fix) == ("ready", "")
    assert ready.seconds is not None
    absent = import_check("acme", "not_installed_anywhere", "acme[all]")
    assert (absent.state, absent.fix) == ("missing", "python -m pip install 'acme[all]'")


def test_a_failure_becomes_a_check() -> None:
    """launchbind's own errors keep their sentence, and a missing dependency says what to install."""
    error = MissingDependencyError("executor", "a", "m:A", "m", "acme[m]")
    fix = "python -m pip install 'acme[m]'"
    assert failed_check("a", error) == Check("a", "missing", str(error), fix)
    assert failed_check("a", error, "other").fix == "python -m pip install 'other'"
    assert failed_check("a", ValueError("x"), seconds=2.5) == Check("a", "broken", "ValueError: x", "", 2.5)


def test_the_contract_is_cheap_to_import() -> None:
    """An adapter that imports it brings neither the command line nor what only some methods need."""
    core = str(Path(str(launchbind.__file__)).parents[1])
    code = "import sys; sys.path.insert(0, sys.argv[1]); import launchbind.adapter; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-ISc", code, core], check=True, capture_output=True, text=True)
    unneeded = {"click", "rich", "json", "shutil", "importlib.metadata", "launchbind.settings"}
    assert not unneeded & {*done.stdout.split()}


def test_a_program_on_path_is_no_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is reported about a program that is there, and the fix for one that is not."""
    tool = tmp_path / "sbatch"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program("slurm", "sbatch", "to submit", "install it") is None
    absent = program("slurm", "squeue", "to look", "install it")
    assert absent is not None
    assert (absent.subject, absent.state, absent.fix) == ("slurm", "missing", "install it")
    assert "squeue is not on PATH" in absent.detail
