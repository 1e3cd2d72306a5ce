"""The two mappings of a registry: live, writable, and of one mind."""

from __future__ import annotations

from collections.abc import MutableMapping

import pytest

from launchbind import ConflictError, LaunchbindError, Registry, UnknownNameError, UnknownTypeError


class A: ...


class B: ...


class C: ...


class SubA(A): ...


@pytest.fixture
def registry() -> Registry[object]:
    registry: Registry[object] = Registry("executor")
    registry.register("a", A, aliases=("alpha",))
    registry.register("b", B)
    return registry


def agree(registry: Registry[object], expected: dict[str, type[object]]) -> None:
    """Assert that both views hold exactly these pairs, in this order."""
    assert list(registry.by_name.items()) == list(expected.items())
    assert list(registry.by_type.items()) == [(cls, name) for name, cls in expected.items()]
    assert len(registry.by_name) == len(registry.by_type) == len(expected)


def test_the_views_are_mutable_mappings_that_compare_with_dicts(registry: Registry[object]) -> None:
    """Code that took two dicts can take the views."""
    assert isinstance(registry.by_name, MutableMapping)
    assert isinstance(registry.by_type, MutableMapping)
    assert registry.by_name == {"a": A, "b": B}
    assert registry.by_type == {A: "a", B: "b"}


def test_the_views_are_live(registry: Registry[object]) -> None:
    """What is registered and unregistered shows in views that were taken before."""
    by_name, by_type = registry.by_name, registry.by_type
    registry.register("c", C)
    registry.unregister("a")
    assert (dict(by_name), dict(by_type)) == ({"b": B, "c": C}, {B: "b", C: "c"})


def test_by_name_takes_aliases_as_keys_but_does_not_list_them(registry: Registry[object]) -> None:
    """An alias can be looked up; iterating gives canonical names."""
    assert registry.by_name["alpha"] is A
    assert "alpha" in registry.by_name
    agree(registry, {"a": A, "b": B})


def test_by_type_takes_exact_classes_only(registry: Registry[object]) -> None:
    """A subclass is no key, although name_of finds it."""
    assert registry.by_type[A] == "a"
    assert SubA not in registry.by_type
    with pytest.raises(UnknownTypeError):
        registry.by_type[SubA]


def test_a_missing_key_is_a_key_error(registry: Registry[object]) -> None:
    """The views raise what mappings raise, so get() and pop() have their defaults."""
    with pytest.raises(KeyError):
        registry.by_name["c"]
    with pytest.raises(KeyError):
        registry.by_type[C]
    assert registry.by_name.get("c") is None
    assert registry.by_type.pop(C, "none") == "none"
    assert "c" not in registry.by_name


@pytest.mark.parametrize("key", [3, None, "c", A(), ("a",)])
def test_keys_of_other_kinds_are_not_in_the_views(registry: Registry[object], key: object) -> None:
    """Membership of anything can be asked."""
    assert key not in registry.by_name
    assert key not in registry.by_type


def test_assigning_a_new_pair_registers_it(registry: Registry[object]) -> None:
    """Either view takes a new pair, and both then have it."""
    registry.by_name["c"] = C
    registry.by_type[SubA] = "sub"
    agree(registry, {"a": A, "b": B, "c": C, "sub": SubA})


def test_assigning_to_a_name_overwrites_its_class(registry: Registry[object]) -> None:
    """by_name[name] = cls drops the class the name had, and the aliases that led to it."""
    registry.by_name["a"] = C
    agree(registry, {"a": C, "b": B})
    assert "alpha" not in registry


def test_assigning_to_a_class_overwrites_its_name(registry: Registry[object]) -> None:
    """by_type[cls] = name drops the name the class had."""
    registry.by_type[A] = "c"
    agree(registry, {"b": B, "c": A})


def test_assigning_never_takes_from_another_key(registry: Registry[object]) -> None:
    """A class of another name, or a name of another class, is a conflict that changes nothing."""
    with pytest.raises(ConflictError):
        registry.by_name["c"] = A
    with pytest.raises(ConflictError):
        registry.by_type[C] = "a"
    agree(registry, {"a": A, "b": B})


@pytest.mark.parametrize("name", ["a", "alpha"])
def test_assigning_what_is_there_changes_nothing(registry: Registry[object], name: str) -> None:
    """view[key] = view[key] is allowed for every key, aliases included."""
    entry = registry.entry("a")
    registry.by_name[name] = registry.by_name[name]
    registry.by_type[A] = registry.by_type[A]
    assert registry.entry("a") is entry


def test_assigning_to_an_alias_takes_it_from_its_entry(registry: Registry[object]) -> None:
    """The alias becomes a name of its own; the entry it belonged to stays."""
    registry.by_name["alpha"] = C
    agree(registry, {"a": A, "b": B, "alpha": C})
    assert registry.entry("a").aliases == ()


def test_deleting_unregisters(registry: Registry[object]) -> None:
    """Either view forgets the pair in both, with its aliases."""
    del registry.by_name["alpha"]
    agree(registry, {"b": B})
    del registry.by_type[B]
    agree(registry, {})


def test_deleting_what_is_not_there_is_a_key_error(registry: Registry[object]) -> None:
    """Neither view deletes quietly, and by_type does not reach for an ancestor."""
    with pytest.raises(UnknownNameError):
        del registry.by_name["c"]
    with pytest.raises(UnknownTypeError):
        del registry.by_type[SubA]
    agree(registry, {"a": A, "b": B})


def test_the_other_mapping_methods_write_through(registry: Registry[object]) -> None:
    """pop, popitem, setdefault, update and clear change both views."""
    assert registry.by_name.pop("a") is A
    assert registry.by_type.setdefault(C, "c") == "c"
    registry.by_name.update({"a": A, "b": B})
    agree(registry, {"b": B, "c": C, "a": A})
    assert registry.by_type.popitem() == (B, "b")
    registry.by_name.clear()
    agree(registry, {})


def test_the_reprs_show_the_pairs(registry: Registry[object]) -> None:
    """A view prints as the dict it stands for."""
    assert repr(registry.by_name) == f"by_name({ {'a': A, 'b': B}!r})"
    assert repr(registry.by_type) == f"by_type({ {A: 'a', B: 'b'}!r})"


def test_listing_a_view_imports_lazy_targets_and_passes_over_those_that_fail() -> None:
    """The views hold the pairs that can be imported; the registry itself lists all names."""
    registry: Registry[object] = Registry()
    registry.register("counter", "collections:Counter")
    registry.register("absent", "package_that_is_absent:X")
    registry.register("broken", "collections:NoSuchClass")
    assert [registry.type_of("counter")] == list(registry.by_name.values()) == list(registry.by_type)
    assert list(registry) == ["counter", "absent", "broken"]
    assert "absent" not in registry.by_name
    with pytest.raises(ImportError):
        registry.by_name["broken"]


def test_the_values_of_either_view_have_a_length() -> None:
    """It is that of the view, and they can be asked for what they hold."""
    registry: Registry[object] = Registry("executor")
    registry.register("a", dict)
    registry.register("b", list)
    assert (len(registry.by_name.values()), len(registry.by_type.values())) == (2, 2)
    assert [*registry.by_name.values()] == [dict, list]
    assert [*registry.by_type.values()] == ["a", "b"]
    assert "a" in registry.by_type.values()
    assert (len(registry.by_name.items()), len(registry.by_type.items())) == (2, 2)
    assert ("a", dict) in registry.by_name.items()
    assert (dict, "b") not in registry.by_type.items()


@pytest.mark.parametrize(
    ("name", "cls", "data"),
    [("a b", dict, ("executor", "a b")), ("a", type, ("executor", "a", "<class 'type'>"))],
)
def test_what_cannot_be_assigned_is_told_as_by_register(name: str, cls: type, data: tuple[str, ...]) -> None:
    """The errors of a view have kind, name and target too."""
    registry: Registry[object] = Registry("executor")
    with pytest.raises(LaunchbindError) as caught:
        registry.by_name[name] = cls
    assert caught.value.data[: len(data)] == data
    with pytest.raises(LaunchbindError) as caught:
        registry.by_type[cls] = name
    assert caught.value.data[: len(data)] == data
