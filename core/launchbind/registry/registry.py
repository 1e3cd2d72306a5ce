"""Registry: a bijection between names and classes, read along the MRO, imported one by one on need."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar, overload

from launchbind.errors import LaunchbindError, UnknownNameError, UnknownTypeError
from launchbind.registry import reference as _reference
from launchbind.registry.decorator import ClassDecorator, caller
from launchbind.registry.entry import Entry
from launchbind.registry.importing import checked, resolve
from launchbind.registry.names import check_name
from launchbind.registry.table import Table
from launchbind.registry.views import ByName, ByType

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, MutableMapping

    from typing_extensions import Self

T = TypeVar("T")


class Registry(Generic[T]):
    """A bijection between names and classes.

    Parameters
    ----------
    kind
        What the entries are, for messages: ``executor`` gives "unknown executor 'slrum'".
    group
        An entry-point group whose entries join as lazy ones, read on the first miss or first listing.

    Notes
    -----
    Reads take no lock. Writes are serialised, and one that raises changes nothing. Resolving a lazy
    target runs the code of the module it names; looking names up, and listing them, does not.
    """

    def __init__(self, kind: str = "entry", *, group: str | None = None) -> None:
        self._kind = kind
        self._group = group
        self._table: Table[T] = Table(kind)
        self._names = self._table.names
        self._types = self._table.types
        self._discovered = group is None
        #: Live mapping of names to classes.
        self.by_name: MutableMapping[str, type[T]] = ByName(self)
        #: Live mapping of classes to canonical names.
        self.by_type: MutableMapping[type[T], str] = ByType(self)

    # -- writing ---------------------------------------------------------------------------------

    @overload
    def register(
        self,
        name: str,
        *,
        aliases: Iterable[str] = (),
        replace: bool = False,
        requires: str | None = None,
        stacklevel: int = 1,
    ) -> ClassDecorator[T]: ...
    @overload
    def register(
        self,
        name: str,
        target: type[T] | str,
        *,
        aliases: Iterable[str] = (),
        replace: bool = False,
        requires: str | None = None,
        stacklevel: int = 1,
    ) -> None: ...
    def register(
        self,
        name: str,
        target: type[T] | str | None = None,
        *,
        aliases: Iterable[str] = (),
        replace: bool = False,
        requires: str | None = None,
        stacklevel: int = 1,
    ) -> ClassDecorator[T] | None:
        """Bind ``name`` to ``target``; without a target, return a class decorator that does.

        Parameters
        ----------
        name
            One or more of letters, digits, ``_``, ``.``, ``+``, ``-``: it is the scheme of a handle.
        target
            A class, or a lazy ``"package.module:Qual.Name"``, parsed now and imported on first need.
        aliases
            Further names that lead to the same class.
        replace
            Drop what the name, an alias or the class was bound to before.
        requires
            What to install when importing the target fails, for example ``"launchbind[nemo]"``.
        stacklevel
            How many calls up the registration is said to come from, as in :func:`warnings.warn`.

        Raises
        ------
        InvalidNameError, InvalidReferenceError, InvalidTargetError
            When a name, a lazy target or a class cannot be registered at all.
        ConflictError
            When the name or the class is bound elsewhere and ``replace`` is false. Registering the
            same pair again does nothing; the same ``module:qualname`` with a new class object, as
            a reload makes, replaces the old one.
        """
        if target is None:
            return ClassDecorator(self, name, aliases, replace, requires)
        self._register(name, target, aliases, replace, requires, caller(stacklevel + 1))
        return None

    def _register(
        self,
        name: str,
        target: type[T] | str,
        aliases: Iterable[str],
        replace: bool,
        requires: str | None,
        origin: tuple[str, int],
    ) -> None:
        check_name(self._kind, name)
        others = dict.fromkeys(aliases)
        others.pop(name, None)
        for each in others:
            check_name(self._kind, each)
        if isinstance(target, str):
            _reference.parse(target)
        else:
            checked(self._kind, name, target)
        entry = Entry(name, target, origin=origin, aliases=tuple(others), requires=requires)
        self._table.bind(entry, drop_name=replace, drop_type=replace)

    def _assign(self, name: str, cls: type[T], *, drop_name: bool = False, drop_type: bool = False) -> None:
        check_name(self._kind, name)
        self._table.bind_loaded()
        if drop_name and self._types.get(name) is cls:
            return  # view[alias] = view[alias] is no attempt to take the class away from its name
        entry: Entry[T] = Entry(name, checked(self._kind, name, cls), origin=caller(3))
        self._table.bind(entry, drop_name=drop_name, drop_type=drop_type)

    def unregister(self, name: str) -> None:
        """Forget the entry with this name or alias.

        Raises
        ------
        UnknownNameError
            When there is none.
        """
        with self._table.lock:
            self._table.remove(self.entry(name))

    @contextmanager
    def override(self, name: str, target: type[T] | str) -> Generator[Self]:
        """Bind ``name`` to ``target`` inside a ``with`` block, whatever either was bound to."""
        with self.temporary():
            self._register(name, target, (), True, None, caller(3))
            yield self

    @contextmanager
    def temporary(self) -> Generator[Self]:
        """Undo, when the ``with`` block ends, everything that was changed since it began."""
        with self._table.lock:  # together, or a discovery between the two would be undone for good
            saved, discovered = self._table.listed(), self._discovered
        try:
            yield self
        finally:
            with self._table.lock:
                # In this order: a reader amid the two discovers again, rather than remember what is undone.
                self._discovered = discovered
                self._table.restore(saved)

    # -- class to name ---------------------------------------------------------------------------

    # Not keyword-only: Python 3.11 to 3.13 call functions that have such parameters 0.3x slower.
    def name_of(self, executor: T | type[T], exact: bool = False) -> str:
        """The canonical name of the nearest registered class along the MRO.

        A lazy target is matched by its module and qualified name, and through re-exports of modules
        that are loaded, so nothing is imported.

        Parameters
        ----------
        executor
            An instance or a class.
        exact
            Accept the class itself only, no ancestor.

        Raises
        ------
        UnknownTypeError
            When no class along the MRO is registered.
        """
        if not exact:
            try:
                return self._names[type(executor)]
            except KeyError:
                pass
        name = self._exact(_class_of(executor)) if exact else self._nearest(executor)
        if name is None:
            cls = _class_of(executor)
            raise UnknownTypeError(self._kind, f"{cls.__module__}.{cls.__qualname__}", self._known())
        return name

    def find_name(self, x: object) -> str | None:
        """Like :meth:`name_of`, but None when nothing along the MRO is registered."""
        return self._nearest(x)

    def _nearest(self, x: object) -> str | None:
        cls = _class_of(x)
        name = self._names.get(cls)
        if name is not None:
            return name
        if not self._discovered:
            self._exact(cls)  # discovers on a miss: a plugin may know the class better than a parent
        # What is remembered is found by type(x) alone, so it is right only where that says what x is.
        return self._table.nearest(cls, remember=type(x) is cls and x is not cls)

    def _exact(self, cls: type) -> str | None:
        table = self._table
        while True:
            table.bind_loaded()
            version = table.settle()
            name = table.exact(cls)
            if name is not None:
                return name
            if table.version == version and not self._discover():
                return None

    # -- name to class ---------------------------------------------------------------------------

    def type_of(self, name: str) -> type[T]:
        """The class with this name or alias, imported now if it was not yet.

        Raises
        ------
        UnknownNameError
            When there is no such name; the message lists the names there are and the closest one.
        MissingDependencyError
            When a package that the target needs is not installed.
        BrokenTargetError, InvalidTargetError
            When importing the target raises, or does not give a class.
        """
        try:
            return self._types[name]
        except KeyError:
            pass
        return resolve(self._table, self.entry(name))

    __getitem__ = type_of

    def find_type(self, name: str) -> type[T] | None:
        """Like :meth:`type_of`, but None when there is no such name; a failed import still raises."""
        entry = self._find(name)
        return None if entry is None else resolve(self._table, entry)

    def entry(self, name: str) -> Entry[T]:
        """What is known about this name or alias; nothing is imported.

        Raises
        ------
        UnknownNameError
            When there is no such name.
        """
        entry = self._find(name)
        if entry is None:
            raise UnknownNameError(self._kind, name, self._known())
        return entry

    def probe(self, name: str) -> Entry[T]:
        """Import the target of ``name`` and return its entry, whose ``state`` tells how that went.

        Raises
        ------
        UnknownNameError
            When there is no such name. A failed import does not raise: it is in ``Entry.error``.
        """
        entry = self.entry(name)
        self._importable(entry.name)
        return self._find(entry.name) or entry

    def _find(self, name: str) -> Entry[T] | None:
        entry = self._table.find(name)
        return self._table.find(name) if entry is None and self._discover() else entry

    def _importable(self, name: str) -> type[T] | None:
        """The class with this name, or None when it is unknown, missing or broken."""
        try:
            return self.find_type(name)
        except LaunchbindError:
            return None

    # -- listing ---------------------------------------------------------------------------------

    def __contains__(self, x: object) -> bool:
        """Whether ``x`` is a name, an alias, or (an instance of) a class that has a name."""
        return (self._find(x) if isinstance(x, str) else self.find_name(x)) is not None

    def __iter__(self) -> Iterator[str]:
        """The canonical names there were when the iteration began, in order of registration."""
        self._discover()
        return iter(self._known())

    def __len__(self) -> int:
        self._discover()
        return len(self._known())

    def __repr__(self) -> str:
        return f"<Registry of {self._kind}: {', '.join(self._known()) or 'empty'}>"

    def _known(self) -> tuple[str, ...]:
        return self._table.known()

    def _pairs(self) -> list[tuple[str, type[T]]]:
        """The names and classes of one moment, without those whose import fails."""
        self._discover()
        self._table.bind_loaded()
        pairs: list[tuple[str, type[T]]] = []
        for entry in self._table.listed():
            try:
                pairs.append((entry.name, resolve(self._table, entry)))
            except LaunchbindError:
                continue
        return pairs

    def _discover(self) -> bool:
        """Read the entry points, once; return whether a look that missed is worth repeating."""
        if self._discovered or self._group is None:
            return False
        with self._table.lock:
            if not self._discovered:
                from launchbind.registry.discovery import discover

                found: list[Entry[T]] = discover(self._kind, self._group)
                for entry in found:
                    self._table.bind_discovered(entry)
                # Last, since other threads read it without the lock: until then they wait for it above.
                self._discovered = True
        return True


def _class_of(x: object) -> type:
    # __class__, not type(): a stand-in such as Mock(spec=SlurmExecutor) says what it stands for.
    return x if isinstance(x, type) else x.__class__
