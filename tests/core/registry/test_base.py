"""A registry with a base: a class of another kind is refused at run time, however it is registered."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from launchbind import Executor, InvalidTargetError, Registry
from launchbind.testing import FakeExecutor

if TYPE_CHECKING:
    from tests.core.conftest import WriteDistribution, WriteModule


class Base(ABC):  # noqa: B024  (what is registered may be virtual)
    """What the classes of the registry are."""


class Derived(Base):
    """One of them."""


class Unrelated:
    """None of them."""


def make(group: str | None = None) -> Registry[Any]:
    """A registry of Any, so that checkers let the tests register what is wrong."""
    return Registry("base", group=group, base=Base)


def refused(registry: Registry[Any], name: str = "wrong") -> None:
    """Importing what the name is bound to is an error, and the entry is broken."""
    with pytest.raises(
        InvalidTargetError, match=r"'wrong' cannot be bound to .*Unrelated.*, which is no Base"
    ):
        registry.type_of(name)
    entry = registry.entry(name)
    assert (entry.state, entry.type) == ("broken", None)
    assert isinstance(entry.error, InvalidTargetError)
    assert name not in registry.by_name


def test_a_call_with_a_wrong_class_is_refused() -> None:
    """Nothing is registered; the base and what derives from it, virtually too, are fine."""
    registry = make()
    with pytest.raises(InvalidTargetError, match="Unrelated'>, which is no Base"):
        registry.register("wrong", Unrelated)
    with pytest.raises(InvalidTargetError, match="which is no class but int"):
        registry.register("wrong", 3)  # type: ignore[call-overload]
    with pytest.raises(InvalidTargetError, match="which is a metaclass"):
        registry.register("wrong", type)
    assert list(registry) == []
    registry.register("base", Base)
    registry.register("derived", Derived)

    class Virtual:
        pass

    Base.register(Virtual)
    registry.register("virtual", Virtual)
    assert list(registry) == ["base", "derived", "virtual"]


def test_a_decorated_wrong_class_is_refused() -> None:
    """As in the call; what is decorated comes back as it is."""
    registry = make()
    with pytest.raises(InvalidTargetError, match="which is no Base"):
        registry.register("wrong")(Unrelated)
    assert registry.register("derived")(Derived) is Derived
    assert list(registry) == ["derived"]


def test_the_views_and_override_refuse_a_wrong_class() -> None:
    """All ways to write lead through the same check."""
    registry = make()
    registry.register("derived", Derived)
    for write in (
        lambda: registry.by_name.update(derived=Unrelated),
        lambda: registry.by_type.update({Unrelated: "derived"}),
        lambda: registry.override("derived", Unrelated).__enter__(),
    ):
        with pytest.raises(InvalidTargetError, match="which is no Base"):
            write()
    assert registry.by_name == {"derived": Derived}


@pytest.mark.parametrize("imported", [False, True], ids=["not-imported", "imported"])
def test_a_lazy_wrong_class_is_refused_when_it_is_imported(imported: bool, write_module: WriteModule) -> None:
    """The registration cannot know; a module that others have imported does not make it ready."""
    write_module("of_no_base", "class Unrelated: pass")
    if imported:
        import of_no_base  # type: ignore[import-not-found]  # noqa: F401
    registry = make()
    registry.register("wrong", "of_no_base:Unrelated")
    assert registry.entry("wrong").state == "lazy"
    refused(registry)


def test_a_lazy_wrong_class_is_not_ready_once_others_import_it(write_module: WriteModule) -> None:
    """Looking names up does not take it for one of the base."""
    write_module("of_no_base", "class Unrelated: pass")
    registry = make()
    registry.register("wrong", "of_no_base:Unrelated")
    __import__("of_no_base")
    assert registry.find_name(3) is None
    assert registry.entry("wrong").state == "lazy"
    refused(registry)


def test_a_wrong_class_of_an_entry_point_is_refused(
    write_distribution: WriteDistribution, write_module: WriteModule
) -> None:
    """A plugin cannot bring what the registry is not of."""
    write_module("of_no_base", "class Unrelated: pass")
    write_distribution("acme", "[test.bases]\nwrong = of_no_base:Unrelated\n")
    refused(make("test.bases"))


def test_a_protocol_as_a_base_asks_for_its_methods() -> None:
    """Attributes may be set by __init__, so a class is not asked for them; inherited methods are."""

    class Nodes(Protocol):
        def nnodes(self) -> int: ...

    class Calls(Nodes, Protocol):
        def __call__(self) -> None: ...

    class Initialised:
        def __init__(self) -> None:
            self.env_vars: dict[str, str] = {}
            self.retries = 0

        def nnodes(self) -> int:
            return 1

        def nproc_per_node(self) -> int:
            return 1

    executors = Registry("executor", base=Executor)
    executors.register("fake", FakeExecutor)
    executors.register("initialised", Initialised)
    untyped: Registry[Any] = Registry("executor", base=Calls)
    for cls in (Unrelated, Initialised, FakeExecutor):
        with pytest.raises(InvalidTargetError, match=r"which is no .*Calls"):
            untyped.register("wrong", cls)

    class Complete(Initialised):
        def __call__(self) -> None: ...

    untyped.register("complete", Complete)
