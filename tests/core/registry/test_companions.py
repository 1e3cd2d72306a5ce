"""Companions: what is registered along with a class stays with it, and goes when the class goes."""

from __future__ import annotations

from importlib import import_module, reload
from typing import TYPE_CHECKING

import pytest

from launchbind import ConflictError, Registry

if TYPE_CHECKING:
    from tests.core.conftest import WriteDistribution, WriteModule


class One:
    """A class to register."""


class Other:
    """Another one."""


def registry_of(companion: object) -> Registry[object]:
    """A registry with One as ``one``, also called ``first``, and its companion."""
    registry: Registry[object] = Registry()
    registry.register("one", One, aliases=("first",), companion=companion)
    return registry


def test_an_entry_has_its_companion() -> None:
    """By name and alias, from the call and from the decorator; None where nothing was given."""
    registry = registry_of("with one")
    registry.register("other", companion="with other")(Other)
    registry.register("int", int)
    assert [registry.entry(name).companion for name in ("one", "first", "other", "int")] == [
        "with one",
        "with one",
        "with other",
        None,
    ]


def test_a_lazy_entry_keeps_its_companion(write_module: WriteModule) -> None:
    """Before its import and after it, whether that works or not."""
    write_module("companions", "class Fine: pass")
    registry: Registry[object] = Registry()
    registry.register("fine", "companions:Fine", companion="with fine")
    registry.register("broken", "companions:Broken", companion="with broken")
    for _ in range(2):
        assert registry.entry("fine").companion == "with fine"
        assert registry.entry("broken").companion == "with broken"
        assert [registry.probe(name).state for name in registry] == ["ready", "broken"]


def test_a_companion_goes_with_its_entry() -> None:
    """Whoever has the name next does not get it."""
    registry = registry_of("with one")
    registry.unregister("first")
    registry.register("one", Other)
    assert registry.entry("one").companion is None

    for replaced in (registry_of("with one"), registry_of("with one")):
        replaced.register("one", Other, replace=True)
        assert replaced.entry("one").companion is None

    assigned = registry_of("with one")
    assigned.by_name["one"] = Other
    assert assigned.entry("one").companion is None
    assigned.by_type[Other] = "two"
    assert assigned.entry("two").companion is None


def test_what_is_undone_brings_the_companion_back() -> None:
    """``temporary`` and ``override`` restore the whole entry."""
    registry = registry_of("with one")
    with registry.temporary():
        registry.unregister("one")
    assert registry.entry("one").companion == "with one"
    with registry.override("one", Other):
        assert registry.entry("one").companion is None
    assert registry.entry("one").companion == "with one"


def test_an_entry_that_only_loses_an_alias_keeps_its_companion() -> None:
    """The binding is the same, under one name less."""
    registry = registry_of("with one")
    registry.register("first", Other, replace=True)
    assert registry.entry("one").companion == "with one"
    assert registry.entry("one").aliases == ()


def test_registering_the_pair_again_keeps_the_companion() -> None:
    """Without one, with an equal one, and when a companion is added later; new aliases are added."""
    registry = registry_of("with one")
    registry.register("one", One)
    registry.register("one", One, companion="".join(["with", " one"]), aliases=("uno",))
    assert registry.entry("one").companion == "with one"
    assert registry.entry("one").aliases == ("first", "uno")
    plain = registry_of(None)
    plain.register("one", One, companion="with one")
    assert plain.entry("first").companion == "with one"


def test_another_companion_for_the_pair_is_a_conflict() -> None:
    """The error shows both; ``replace`` takes the new one."""
    registry = registry_of("with one")
    with pytest.raises(ConflictError) as caught:
        registry.register("one", One, companion="with another")
    assert "One with 'with another' (" in str(caught.value)
    assert "'one' is bound to" in str(caught.value)
    assert "One with 'with one' (" in str(caught.value)
    assert registry.entry("one").companion == "with one"
    registry.register("one", One, companion="with another", replace=True)
    assert registry.entry("one").companion == "with another"


def test_a_reloaded_class_keeps_the_companion(write_module: WriteModule) -> None:
    """The class is the same one, made anew."""
    write_module("companions", "class Reloaded: pass")
    module = import_module("companions")
    registry: Registry[object] = Registry()
    registry.register("reloaded", module.Reloaded, companion="with it")
    registry.register("reloaded", reload(module).Reloaded)
    assert registry.type_of("reloaded") is module.Reloaded
    assert registry.entry("reloaded").companion == "with it"


def test_an_explicit_registration_of_a_discovered_class_brings_its_companion(
    write_distribution: WriteDistribution,
) -> None:
    """Entry points have none; the explicit entry takes precedence, as always."""
    write_distribution("acme", "[test.companions]\none = fractions:Fraction\n")
    registry: Registry[object] = Registry(group="test.companions")
    assert registry.entry("one").companion is None
    registry.register("one", "fractions:Fraction", companion="with one")
    entry = registry.entry("one")
    assert (entry.companion, entry.discovered) == ("with one", False)
