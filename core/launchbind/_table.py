"""Table: the state of a registry, and the one place that changes it.

Readers take no lock. A write makes ``version`` odd, forgets what goes, adds what comes, and makes
``version`` even again. So a reader that finds something found what was true when it looked, and a
reader that finds nothing, or that needs several looks, checks that ``version`` stood still meanwhile.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from launchbind import _reference
from launchbind.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from weakref import ref

    from launchbind.entry import Entry

T = TypeVar("T")


class Table(Generic[T]):
    """Entries indexed by name, alias, class and unresolved reference."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.lock = threading.RLock()
        self.version = 0
        #: Canonical name to entry, in order of registration: the truth the rest is derived from.
        self.entries: dict[str, Entry[T]] = {}
        #: Any name to class, and class to canonical name, for targets at hand.
        self.types: dict[str, type[T]] = {}
        self.names: dict[type, str] = {}
        self.aliases: dict[str, str] = {}
        #: Module to qualified name to canonical name, for targets not imported yet.
        self.lazy: dict[str, dict[str, str]] = {}
        #: Results of MRO walks; weak keys, so that a class that was only looked up can die.
        self.resolved: dict[ref[type], str] = {}

    def settle(self) -> int:
        """Wait for a writer that is at work, and return the version it left."""
        version = self.version
        if version & 1:
            # Read inside the lock: the next writer may begin as soon as it is free, and a reader that
            # took that writer's odd version for a settled one would believe a table half written.
            with self.lock:
                version = self.version
        return version

    def listed(self) -> list[Entry[T]]:
        """The entries in order, as they were between two writes: all there is, since the indexes follow."""
        while True:
            version = self.settle()
            entries = list(self.entries.values())
            if self.version == version:
                return entries

    def find(self, name: str) -> Entry[T] | None:
        """The entry with this name or alias."""
        while True:
            version = self.settle()
            entry = self.entries.get(self.aliases.get(name, name))
            if self.version == version:
                return entry

    def nearest(self, mro: Sequence[type]) -> str | None:
        """The name of the first class of ``mro`` that is bound, imported or not."""
        for cls in mro:
            name = self.names.get(cls) or self.lazy.get(cls.__module__, {}).get(cls.__qualname__)
            if name:
                return name
        return None

    def bind(self, entry: Entry[T], *, drop_name: bool = False, drop_type: bool = False) -> None:
        """Add ``entry``, or raise :class:`ConflictError` and leave everything as it was.

        ``drop_name`` and ``drop_type`` say which older bindings may be dropped for it. Discovered
        bindings always give way to explicit ones, which remember them as shadowed.
        """
        with self.lock:
            self.bind_loaded()
            entry = _settled(entry)
            own = self.entries.get(entry.name)
            gone: list[Entry[T]] = []
            if own is not None and own.discovered == entry.discovered and _same_target(own, entry):
                entry = _merged(own, entry)
                if entry is own:
                    return
                gone.append(own)

            claimed = (entry.name, *entry.aliases)
            may_drop = {
                canonical: drop_name
                for canonical in (self.aliases.get(name, name) for name in claimed)
                if canonical in self.entries
            }
            holder = self._holder_of_target(entry)
            if holder is not None:
                may_drop[holder] = may_drop.get(holder, True) and drop_type
            for mine in gone:
                may_drop.pop(mine.name, None)

            rivals = [self.entries[name] for name in may_drop]
            hidden = [rival for rival in rivals if rival.discovered and not entry.discovered]
            blocked = [rival for rival in rivals if not may_drop[rival.name] and rival not in hidden]
            if blocked:
                raise self._conflict(entry, blocked)
            # A rival that only loses an alias stays, without it.
            trimmed = [
                rival.aliased(tuple(alias for alias in rival.aliases if alias not in claimed))
                for rival in rivals
                if rival.name not in claimed and rival.name != holder
            ]
            if hidden:
                entry = entry.shadowing(*(rival.source for rival in hidden))
            self._write([*gone, *rivals], [*trimmed, entry])

    def bind_discovered(self, entry: Entry[T]) -> None:
        """Add an entry read from an entry point; where it cannot stand, record why and go on."""
        with self.lock:
            try:
                self.bind(entry)
            except ConflictError as conflict:
                rivals = [self.entries[name] for name, _, _ in conflict.held]
                explicit = [rival for rival in rivals if not rival.discovered]
                if explicit:
                    self._write(explicit, [rival.shadowing(entry.source) for rival in explicit])
                else:
                    self.bind(entry.refused(conflict))

    def _holder_of_target(self, entry: Entry[T]) -> str | None:
        if entry.type is not None:
            return self.nearest((entry.type,))
        if entry.unusable:
            return None
        module, qualname = _reference.parse(str(entry.reference))
        return self.lazy.get(module, {}).get(qualname)

    def _conflict(self, entry: Entry[T], rivals: Iterable[Entry[T]]) -> ConflictError:
        held = [(rival.name, rival.describe_target(), rival.source) for rival in rivals]
        return ConflictError(self.kind, entry.name, entry.describe_target(), entry.source, held)

    def finish(self, old: Entry[T], new: Entry[T]) -> None:
        """Put the outcome of importing ``old`` in place, unless it was rebound meanwhile."""
        with self.lock:
            if self.entries.get(old.name) is not old:
                return
            holder = self._holder_of_target(new)
            if holder not in (None, old.name):
                conflict = self._conflict(new, [self.entries[str(holder)]])
                self._write([old], [old.failed(conflict, new.import_seconds or 0.0)])
                raise conflict
            self._write([old], [new])

    def bind_loaded(self) -> None:
        """Bind the lazy targets whose modules others have imported meanwhile; import nothing."""
        for module in [module for module in list(self.lazy) if module in sys.modules]:
            for qualname, name in list(self.lazy.get(module, {}).items()):
                cls = _reference.peek(module, qualname)
                if cls is None:
                    continue  # half imported, or not a class: an import will tell
                with self.lock:
                    # Read again: the name may have been bound to something else meanwhile.
                    if self.lazy.get(module, {}).get(qualname) == name and cls not in self.names:
                        entry = self.entries[name]
                        self._write([entry], [entry.loaded(cls)])

    def remove(self, entry: Entry[T]) -> None:
        """Forget ``entry``."""
        self._write([entry], [])

    def restore(self, saved: Sequence[Entry[T]]) -> None:
        """Put back a state that :meth:`listed` returned, its order included."""
        with self.lock:
            self._write(list(self.entries.values()), saved, reorder=True)

    def _write(self, gone: Iterable[Entry[T]], come: Sequence[Entry[T]], *, reorder: bool = False) -> None:
        with self.lock:
            self.version += 1
            try:
                self.resolved = {}
                # An entry that only changes stays where it is in the order.
                staying = frozenset() if reorder else {entry.name for entry in come}
                for entry in gone:
                    self._forget(entry, entry.name in staying)
                for entry in come:
                    self._add(entry)
            finally:
                self.version += 1

    def _forget(self, entry: Entry[T], keep_place: bool) -> None:
        if entry.type is not None:
            self.names.pop(entry.type, None)
        elif not entry.unusable:
            module, qualname = _reference.parse(str(entry.reference))
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
            self.names[entry.type] = entry.name
        elif not entry.unusable:
            module, qualname = _reference.parse(str(entry.reference))
            self.lazy.setdefault(module, {})[qualname] = entry.name


def _settled(entry: Entry[T]) -> Entry[T]:
    """The entry with its class, if the module it names is loaded anyway."""
    if entry.type is not None or entry.unusable:
        return entry
    cls = _reference.peek(*_reference.parse(str(entry.reference)))
    return entry if cls is None else entry.loaded(cls)


def _merged(own: Entry[T], entry: Entry[T]) -> Entry[T]:
    """What stands after the same target is registered again under the same name."""
    if own.type is not None and entry.type not in (None, own.type):
        return entry.shadowing(*own.shadowed)  # a reload, or a notebook cell run again, made the class anew
    aliases = tuple(alias for alias in entry.aliases if alias not in own.aliases)
    if own.type is None and entry.type is not None:
        own = own.loaded(entry.type)
    return own.aliased((*own.aliases, *aliases)) if aliases else own


def _same_target(one: Entry[T], other: Entry[T]) -> bool:
    return not _references(one).isdisjoint(_references(other))


def _references(entry: Entry[T]) -> set[str | None]:
    """Every reference the target goes by: as registered, and as defined once it is imported."""
    return ({entry.reference} if entry.type is None else {entry.reference, _reference.of(entry.type)}) - {
        None
    }
