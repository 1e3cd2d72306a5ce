"""Reading while others write: readers take no lock, and see what is true all the same."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from registry_machine import forget_lookups

from launchbind import Registry, UnknownNameError, UnknownTypeError
from launchbind.registry.table import Table
from launchbind.registry.writing import register

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.core.conftest import WriteDistribution, WriteModule

pytestmark = pytest.mark.usefixtures("switch_often")

ROUNDS = 5000
READERS = 3


class Base: ...


class Near(Base): ...


class Sub(Near): ...


class Left: ...


class Right: ...


def race(write: Callable[[int], None], *reads: Callable[[], None], rounds: int = ROUNDS) -> None:
    """Run every read over and over in threads of its own while ``write`` runs; any exception counts."""
    done, failures = threading.Event(), []
    begin = threading.Barrier(1 + READERS * len(reads))

    def reader(read: Callable[[], None]) -> None:
        begin.wait()
        try:
            while not done.is_set():
                read()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=reader, args=(read,)) for read in reads for _ in range(READERS)]
    for thread in threads:
        thread.start()
    begin.wait()
    try:
        for number in range(rounds):
            if failures:
                break
            write(number)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


def test_a_name_that_is_always_bound_never_appears_unknown() -> None:
    """Replacing is atomic to readers: they get the old class or the new one, and see the name listed."""
    registry: Registry[object] = Registry()
    registry.register("x", Left, aliases=("alias",))

    def write(number: int) -> None:
        registry.register("x", (Right, Left)[number % 2], aliases=("alias",), replace=True)

    def by_name() -> None:
        assert registry.type_of("x") in (Left, Right)
        assert registry["alias"] in (Left, Right)
        assert registry.find_type("x") in (Left, Right)
        assert "x" in registry
        assert registry.entry("alias").name == "x"

    def listing() -> None:
        assert list(registry) == ["x"]
        assert len(registry) == 1
        assert repr(registry) == "<Registry of entry: x>"
        assert [*registry.by_name] == ["x"]
        assert len(registry.by_type) == 1

    race(write, by_name, listing)


def test_what_readers_remember_does_not_outlive_a_write() -> None:
    """Once register returns, no subclass is found under the old name, however many look it up."""
    registry: Registry[object] = Registry()
    registry.register("base", Base)
    registry.register("one", Near)

    def write(number: int) -> None:
        name = ("two", "one")[number % 2]
        registry.register(name, Near, replace=True)
        assert registry.name_of(Sub()) == name

    def by_class() -> None:
        assert registry.name_of(Sub()) in ("one", "two")
        assert registry.find_name(Sub()) in ("one", "two")

    race(write, by_class)


def test_the_cache_may_be_cleared_while_others_read_and_write() -> None:
    """No answer changes, and nobody who looks after a write finds what was true before it."""
    registry: Registry[object] = Registry()
    registry.register("base", Base)
    registry.register("one", Near)

    def write(number: int) -> None:
        name = ("two", "one")[number % 2]
        registry.register(name, Near, replace=True)
        assert registry.name_of(Near()) == registry.name_of(Sub()) == name

    def clear() -> None:
        forget_lookups(registry)

    def by_class() -> None:
        assert registry.name_of(Base()) == "base"
        assert registry.name_of(Near()) in ("one", "two")
        assert registry.name_of(Sub()) in ("one", "two")

    race(write, clear, by_class)


def test_a_class_that_is_always_bound_never_appears_unknown() -> None:
    """Renaming is atomic to readers: a subclass never falls through to the parent's name."""
    registry: Registry[object] = Registry()
    registry.register("base", Base)
    registry.register("one", Near)

    def write(number: int) -> None:
        registry.register(("two", "one")[number % 2], Near, replace=True)

    def by_class() -> None:
        assert registry.name_of(Near) in ("one", "two")
        assert registry.name_of(Sub()) in ("one", "two")
        assert registry.find_name(Sub) in ("one", "two")
        assert Sub in registry
        assert registry.by_type[Near] in ("one", "two")

    def by_a_new_class() -> None:
        dynamic = type("Dynamic", (Sub,), {})
        assert registry.name_of(dynamic) in ("one", "two")
        assert registry.name_of(dynamic()) in ("one", "two")

    def listing() -> None:
        assert list(registry) in (["base", "one"], ["base", "two"])
        assert len(registry) == len(registry.by_name) == 2
        assert dict(registry.by_name.items()) in ({"base": Base, "one": Near}, {"base": Base, "two": Near})
        assert list(registry.by_type.values()) in (["base", "one"], ["base", "two"])

    race(write, by_class, by_a_new_class, listing)


def test_a_lazy_class_that_is_always_bound_never_appears_unknown() -> None:
    """The same holds for targets that are known by reference only."""
    registry: Registry[object] = Registry()
    near = type("Near", (Base,), {"__module__": "lb_nowhere", "__qualname__": "Near"})
    registry.register("base", Base)
    registry.register("one", "lb_nowhere:Near")

    def write(number: int) -> None:
        registry.register(("two", "one")[number % 2], "lb_nowhere:Near", replace=True)

    def by_class() -> None:
        assert registry.name_of(near) in ("one", "two")
        assert registry.name_of(type("Dynamic", (near,), {})) in ("one", "two")

    race(write, by_class)


def test_what_comes_and_goes_is_known_or_unknown_and_nothing_else() -> None:
    """A name that is toggled is either bound to its own class or an unknown name; the rest never wavers."""
    registry: Registry[object] = Registry()
    registry.register("stays", Base)
    toggled: dict[str, type[object]] = {"left": Left, "right": Right, "near": Near}

    def write(number: int) -> None:
        name = list(toggled)[number % len(toggled)]
        registry.register(name, toggled[name], aliases=(f"{name}-alias",))
        registry.unregister(f"{name}-alias")

    def by_name() -> None:
        for name, cls in toggled.items():
            for each in (name, f"{name}-alias"):
                try:
                    found: object = registry.type_of(each)
                except UnknownNameError as error:
                    found = (error.name, error.known[0])
                assert found in (cls, (each, "stays"))
            try:
                bound: object = registry.name_of(cls, exact=True)
            except UnknownTypeError as error:
                bound = error.known[0]
            assert bound in (name, "stays")
            assert registry.find_name(cls) in ((name, "base", "stays") if cls is Near else (name, None))

    def listing() -> None:
        names = list(registry)
        assert names[0] == "stays"
        assert len(names) <= 2
        pairs = dict(registry.by_name.items())
        assert pairs["stays"] is Base
        assert all(toggled[name] is cls for name, cls in pairs.items() if name != "stays")
        assert all(name == "stays" or toggled[name] is cls for cls, name in registry.by_type.items())
        assert "stays" in registry.by_type.values()
        assert Base in registry.by_name.values()

    race(write, by_name, listing)


def test_listings_never_show_the_middle_of_a_restore() -> None:
    """Leaving a temporary block rewrites everything at once, as far as readers can tell."""
    registry: Registry[object] = Registry()
    kept = [f"kept-{number}" for number in range(8)]
    for name in kept:
        registry.register(name, type(name, (), {}))

    def write(number: int) -> None:
        with registry.temporary():
            registry.register("extra", Left)
            registry.unregister(kept[number % len(kept)])

    def listing() -> None:
        names = list(registry)
        assert len(names) in (7, 8, 9)
        assert [name for name in kept if name in names] == [name for name in names if name != "extra"]
        assert len(registry) in (7, 8, 9)

    race(write, listing)


def test_writers_are_serialised() -> None:
    """Registrations from many threads all arrive, in both directions."""
    registry: Registry[object] = Registry()
    begin = threading.Barrier(4)
    classes = [[type(f"C{number}", (), {}) for number in range(100)] for _ in range(4)]

    def write(thread: int) -> None:
        begin.wait()
        for number, cls in enumerate(classes[thread]):
            registry.register(f"{thread}.{number}", cls)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {
        f"{thread}.{number}": cls for thread, row in enumerate(classes) for number, cls in enumerate(row)
    }
    assert dict(registry.by_name) == expected
    assert dict(registry.by_type) == {cls: name for name, cls in expected.items()}


def test_one_of_two_threads_that_want_a_name_gets_it() -> None:
    """Every conflict is found, however the threads interleave: one class per name, and no name twice."""
    registry: Registry[object] = Registry()
    begin = threading.Barrier(4)
    won: list[tuple[str, type[object]]] = []

    def write(thread: int) -> None:
        begin.wait()
        for number in range(100):
            cls = type(f"WantedBy{thread}", (), {})
            try:
                registry.register(f"name-{number}", cls)
            except ValueError:
                continue
            won.append((f"name-{number}", cls))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 100
    assert dict(won) == dict(registry.by_name)


def test_threads_that_need_discovery_all_find_what_it_finds(
    write_module: WriteModule, write_distribution: WriteDistribution
) -> None:
    """While one thread reads the entry points, no other thread takes them for absent."""
    names = [f"plugin-{number}" for number in range(20)]
    write_module("lb_plugins", "".join(f"class P{number}: ...\n" for number in range(20)))
    lines = "".join(f"{name} = lb_plugins:P{number}\n" for number, name in enumerate(names))
    write_distribution("plugins", f"[launchbind.tests.threads]\n{lines}")
    for _ in range(10):
        registry: Registry[object] = Registry(group="launchbind.tests.threads")
        begin = threading.Barrier(4)
        found: list[bool] = []

        def look(
            begin: threading.Barrier = begin,
            registry: Registry[object] = registry,
            found: list[bool] = found,  # bound now, for the closure outlives the loop
        ) -> None:
            begin.wait()
            found.extend(name in registry for name in reversed(names))
            found.append(list(registry) == names)

        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [True] * 4 * 21


def test_threads_that_resolve_one_target_get_one_class(write_module: WriteModule) -> None:
    """A lazy target that many threads need at once is imported once and bound once."""
    write_module("lb_once", "class Target: ...\n")
    registry: Registry[object] = Registry()
    registry.register("x", "lb_once:Target")
    begin, found = threading.Barrier(6), []

    def look() -> None:
        begin.wait()
        found.append(registry.type_of("x"))

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert set(found) == {registry.type_of("x")}
    assert registry.entry("x").state == "ready"


# -- windows too narrow for threads to hit, opened by hand ---------------------------------------------


def test_a_version_read_between_two_writers_is_that_of_the_first() -> None:
    """A reader that waited for one writer never takes the next writer's half-written table for settled."""
    table: Table[object] = Table("entry")

    class BusyLock:
        """The writer leaves when the reader comes, and the next one is in as soon as the reader goes."""

        def __enter__(self) -> None:
            table.version = 2

        def __exit__(self, *exc_info: object) -> None:
            table.version = 3

    table.lock = BusyLock()  # type: ignore[assignment]  # a lock as far as a reader can tell
    table.version = 1
    assert table.stable_version() == 2


def test_a_look_that_a_write_came_between_is_taken_again() -> None:
    """An alias that is on its way from one entry to another is not reported as unknown."""
    table: Table[object] = Table("entry")
    register(table, "x", Left, ("alias",), False, None, ("file.py", 1))

    class Interrupted(dict[str, str]):
        """Aliases that another thread has taken out, and puts back while they are looked at."""

        def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
            found = super().get(key, default)
            table.aliases = dict(self, alias="x")
            table.version += 2
            return found

    table.aliases = Interrupted()
    entry = table.find("alias")
    assert entry is not None
    assert entry.name == "x"


def test_reading_from_within_a_write_does_not_hang() -> None:
    """A finaliser or signal handler that looks something up while its own thread writes gets an answer."""
    registry: Registry[object] = Registry()
    registry.register("x", Left)
    registry.register("base", Base)
    found: list[object] = []
    found_names: list[str] = []

    class Name(str):
        __slots__ = ()

        def __hash__(self) -> int:  # called while the table is written
            found.append(registry.find_type("x"))
            found_names.append(registry.name_of(Sub()))
            return super().__hash__()

    registry.register(Name("watched"), Right)
    assert set(found) == {Left}
    assert set(found_names) == {"base"}
    registry.register("near", Near)
    assert registry.name_of(Sub()) == "near"
