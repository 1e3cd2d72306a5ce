"""The two mappings of a registry: live views of one state, so they cannot disagree.

Both hold exactly the pairs whose class can be imported. Looking up one key imports one target at most;
listing, counting and comparing import all of them and leave out those that are missing or broken.
Assigning overwrites the key's own binding, as in any mapping, but never takes a name or a class away
from another key: that raises :class:`~launchbind.ConflictError`.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, MutableMapping, ValuesView
from typing import TYPE_CHECKING, Generic, TypeVar

from launchbind.registry.caller import caller
from launchbind.registry.writing import assign_name, assign_type

if TYPE_CHECKING:
    from launchbind.registry.lookup import Lookup

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

# The views of the standard library look every key up while they iterate, and so would raise KeyError
# for one that another thread removes meanwhile; these iterate over the pairs of one moment.


class _Items(ItemsView[K, V]):
    def __init__(self, mapping: Mapping[K, V], pairs: Callable[[], list[tuple[K, V]]]) -> None:
        super().__init__(mapping)
        self._pairs = pairs

    def __iter__(self) -> Iterator[tuple[K, V]]:
        return iter(self._pairs())


class _Values(ValuesView[V]):
    def __init__(self, mapping: Mapping[K, V], pairs: Callable[[], list[tuple[K, V]]]) -> None:
        super().__init__(mapping)
        self._pairs = pairs

    def __iter__(self) -> Iterator[V]:
        return (value for _, value in self._pairs())


class ByName(MutableMapping[str, "type[T]"], Generic[T]):
    """Names to classes."""

    def __init__(self, lookup: Lookup[T]) -> None:
        self._lookup = lookup

    def __getitem__(self, name: str) -> type[T]:
        return self._lookup.type_of(name)

    def __setitem__(self, name: str, cls: type[T]) -> None:
        assign_name(self._lookup.table, name, cls, caller(2))

    def __delitem__(self, name: str) -> None:
        self._lookup.unregister(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._lookup.importable(name) is not None

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._lookup.pairs())

    def __len__(self) -> int:
        return len(self._lookup.pairs())

    def items(self) -> ItemsView[str, type[T]]:
        """The pairs, live; each iteration is over those of one moment."""
        return _Items(self, self._lookup.pairs)

    def values(self) -> ValuesView[type[T]]:
        """The classes, live; each iteration is over those of one moment."""
        return _Values(self, self._lookup.pairs)

    def __repr__(self) -> str:
        return f"by_name({dict(self._lookup.pairs())!r})"


class ByType(MutableMapping["type[T]", str], Generic[T]):
    """Classes to canonical names; exact classes only, as the keys of a mapping are."""

    def __init__(self, lookup: Lookup[T]) -> None:
        self._lookup = lookup

    def __getitem__(self, cls: type[T]) -> str:
        return self._lookup.name_of(cls, exact=True)

    def __setitem__(self, cls: type[T], name: str) -> None:
        assign_type(self._lookup.table, name, cls, caller(2))

    def __delitem__(self, cls: type[T]) -> None:
        self._lookup.unregister(self[cls])

    def __contains__(self, cls: object) -> bool:
        return isinstance(cls, type) and self._lookup.exact(cls) is not None

    def __iter__(self) -> Iterator[type[T]]:
        return (cls for _, cls in self._lookup.pairs())

    def __len__(self) -> int:
        return len(self._lookup.pairs())

    def items(self) -> ItemsView[type[T], str]:
        """The pairs, live; each iteration is over those of one moment."""
        return _Items(self, self._pairs)

    def values(self) -> ValuesView[str]:
        """The names, live; each iteration is over those of one moment."""
        return _Values(self, self._pairs)

    def __repr__(self) -> str:
        return f"by_type({dict(self._pairs())!r})"

    def _pairs(self) -> list[tuple[type[T], str]]:
        return [(cls, name) for name, cls in self._lookup.pairs()]
