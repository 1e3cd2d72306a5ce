"""Table: the state of a registry, and the one place that writes it. Read :mod:`.writing` next.

Readers take no lock. A write makes ``version`` odd, changes the indexes, and makes ``version`` even again.
So a reader that finds something found what was true when it looked; a reader that finds nothing, or that
needs several looks, checks that ``version`` did not change meanwhile.

``entries`` is the truth, and each write brings the other indexes in line with it. ``nearest`` alone is a
cache: it can be cleared at any moment, and no answer changes.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast
from weakref import ref

from launchbind.registry import reference
from launchbind.registry.checks import fits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from launchbind.registry.entry import Entry

T = TypeVar("T")


class WeakClassKey(ref[type]):
    """Stands for a class as the key of a dict: equal to the class, but without keeping it alive."""

    __slots__ = ()
    __hash__: ClassVar[Callable[[ref[type]], int]] = ref[type].__hash__  # that of the class

    def __eq__(self, other: object) -> bool:
        return self() is other


def has_default_equality(cls: type) -> bool:
    """Whether the metaclass of ``cls`` leaves hash and equality as they are: by identity."""
    meta = type(cls)
    return meta is type or (meta.__hash__ is type.__hash__ and meta.__eq__ is type.__eq__)


class Table(Generic[T]):
    """The entries, indexed by name, alias, class and reference; ``kind`` is what messages call one."""

    def __init__(self, kind: str, base: object = None) -> None:
        self.kind = kind
        self.base = base
        #: Held by every write, so that a writer may read and write again without another in between.
        self.lock: threading.RLock = threading.RLock()
        #: Odd during a write; every write adds two.
        self.version: int = 0
        #: Canonical name to entry, in order of registration.
        self.entries: dict[str, Entry[T]] = {}
        #: Alias to canonical name.
        self.aliases: dict[str, str] = {}
        #: Name or alias to class, for imported targets.
        self.types: dict[str, type[T]] = {}
        #: ``id`` of a class to canonical name, for imported targets. The id is unique, since a bound class
        #: stays alive, and depends on no metaclass that defines hash or equality.
        self.by_class: dict[int, str] = {}
        #: Module to qualified name to canonical name, for targets that are not imported yet.
        self.lazy: dict[str, dict[str, str]] = {}
        #: Cache: bound classes, and weak keys for classes whose MRO was walked while nothing was lazy.
        self.nearest: dict[type, str] = {}
        #: The same dict, as checkers see it when its keys are weak.
        self._walks = cast("dict[ref[type], str]", self.nearest)
        self._has_walks = False
        self._known: tuple[int, tuple[str, ...]] = (0, ())

    def stable_version(self) -> int:
        """Wait until no other thread is writing, and return the version then."""
        version = self.version
        if version & 1:
            # Read inside the lock: after it, the next writer may have made the version odd again.
            with self.lock:
                version = self.version
        return version

    def snapshot(self) -> list[Entry[T]]:
        """The entries in order, as they were between two writes."""
        while True:
            version = self.stable_version()
            entries = list(self.entries.values())
            if self.version == version:
                return entries

    def known(self) -> tuple[str, ...]:
        """The canonical names in order; cached until the next write."""
        version, names = self._known
        while version != self.version:
            version = self.stable_version()
            names = (*self.entries,)
            self._known = (version, names)  # a write in between makes this version one that never returns
        return names

    def find(self, name: str) -> Entry[T] | None:
        """The entry with this name or alias, ready if its module is imported."""
        while True:
            version = self.stable_version()
            entry = self.entries.get(self.aliases.get(name, name))
            if entry is not None and entry.type is None:
                self.adopt_imported()
            if self.version == version:
                return entry

    def first_bound(self, classes: Iterable[type]) -> str | None:
        """The name of the first of these classes that is bound itself, by class or by reference."""
        by_class, lazy = self.by_class, self.lazy
        for cls in classes:
            name = by_class.get(id(cls))
            if name is None and lazy:
                name = lazy.get(cls.__module__, {}).get(cls.__qualname__)
            if name is not None:
                return name
        return None

    def walk(self, cls: type, *, remember: bool) -> str | None:
        """The name of the first bound class along the MRO of ``cls``, by class or by reference.

        ``remember`` caches the answer for a class that is not bound itself. While a target is lazy it never
        does: importing the target's module may show that it is nearer.
        """
        while True:
            if self.lazy:
                self.adopt_imported()
            version = self.stable_version()
            name = self.first_bound(cls.__mro__)
            if self.version == version:
                break
        if name is not None:
            bound = id(cls) in self.by_class
            if bound or (remember and not self.lazy):
                self._remember(cls, name, bound, version)
        return name

    def _remember(self, cls: type, name: str, bound: bool, version: int) -> None:
        """Cache what was true at ``version``, unless another thread is writing or has written since."""
        # The lock gets False by position: by keyword that takes three times as long.
        if not has_default_equality(cls) or not self.lock.acquire(False):
            return
        try:
            if self.version != version or version & 1:  # odd when this thread itself is in a write
                return
            if bound:
                self.nearest[cls] = name
            elif cls not in self.nearest:  # another thread may have been faster
                self._has_walks = True
                self._walks[WeakClassKey(cls, self._forget_walk)] = name
        finally:
            self.lock.release()

    def _forget_walk(self, key: ref[type]) -> None:
        self._walks.pop(key, None)

    def imported(self, module: str, qualname: str) -> type[T] | None:
        """The class of a reference if its module is imported, and the class can be bound; runs no code."""
        cls = reference.peek(module, qualname)
        return cls if fits(cls, self.base) else None

    def adopt_imported(self) -> None:
        """Make lazy entries ready whose modules others have imported meanwhile; import nothing."""
        if not self.lazy:
            return
        # Python goes through the smaller of the two, so this takes no longer however much is lazy.
        imported = self.lazy.keys() & sys.modules.keys()
        if not imported:
            return
        for module in list(self.lazy):  # in order, since the first of two names for one class gets it
            if module not in imported:
                continue
            for qualname, name in list(self.lazy.get(module, {}).items()):
                cls = self.imported(module, qualname)
                if cls is None:
                    continue  # half imported, or not of the base: the import raises the error
                with self.lock:
                    # Look again: another thread may have bound the name or the class meanwhile.
                    if self.lazy.get(module, {}).get(qualname) == name and id(cls) not in self.by_class:
                        entry = self.entries[name]
                        self.write([entry], [entry.loaded(cls)])

    def restore(self, saved: Sequence[Entry[T]]) -> None:
        """Bring back the state that :meth:`snapshot` returned, its order included."""
        with self.lock:
            self.write(list(self.entries.values()), saved, keep_places=False)

    def write(
        self, removed: Sequence[Entry[T]], added: Sequence[Entry[T]], *, keep_places: bool = True
    ) -> None:
        """Replace ``removed`` by ``added``, which agrees with all that stays; the caller holds the lock.

        With ``keep_places``, an entry that replaces another of its name takes its place in the order.
        """
        self.version += 1
        try:
            if self._has_walks:  # Invalidate first: a stale hit would hide the write.
                self._has_walks = False
                self.nearest.clear()
            staying = {entry.name for entry in added} if removed and keep_places else ()
            for entry in removed:
                self._remove(entry, entry.name in staying)
            for entry in added:
                self._add(entry)
        finally:
            self.version += 1

    def _remove(self, entry: Entry[T], keep_place: bool) -> None:
        if entry.type is not None:
            del self.by_class[id(entry.type)]
            if has_default_equality(entry.type):
                self.nearest.pop(entry.type, None)
        elif not entry.unusable:
            module, qualname = reference.parse(str(entry.reference))
            del self.lazy[module][qualname]
            if not self.lazy[module]:
                del self.lazy[module]
        for name in (entry.name, *entry.aliases):
            self.types.pop(name, None)
            self.aliases.pop(name, None)
        if not keep_place:
            del self.entries[entry.name]

    def _add(self, entry: Entry[T]) -> None:
        self.entries[entry.name] = entry
        for alias in entry.aliases:
            self.aliases[alias] = entry.name
        if entry.type is not None:
            for name in (entry.name, *entry.aliases):
                self.types[name] = entry.type
            self.by_class[id(entry.type)] = entry.name
            if has_default_equality(entry.type):
                self.nearest[entry.type] = entry.name
        elif not entry.unusable:
            module, qualname = reference.parse(str(entry.reference))
            self.lazy.setdefault(module, {})[qualname] = entry.name
