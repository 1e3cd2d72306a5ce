"""Lazy targets: known without an import, imported one by one, and three ways to fail."""

from __future__ import annotations

import importlib
import pickle
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from launchbind import (
    BrokenTargetError,
    ConflictError,
    InvalidReferenceError,
    InvalidTargetError,
    MissingDependencyError,
    Registry,
    UnknownNameError,
)

if TYPE_CHECKING:
    from tests.core.conftest import WriteModule

CLASSES = "class Target:\n    class Inner: ...\n\nclass Second: ...\n"


@pytest.fixture
def registry() -> Registry[object]:
    return Registry("executor")


def lazily_defined(module: str, qualname: str) -> type[object]:
    """A class that says it was defined in a module, without that module."""
    cls: type[object] = type(
        qualname.rpartition(".")[2], (), {"__module__": module, "__qualname__": qualname}
    )
    return cls


# -- without an import -------------------------------------------------------------------------------


def test_looking_up_and_listing_import_nothing(registry: Registry[object], write_module: WriteModule) -> None:
    """Names, entries, membership and misses leave a lazy target alone."""
    write_module("lb_lazy", "raise AssertionError('imported')")
    registry.register("lazy", "lb_lazy:Target", aliases=("l",))
    assert list(registry) == ["lazy"]
    assert "l" in registry
    assert object not in registry
    assert registry.find_name(int) is None
    entry = registry.entry("l")
    assert (entry.target, entry.state, entry.import_seconds) == ("lb_lazy:Target", "lazy", None)
    assert entry.describe_target() == "lb_lazy:Target"
    assert "lb_lazy" not in sys.modules


def test_a_class_is_matched_by_module_and_qualified_name(registry: Registry[object]) -> None:
    """name_of finds a lazy entry for its class, nested or derived, although nothing was imported."""
    registry.register("outer", "lb_nowhere:Outer")
    registry.register("inner", "lb_nowhere:Outer.Inner")
    inner = lazily_defined("lb_nowhere", "Outer.Inner")
    assert registry.name_of(lazily_defined("lb_nowhere", "Outer")) == "outer"
    assert registry.name_of(inner()) == registry.name_of(inner, exact=True) == "inner"
    assert registry.name_of(type("Derived", (inner,), {})) == "inner"
    assert registry.find_name(lazily_defined("lb_nowhere", "Inner")) is None
    assert registry.find_name(lazily_defined("lb_elsewhere", "Outer")) is None


def test_a_lazy_entry_may_be_nearer_than_an_imported_one(registry: Registry[object]) -> None:
    """The MRO decides, not what is imported."""
    near = lazily_defined("lb_nowhere", "Near")
    registry.register("far", object)
    registry.register("near", "lb_nowhere:Near")
    assert registry.name_of(type("Leaf", (near,), {})) == "near"


def test_a_re_export_is_matched_once_its_module_is_loaded(
    registry: Registry[object], write_module: WriteModule
) -> None:
    """A target registered by where it is exported is found for the class defined elsewhere."""
    write_module("lb_pkg._impl", CLASSES)
    write_module("lb_pkg.api", "from lb_pkg._impl import Target")
    registry.register("base", object)
    registry.register("target", "lb_pkg.api:Target")
    target: type[object] = importlib.import_module("lb_pkg._impl").Target
    derived = type("Derived", (target,), {})
    assert registry.name_of(derived) == registry.name_of(target) == "base"
    importlib.import_module("lb_pkg.api")
    assert registry.name_of(derived) == registry.name_of(target) == "target"
    assert registry.entry("target").state == "ready"


def test_of_the_re_exports_of_one_class_the_first_registered_has_it(
    registry: Registry[object], write_module: WriteModule
) -> None:
    """Which of several names gets a class that others imported is decided by their order alone."""
    write_module("lb_one", CLASSES)
    ways = [f"lb_way_{number}" for number in (5, 3, 8, 1, 9, 2, 7, 4, 6, 0)]
    for way in ways:
        write_module(way, "from lb_one import Target")
        registry.register(way, f"{way}:Target")
    for way in sorted(ways):
        importlib.import_module(way)
    assert registry.name_of(sys.modules["lb_one"].Target) == "lb_way_5"
    assert [registry.entry(way).state for way in ways] == ["ready"] + ["lazy"] * 9


def test_a_target_that_is_loaded_already_is_ready_at_once(
    registry: Registry[object], write_module: WriteModule
) -> None:
    """Registering a reference to a loaded class binds the class, and conflicts as the class would."""
    write_module("lb_loaded", CLASSES)
    target = importlib.import_module("lb_loaded").Target
    registry.register("lazy", "lb_loaded:Target")
    assert registry.entry("lazy").target is target
    registry.register("lazy", target)
    with pytest.raises(ConflictError):
        registry.register("other", target)


def test_a_module_getattr_is_not_run_by_looking(
    registry: Registry[object], write_module: WriteModule
) -> None:
    """A name that a loaded module makes on demand is left for the import, which then finds it."""
    write_module("lb_ondemand", "asked = []\ndef __getattr__(name):\n    asked.append(name)\n    return dict")
    module = importlib.import_module("lb_ondemand")
    registry.register("lazy", "lb_ondemand:Target")
    assert registry.entry("lazy").state == "lazy"
    assert module.asked == []
    assert registry.type_of("lazy") is dict


# -- importing ---------------------------------------------------------------------------------------


def test_type_of_imports_exactly_that_one_target(
    registry: Registry[object], write_module: WriteModule
) -> None:
    """The other lazy entries stay lazy, and their modules stay out of sys.modules."""
    write_module("lb_one", CLASSES)
    write_module("lb_two", CLASSES)
    registry.register("one", "lb_one:Target.Inner", aliases=("uno",))
    registry.register("two", "lb_two:Target")
    assert registry.type_of("uno") is sys.modules["lb_one"].Target.Inner
    assert [registry.entry(name).state for name in registry] == ["ready", "lazy"]
    assert "lb_two" not in sys.modules


def test_what_was_imported_is_an_entry_like_any_other(
    registry: Registry[object], write_module: WriteModule
) -> None:
    """After the import, class and name find each other, and the reference is still known."""
    write_module("lb_one", CLASSES)
    registry.register("one", "lb_one:Target", requires="it")
    cls = registry["one"]
    assert registry.find_type("one") is registry.type_of("one") is cls
    assert registry.name_of(cls) == "one"
    entry = registry.entry("one")
    assert (entry.target, entry.reference, entry.requires) == (cls, "lb_one:Target", "it")
    assert entry.import_seconds is not None


def test_what_is_registered_as_a_class_has_no_reference(registry: Registry[object]) -> None:
    """The reference is what an entry is imported from, and a class at hand is not."""
    registry.register("int", int)
    entry = registry.entry("int")
    assert (entry.target, entry.reference, entry.state) == (int, None, "ready")


def test_probe_resolves_an_entry_and_never_raises_for_a_failed_import(
    registry: Registry[object], write_module: WriteModule
) -> None:
    """The state of the probed entry tells how it went, with the exception and the time."""
    write_module("lb_one", CLASSES)
    write_module("lb_bad", "1 / 0")
    registry.register("ready", "lb_one:Target", aliases=("r",))
    registry.register("broken", "lb_bad:Target")
    registry.register("missing", "lb_absent:Target")
    states = {name: registry.probe(name).state for name in ("r", "broken", "missing")}
    assert states == {"r": "ready", "broken": "broken", "missing": "missing"}
    assert isinstance(registry.entry("broken").error, ZeroDivisionError)
    assert isinstance(registry.entry("missing").error, ModuleNotFoundError)
    assert all(registry.entry(name).import_seconds is not None for name in registry)
    with pytest.raises(UnknownNameError):
        registry.probe("unknown")


def test_a_module_may_register_its_own_class_when_imported(
    registry: Registry[object], write_module: WriteModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A target's module that registers the same pair itself, as a decorator does, is no conflict."""
    stand_in = ModuleType("lb_shared_registry")
    stand_in.__dict__["registry"] = registry
    monkeypatch.setitem(sys.modules, "lb_shared_registry", stand_in)
    source = "from lb_shared_registry import registry\n@registry.register('self')\nclass Target: ...\n"
    write_module("lb_self", source)
    registry.register("self", "lb_self:Target")
    assert registry.type_of("self") is sys.modules["lb_self"].Target
    assert list(registry) == ["self"]


def test_a_name_rebound_during_the_import_keeps_its_new_target(
    registry: Registry[object], write_module: WriteModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome of an import is not put over what was registered meanwhile."""
    stand_in = ModuleType("lb_shared_registry")
    stand_in.__dict__["registry"] = registry
    monkeypatch.setitem(sys.modules, "lb_shared_registry", stand_in)
    source = "from lb_shared_registry import registry\nregistry.register('x', dict, replace=True)\n"
    write_module("lb_rebinds", source + "class Target: ...\n")
    registry.register("x", "lb_rebinds:Target")
    assert registry.type_of("x").__name__ == "Target"
    assert registry.type_of("x") is dict


def test_a_name_rebound_while_its_module_is_looked_at_keeps_its_new_target(
    registry: Registry[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Binding a target whose module others loaded does not touch a name that has another target by now."""

    class Rebinds:
        looks = 0

        @property
        def __dict__(self) -> dict[str, object]:  # type: ignore[override]  # runs code in the middle of a look
            Rebinds.looks += 1
            if Rebinds.looks > 1:  # the look that register takes
                return {}
            registry.register("x", "lb_nowhere:Other", replace=True)
            return {"Target": dict}

    registry.register("x", "lb_rebinds:Target")
    monkeypatch.setitem(sys.modules, "lb_rebinds", Rebinds())
    assert registry.entry("x").target == "lb_nowhere:Other"


def test_two_references_to_one_class_conflict_when_that_shows(
    registry: Registry[object], write_module: WriteModule
) -> None:
    """Of two names whose references turn out to be one class, the second to be imported is broken."""
    write_module("lb_pkg._impl", CLASSES)
    write_module("lb_pkg.api", "from lb_pkg._impl import Target")
    registry.register("defined", "lb_pkg._impl:Target")
    registry.register("exported", "lb_pkg.api:Target")
    cls = registry.type_of("defined")
    with pytest.raises(ConflictError, match=r"'defined' is bound to lb_pkg\._impl:Target"):
        registry.type_of("exported")
    assert registry.entry("exported").state == "broken"
    assert isinstance(registry.entry("exported").error, ConflictError)
    assert registry.name_of(cls) == "defined"
    registry.unregister("defined")
    assert registry.type_of("exported") is cls


# -- three kinds of failure --------------------------------------------------------------------------


def test_unknown_missing_and_broken_are_three_different_errors(
    registry: Registry[object], write_module: WriteModule
) -> None:
    """No name, no package, and a package that fails are never taken for one another."""
    write_module("lb_bad", "raise RuntimeError('boom')")
    registry.register("missing", "lb_absent:Target")
    registry.register("broken", "lb_bad:Target")
    kinds = {"unknown": UnknownNameError, "missing": MissingDependencyError, "broken": BrokenTargetError}
    for name, kind in kinds.items():
        with pytest.raises(kind) as caught:
            registry.type_of(name)
        assert [isinstance(caught.value, each) for each in kinds.values()].count(True) == 1


@pytest.mark.parametrize("requires", [None, "launchbind[it]"])
def test_a_missing_package_is_named_with_what_to_install(
    registry: Registry[object], write_module: WriteModule, requires: str | None
) -> None:
    """The package is the one that is absent, be it the target's own or one it needs."""
    write_module("lb_needy", "import lb_absent.sub")
    for reference in ("lb_absent.module:Target", "lb_needy:Target"):
        registry.register("x", reference, requires=requires, replace=True)
        with pytest.raises(MissingDependencyError, match="needs the package 'lb_absent'") as caught:
            registry.type_of("x")
        assert caught.value.name == "lb_absent"
        assert f"pip install '{requires or 'lb_absent'}'" in str(caught.value)
        assert isinstance(caught.value.__cause__, ModuleNotFoundError)
        assert registry.entry("x").state == "missing"


def test_a_package_that_is_blocked_counts_as_absent(
    registry: Registry[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """sys.modules[name] = None, by which tests simulate an absent package, gives the same error."""
    monkeypatch.setitem(sys.modules, "json", None)
    registry.register("x", "json:JSONDecoder")
    with pytest.raises(MissingDependencyError, match="'json'"):
        registry.type_of("x")


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import lb_bad.no_such_part", "ModuleNotFoundError"),
        ("import email.no_such_part", "ModuleNotFoundError"),
        ("raise ModuleNotFoundError('no name')", "ModuleNotFoundError"),
        ("raise ModuleNotFoundError('relative', name='.x')", "ModuleNotFoundError"),
        ("raise ImportError('wrong version')", "ImportError"),
        ("from launchbind import Registry; Registry().register('y', 3)", "InvalidTargetError"),
        ("class Another: ...", "AttributeError"),
        ("def broken(", "SyntaxError"),
    ],
)
def test_a_target_whose_import_fails_is_broken(
    registry: Registry[object], write_module: WriteModule, source: str, cause: str
) -> None:
    """Whatever the module raises, a missing attribute or submodule included, is kept as the cause."""
    write_module("lb_bad", source)
    registry.register("x", "lb_bad:Target", requires="not this")
    with pytest.raises(BrokenTargetError, match=f"importing lb_bad:Target raised {cause}") as caught:
        registry.type_of("x")
    assert type(caught.value.__cause__).__name__ == cause
    assert registry.entry("x").error is caught.value.__cause__
    assert registry.entry("x").state == "broken"
    assert registry.entry("x").source in str(caught.value)
    assert "not this" not in str(caught.value)
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), ImportError)


def test_a_stand_in_without_a_spec_counts_as_installed(
    registry: Registry[object], write_module: WriteModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that a test put into sys.modules is there, so what it lacks makes the target broken."""
    stand_in = ModuleType("lb_stand_in")
    stand_in.__spec__ = None
    monkeypatch.setitem(sys.modules, "lb_stand_in", stand_in)
    write_module("lb_needy", "import lb_stand_in.part")
    registry.register("x", "lb_needy:Target")
    with pytest.raises(BrokenTargetError):
        registry.type_of("x")


@pytest.mark.parametrize(
    ("source", "problem"), [("Target = 3", "no class but int"), ("class Target(type): ...", "a metaclass")]
)
def test_a_target_that_is_no_class_is_invalid(
    registry: Registry[object], write_module: WriteModule, source: str, problem: str
) -> None:
    """What the reference names must be a class, and no metaclass; the error is its own, without a cause."""
    write_module("lb_odd", source)
    registry.register("x", "lb_odd:Target")
    with pytest.raises(InvalidTargetError, match=problem) as caught:
        registry.type_of("x")
    assert caught.value.__cause__ is None
    assert registry.entry("x").state == "broken"
    with pytest.raises(InvalidTargetError, match=problem):
        registry.find_type("x")


def test_a_failed_import_is_tried_again(registry: Registry[object], write_module: WriteModule) -> None:
    """Once the package is there, or mended, the same entry works."""
    registry.register("x", "lb_late:Target", aliases=("y",))
    with pytest.raises(MissingDependencyError):
        registry.type_of("x")
    write_module("lb_late", "raise RuntimeError")
    with pytest.raises(BrokenTargetError):
        registry.type_of("y")
    assert registry.entry("x").state == "broken"
    write_module("lb_late", CLASSES + "# of another size, so that no cache is taken for it")
    assert registry.type_of("y").__name__ == "Target"
    entry = registry.entry("x")
    assert (entry.state, entry.error, entry.aliases) == ("ready", None, ("y",))


def test_the_same_lazy_pair_again_changes_nothing(registry: Registry[object]) -> None:
    """A lazy registration that is repeated is a no-op; another reference under the name is a conflict."""
    registry.register("x", "lb_nowhere:Target")
    entry = registry.entry("x")
    registry.register("x", "lb_nowhere:Target")
    assert registry.entry("x") is entry
    with pytest.raises(ConflictError):
        registry.register("y", "lb_nowhere:Target")
    with pytest.raises(ConflictError):
        registry.register("x", "lb_nowhere:Second")
    assert list(registry) == ["x"]


def test_the_class_itself_may_follow_its_reference(
    registry: Registry[object], write_module: WriteModule
) -> None:
    """Registering the class under the name its reference has is the same pair, and makes it ready."""
    cls = lazily_defined("lb_nowhere", "Target")
    registry.register("x", "lb_nowhere:Target")
    with pytest.raises(ConflictError):
        registry.register("y", cls)
    registry.register("x", cls, aliases=("z",))
    assert (registry.type_of("z"), registry.entry("x").reference) == (cls, "lb_nowhere:Target")
    registry.register("x", "lb_nowhere:Target")
    assert registry.type_of("x") is cls


def test_a_module_that_leaves_on_import_is_a_broken_target(write_module: WriteModule) -> None:
    """A target whose module calls sys.exit is an error like any other, not the end of the program."""
    write_module("leaver", "import sys\nsys.exit(3)\n")
    registry: Registry[object] = Registry()
    registry.register("leaver", "leaver:Thing")
    with pytest.raises(BrokenTargetError, match="SystemExit: 3"):
        registry.type_of("leaver")
    assert registry.entry("leaver").state == "broken"


def test_the_errors_of_a_lazy_target_say_what_it_is(write_module: WriteModule) -> None:
    """Kind, name and reference are in them, for code that tells one failure from another."""
    registry: Registry[object] = Registry("executor")
    registry.register("gone", "lb_none_such:Target")
    with pytest.raises(MissingDependencyError) as missing:
        registry.type_of("gone")
    assert missing.value.data == ("executor", "gone", "lb_none_such:Target", "lb_none_such", None)
    write_module("lb_dividing", "1 / 0")
    registry.register("broken", "lb_dividing:Target")
    with pytest.raises(BrokenTargetError) as broken:
        registry.type_of("broken")
    assert broken.value.data[:3] == ("executor", "broken", "lb_dividing:Target")


def test_a_reference_has_one_colon() -> None:
    """The text that was refused is in the error."""
    registry: Registry[object] = Registry("executor")
    with pytest.raises(InvalidReferenceError) as caught:
        registry.register("x", "a.b:C:d")
    assert caught.value.reference == "a.b:C:d"


def test_a_class_within_a_re_exported_class_is_found(write_module: WriteModule) -> None:
    """Every part of a reference is walked, under whatever name the class is to be had."""
    write_module("lb_nested", "class Outer:\n    class Inner: ...\nAlias = Outer\n")
    registry: Registry[object] = Registry("executor")
    registry.register("inner", "lb_nested:Alias.Inner")
    assert registry.name_of(importlib.import_module("lb_nested").Outer.Inner) == "inner"


def test_an_import_is_timed_whether_or_not_it_works(write_module: WriteModule) -> None:
    """The seconds it took are those between its beginning and its end."""
    write_module("lb_works", "class Target: ...")
    write_module("lb_fails", "1 / 0")
    write_module("lb_no_class", "Target = 3")
    registry: Registry[object] = Registry("executor")
    for name in ("lb_works", "lb_fails", "lb_no_class"):
        registry.register(name, f"{name}:Target")
        seconds = registry.probe(name).import_seconds
        assert seconds is not None
        assert 0 <= seconds < 60
    error = registry.entry("lb_no_class").error
    assert isinstance(error, InvalidTargetError)
    assert error.data[:2] == ("executor", "lb_no_class")


def test_a_target_that_is_not_ready_keeps_no_other_back(write_module: WriteModule) -> None:
    """Neither one whose module is not loaded, nor one that is no class, hides the next that is loaded."""
    write_module("lb_mixed", "class Target: ...\nNumber = 3\nAlias = Target\n")
    registry: Registry[object] = Registry("executor")
    registry.register("absent", "lb_never_loaded:Target")
    registry.register("number", "lb_mixed:Number")
    registry.register("alias", "lb_mixed:Alias")
    assert registry.name_of(importlib.import_module("lb_mixed").Target) == "alias"
