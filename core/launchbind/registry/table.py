"""Table: the state of a registry, and the one place that changes it.

Readers take no lock. A write makes ``version`` odd, forgets what goes, adds what comes, and makes
``version`` even again. So a reader that finds something found what was true when it looked, and a
reader that finds nothing, or that needs several looks, checks that ``version`` stood still meanwhile.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import ref

from launchbind.errors import ConflictError
from launchbind.registry import reference as _reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from launchbind.registry.entry import Entry

T = TypeVar("T")


class Walked(ref[type]):
    """A class that was only looked up, as a key of a dict: the class itself finds it, and can die."""

    __slots__ = ()
    __hash__ = ref[type].__hash__  # that of the class

    def __eq__(self, other: object) -> bool:
        return self() is other


class Table(Generic[T]):
    """Entries indexed by name, alias, class and unresolved reference."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.lock = threading.RLock()
        self.version = 0
        #: Canonical name to entry, in order of registration: the truth the rest is derived from.
        self.entries: dict[str, Entry[T]] = {}
        #: Any name to class, for targets at hand.
        self.types: dict[str, type[T]] = {}
        #: Class to canonical name, likewise, and what MRO walks found, so that one look answers for both:
        #: a class is bound itself if ``types`` leads back to it.
        self.names: dict[type | Walked, str] = {}
        #: The keys of ``names`` that walks left; none while anything is lazy.
        self.walked: set[Walked] = set()
        self.aliases: dict[str, str] = {}
        #: Module to qualified name to canonical name, for targets not imported yet.
        self.lazy: dict[str, dict[str, str]] = {}
        self._known: tuple[int, tuple[str, ...]] = (0, ())

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

    def known(self) -> tuple[str, ...]:
        """The canonical names in order; made once for all who ask between two writes."""
        version, names = self._known
        while version != self.version:
            version = self.settle()
            names = (*self.entries,)
            self._known = (version, names)  # if a write came between, nobody finds that version any more
        return names

    def find(self, name: str) -> Entry[T] | None:
        """The entry with this name or alias."""
        while True:
            version = self.settle()
            entry = self.entries.get(self.aliases.get(name, name))
            if entry is not None and entry.type is None:
                self.bind_loaded()
            if self.version == version:
                return entry

    def exact(self, cls: type) -> str | None:
        """The name that ``cls`` itself is bound to, imported or not."""
        name = self.names.get(cls)
        if name is not None and self.types.get(name) is cls:
            return name
        return self.lazy.get(cls.__module__, {}).get(cls.__qualname__) if self.lazy else None

    def nearest(self, cls: type, *, remember: bool) -> str | None:
        """The name of the first class along the MRO that is bound, imported or not."""
        while True:
            self.bind_loaded()
            version = self.settle()
            name = None
            for ancestor in cls.__mro__:
                name = self.exact(ancestor)
                if name is not None:
                    break
            if self.version == version:
                break
        # With a target not imported yet, the import of some module may show that it is nearer. The lock is
        # told False by position: by keyword that takes three times as long.
        if name is not None and remember and not self.lazy and self.lock.acquire(False):
            try:
                if self.version == version and not version & 1:  # odd where this thread is amid a write
                    walked = Walked(cls, self._forget_walk)
                    self.walked.add(walked)
                    self.names[walked] = name
            finally:
                self.lock.release()
        return name

    def _forget_walk(self, walked: Walked) -> None:
        self.names.pop(walked, None)
        self.walked.discard(walked)

    def bind(self, entry: Entry[T], *, drop_name: bool = False, drop_type: bool = False) -> None:
        """Add ``entry``, or raise :class:`ConflictError` and leave everything as it was.

        ``drop_name`` and ``drop_type`` say which older bindings may be dropped for it. Discovered
        bindings always give way to explicit ones, which remember them as shadowed.
        """
        with self.lock:
            if entry.type is None:
                entry = _settled(entry)
            if entry.type is not None:
                self.bind_loaded()  # its class may be what a reference here leads to
            if self._is_new(entry):
                self._write((), (entry,))
                return

            self.bind_loaded()
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

    def _is_new(self, entry: Entry[T]) -> bool:
        """Whether nothing is in its way, as is usual."""
        claimed = (entry.name, *entry.aliases)
        free = self.entries.keys().isdisjoint(claimed) and self.aliases.keys().isdisjoint(claimed)
        return free and self._holder_of_target(entry) is None

    def _holder_of_target(self, entry: Entry[T]) -> str | None:
        if entry.type is not None:
            return self.exact(entry.type)
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
        if not self.lazy:
            return
        # Python goes through the smaller of the two, so this is bounded however much is lazy.
        loaded = self.lazy.keys() & sys.modules.keys()
        if not loaded:
            return
        for module in list(self.lazy):  # in order, for the first of two names for one class has it
            if module not in loaded:
                continue
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
        """Forget ``entry``; whoever calls this holds the lock, so that it is still the one that stands."""
        self._write([entry], [])

    def restore(self, saved: Sequence[Entry[T]]) -> None:
        """Put back a state that :meth:`listed` returned, its order included."""
        with self.lock:
            self._write(list(self.entries.values()), saved, reorder=True)

    def _write(self, gone: Sequence[Entry[T]], come: Sequence[Entry[T]], *, reorder: bool = False) -> None:
        """Make a change; whoever calls this holds the lock."""
        self.version += 1
        try:
            for walked in tuple(self.walked):  # first of all, or a reader could see the change undone
                self._forget_walk(walked)
            # An entry that only changes stays where it is in the order.
            staying = {entry.name for entry in come} if gone and not reorder else ()
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
    if entry.unusable:
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
