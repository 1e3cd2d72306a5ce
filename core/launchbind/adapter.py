"""Checks: what an adapter finds out about its backends, for ``launchbind doctor``."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launchbind.registry import EntryState


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes
    ----------
    subject
        The backend, or what else was looked at.
    state
        ``ready``; ``missing`` when something is not installed; ``broken`` when it is, but does not work.
    detail
        What was found, in one sentence.
    fix
        The command that mends it, empty when nothing needs mending.
    seconds
        How long importing it took, in seconds, where that was measured.
    """

    subject: str
    state: EntryState
    detail: str = ""
    fix: str = ""
    seconds: float | None = None


def program(subject: str, name: str, purpose: str, fix: str) -> Check | None:
    """A finding when the program ``name`` is not on PATH, else None."""
    if shutil.which(name):
        return None
    return Check(subject, "missing", f"{name} is not on PATH; it is needed {purpose}", fix)
