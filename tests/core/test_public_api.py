"""The public names: all of them are exported, all that is exported resolves, and importing is cheap."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import launchbind

PACKAGE = Path(str(launchbind.__file__)).parent

#: Modules with names of their own, for tests, adapters and the command line; launchbind does not export them.
APART = {"testing", "adapter", "profiles", "settings", "cli", "__main__"}


def exporting() -> list[str]:
    """The modules whose names are exported from launchbind."""
    return sorted(set(launchbind._EXPORTS.values()))


def isolated(code: str) -> set[str]:
    """The modules that ``code`` adds in a new interpreter that has nothing but the core to import."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); before = set(sys.modules)\n"
        f"{code}\n"
        "print(*sorted(set(sys.modules) - before))\n"
    )
    command = [sys.executable, "-I", "-S", "-c", script, str(PACKAGE.parent)]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize("name", launchbind.__all__)
def test_every_exported_name_resolves(name: str) -> None:
    """It can be imported from launchbind, and is the object of the module it is at home in."""
    value = getattr(launchbind, name)
    assert value is not None
    namespace: dict[str, object] = {}
    exec(f"from launchbind import {name}", namespace)
    assert namespace[name] is value
    assert vars(launchbind)[name] is value


def test_a_star_import_gives_what_is_exported() -> None:
    """Nothing more, and nothing less."""
    namespace: dict[str, object] = {}
    exec("from launchbind import *", namespace)
    del namespace["__builtins__"]
    assert set(namespace) == set(launchbind.__all__)


def test_type_checkers_see_exactly_the_exported_names() -> None:
    """The imports under TYPE_CHECKING agree with what is loaded at run time."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        (alias.asname, str(node.module).removeprefix("launchbind."))
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == set(launchbind._EXPORTS.items())


def test_every_error_and_protocol_is_exported() -> None:
    """What users catch and what they implement is importable from launchbind."""
    errors, protocols = (importlib.import_module(f"launchbind.{name}") for name in ("errors", "protocols"))
    defined = {name for name, value in vars(errors).items() if inspect.isclass(value)}
    ports = {name for name, value in vars(protocols).items() if inspect.isclass(value)}
    # No caller has to name the shapes of which a Protocol's members are.
    assert defined | (ports - {"HasRequest", "Listed", "StateLike"}) <= set(launchbind.__all__)


@pytest.mark.parametrize("name", launchbind.__all__)
def test_every_exported_name_is_documented(name: str) -> None:
    """Each class and function has a docstring of its own."""
    value = getattr(launchbind, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__doc__
        assert not value.__doc__.startswith(f"{name}(")  # what a dataclass makes up


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.stem)
def test_no_annotation_is_any(file: Path) -> None:
    """No parameter, result or attribute of the core is Any, so a caller's types do not get lost in it."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    annotations = [node.annotation for node in nodes if isinstance(node, (ast.arg, ast.AnnAssign))]
    annotations += [
        node.returns for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    found = [ast.unparse(each) for each in annotations if each and re.search(r"\bAny\b", ast.unparse(each))]
    assert found == []


def test_dir_lists_the_exported_names() -> None:
    """Also those that nobody has used yet."""
    fresh = "import launchbind; assert set(launchbind.__all__) <= set(dir(launchbind)) >= {'__all__'}"
    isolated(f"{fresh}; assert 'Registry' not in vars(launchbind)")
    assert dir(launchbind) == sorted(dir(launchbind))


@pytest.mark.parametrize("name", ["Registri", "registry_", "_private"])
def test_an_unknown_name_is_an_attribute_error(name: str) -> None:
    """As for any module, so hasattr and getattr with a default work."""
    with pytest.raises(AttributeError, match=f"module 'launchbind' has no attribute '{name}'"):
        getattr(launchbind, name)
    assert not hasattr(launchbind, name)


def test_importing_launchbind_imports_nothing_of_its_own() -> None:
    """The package alone costs next to nothing: typing, and no submodule."""
    added = isolated("import launchbind")
    assert {name for name in added if name.startswith("launchbind")} == {"launchbind"}
    for absent in ("dataclasses", "inspect", "importlib.metadata", "json", "asyncio", "logging", "enum34"):
        assert absent not in added
    foreign = {name.partition(".")[0] for name in added} - sys.stdlib_module_names - {"launchbind"}
    assert foreign == set()


HEAVY = (
    "dataclasses",
    "inspect",
    "importlib.metadata",
    "json",
    "difflib",
    "typing_extensions",
    "click",
    "rich",
)


def test_a_registry_loads_nothing_heavy() -> None:
    """Registering and looking up need neither dataclasses nor metadata, and no third-party module."""
    added = isolated(
        "from launchbind import Registry; r = Registry(); r.register('d', dict); assert r.name_of({})"
    )
    assert "launchbind.registry.registry" in added
    assert not added & {*HEAVY, "launchbind.state", "launchbind.planning.plan", "launchbind.jobs.launcher"}
    assert {name.partition(".")[0] for name in added} - sys.stdlib_module_names == {"launchbind"}


def test_the_registry_package_loads_discovery_on_first_use() -> None:
    """What reads entry points is imported from the package like the rest, and costs nothing before that."""
    assert "launchbind.registry.discovery" not in isolated("import launchbind.registry")
    assert "launchbind.registry.discovery" in isolated("from launchbind.registry import discover")
    registry = importlib.import_module("launchbind.registry")
    assert [name for name in registry.__all__ if not hasattr(registry, name)] == []
    with pytest.raises(AttributeError, match=r"module 'launchbind.registry' has no attribute 'discovered'"):
        registry.discovered


def test_the_whole_core_needs_the_standard_library_only() -> None:
    """With no site-packages at all, every exported name resolves and a job runs on the fakes."""
    added = isolated(
        "import launchbind\n"
        "for name in launchbind.__all__: getattr(launchbind, name)\n"
        "from launchbind.testing import FakeApp, FakeExecutor, FakeRole, FakeScheduler\n"
        "bindings = launchbind.Bindings(); bindings.bind('fake', FakeExecutor, FakeScheduler)\n"
        "launcher = launchbind.Launcher(bindings)\n"
        "handle = launcher.run(FakeApp('job', [FakeRole('main', 'true')]), FakeExecutor())\n"
        "launcher.cancel(handle)\n"
        "assert launcher.wait(str(handle)).state.is_terminal\n"
    )
    assert {name.partition(".")[0] for name in added} - sys.stdlib_module_names == {"launchbind"}


def test_no_launcher_was_imported_by_these_tests() -> None:
    """The core knows torchx, NeMo-Run, submitit and Ray from nowhere."""
    code = "\n".join(f"import launchbind.{name}" for name in exporting())
    assert not {name.partition(".")[0] for name in isolated(code)} & {"torchx", "nemo_run", "submitit", "ray"}


def test_importing_a_submodule_first_does_not_hide_a_function() -> None:
    """Whatever was imported before, ``from launchbind import explain`` gives the function."""
    code = "\n".join(f"import launchbind.{name}" for name in exporting())
    try:
        isolated(f"{code}\nfrom launchbind import explain\nassert callable(explain)")
    except subprocess.CalledProcessError as error:
        pytest.fail(error.stderr)
