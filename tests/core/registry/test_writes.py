"""Writing to a registry: the rules for conflicts one by one, and what undoes a change."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

import pytest

from launchbind import (
    ConflictError,
    InvalidNameError,
    InvalidReferenceError,
    InvalidTargetError,
    LaunchbindError,
    Registry,
    UnknownNameError,
    UnknownTypeError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class A: ...


class B: ...


class C: ...


def again(cls: type[T]) -> type[T]:
    """``cls`` as a reload of its module makes it: a new class of the same module and name."""
    new: type[T] = type(cls.__name__, (), {"__module__": cls.__module__, "__qualname__": cls.__qualname__})
    return new


def state(registry: Registry[object]) -> list[tuple[object, ...]]:
    """All there is to see of a registry, in order."""
    entries = [registry.entry(name) for name in registry]
    return [(e.name, e.aliases, e.target, e.state, e.source, e.requires, e.shadowed) for e in entries]


@pytest.fixture
def registry() -> Registry[object]:
    registry: Registry[object] = Registry("executor")
    registry.register("a", A, aliases=("alpha", "first"))
    registry.register("b", B)
    return registry


# -- what an entry records ---------------------------------------------------------------------------


def test_the_decorator_registers_the_class_and_returns_it() -> None:
    """Without a target, register decorates a class and leaves it as it is."""
    registry: Registry[object] = Registry()

    @registry.register("decorated", aliases=("d",), requires="it")
    class Decorated: ...

    assert registry.type_of("d") is Decorated
    assert registry.entry("decorated").requires == "it"


def test_source_is_the_file_and_line_of_the_registration() -> None:
    """Whichever way a class was registered, its entry says where."""
    registry: Registry[object] = Registry()
    line = sys._getframe().f_lineno
    registry.register("call", A)
    registry.by_name["view"] = B
    registry.by_type[C] = "other"
    registry.by_name.update({"update": again(A)})
    registry.register("decorator")(again(B))
    with registry.override("override", again(C)):
        sources = [registry.entry(name).source for name in registry]
    assert sources == [f"{__file__}:{line + number}" for number in range(1, 7)]


def test_entry_says_what_is_known_about_a_name(registry: Registry[object]) -> None:
    """An entry has names, target, requirement and state, by whichever name it is asked for."""
    registry.register("c", C, requires="launchbind[c]")
    entry = registry.entry("first")
    assert (entry.name, entry.aliases, entry.target, entry.state) == ("a", ("alpha", "first"), A, "ready")
    assert (entry.requires, entry.error, entry.import_seconds, entry.discovered) == (None, None, None, False)
    assert registry.entry("c").requires == "launchbind[c]"
    assert repr(entry) == f"<Entry 'a' -> {__name__}:A (ready, {entry.source})>"


def test_an_entry_does_not_change_after_it_was_handed_out(registry: Registry[object]) -> None:
    """An entry is what was true when it was asked for."""
    before = registry.entry("a")
    registry.register("a", A, aliases=("another",))
    assert before.aliases == ("alpha", "first")
    assert registry.entry("a").aliases == ("alpha", "first", "another")


# -- what cannot be registered at all ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a:b", "ä", "a\n", None, 3])
def test_a_malformed_name_is_refused(registry: Registry[object], name: str) -> None:
    """A name that could not be the scheme of a handle is an error and changes nothing, as an alias too."""
    before = state(registry)
    with pytest.raises(InvalidNameError):
        registry.register(name, C)
    with pytest.raises(InvalidNameError):
        registry.register("c", C, aliases=("fine", name))
    with pytest.raises(InvalidNameError):
        registry.by_name[name] = C
    with pytest.raises(InvalidNameError):
        registry.by_type[C] = name
    assert state(registry) == before


def test_every_allowed_character_makes_a_name() -> None:
    """Letters, digits, underscore, dot, plus and minus may stand anywhere."""
    registry: Registry[object] = Registry()
    registry.register("+.x_Y-9", A)
    assert registry.name_of(A) == "+.x_Y-9"


@pytest.mark.parametrize(
    "reference", ["", "a", "a:", ":B", "a b:C", "a:B C", "a..b:C", "a:.B", "a:B:C", "1:B"]
)
def test_a_malformed_reference_is_refused(registry: Registry[object], reference: str) -> None:
    """A lazy target is parsed when it is registered, not when it is needed."""
    before = state(registry)
    with pytest.raises(InvalidReferenceError):
        registry.register("c", reference)
    assert state(registry) == before


@pytest.mark.parametrize(
    ("target", "problem"), [(3, "no class but int"), (print, "no class but"), (type, "a metaclass")]
)
def test_a_target_that_is_no_class_is_refused(
    registry: Registry[object], target: type[object], problem: str
) -> None:
    """Instances, functions and metaclasses cannot be registered, by call or through the views."""
    before = state(registry)
    with pytest.raises(InvalidTargetError, match=problem):
        registry.register("c", target)
    with pytest.raises(InvalidTargetError, match=problem):
        registry.by_name["c"] = target
    with pytest.raises(InvalidTargetError, match=problem):
        registry.by_type[target] = "c"
    assert state(registry) == before


# -- conflicts ---------------------------------------------------------------------------------------


def test_the_same_pair_again_changes_nothing(registry: Registry[object]) -> None:
    """Registering what is registered is no error, and not even the source changes."""
    before = state(registry)
    registry.register("a", A)
    registry.register("a", A, aliases=("first",))
    registry.register("a", A, replace=True)
    assert state(registry) == before


def test_the_same_pair_again_may_add_aliases(registry: Registry[object]) -> None:
    """New aliases join the ones there are."""
    registry.register("a", A, aliases=("a", "first", "third", "third"))
    assert registry.entry("a").aliases == ("alpha", "first", "third")
    assert registry.type_of("third") is A


def test_a_class_made_anew_replaces_the_old_one(registry: Registry[object]) -> None:
    """The same module and qualified name with a new class object is a reload, and takes its place."""
    new = again(A)
    registry.register("a", new)
    assert registry.type_of("a") is new
    assert registry.name_of(new) == "a"
    assert A not in registry
    assert list(registry) == ["a", "b"]


def test_a_class_made_anew_brings_its_own_aliases(registry: Registry[object]) -> None:
    """After a reload the aliases are those of the registration that was run again."""
    registry.register("a", again(A), aliases=("alpha", "new"))
    assert registry.entry("a").aliases == ("alpha", "new")
    assert "first" not in registry


def test_a_class_made_anew_may_not_take_what_is_bound_elsewhere(registry: Registry[object]) -> None:
    """A reload takes the place of its older self, and of nothing else."""
    new = again(A)
    registry.register("c", new)
    before = state(registry)
    with pytest.raises(ConflictError, match="'c' is bound to"):
        registry.register("a", new)
    with pytest.raises(ConflictError, match="'b' is bound to"):
        registry.register("a", again(A), aliases=("b",))
    assert state(registry) == before


def register_decorated(registry: Registry[object], cls: type[object]) -> None:
    registry.register("a")(cls)


def conflicts() -> list[tuple[str, Callable[[Registry[object]], None], set[str]]]:
    return [
        ("a name bound to another class", lambda r: r.register("a", C), {"a"}),
        ("a class bound to another name", lambda r: r.register("c", A), {"a"}),
        ("name and class bound to different others", lambda r: r.register("a", B), {"a", "b"}),
        ("a name that is an alias elsewhere", lambda r: r.register("alpha", C), {"a"}),
        ("an alias that is a name elsewhere", lambda r: r.register("c", C, aliases=("b",)), {"b"}),
        ("an alias that is an alias elsewhere", lambda r: r.register("c", C, aliases=("first",)), {"a"}),
        ("an added alias that is taken", lambda r: r.register("b", B, aliases=("first",)), {"a"}),
        ("a lazy target under a name that is taken", lambda r: r.register("a", "other.module:X"), {"a"}),
        ("a lazy target that is a bound class", lambda r: r.register("c", f"{__name__}:A"), {"a"}),
        ("a class in by_name that has another name", lambda r: r.by_name.update(a=B), {"a", "b"}),
        ("a name in by_type that has another class", lambda r: r.by_type.update({C: "a"}), {"a"}),
        ("the decorator", lambda r: register_decorated(r, C), {"a"}),
    ]


@pytest.mark.parametrize(("case", "write", "held"), conflicts(), ids=[case for case, _, _ in conflicts()])
def test_a_conflict_names_both_sides_and_changes_nothing(
    registry: Registry[object], case: str, write: Callable[[Registry[object]], None], held: set[str]
) -> None:
    """Whatever is bound elsewhere stays, and the error says what wanted it, what has it, and both places."""
    before = state(registry)
    with pytest.raises(ConflictError) as caught:
        write(registry)
    assert state(registry) == before
    error = caught.value
    assert isinstance(error, ValueError)
    assert error.source.startswith(__file__)
    assert {name for name, _, _ in error.held} <= held
    text = str(error)
    assert f"{error.name!r} to {error.target} ({error.source})" in text
    for name, target, source in error.held:
        assert target == f"{__name__}:{registry.type_of(name).__qualname__}"
        assert source == registry.entry(name).source
        assert f"{name!r} is bound to {target} ({source})" in text


def test_a_conflict_with_two_names_both_of_them(registry: Registry[object]) -> None:
    """When the name and the class are bound to different others, both are in the error."""
    with pytest.raises(ConflictError) as caught:
        registry.register("a", B)
    assert [name for name, _, _ in caught.value.held] == ["a", "b"]


# -- replace -----------------------------------------------------------------------------------------


def test_replace_drops_what_the_name_was_bound_to(registry: Registry[object]) -> None:
    """The name keeps its place in the order, and the old class and its aliases are gone."""
    registry.register("a", C, replace=True)
    assert list(registry.by_name.items()) == [("a", C), ("b", B)]
    assert A not in registry
    assert "alpha" not in registry


def test_replace_drops_what_the_class_was_bound_to(registry: Registry[object]) -> None:
    """A class moves to its new name, and its old name is gone with its aliases."""
    registry.register("c", A, replace=True)
    assert list(registry.by_name.items()) == [("b", B), ("c", A)]
    assert "first" not in registry


def test_replace_drops_both_at_once(registry: Registry[object]) -> None:
    """A name and a class that were bound to different others are bound to each other."""
    registry.register("a", B, replace=True)
    assert list(registry.by_name.items()) == [("a", B)]
    assert dict(registry.by_type) == {B: "a"}


def test_replacing_an_alias_leaves_its_entry_the_others(registry: Registry[object]) -> None:
    """An entry that only loses an alias stays, without it."""
    registry.register("alpha", C, replace=True)
    assert registry.type_of("alpha") is C
    assert registry.entry("a").aliases == ("first",)
    assert registry.type_of("a") is A


def test_an_alias_can_be_made_the_canonical_name(registry: Registry[object]) -> None:
    """Replacing by the same class moves it from its old name to its alias."""
    registry.register("alpha", A, replace=True)
    assert list(registry.by_name.items()) == [("b", B), ("alpha", A)]
    assert "a" not in registry


# -- taking things out -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "alpha"])
def test_unregister_forgets_the_whole_entry(registry: Registry[object], name: str) -> None:
    """By name or by alias, an entry goes with all its names."""
    registry.unregister(name)
    assert list(registry) == ["b"]
    assert not any(each in registry for each in ("a", "alpha", "first", A))


def test_unregister_of_an_unknown_name_is_an_error(registry: Registry[object]) -> None:
    """There is nothing to forget, and nothing changes."""
    before = state(registry)
    with pytest.raises(UnknownNameError):
        registry.unregister("c")
    assert state(registry) == before


def test_a_lazy_entry_can_be_unregistered(registry: Registry[object]) -> None:
    """A target that was never imported leaves nothing behind, and its neighbour in the module stays."""
    registry.register("lazy", "not.imported:X")
    registry.register("neighbour", "not.imported:Y")
    registry.unregister("lazy")
    assert list(registry) == ["a", "b", "neighbour"]
    registry.register("x", "not.imported:X")
    registry.unregister("neighbour")
    registry.unregister("x")
    assert list(registry) == ["a", "b"]


# -- temporary changes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "target"), [("a", C), ("a", B), ("alpha", C), ("c", A), ("n", "lazy.one:X")]
)
def test_override_restores_exactly(registry: Registry[object], name: str, target: type[object] | str) -> None:
    """Whatever name and class were bound to is back afterwards, order and aliases included."""
    before = state(registry)
    with registry.override(name, target) as same:
        assert same is registry
        assert registry.entry(name).target == target
        assert registry.entry(name).name == name
    assert state(registry) == before


def test_override_restores_after_an_error(registry: Registry[object]) -> None:
    """An exception leaves the block, and the override with it."""
    before = state(registry)
    with pytest.raises(ZeroDivisionError), registry.override("a", C):
        raise ZeroDivisionError(registry.name_of(C))
    assert state(registry) == before


def test_an_override_that_is_refused_changes_nothing(registry: Registry[object]) -> None:
    """The block is not entered."""
    before = state(registry)
    with pytest.raises(InvalidReferenceError), registry.override("a", "no reference"):
        raise AssertionError("entered")
    assert state(registry) == before


def test_temporary_undoes_everything_done_inside(registry: Registry[object]) -> None:
    """Any number of changes of any kind are undone, and blocks nest."""
    before = state(registry)
    with registry.temporary() as same:
        assert same is registry
        registry.unregister("a")
        registry.register("b", C, replace=True)
        inner = state(registry)
        with registry.temporary():
            registry.by_name.clear()
            assert len(registry) == 0
        assert state(registry) == inner
    assert state(registry) == before
    assert registry.type_of("first") is A
    assert registry.name_of(B) == "b"


def test_the_decorator_can_replace() -> None:
    """As the call can."""
    registry: Registry[object] = Registry("executor")
    registry.register("name", dict)
    cls = registry.register("name", replace=True)(type("Made", (), {}))
    assert registry["name"] is cls


def test_a_conflict_holds_what_was_wanted() -> None:
    """Kind, name and target are in the error, for code that looks at it."""
    registry: Registry[object] = Registry("executor")
    registry.register("name", dict)
    with pytest.raises(ConflictError) as caught:
        registry.register("name", list)
    error = caught.value
    assert (error.kind, error.name, error.target) == ("executor", "name", "builtins:list")
    assert error.held[0][:2] == ("name", "builtins:dict")


@pytest.mark.parametrize(
    ("name", "target", "aliases", "data"),
    [
        ("a b", dict, (), ("executor", "a b")),
        ("a", dict, ("a b",), ("executor", "a b")),
        ("a", type, (), ("executor", "a", "<class 'type'>", "a metaclass")),
    ],
)
def test_what_cannot_be_registered_is_in_the_error(
    name: str, target: type, aliases: tuple[str, ...], data: tuple[str, ...]
) -> None:
    """Kind, name and target, for code that looks at them."""
    registry: Registry[object] = Registry("executor")
    with pytest.raises(LaunchbindError) as caught:
        registry.register(name, target, aliases=aliases)
    assert caught.value.data == data


def test_a_class_nobody_knows_is_in_the_error() -> None:
    """With the kind of thing that was looked for."""
    registry: Registry[object] = Registry("executor")
    registry.register("name", dict)
    with pytest.raises(UnknownTypeError) as caught:
        registry.name_of(list)
    assert caught.value.data == ("executor", "builtins.list", ("name",))
