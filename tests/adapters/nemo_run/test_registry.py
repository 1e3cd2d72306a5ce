"""The registry of executors: NeMo-Run's own mappings in both directions, without importing NeMo-Run."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from nemo_run.core.execution.base import Executor
from nemo_run.core.execution.docker import DockerExecutor
from nemo_run.core.execution.local import LocalExecutor
from nemo_run.core.execution.slurm import SlurmExecutor
from nemo_run.run.torchx_backend.schedulers import api as upstream

from launchbind import UnknownTypeError
from launchbind_adapters.nemo_run import (
    EXECUTOR_MAPPING,
    EXECUTORS,
    REVERSE_EXECUTOR_MAPPING,
    get_executor_str,
)

if TYPE_CHECKING:
    from tests.adapters.conftest import RunPython


class MyLocal(LocalExecutor):
    pass


class MySlurm(SlurmExecutor):
    pass


class MyOtherSlurm(MySlurm):
    pass


class Skipping(LocalExecutor):
    """An executor without any of the fields, as in upstream's own tests."""

    def __init__(self) -> None:
        pass


def test_the_mapping_is_that_of_nemo_run() -> None:
    """EXECUTOR_MAPPING, read as a dict, is upstream's dict, in upstream's order."""
    assert dict(EXECUTOR_MAPPING) == upstream.EXECUTOR_MAPPING
    assert list(EXECUTOR_MAPPING.values()) == list(upstream.EXECUTOR_MAPPING.values())


def test_the_reverse_mapping_is_that_of_nemo_run() -> None:
    """REVERSE_EXECUTOR_MAPPING, read as a dict, is upstream's dict."""
    assert dict(REVERSE_EXECUTOR_MAPPING) == upstream.REVERSE_EXECUTOR_MAPPING


@pytest.mark.parametrize(("executor", "backend"), upstream.EXECUTOR_MAPPING.items())
def test_every_executor_of_nemo_run_has_upstreams_backend(executor: type[Executor], backend: str) -> None:
    """A mock made with spec= has the backend that upstream gives it, for each of the executors."""
    stand_in = Mock(spec=executor)
    assert get_executor_str(stand_in) == upstream.get_executor_str(stand_in) == backend


@pytest.mark.parametrize(
    ("alias", "cls"), [("slurm", SlurmExecutor), ("local", LocalExecutor), ("docker", DockerExecutor)]
)
def test_aliases_lead_to_the_same_class(alias: str, cls: type[Executor]) -> None:
    """The short names find the executors, and lookups return the canonical names."""
    assert EXECUTORS.type_of(alias) is cls
    assert EXECUTORS.entry(alias).name == EXECUTORS.name_of(cls)


@pytest.mark.parametrize(
    ("executor", "backend"),
    [(MyLocal(), "local_persistent"), (Skipping(), "local_persistent")],
    ids=["subclass", "no super().__init__"],
)
def test_a_subclass_of_local_executor_has_its_backend(executor: LocalExecutor, backend: str) -> None:
    """For a subclass, upstream raises a KeyError; here the parent's backend is found."""
    with pytest.raises(KeyError):
        upstream.get_executor_str(executor)
    assert get_executor_str(executor) == backend


@pytest.mark.parametrize("cls", [MySlurm, MyOtherSlurm])
def test_a_subclass_of_slurm_executor_has_its_backend(cls: type[SlurmExecutor]) -> None:
    """The same holds for a subclass of the Slurm executor, however deep."""
    assert get_executor_str(cls(account="a", partition="p")) == "slurm_tunnel"


def test_an_unknown_executor_is_named_with_what_is_registered() -> None:
    """An unknown executor is a KeyError that names its type and lists every backend."""

    class Stranger(Executor):
        pass

    assert issubclass(UnknownTypeError, KeyError)
    with pytest.raises(UnknownTypeError) as caught:
        get_executor_str(Stranger())
    message = str(caught.value)
    assert Stranger.__qualname__ in message
    for backend in upstream.REVERSE_EXECUTOR_MAPPING:
        assert backend in message


@pytest.mark.parametrize("module", ["launchbind_adapters.nemo_run", "launchbind_adapters.torchx"])
def test_importing_an_adapter_imports_no_launcher(run_python: RunPython, module: str) -> None:
    """After importing the adapter's module, neither nemo_run nor torchx is loaded."""
    code = f"import {module}, sys; print(sorted({{'nemo_run', 'torchx'}} & {{*sys.modules}}))"
    assert run_python(code).strip() == "[]"


def test_listing_and_asking_for_names_imports_no_launcher(run_python: RunPython) -> None:
    """Listing the registry, and looking up an unknown object, imports no launcher either."""
    code = """
import sys
from launchbind_adapters.nemo_run import EXECUTORS
print(len(list(EXECUTORS)), EXECUTORS.find_name(object()), {e.state for e in map(EXECUTORS.entry, EXECUTORS)})
assert not {"nemo_run", "torchx"} & {*sys.modules}
"""
    assert run_python(code).strip() == "8 None {'lazy'}"


def test_resolving_the_local_executor_imports_nothing_beyond_nemo_run(run_python: RunPython) -> None:
    """Compared to ``import nemo_run``, only launchbind's and Python's own modules are loaded in addition."""
    loaded = "print(*sorted({name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names))"
    plain = run_python(f"import nemo_run, sys; {loaded}").split()
    resolving = f"""
import sys
from launchbind_adapters.nemo_run import EXECUTORS
assert EXECUTORS.type_of("local_persistent").__name__ == "LocalExecutor"
imported = [name for name in EXECUTORS if EXECUTORS.entry(name).import_seconds is not None]
assert imported == ["local_persistent"]
{loaded}
"""
    ours = run_python(resolving).split()
    assert "nemo_run" in ours
    assert set(ours) - set(plain) == {"launchbind", "launchbind_adapters"}
