"""The two mappings of a registry: live views of one state, so they cannot disagree.

Both hold exactly the pairs whose class can be imported. Looking up one key imports one target at most;
listing, counting and comparing import all of them and pass over those that are missing or broken.
Assigning overwrites the key's own binding, as in any mapping, but never takes a name or a class away
from another key: that raises :class:`~launchbind.ConflictError`.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from launchbind.registry import Registry

T = TypeVar("T")


class ByName(MutableMapping[str, "type[T]"], Generic[T]):
    """Names to classes."""

    def __init__(self, registry: Registry[T]) -> None:
        self._registry = registry

    def __getitem__(self, name: str) -> type[T]:
        return self._registry.type_of(name)

    def __setitem__(self, name: str, cls: type[T]) -> None:
        self._registry._assign(name, cls, drop_name=True)

    def __delitem__(self, name: str) -> None:
        self._registry.unregister(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._registry._importable(name) is not None

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._registry._pairs())

    def __len__(self) -> int:
        return len(self._registry._pairs())

    def __repr__(self) -> str:
        return f"by_name({dict(self._registry._pairs())!r})"


class ByType(MutableMapping["type[T]", str], Generic[T]):
    """Classes to canonical names; exact classes only, as the keys of a mapping are."""

    def __init__(self, registry: Registry[T]) -> None:
        self._registry = registry

    def __getitem__(self, cls: type[T]) -> str:
        return self._registry.name_of(cls, exact=True)

    def __setitem__(self, cls: type[T], name: str) -> None:
        self._registry._assign(name, cls, drop_type=True)

    def __delitem__(self, cls: type[T]) -> None:
        self._registry.unregister(self[cls])

    def __contains__(self, cls: object) -> bool:
        return isinstance(cls, type) and self._registry._exact(cls) is not None

    def __iter__(self) -> Iterator[type[T]]:
        return (cls for _, cls in self._registry._pairs())

    def __len__(self) -> int:
        return len(self._registry._pairs())

    def __repr__(self) -> str:
        return f"by_type({ {cls: name for name, cls in self._registry._pairs()}!r})"
