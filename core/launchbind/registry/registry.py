"""Registry: a bijection between names and classes, read along the MRO, imported one by one on demand.

This module is the public surface; read :mod:`.entry` and :mod:`.table` next.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar, cast, overload

from launchbind.registry.caller import caller
from launchbind.registry.lookup import Lookup
from launchbind.registry.views import ByName, ByType
from launchbind.registry.writing import register

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, MutableMapping

    from typing_extensions import Self

    from launchbind.registry.entry import Entry

T = TypeVar("T")
ClassT = TypeVar("ClassT", bound="type[object]")


class Registry(Generic[T]):
    """A bijection between names and classes.

    Parameters
    ----------
    kind
        What the entries are, for messages: ``executor`` gives "unknown executor 'slrum'".
    group
        An entry-point group whose entries join as lazy ones, read on the first miss or first listing.
    base
        What every class has to be a subclass of; or a Protocol, whose methods it has to have. A class that
        is not is an :class:`InvalidTargetError`, for a lazy one when it is imported. By default only type
        checkers refuse wrong classes, and not where a decorator registers them.

    Attributes
    ----------
    by_name
        Live mapping of names to classes.
    by_type
        Live mapping of classes to canonical names.
    nearest_names
        A fast path, read-only and for look-ups by ``type(x)`` alone: the names of classes seen before. One
        that is absent may have a name that :meth:`name_of` finds; an unhashable class is a ``TypeError``.

    Notes
    -----
    Reads take no lock. Writes are serialised, and one that raises changes nothing. Resolving a lazy
    target runs the code of the module it names; looking names up, and listing them, does not.

    Examples
    --------
    >>> from launchbind import Registry
    >>> numbers = Registry("number")
    >>> numbers.register("int", int, aliases=("integer",))
    >>> numbers.register("fraction", "fractions:Fraction")  # imported on first need
    >>> numbers.name_of(3), numbers.name_of(True)  # bool derives from int
    ('int', 'int')
    >>> numbers["fraction"]
    <class 'fractions.Fraction'>
    >>> numbers.register("absent", "no_such_package:Number")
    >>> {name: numbers.probe(name).state for name in numbers}
    {'int': 'ready', 'fraction': 'ready', 'absent': 'missing'}
    """

    # A Callable is what all checkers accept for abstract classes and Protocols too.
    def __init__(
        self, kind: str = "entry", *, group: str | None = None, base: Callable[..., T] | None = None
    ) -> None:
        self._lookup: Lookup[T] = Lookup(kind, group, base)
        self._table = self._lookup.table
        self._types = self._table.types
        self.nearest_names: Mapping[type, str] = self._table.nearest
        self.by_name: MutableMapping[str, type[T]] = ByName(self._lookup)
        self.by_type: MutableMapping[type[T], str] = ByType(self._lookup)

    @overload
    def register(
        self,
        name: str,
        *,
        aliases: Iterable[str] = (),
        replace: bool = False,
        requires: str | None = None,
        companion: object = None,
        stacklevel: int = 1,
    ) -> Callable[[ClassT], ClassT]: ...
    @overload
    def register(
        self,
        name: str,
        target: type[T] | str,
        *,
        aliases: Iterable[str] = (),
        replace: bool = False,
        requires: str | None = None,
        companion: object = None,
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
        companion: object = None,
        stacklevel: int = 1,
    ) -> Callable[[ClassT], ClassT] | None:
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
        companion
            What belongs to the class, such as its scheduler: the entry's ``companion``. Registering the
            pair again with another one is a conflict, too.
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
        others = tuple(aliases)
        if target is not None:
            origin = caller(stacklevel + 1)
            register(self._table, name, target, others, replace, requires, origin, companion)
            return None

        def decorate(cls: ClassT) -> ClassT:
            # The class is checked at run time only: checkers would forget which one it is.
            decorated = cast("type[T]", cls)
            register(self._table, name, decorated, others, replace, requires, caller(2), companion)
            return cls

        return decorate

    def unregister(self, name: str) -> None:
        """Remove the entry with this name or alias, and all its names.

        Raises
        ------
        UnknownNameError
            When there is none.
        """
        self._lookup.unregister(name)

    @contextmanager
    def override(self, name: str, target: type[T] | str) -> Generator[Self]:
        """Bind as :meth:`register` does, inside a ``with`` block, whatever name and target were bound to."""
        with self.temporary():
            register(self._table, name, target, (), True, None, caller(3))
            yield self

    @contextmanager
    def temporary(self) -> Generator[Self]:
        """Undo, when the ``with`` block ends, everything that was changed since it began."""
        saved = self._lookup.save()
        try:
            yield self
        finally:
            self._lookup.restore(saved)

    # Not keyword-only: Python 3.11 to 3.13 call functions that have such parameters 0.3x slower.
    def name_of(self, obj: T | type[T], exact: bool = False) -> str:
        """The canonical name of the nearest registered class along the MRO.

        A lazy target is matched by its module and qualified name, and through re-exports of modules
        that are imported already, so nothing is imported.

        Parameters
        ----------
        obj
            An instance or a class.
        exact
            Accept the class itself only, no ancestor.

        Raises
        ------
        UnknownTypeError
            When no class along the MRO is registered.

        Examples
        --------
        >>> errors = Registry("error")
        >>> errors.register("lookup", LookupError)
        >>> errors.name_of(KeyError("x")), errors.name_of(IndexError)
        ('lookup', 'lookup')
        >>> errors.find_name(OSError) is None
        True
        """
        if not exact:
            try:
                return self.nearest_names[type(obj)]
            except (KeyError, TypeError):  # TypeError: a metaclass made its classes unhashable
                pass
        return self._lookup.name_of(obj, exact)

    def find_name(self, obj: object) -> str | None:
        """Like :meth:`name_of`, but None when nothing along the MRO is registered."""
        return self._lookup.nearest(obj)

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
        return self._lookup.type_of(name)

    __getitem__ = type_of

    def find_type(self, name: str) -> type[T] | None:
        """Like :meth:`type_of`, but None when there is no such name; a failed import still raises."""
        return self._lookup.find_type(name)

    def entry(self, name: str) -> Entry[T]:
        """What is known about this name or alias; nothing is imported.

        Raises
        ------
        UnknownNameError
            When there is no such name.
        """
        return self._lookup.entry(name)

    def probe(self, name: str) -> Entry[T]:
        """Import the target of this name or alias and return its entry; ``state`` says whether that worked.

        Raises
        ------
        UnknownNameError
            When there is no such name. A failed import does not raise: it is in ``Entry.error``.
        """
        entry = self.entry(name)
        self._lookup.importable(entry.name)
        return self._lookup.find(entry.name) or entry

    def __contains__(self, x: object) -> bool:
        """Whether ``x`` is a name, an alias, or (an instance of) a class that has a name."""
        return (self._lookup.find(x) if isinstance(x, str) else self._lookup.nearest(x)) is not None

    def __iter__(self) -> Iterator[str]:
        """The canonical names there were when the iteration began, in order of registration."""
        return iter(self._lookup.names())

    def __len__(self) -> int:
        return len(self._lookup.names())

    def __repr__(self) -> str:
        return f"<Registry of {self._table.kind}: {', '.join(self._table.known()) or 'empty'}>"
