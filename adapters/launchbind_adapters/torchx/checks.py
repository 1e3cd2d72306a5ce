"""What ``launchbind doctor`` finds out about torchx, and how the adapters read a failed import."""

from __future__ import annotations

from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING

from launchbind.adapter import Check
from launchbind.registry import absent_package

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from launchbind.registry import Entry, EntryState

#: Packages whose newer versions dropped what nemo_run 0.11 imports, and the versions that have it.
_BOUNDS = {"leptonai": "leptonai>=0.26.6,<0.47", "torchx": "torchx==0.7.0"}


def scheduler_checks(entries: Iterable[Entry[object]]) -> Iterator[Check]:
    """Of torchx's own schedulers and those of plugins: whether they can be imported."""
    for entry in entries:
        started = perf_counter()
        try:
            import_module(str(entry.reference).partition(":")[0])
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is the finding
            state: EntryState = "missing" if absent_package(error) else "broken"
            yield Check(entry.name, state, one_line(error), fix(error))
        else:
            detail = "takes torchx run configs, no executor"
            yield Check(entry.name, "ready", detail, seconds=perf_counter() - started)


def one_line(error: BaseException) -> str:
    """The error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def fix(error: BaseException) -> str:
    """The command that mends a failed import, empty when none is known."""
    package = absent_package(error)
    if package in ("nemo_run", "torchx"):
        extra = "nemo" if package == "nemo_run" else "torchx"
        return f"python -m pip install 'launchbind[{extra}]'"
    if package is not None:
        return f"python -m pip install {package}"
    broken = (getattr(error, "name", None) or "").partition(".")[0]
    return f"python -m pip install '{_BOUNDS[broken]}'" if broken in _BOUNDS else ""
