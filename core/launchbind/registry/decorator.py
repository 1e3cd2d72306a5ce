"""The decorator form of ``register``, and the place in the source that a registration comes from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

S = TypeVar("S")
T_contra = TypeVar("T_contra", contravariant=True)

#: ``sys._getframe`` is documented, but checkers refuse its underscore; inspect would take 10 ms to import.
_frame_at: Callable[[int], FrameType] = vars(sys)["_getframe"]


class ClassDecorator(Generic[T_contra]):
    """Registers the class it decorates, and returns it unchanged.

    Parameters
    ----------
    bind
        Called with the class, and with the file and line that it is decorated in.
    """

    def __init__(self, bind: Callable[[type[T_contra], tuple[str, int]], None]) -> None:
        self._bind = bind

    # The contravariant self makes a checker refuse classes that are not of the registry's type.
    def __call__(self: ClassDecorator[S], cls: type[S], /) -> type[S]:
        """Register ``cls`` and return it."""
        self._bind(cls, caller(2))
        return cls


def caller(depth: int) -> tuple[str, int]:
    """File and line of the frame ``depth`` calls up from here."""
    frame = _frame_at(depth)
    # update() and setdefault() of the mappings come through the standard library.
    while frame.f_globals.get("__name__") == "collections.abc" and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
