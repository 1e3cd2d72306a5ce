"""Whole interpreters: imports, commands, and the discovery of plugins."""

from __future__ import annotations

import sysconfig
import tempfile
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.harness import Comparison, Group, command, process

if TYPE_CHECKING:
    from tests.benchmarks.harness import Sample

_SCRIPTS = Path(sysconfig.get_path("scripts"))
_TIMED = "from time import process_time as now; began = now(); {work}; print(now() - began)"
#: Distributions that discovery has to read; where fewer are installed, empty ones are added.
DISTRIBUTIONS = 150


def importing(module: str) -> str:
    """Code that prints how many seconds the import of ``module`` takes."""
    return _TIMED.format(work=f"import {module}")


def imports() -> Group:
    upstream = "nemo_run.run.torchx_backend.schedulers.api"
    sides = {
        "import launchbind": process(importing("launchbind")),
        "import launchbind_adapters.nemo_run": process(importing("launchbind_adapters.nemo_run")),
        "from launchbind import Registry": process(_TIMED.format(work="from launchbind import Registry")),
        "import typing": process(importing("typing")),
        "bidict": process(importing("bidict")),
        "svcs": process(importing("svcs")),
        "torchx.specs": process(importing("torchx.specs")),
        "NeMo-Run's module": process(importing(upstream)),
    }
    lazy, adapter = "import launchbind", "import launchbind_adapters.nemo_run"
    rows = [
        Comparison(lazy, "bidict", 0.5),
        Comparison(lazy, "torchx.specs", 0.15),
        Comparison(lazy, "NeMo-Run's module", 0.005),
        Comparison(adapter, "bidict", 1.0),
        Comparison(adapter, "torchx.specs", 0.3),
        Comparison(adapter, "NeMo-Run's module", 0.01),
        Comparison(adapter, lazy, note="which imports nothing; the line below tells what typing alone takes"),
        Comparison(adapter, "import typing"),
        Comparison("from launchbind import Registry", "bidict"),
        Comparison("from launchbind import Registry", "svcs"),
    ]
    return Group("import", sides, rows, 50)


def commands() -> Group:
    def script(name: str, *words: str) -> tuple[str, ...]:
        return (str(_SCRIPTS / name), *words)

    sides = {
        "launchbind --version": command(*script("launchbind", "--version")),
        "launchbind --help": command(*script("launchbind", "--help")),
        "launchbind backends": command(*script("launchbind", "backends")),
        "torchx --help": command(*script("torchx", "--help")),
        "torchx runopts": command(*script("torchx", "runopts")),
        "nemo --help": command(*script("nemo", "--help")),
        "python -c pass": command(str(_SCRIPTS / "python"), "-c", "pass"),
    }
    rows = [
        Comparison("launchbind --version", "torchx --help", 0.5),
        Comparison("launchbind --version", "nemo --help", 0.02),
        Comparison("launchbind --help", "torchx --help", 0.5),
        Comparison("launchbind --help", "nemo --help", 0.02),
        Comparison("launchbind backends", "torchx runopts", 0.05),
        Comparison("python -c pass", "nemo --help", note="the floor: Python itself"),
        Comparison("launchbind --version", "python -c pass"),
    ]
    return Group("command", sides, rows, 80)


def discovery() -> Group:
    """The first and the second look at the entry points of a group."""
    group = "launchbind.executors"
    folder = Path(tempfile.mkdtemp())
    for number in range(DISTRIBUTIONS - len({dist.metadata["Name"] for dist in distributions()})):
        info = folder / f"bench_filler_{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: bench-filler-{number}\nVersion: 1.0\n")
    # Both sides import launchbind's registry first, so that both have what it imports.
    ready = f"from launchbind import Registry; r = Registry('executor', group={group!r}); "
    mine = "'nobody' in r"
    theirs = f"from importlib.metadata import entry_points; entry_points(group={group!r})"

    def look(before: str, work: str) -> Sample:
        return process(before + _TIMED.format(work=work), PYTHONPATH=str(folder))

    sides = {
        "Registry, cold": look(ready, mine),
        "importlib.metadata, cold": look(ready, theirs),
        "Registry, warm": look(f"{ready}{mine}; ", mine),
        "importlib.metadata, warm": look(f"{ready}{theirs}; ", theirs),
    }
    rows = [
        Comparison("Registry, cold", "importlib.metadata, cold", 1.1),
        Comparison("Registry, warm", "importlib.metadata, warm", note="no rescans"),
    ]
    return Group(f"discovery, {DISTRIBUTIONS} or more distributions", sides, rows, 30)


def groups() -> list[Group]:
    """What is compared."""
    return [imports(), commands(), discovery()]
