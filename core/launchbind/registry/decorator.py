"""The decorator form of ``register``, and where a registration was made."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchbind.registry.registry import Registry

S = TypeVar("S")
T_contra = TypeVar("T_contra", contravariant=True)


class ClassDecorator(Generic[T_contra]):
    """What :meth:`Registry.register` returns without a target: it registers a class, unchanged."""

    def __init__(
        self,
        registry: Registry[T_contra],
        name: str,
        aliases: Iterable[str],
        replace: bool,
        requires: str | None,
    ) -> None:
        self._registry, self._name, self._aliases = registry, name, tuple(aliases)
        self._replace, self._requires = replace, requires

    # The contravariant self makes a checker refuse classes that are not of the registry's type.
    def __call__(self: ClassDecorator[S], cls: type[S], /) -> type[S]:
        """Register ``cls`` and return it."""
        self._registry._register(self._name, cls, self._aliases, self._replace, self._requires, caller(2))
        return cls


def caller(depth: int) -> tuple[str, int]:
    """File and line of the frame ``depth`` calls up from here."""
    frame = sys._getframe(depth)
    # update() and setdefault() of the views come through the standard library.
    while frame.f_globals.get("__name__") == "collections.abc" and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
