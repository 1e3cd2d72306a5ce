"""Lookup: reads a table, discovers entry points on the first miss, imports targets on demand.

It is what a registry and its two mappings share. Read :mod:`.views` next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from launchbind.errors import LaunchbindError, UnknownNameError, UnknownTypeError
from launchbind.registry.importing import resolve
from launchbind.registry.table import Table
from launchbind.registry.writing import bind_discovered

if TYPE_CHECKING:
    from launchbind.registry.entry import Entry

T = TypeVar("T")


class Lookup(Generic[T]):
    """Finds names, classes and entries in a table, which it fills from the entry points of ``group``."""

    def __init__(self, kind: str, group: str | None, base: object = None) -> None:
        self.table: Table[T] = Table(kind, base)
        self._group = group
        self._discovered = group is None

    def name_of(self, obj: object, exact: bool) -> str:
        """The name of an instance or class; raises :class:`UnknownTypeError` when it has none."""
        name = self.exact(_class_of(obj)) if exact else self.nearest(obj)
        if name is None:
            cls = _class_of(obj)
            known = self.table.known()
            raise UnknownTypeError(self.table.kind, f"{cls.__module__}.{cls.__qualname__}", known)
        return name

    def nearest(self, obj: object) -> str | None:
        """The name of the nearest bound class along the MRO."""
        cls = _class_of(obj)
        try:
            name = self.table.nearest.get(cls)
        except TypeError:  # a metaclass made its classes unhashable
            name = None
        if name is not None:
            return name
        if not self._discovered:
            self.exact(cls)  # discovers on a miss: a plugin may be nearer than what is registered
        # The cache is asked with type(obj), so it may hold only what is true of all objects of that type.
        return self.table.walk(cls, remember=type(obj) is cls and obj is not cls)

    def exact(self, cls: type) -> str | None:
        """The name that ``cls`` itself is bound to."""
        while True:
            self.table.adopt_imported()
            version = self.table.stable_version()
            name = self.table.first_bound((cls,))
            if name is not None:
                return name
            if self.table.version == version and not self.discover():
                return None

    def find(self, name: str) -> Entry[T] | None:
        """The entry with this name or alias."""
        entry = self.table.find(name)
        return self.table.find(name) if entry is None and self.discover() else entry

    def entry(self, name: str) -> Entry[T]:
        """The entry with this name or alias; raises :class:`UnknownNameError` when there is none."""
        entry = self.find(name)
        if entry is None:
            raise UnknownNameError(self.table.kind, name, self.table.known())
        return entry

    def type_of(self, name: str) -> type[T]:
        """The class with this name or alias, imported if it has to be; raises when there is none."""
        return resolve(self.table, self.entry(name))

    def find_type(self, name: str) -> type[T] | None:
        """Like :meth:`type_of`, but None when there is no such name."""
        entry = self.find(name)
        return None if entry is None else resolve(self.table, entry)

    def importable(self, name: str) -> type[T] | None:
        """The class with this name or alias, or None when it is unknown, missing or broken."""
        try:
            return self.find_type(name)
        except LaunchbindError:
            return None

    def names(self) -> tuple[str, ...]:
        """The canonical names, in order of registration."""
        self.discover()
        return self.table.known()

    def pairs(self) -> list[tuple[str, type[T]]]:
        """The names and classes of one moment, without those whose import fails."""
        self.discover()
        self.table.adopt_imported()
        pairs: list[tuple[str, type[T]]] = []
        for entry in self.table.snapshot():
            try:
                pairs.append((entry.name, resolve(self.table, entry)))
            except LaunchbindError:
                continue
        return pairs

    def discover(self) -> bool:
        """Read the entry points, once; return whether a look that missed is worth repeating."""
        if self._discovered or self._group is None:
            return False
        with self.table.lock:
            if not self._discovered:
                from launchbind.registry.discovery import discover

                found: list[Entry[T]] = discover(self.table.kind, self._group)
                for entry in found:
                    bind_discovered(self.table, entry)
                # Last: other threads read it without the lock, and wait for the lock while it is False.
                self._discovered = True
        return True

    def unregister(self, name: str) -> None:
        """Remove the entry with this name or alias; raises :class:`UnknownNameError` when there is none."""
        with self.table.lock:
            self.table.write([self.entry(name)], ())

    def save(self) -> tuple[list[Entry[T]], bool]:
        """The state, for :meth:`restore`."""
        with self.table.lock:  # together, or a discovery in between would be undone and never repeated
            return self.table.snapshot(), self._discovered

    def restore(self, saved: tuple[list[Entry[T]], bool]) -> None:
        """Bring back the state that :meth:`save` returned."""
        entries, discovered = saved
        with self.table.lock:
            # First: a reader in between then discovers again, rather than keep what is undone next.
            self._discovered = discovered
            self.table.restore(entries)


def _class_of(obj: object) -> type:
    # __class__, not type(): a stand-in such as Mock(spec=SlurmExecutor) says what it stands for.
    return obj if isinstance(obj, type) else obj.__class__
