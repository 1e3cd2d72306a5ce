"""Writes: registering many classes, what the entries weigh, and reading meanwhile."""

from __future__ import annotations

import statistics
import threading
import tracemalloc
from typing import TYPE_CHECKING

from tests.benchmarks.harness import Comparison, Group, Growth, fresh, statement
from tests.benchmarks.lookups import SIZES, Base, classes, register_all, upstream

from launchbind import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.harness import Sample

ENTRIES = SIZES[-1]
#: How many samples are taken while another thread writes, which come and go with the threads' turns.
TURNS = 20


def register(named: dict[str, type]) -> Sample:
    """Seconds per entry, provenance included."""
    times = max(1, 1_000 // len(named))  # a few entries take too little time to be measured once
    return fresh(
        "for r in registries:\n for name, cls in named.items(): r.register(name, cls)",
        f"registries = [Registry('class') for _ in range({times})]",
        times * len(named),
        named=named,
        Registry=Registry,
    )


def register_references(count: int) -> Sample:
    """Seconds per entry, each in a module of its own that is not imported."""
    times = max(1, 1_000 // count)
    return fresh(
        "for r in registries:\n for name, target in named.items(): r.register(name, target)",
        f"registries = [Registry('class') for _ in range({times})]",
        times * count,
        named={f"name-{number}": f"package.module{number}:Class" for number in range(count)},
        Registry=Registry,
    )


def registering() -> Group:
    named = classes(ENTRIES)
    sides = {
        "Registry.register": register(named),
        "bidict": fresh(
            "for name, cls in named.items(): b.put(cls, name)",
            "from bidict import bidict; b = bidict()",
            ENTRIES,
            named=named,
        ),
        "two dicts": fresh(
            "for name, cls in named.items(): by_name[name] = cls; by_type[cls] = name",
            "by_name = {}; by_type = {}",
            ENTRIES,
            named=named,
        ),
        "pluggy": fresh(
            "for name, cls in few.items(): pm.register(cls, name)",
            "import pluggy; pm = pluggy.PluginManager('p')",
            1_000,
            few=dict(list(named.items())[:1_000]),
        ),
    }
    rows = [
        Comparison("Registry.register", "bidict", 1.0),
        Comparison("Registry.register", "two dicts", 8),
        Comparison("Registry.register", "pluggy", note="1,000 entries; pluggy compares each with all others"),
    ]
    return Group("register, 100,000 entries", sides, rows)


def weighing() -> Group:
    """Bytes, not seconds: every round gives the same."""
    named = classes(ENTRIES)

    def two_dicts() -> object:
        return dict(named.items()), {cls: name for name, cls in named.items()}

    def weigh(make: Callable[[], object]) -> Sample:
        def sample() -> float:
            tracemalloc.start()
            made = make()
            size, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            del made
            return size

        return sample

    sides = {"Registry": weigh(lambda: register_all(named)), "two dicts": weigh(two_dicts)}
    return Group("bytes per entry, of 100,000", sides, [Comparison("Registry", "two dicts", 4)], 0, 2)


def reading_while_writing() -> Group:
    """The readers' time per lookup while another thread registers classes and takes them out again."""
    count = 1_000
    named = classes(count)
    coming = {f"coming-{number}": type(f"Coming{number}", (Base,), {}) for number in range(count)}
    by_type = {cls: name for name, cls in named.items()}
    by_name = dict(named)
    locked_by_type, lock = dict(by_type), threading.Lock()
    registry = register_all(named)

    def write_registry(name: str, cls: type) -> None:
        registry.register(name, cls)
        registry.unregister(name)

    def write_dicts(name: str, cls: type) -> None:
        by_type[cls], by_name[name] = name, cls
        del by_type[cls], by_name[name]

    def write_locked(name: str, cls: type) -> None:
        with lock:
            locked_by_type[cls] = name
        with lock:
            del locked_by_type[cls]

    def read_locked(x: object) -> str:
        with lock:
            return locked_by_type[type(x)]

    def meanwhile(write: Callable[[str, type], None], read: Callable[[object], str]) -> Sample:
        sample = statement("for x in instances: read(x)", instances=[c() for c in named.values()], read=read)

        def measured() -> float:
            done = threading.Event()

            def writer() -> None:
                while not done.is_set():
                    for name, cls in coming.items():
                        write(name, cls)

            thread = threading.Thread(target=writer)
            thread.start()
            try:
                return statistics.fmean(sample() for _ in range(TURNS))
            finally:
                done.set()
                thread.join()

        return measured

    theirs: Callable[[object], str] = upstream(by_type)
    sides = {
        "Registry.name_of": meanwhile(write_registry, registry.name_of),
        "NeMo-Run's unsynchronised reads": meanwhile(write_dicts, theirs),
        "a locked dict": meanwhile(write_locked, read_locked),
    }
    rows = [
        Comparison("Registry.name_of", "NeMo-Run's unsynchronised reads", 1.0),
        Comparison("Registry.name_of", "a locked dict", 0.25),
    ]
    return Group("reads while another thread registers", sides, rows)


def groups() -> list[Group]:
    """What is compared."""
    return [registering(), weighing(), reading_while_writing()]


def growth() -> list[Growth]:
    """What grows with the number of entries."""
    return [
        Growth("register, per entry", {size: register(classes(size)) for size in SIZES}),
        Growth("register a reference, per entry", {size: register_references(size) for size in SIZES}),
    ]
