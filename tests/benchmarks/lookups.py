"""Lookups: from a type to its name and back, found or not."""

from __future__ import annotations

import random
from functools import cache, singledispatch
from types import FunctionType
from typing import TYPE_CHECKING

from nemo_run.core.execution.local import LocalExecutor
from nemo_run.run.torchx_backend.schedulers import api
from nemo_run.run.torchx_backend.schedulers.api import get_executor_str as upstream_get_executor_str
from tests.benchmarks.harness import Comparison, Group, Growth, fresh, statement

from launchbind import Registry
from launchbind_adapters.nemo_run import EXECUTORS, get_executor_str

if TYPE_CHECKING:
    from tests.benchmarks.harness import Sample

SIZES = (10, 1_000, 100_000)
#: How many classes that were never looked up one sample takes.
UNSEEN = 500


class Base: ...


class TeamExecutor(LocalExecutor):
    """A subclass that nobody registered."""


@cache
def classes(count: int) -> dict[str, type]:
    """So many classes by name, the same ones each time."""
    return {f"class-{number}": type(f"Class{number}", (Base,), {}) for number in range(count)}


def register_all(named: dict[str, type]) -> Registry[object]:
    """A new registry of these classes."""
    registry: Registry[object] = Registry("class")
    for name, cls in named.items():
        registry.register(name, cls)
    return registry


@cache
def registry_of(count: int) -> Registry[object]:
    """A registry of so many classes and their base, for those who only read."""
    return register_all({"base": Base, **classes(count)})


def lazy_registry_of(size: int) -> Registry[object]:
    """A registry of targets that nothing has imported, each in a module of its own."""
    registry: Registry[object] = Registry("class")
    for number in range(size):
        registry.register(f"name-{number}", f"package.module{number}:Class")
    return registry


def upstream(table: dict[type, str]) -> FunctionType:
    """NeMo-Run's own function, over another table than its own."""
    return FunctionType(api.get_executor_str.__code__, {"EXECUTOR_MAPPING": table})


def mro_loop(table: dict[type, str], cls: type) -> str:
    """What one would write by hand, with no cache and no error of its own."""
    for ancestor in cls.__mro__:
        if ancestor in table:
            return table[ancestor]
    raise KeyError(cls)


def unseen() -> list[Base]:
    """Instances of classes that no cache can know."""
    return [type("Unseen", (Base,), {})() for _ in range(UNSEEN)]


class Empty:
    """What any method that is called as ``name_of`` is costs before it does anything."""

    def method(self, x: object, exact: bool = False) -> None:
        pass


class DetailedError(KeyError):
    """An error as launchbind's are: data in attributes, no message before it is read."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        super().__init__()
        self.kind, self.name, self.known = kind, name, known


# As most users write it: in a function, on a name that the module imports. Since Python 3.11, the compiler
# takes such a name for that of a module, and does not emit the fast call of a method (CPython's compile.c,
# maybe_optimize_method_call). That alone makes 1.3x into 1.7x; ``name_of = EXECUTORS.name_of`` avoids it.
def imported_method(executor: LocalExecutor) -> str:
    """The name, from the method of an imported registry."""
    return EXECUTORS.name_of(executor)


def imported_function(executor: LocalExecutor) -> str:
    """The name, from the adapter's function."""
    return get_executor_str(executor)


def imported_upstream(executor: LocalExecutor) -> str:
    """The name, from NeMo-Run's function."""
    return upstream_get_executor_str(executor)


def type_to_name() -> Group:
    table = dict(api.EXECUTOR_MAPPING)
    names = {"x": LocalExecutor(), "table": table, "LocalExecutor": LocalExecutor}
    sides = {
        "Registry.name_of": statement("EXECUTORS.name_of(x)", EXECUTORS=EXECUTORS, **names),
        "get_executor_str of the adapter": statement("f(x)", f=get_executor_str, **names),
        "NeMo-Run get_executor_str": statement("f(x)", f=api.get_executor_str, **names),
        "Registry.name_of in a function": statement("f(x)", f=imported_method, **names),
        "get_executor_str of the adapter in a function": statement("f(x)", f=imported_function, **names),
        "NeMo-Run get_executor_str in a function": statement("f(x)", f=imported_upstream, **names),
        "an empty method": statement("e.method(x)", e=Empty(), **names),
        "a dict": statement("table[type(x)]", **names),
        "bidict": statement("b[type(x)]", "from bidict import bidict; b = bidict(table)", **names),
        "svcs": statement(
            "r.get_registered_service_for(type(x))",
            "import svcs; r = svcs.Registry()\nfor cls in table: r.register_factory(cls, cls)",
            **names,
        ),
        "pluggy": statement(
            "pm.get_name(LocalExecutor)",
            "import pluggy; pm = pluggy.PluginManager('p')\nfor cls in table: pm.register(cls, table[cls])",
            **names,
        ),
    }
    method, function = "Registry.name_of", "get_executor_str of the adapter"
    rows = [Comparison(method, "NeMo-Run get_executor_str", 1.25)]
    rows += [Comparison(function, "NeMo-Run get_executor_str", 1.15)]
    in_function = "NeMo-Run get_executor_str in a function"
    rows += [Comparison(f"{mine} in a function", in_function) for mine in (method, function)]
    rows += [Comparison(method, peer) for peer in ("an empty method", "a dict", "bidict", "svcs", "pluggy")]
    return Group("type to name, exact", sides, rows)


def over_many_types() -> Group:
    named = classes(SIZES[-1])
    registry = registry_of(SIZES[-1])
    instances = [cls() for cls in named.values()]
    random.shuffle(instances)
    theirs = upstream({cls: name for name, cls in named.items()})
    loop = "for x in instances: f(x)"
    sides = {
        "Registry.name_of": fresh(loop, "pass", len(instances), f=registry.name_of, instances=instances),
        "NeMo-Run get_executor_str": fresh(loop, "pass", len(instances), f=theirs, instances=instances),
    }
    rows = [Comparison("Registry.name_of", "NeMo-Run get_executor_str", 0.5)]
    return Group("the same, spread over 100,000 types", sides, rows)


def subclass_again() -> Group:
    @singledispatch
    def dispatched(x: object) -> None: ...

    for cls in api.EXECUTOR_MAPPING:
        dispatched.register(cls, lambda x: None)
    names = {"x": TeamExecutor(), "known": LocalExecutor(), "TeamExecutor": TeamExecutor}
    sides = {
        "Registry.name_of": statement("EXECUTORS.name_of(x)", EXECUTORS=EXECUTORS, **names),
        "get_executor_str of the adapter": statement("f(x)", f=get_executor_str, **names),
        "NeMo-Run's exact hit": statement("f(known)", f=api.get_executor_str, **names),
        "singledispatch.dispatch": statement("f(TeamExecutor)", f=dispatched.dispatch, **names),
    }
    rows = [
        Comparison("Registry.name_of", "NeMo-Run's exact hit", 3.3),
        Comparison("Registry.name_of", "singledispatch.dispatch", 0.8),
        Comparison("get_executor_str of the adapter", "NeMo-Run's exact hit"),
    ]
    return Group("type to name, subclass, repeated", sides, rows)


def subclass_first_time() -> Group:
    sides: dict[str, Sample] = {}
    rows: list[Comparison] = []
    for size in SIZES:
        table = {Base: "base", **{cls: name for name, cls in classes(size).items()}}
        mine, theirs = f"Registry.name_of, {size:,} entries", f"a bare MRO loop, {size:,} entries"
        sides[mine] = _first_time("f(x)", f=registry_of(size).name_of)
        sides[theirs] = _first_time("f(table, type(x))", f=mro_loop, table=table)
        rows.append(Comparison(mine, theirs, 5))
    return Group("type to name, subclass, first time", sides, rows)


def _first_time(call: str, **names: object) -> Sample:
    return fresh(f"for x in instances: {call}", "instances = unseen()", UNSEEN, unseen=unseen, **names)


def name_to_type() -> Group:
    table = dict(api.REVERSE_EXECUTOR_MAPPING)
    name = "local_persistent"

    def one_line(key: str) -> type:
        return table[key]

    names = {"table": table, "name": name}
    sides = {
        "Registry.type_of": statement("EXECUTORS.type_of(name)", EXECUTORS=EXECUTORS, **names),
        "a one-line function over a dict": statement("f(name)", f=one_line, **names),
        "bidict": statement("b.inv[name]", "from bidict import bidict; b = bidict(table).inv", **names),
        "catalogue": statement(
            "r.get(name)",
            "import catalogue; r = catalogue.create('a', 'b')\nfor k in table: r(k, func=table[k])",
            **names,
        ),
        "stevedore": statement(
            "m[name].plugin",
            "from stevedore.extension import Extension, ExtensionManager\n"
            "m = ExtensionManager.make_test_instance([Extension(k, None, table[k], None) for k in table])",
            **names,
        ),
        "pluggy": statement(
            "pm.get_plugin(name)",
            "import pluggy; pm = pluggy.PluginManager('p')\nfor k in table: pm.register(table[k], k)",
            **names,
        ),
        "torchx get_scheduler_factories": statement(
            "f()[name]", "from torchx.schedulers import get_scheduler_factories as f", **names
        ),
    }
    rows = [Comparison("Registry.type_of", "a one-line function over a dict", 1.15)]
    rows += [Comparison("Registry.type_of", peer) for peer in list(sides)[2:]]
    return Group("name to type, exact", sides, rows)


def miss() -> Group:
    def one_line(key: str) -> type:
        return table[key]

    def detailed(key: str) -> type:
        try:
            return table[key]
        except KeyError:
            pass
        raise DetailedError("executor", key, known)

    table = dict(api.REVERSE_EXECUTOR_MAPPING)
    known = tuple(table)
    code = "try: f('nobody')\nexcept KeyError: pass"
    sides = {
        "Registry.type_of": statement(code, f=EXECUTORS.type_of),
        "Registry.find_type": statement("f('nobody')", f=EXECUTORS.find_type),
        "a plain KeyError": statement(code, f=one_line),
        "a KeyError with attributes": statement(code, f=detailed),
    }
    rows = [
        Comparison("Registry.type_of", "a plain KeyError", 2.2),
        Comparison("Registry.type_of", "a KeyError with attributes"),
        Comparison("Registry.find_type", "a plain KeyError"),
    ]
    return Group("miss", sides, rows)


def groups() -> list[Group]:
    """What is compared."""
    return [
        type_to_name(),
        over_many_types(),
        subclass_again(),
        subclass_first_time(),
        name_to_type(),
        miss(),
    ]


def growth() -> list[Growth]:
    """What grows with the number of entries."""
    registries = {size: registry_of(size) for size in SIZES}
    again = "class Again(Base): pass\nx = Again()"
    missing = "try: r.type_of('nobody')\nexcept KeyError: pass"

    def each(code: str, setup: str) -> dict[int, Sample]:
        return {size: statement(code, setup, r=each, Base=Base) for size, each in registries.items()}

    return [
        Growth("name_of, exact", each("r.name_of(x)", "x = Base()")),
        Growth("name_of, subclass, repeated", each("r.name_of(x)", again)),
        Growth(
            "name_of, subclass, first time",
            {size: _first_time("f(x)", f=each.name_of) for size, each in registries.items()},
        ),
        Growth("type_of", each("r.type_of('base')", "pass")),
        Growth("type_of, miss", each(missing, "pass")),
        Growth(
            "find_name, miss, none imported",
            {size: statement("f(0)", f=lazy_registry_of(size).find_name) for size in SIZES},
        ),
    ]
