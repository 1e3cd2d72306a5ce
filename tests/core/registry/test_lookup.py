"""Looking things up: class to name along the MRO, name to class, listing, membership."""

from __future__ import annotations

import gc
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, cast
from unittest.mock import Mock
from weakref import ref

import pytest
from registry_machine import forget_lookups

from launchbind import ConflictError, Registry, UnknownNameError, UnknownTypeError
from launchbind.registry.lookup import Lookup
from launchbind.registry.writing import register

if TYPE_CHECKING:
    import threading


class Base: ...


class Near(Base): ...


class Leaf(Near): ...


class Other: ...


class Mixed(Other, Leaf): ...


@pytest.fixture
def registry() -> Registry[object]:
    registry: Registry[object] = Registry("executor")
    registry.register("base", Base, aliases=("b", "ground"))
    registry.register("near", Near)
    return registry


def test_name_of_takes_a_class_or_an_instance(registry: Registry[object]) -> None:
    """The class and its instances have the same name."""
    assert registry.name_of(Near) == registry.name_of(Near()) == "near"


def test_name_of_a_subclass_is_that_of_the_nearest_registered_class(registry: Registry[object]) -> None:
    """A class that is not registered goes by its nearest ancestor, not by the first one registered."""
    assert registry.name_of(Leaf()) == "near"


def test_the_nearest_class_is_found_along_the_mro(registry: Registry[object]) -> None:
    """With several bases, the order of the MRO decides."""
    assert registry.name_of(Mixed) == "near"
    registry.register("other", Other)
    assert registry.name_of(Mixed) == "other"


def test_registering_a_nearer_class_changes_what_was_found_before(registry: Registry[object]) -> None:
    """A remembered walk is forgotten when something is registered, and when it goes again."""
    assert registry.name_of(Leaf) == "near"
    registry.register("leaf", Leaf)
    assert registry.name_of(Leaf) == "leaf"
    registry.unregister("leaf")
    assert registry.name_of(Leaf) == "near"
    registry.unregister("near")
    assert registry.name_of(Leaf) == "base"


def test_exact_accepts_no_ancestor(registry: Registry[object]) -> None:
    """With exact=True a subclass is unknown, and the class itself is found."""
    assert registry.name_of(Near(), exact=True) == "near"
    with pytest.raises(UnknownTypeError):
        registry.name_of(Leaf, exact=True)


def test_an_unknown_class_is_named_with_what_is_known(registry: Registry[object]) -> None:
    """The error of name_of holds the class, and the registered names in order."""
    with pytest.raises(
        UnknownTypeError, match=r"Other.*registered are base, near;.*register\(name, Other\)"
    ) as e:
        registry.name_of(Other())
    assert e.value.type_name == f"{__name__}.Other"
    assert e.value.known == ("base", "near")


def test_find_name_is_none_for_an_unknown_class(registry: Registry[object]) -> None:
    """find_name answers like name_of, with None in place of an error."""
    assert registry.find_name(Leaf()) == "near"
    assert registry.find_name(Other) is None
    assert registry.find_name(None) is None


def test_a_stand_in_goes_by_the_class_it_says_it_is(registry: Registry[object]) -> None:
    """An object whose __class__ is a registered class, as a mock with a spec, has that class's name."""

    class StandIn:
        @property  # type: ignore[misc]  # it overrides an attribute, as unittest.mock does for spec=
        def __class__(self) -> type:
            return Leaf

    assert registry.name_of(StandIn()) == "near"


def test_a_class_with_a_metaclass_of_its_own_is_found(registry: Registry[object]) -> None:
    """Metaclasses do not get in the way of looking up their classes."""

    class Meta(type): ...

    class Made(Near, metaclass=Meta): ...

    assert registry.name_of(Made) == registry.name_of(Made()) == "near"


def test_a_class_that_is_false_is_ready_all_the_same() -> None:
    """A class whose metaclass makes it falsy counts as at hand."""

    class Empty(type):
        def __len__(cls) -> int:
            return 0

    class Falsy(metaclass=Empty): ...

    registry: Registry[object] = Registry()
    registry.register("falsy", Falsy)
    assert registry.entry("falsy").state == "ready"
    assert registry.type_of("falsy") is Falsy


def test_type_of_takes_names_and_aliases(registry: Registry[object]) -> None:
    """type_of and indexing return the class under its name and under every alias."""
    assert [registry.type_of(name) for name in ("base", "b", "ground")] == [Base] * 3
    assert registry["near"] is Near


def test_name_of_is_canonical_whatever_the_aliases(registry: Registry[object]) -> None:
    """A class with aliases has one canonical name."""
    assert registry.name_of(registry["ground"]) == "base"


def test_an_unknown_name_is_reported_with_the_closest_one(registry: Registry[object]) -> None:
    """The error lists the names there are, and suggests the one that was meant."""
    with pytest.raises(
        UnknownNameError, match=r"unknown executor 'Neer'.*base, near.*did you mean 'near'"
    ) as e:
        registry.type_of("Neer")
    assert e.value.suggestion == "near"
    assert isinstance(e.value, KeyError)


def test_an_unknown_name_with_nothing_close_has_no_suggestion() -> None:
    """An empty registry says that there is nothing, and guesses nothing."""
    with pytest.raises(UnknownNameError, match=r"registered are none\.$") as e:
        Registry[object]().type_of("x")
    assert e.value.suggestion is None


def test_a_name_that_is_no_string_still_makes_a_readable_error(registry: Registry[object]) -> None:
    """Untyped callers that look up None, for want of a name, are told so."""
    nothing: str = None  # type: ignore[assignment]  # what an untyped caller passes
    with pytest.raises(UnknownNameError, match="unknown executor None"):
        registry.type_of(nothing)


def test_find_type_is_none_for_an_unknown_name(registry: Registry[object]) -> None:
    """find_type answers like type_of, with None in place of an error."""
    assert registry.find_type("b") is Base
    assert registry.find_type("c") is None


def test_membership_covers_names_aliases_classes_and_instances(registry: Registry[object]) -> None:
    """``in`` is true for whatever type_of or name_of would find."""
    assert all(x in registry for x in ("base", "b", Base, Near(), Leaf, Leaf()))
    assert not any(x in registry for x in ("c", Other, Other(), None, 3))


def test_listing_gives_canonical_names_in_order_of_registration(registry: Registry[object]) -> None:
    """Iteration and length leave aliases out."""
    assert list(registry) == ["base", "near"]
    assert len(registry) == 2


def test_iteration_is_over_a_snapshot(registry: Registry[object]) -> None:
    """What is registered during an iteration does not show up in it, and does not end it."""
    seen = []
    for name in registry:
        seen.append(name)
        registry.register(f"{name}-2", type("New", (), {}))
    assert seen == ["base", "near"]
    assert len(registry) == 4


def test_repr_names_the_kind_and_the_entries(registry: Registry[object]) -> None:
    """The repr shows what a registry is of, and what is in it."""
    assert repr(registry) == "<Registry of executor: base, near>"
    assert repr(Registry[object]()) == "<Registry of entry: empty>"


@pytest.mark.parametrize("lookup", ["name_of", "find_name", "__contains__"])
def test_a_class_that_was_only_looked_up_can_die(registry: Registry[object], lookup: str) -> None:
    """The registry remembers the walk for a dynamic subclass without keeping the class alive."""

    def look_up() -> ref[type]:
        dynamic = type("Dynamic", (Near,), {})
        assert getattr(registry, lookup)(dynamic())
        assert dynamic in registry.nearest_names  # remembered
        return ref(dynamic)

    looked_up = look_up()
    gc.collect()
    assert looked_up() is None
    assert set(registry.nearest_names) == {Base, Near}


def test_what_was_remembered_is_no_exact_match(registry: Registry[object]) -> None:
    """A class that was found through its parent is still not registered itself."""
    assert registry.name_of(Leaf()) == registry.name_of(Leaf()) == "near"
    assert Leaf not in registry.by_type
    with pytest.raises(UnknownTypeError):
        registry.name_of(Leaf(), exact=True)
    registry.register("leaf", Leaf)
    assert registry.name_of(Leaf(), exact=True) == registry.by_type[Leaf] == "leaf"


def test_what_was_remembered_of_a_base_is_not_taken_for_its_subclass() -> None:
    """The walk of a class goes along its own MRO, where a class may come before its base's parents."""

    class Between(Base): ...

    class Diamond(Leaf, Between): ...

    registry: Registry[object] = Registry()
    registry.register("base", Base)
    registry.register("between", Between)
    assert registry.name_of(Leaf()) == "base"
    assert registry.name_of(Diamond()) == "between"


def test_what_was_remembered_is_forgotten_with_every_write(registry: Registry[object]) -> None:
    """Registering and unregistering a nearer class changes what instances are found as."""
    assert registry.name_of(Leaf()) == registry.name_of(Leaf()) == "near"
    registry.register("leaf", Leaf)
    assert registry.name_of(Leaf()) == "leaf"
    registry.unregister("leaf")
    assert registry.name_of(Leaf()) == registry.name_of(Leaf()) == "near"
    with registry.override("leaf", Leaf):
        assert registry.name_of(Leaf()) == "leaf"
    assert registry.name_of(Leaf()) == "near"


def test_looking_up_a_metaclass_says_nothing_about_its_classes() -> None:
    """Where everything is an object, classes still go by themselves and not by their metaclass."""
    registry: Registry[object] = Registry()
    registry.register("object", object)
    registry.register("near", Near)
    assert registry.name_of(type) == "object"
    assert registry.name_of(Near) == "near"


def test_looking_up_the_class_of_a_stand_in_says_nothing_about_the_stand_in() -> None:
    """A mock goes by its spec, whether or not its own class was looked up before."""
    registry: Registry[object] = Registry()
    registry.register("object", object)
    registry.register("near", Near)
    mock = Mock(spec=Near)
    assert registry.name_of(type(mock)) == "object"
    assert registry.name_of(mock) == registry.name_of(mock) == "near"


@pytest.mark.parametrize("busy", [False, True])
def test_a_walk_that_a_write_overtakes_is_not_remembered(busy: bool) -> None:
    """What was found before another thread's write is not left behind for those who look after it."""
    lookup: Lookup[object] = Lookup("executor", None)
    table = lookup.table
    register(table, "near", Near, (), False, None, ("file.py", 1))

    class Lock:
        """The table's lock, for which another thread with a write was faster."""

        def acquire(self, blocking: bool, /) -> bool:
            assert not blocking  # a reader does not wait to remember
            table.lock = lock
            register(table, "leaf", Leaf, (), False, None, ("file.py", 2))
            return not busy and lock.acquire()

        def release(self) -> None:
            lock.release()

    lock = table.lock
    table.lock = cast("threading.RLock", Lock())
    assert lookup.nearest(Mixed()) == "near"
    assert lookup.nearest(Mixed()) == "leaf"


def test_a_walk_that_another_thread_remembers_first_is_not_remembered_twice() -> None:
    """Two threads that look one class up at the same time leave one key for it."""
    lookup: Lookup[object] = Lookup("executor", None)
    table = lookup.table
    register(table, "near", Near, (), False, None, ("file.py", 1))

    class Lock:
        """The table's lock, for which another thread with the same look was faster."""

        def acquire(self, blocking: bool, /) -> bool:
            table.lock = lock
            assert lookup.nearest(Leaf()) == "near"
            return lock.acquire(blocking)

        def release(self) -> None:
            lock.release()

    lock = table.lock
    table.lock = cast("threading.RLock", Lock())
    assert lookup.nearest(Leaf()) == "near"
    assert len(table.nearest) == 2


def test_a_class_that_was_unregistered_can_die(registry: Registry[object]) -> None:
    """Nothing of an entry is kept after unregister."""

    def come_and_go() -> ref[type]:
        dynamic = type("Dynamic", (Near,), {})
        registry.register("dynamic", dynamic, aliases=("d",))
        registry.unregister("d")
        return ref(dynamic)

    gone = come_and_go()
    gc.collect()
    assert gone() is None


# -- the cache behind nearest_names --------------------------------------------------------------------


def test_what_is_remembered_can_be_forgotten_at_any_time(registry: Registry[object]) -> None:
    """Clearing the cache changes no answer, and the next look by an instance fills it again."""
    assert registry.nearest_names[Near] == "near"  # bound, so known before anybody looks
    assert registry.name_of(Leaf()) == registry.nearest_names[Leaf] == "near"
    forget_lookups(registry)
    assert registry.name_of(Near, exact=True) == registry.by_type[Near] == registry.name_of(Near) == "near"
    assert [registry.name_of(cls()) for cls in (Base, Near, Leaf)] == ["base", "near", "near"]
    assert [registry.nearest_names[cls] for cls in (Base, Near, Leaf)] == ["base", "near", "near"]
    forget_lookups(registry)
    registry.unregister("near")
    assert registry.name_of(Leaf()) == "base"
    assert Near not in registry.by_type


def test_forgetting_a_walk_keeps_the_binding_of_the_same_class() -> None:
    """A class that others import and somebody looks up by an instance is bound, whatever is written next."""
    registry: Registry[object] = Registry("executor")
    registry.register("lazy", "lb_appears:Near")
    appeared = type("Near", (), {"__module__": "lb_appears", "__qualname__": "Near"})
    sys.modules["lb_appears"] = cast("ModuleType", SimpleNamespace(Near=appeared))
    try:
        assert registry.name_of(appeared()) == "lazy"
        registry.register("base", Base)
        assert registry.name_of(appeared) == registry.by_type[appeared] == "lazy"
    finally:
        del sys.modules["lb_appears"]


def test_bound_classes_are_remembered_even_while_something_is_lazy(registry: Registry[object]) -> None:
    """A subclass is not: the module of the lazy target may show that it has a nearer class."""
    registry.register("lazy", "lb_nowhere:Target")
    assert registry.name_of(Leaf()) == "near"
    forget_lookups(registry)
    assert [registry.name_of(cls()) for cls in (Near, Leaf)] == ["near", "near"]
    assert set(registry.nearest_names) == {Near}
    registry.register("other", Other)
    assert set(registry.nearest_names) == {Near, Other}  # with no walk among them they are still right


# -- metaclasses with an equality of their own ---------------------------------------------------------


class Unhashable(type):
    def __eq__(cls, other: object) -> bool:
        return True


class EqualToAll(type):
    def __eq__(cls, other: object) -> bool:
        return True

    def __hash__(cls) -> int:
        return 0


class OwnHash(type):
    def __hash__(cls) -> int:
        return 0


class OwnEquality(type):
    __hash__ = type.__hash__

    def __eq__(cls, other: object) -> bool:
        return True


class Plain(type): ...


def test_classes_of_an_ordinary_metaclass_are_remembered(registry: Registry[object]) -> None:
    """A metaclass that says nothing about hash and equality costs its classes no speed."""
    bound = Plain("Bound", (), {})
    registry.register("bound", bound)
    walked = Plain("Walked", (bound,), {})
    assert registry.name_of(walked()) == "bound"
    assert bound in registry.nearest_names
    assert walked in registry.nearest_names


def test_the_name_of_none_is_not_that_of_others(registry: Registry[object]) -> None:
    """Any class can be registered, that of None included."""
    registry.register("none", type(None))
    assert [registry.name_of(x) for x in (None, Near(), Leaf())] == ["none", "near", "near"]


def test_a_write_clears_the_cache_only_while_it_holds_walks(registry: Registry[object]) -> None:
    """Bound classes stay in it, so that reads between many writes are fast."""
    assert registry.name_of(Leaf()) == "near"
    registry.register("other", Other)
    assert set(registry.nearest_names) == {Other}
    assert registry.name_of(Near()) == "near"
    registry.unregister("other")
    assert set(registry.nearest_names) == {Near}


@pytest.mark.parametrize("meta", [Unhashable, EqualToAll, OwnHash, OwnEquality])
def test_classes_that_say_they_are_equal_have_their_own_names(meta: type[type]) -> None:
    """A registry tells classes apart by identity, so a metaclass can neither break nor confuse it."""
    registry: Registry[object] = Registry("executor")
    registry.register("base", Base)
    one, two = meta("One", (), {}), meta("Two", (), {})
    sub = meta("Sub", (two,), {})
    registry.register("one", one)
    registry.register("two", two)
    assert [registry.name_of(cls) for cls in (one, two, sub)] == ["one", "two", "two"]
    assert [registry.name_of(cls()) for cls in (one, two, sub)] == ["one", "two", "two"]
    assert [registry.find_name(cls()) for cls in (one, two, sub)] == ["one", "two", "two"]
    assert (sub in registry.by_type, registry.by_type[two], registry["two"] is two) == (False, "two", True)
    assert set(registry.nearest_names) == {Base}
    with pytest.raises(ConflictError):
        registry.register("two", one)
    registry.unregister("two")
    assert (registry.find_name(sub()), registry.find_name(one())) == (None, "one")
    with pytest.raises(UnknownTypeError):
        registry.name_of(sub())
