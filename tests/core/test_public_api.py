"""The public names: all of them are exported, all that is exported resolves, and importing is cheap."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import launchbind

PACKAGE = Path(str(launchbind.__file__)).parent

#: Modules with names of their own, for tests, adapters and the command line; launchbind does not export them.
APART = {"testing", "checks", "profiles", "settings", "cli", "__main__"}

#: Public within the package, not outside of it: helpers its modules share, and the shapes of which a
#: protocol's members are, which no caller has to name.
INTERNAL = {
    "dryrun": {"attach_app"},
    "errors": {"closest"},
    "protocols": {"Listed", "StateLike"},
}


def submodules() -> list[str]:
    """The public modules whose names are exported from launchbind."""
    names = [module.name for module in pkgutil.iter_modules(launchbind.__path__)]
    return [name for name in names if name not in APART and not name.startswith("_")]


def defined_in(module: str) -> set[str]:
    """The public classes and functions that a module defines."""
    members = vars(importlib.import_module(f"launchbind.{module}")).items()
    return {
        name
        for name, member in members
        if not name.startswith("_")
        and (inspect.isclass(member) or inspect.isfunction(member))
        and member.__module__ == f"launchbind.{module}"
    }


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


def test_the_list_of_names_is_sorted_and_has_no_doubles() -> None:
    """So that it can be read, and merged."""
    assert launchbind.__all__ == sorted(set(launchbind.__all__))


def test_the_lazy_table_holds_exactly_the_exported_names() -> None:
    """The module a name is loaded from is known for every exported name and for no other."""
    listed = [name for names in launchbind._HOMES.values() for name in names]
    assert sorted(listed) == launchbind.__all__


def test_type_checkers_see_exactly_the_exported_names() -> None:
    """The imports under TYPE_CHECKING agree with __all__, and with the lazy table."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        (str(node.module).removeprefix("launchbind."), alias.asname)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == {(module, name) for module, names in launchbind._HOMES.items() for name in names}


@pytest.mark.parametrize("module", submodules())
def test_every_public_class_and_function_is_exported(module: str) -> None:
    """What a public module defines without an underscore is in __all__, or is listed here as internal."""
    defined, internal = defined_in(module), INTERNAL.get(module, set())
    assert internal <= defined
    assert defined - internal == {name for name in launchbind._HOMES.get(module, ()) if name in defined}


def test_every_exported_class_and_function_is_at_home_in_a_public_module() -> None:
    """No name is exported from where it is not defined."""
    for module, names in launchbind._HOMES.items():
        home = importlib.import_module(f"launchbind.{module}")
        # explain's module cannot share its name: whichever was imported last would take the other's place.
        assert module in [*submodules(), "_explain"]
        for name in names:
            value = vars(home)[name]
            assert getattr(value, "__module__", home.__name__) in (home.__name__, "typing")


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
    assert "launchbind.registry" in added
    assert not added & {*HEAVY, "launchbind.state", "launchbind.plan", "launchbind.launcher"}
    assert {name.partition(".")[0] for name in added} - sys.stdlib_module_names == {"launchbind"}


def test_the_whole_core_needs_the_standard_library_only() -> None:
    """With no site-packages at all, every exported name resolves and a job runs on the fakes."""
    added = isolated(
        "import launchbind\n"
        "for name in launchbind.__all__: getattr(launchbind, name)\n"
        "from launchbind.testing import FakeApp, FakeExecutor, FakeRole, FakeScheduler\n"
        "registry = launchbind.Registry('executor'); registry.register('fake', FakeExecutor)\n"
        "launcher = launchbind.Launcher(registry, {'fake': FakeScheduler})\n"
        "handle = launcher.run(FakeApp('job', [FakeRole('main', 'true')]), FakeExecutor())\n"
        "launcher.cancel(handle)\n"
        "assert launcher.wait(str(handle)).state.is_terminal\n"
    )
    assert {name.partition(".")[0] for name in added} - sys.stdlib_module_names == {"launchbind"}


def test_no_launcher_was_imported_by_these_tests() -> None:
    """The core knows torchx, NeMo-Run, submitit and Ray from nowhere."""
    code = "\n".join(f"import launchbind.{name}" for name in submodules())
    assert not {name.partition(".")[0] for name in isolated(code)} & {"torchx", "nemo_run", "submitit", "ray"}


def test_importing_a_submodule_first_does_not_hide_a_function() -> None:
    """Whatever was imported before, ``from launchbind import explain`` gives the function."""
    code = "\n".join(f"import launchbind.{name}" for name in submodules())
    try:
        isolated(f"{code}\nfrom launchbind import explain\nassert callable(explain)")
    except subprocess.CalledProcessError as error:
        pytest.fail(error.stderr)
