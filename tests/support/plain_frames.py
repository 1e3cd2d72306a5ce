"""A pytest plugin of the mutation session: the frames that mutmut puts around every function do not count.

Where something was registered is read from the frames, so it would be said to come from mutmut.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from launchbind.registry import caller

if TYPE_CHECKING:
    from types import FrameType


def _getframe(depth: int) -> FrameType:
    frame = sys._getframe(1)
    while True:
        if not frame.f_code.co_filename.endswith("trampoline.py"):
            if depth == 0:
                return frame
            depth -= 1
        assert frame.f_back
        frame = frame.f_back


setattr(caller, "_frame_at", _getframe)  # noqa: B010  (private, to type checkers)
