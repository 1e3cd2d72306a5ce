"""Registry: names and classes of the right type go in and come out, and nothing else."""

from __future__ import annotations

from collections.abc import MutableMapping

from typing_extensions import assert_type

from launchbind import Entry, EntryState, Executor, Registry
from launchbind.testing import FakeExecutor


class Base:
    """What the registry below is of."""


class Unrelated:
    """A class that does not belong in it."""


registry = Registry[Base]("base", group="example.group")


# -- call form ------------------------------------------------------------------------------------


class Called(Base):
    """Registered by a call."""


registry.register("called", Called)
registry.register("lazy", "package.module:Qual.Name", aliases=("later",), requires="package")
registry.register("base", Base, replace=True)

registry.register("unrelated", Unrelated)  # type: ignore[arg-type]
registry.register("builtin", int)  # type: ignore[arg-type]
registry.register("instance", Called())  # type: ignore[call-overload]
registry.register(Called)  # type: ignore[call-overload]
registry.register("called", Called, True)  # type: ignore[call-overload]
registry.register("called", Called, group="example.group")  # type: ignore[call-overload]
registry.register("called", Called, aliases=1)  # type: ignore[call-overload]


# -- decorator form -------------------------------------------------------------------------------


@registry.register("decorated", aliases=["short"])
class Decorated(Base):
    """Comes back as the class it is, not as its base."""

    extra: int = 3


assert_type(Decorated, type[Decorated])
assert_type(Decorated().extra, int)


@registry.register("function")  # type: ignore[type-var]
def function() -> None:
    """Not even a class."""


# -- looking up -----------------------------------------------------------------------------------

assert_type(registry.name_of(Called()), str)
assert_type(registry.name_of(Called, exact=True), str)
assert_type(registry.type_of("called"), type[Base])
assert_type(registry["called"], type[Base])
assert_type(registry["called"](), Base)
assert_type(registry.find_name(object()), str | None)
assert_type(registry.find_type("called"), type[Base] | None)
assert_type(registry.entry("called"), Entry[Base])
assert_type(registry.probe("called").type, type[Base] | None)
assert_type(registry.entry("called").target, type[Base] | str)
assert_type(registry.entry("called").state, EntryState)
assert_type(list(registry), list[str])
assert_type(len(registry), int)
assert_type("called" in registry, bool)

registry.name_of("called")  # type: ignore[arg-type]
registry.name_of(Unrelated())  # type: ignore[arg-type]
registry.name_of(Unrelated)  # type: ignore[arg-type]
registry.type_of(Called)  # type: ignore[arg-type]
registry[Called]  # type: ignore[arg-type]
assert registry.entry("called").state == "loaded"  # type: ignore[comparison-overlap]


# -- the two views --------------------------------------------------------------------------------

assert_type(registry.by_name, MutableMapping[str, type[Base]])
assert_type(registry.by_type, MutableMapping[type[Base], str])
registry.by_name["called"] = Called
registry.by_type[Called] = "called"

registry.by_name["unrelated"] = Unrelated  # type: ignore[assignment]
registry.by_name["lazy"] = "package.module:Qual.Name"  # type: ignore[assignment]
registry.by_type[Unrelated] = "unrelated"  # type: ignore[index]


# -- temporary changes ----------------------------------------------------------------------------

with registry.override("called", Decorated) as same:
    assert_type(same, Registry[Base])
with registry.temporary() as same:
    assert_type(same, Registry[Base])
registry.override("called", Unrelated)  # type: ignore[arg-type]


# -- a registry of a Protocol ---------------------------------------------------------------------

executors = Registry[Executor]("executor")
executors.register("fake", FakeExecutor)
assert_type(executors["fake"]().nnodes(), int)

executors.register("unrelated", Unrelated)  # type: ignore[arg-type]
assert_type(Registry("executor", base=Executor), Registry[Executor])
assert_type(Registry("base", base=Base), Registry[Base])
wrong: Registry[Base] = Registry("base", base=Unrelated)  # type: ignore[arg-type]


# -- one registry is not another ------------------------------------------------------------------


def takes_registry_of_base(of_base: Registry[Base]) -> None:
    """Registries are invariant: both what goes in and what comes out is a Base."""


takes_registry_of_base(registry)
takes_registry_of_base(Registry[Called]())  # type: ignore[arg-type]
takes_registry_of_base(Registry[object]())  # type: ignore[arg-type]
