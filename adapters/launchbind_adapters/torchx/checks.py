"""What ``launchbind doctor`` checks of torchx, and what to install when an import of its kind fails."""

from __future__ import annotations

from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING

from launchbind.adapter import Check, failed_check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from launchbind.registry import Entry

#: Package to the requirement that brings a version with what nemo_run 0.11 imports from it.
_REQUIREMENTS = {
    "nemo_run": "launchbind[nemo]",
    "torchx": "launchbind[torchx]",
    "leptonai": "leptonai>=0.26.6,<0.47",
}


def scheduler_checks(entries: Iterable[Entry[object]]) -> Iterator[Check]:
    """Check that the schedulers of torchx and of its plugins can be imported."""
    for entry in entries:
        if entry.error is not None:  # two distributions have the name
            yield failed_check(entry.name, entry.error)
            continue
        started = perf_counter()
        try:
            import_module(str(entry.reference).partition(":")[0])
        except Exception as error:  # noqa: BLE001 -- whatever it raises is the finding
            yield failed_check(entry.name, error, requirement(error))
        else:
            detail = "takes torchx run configs, no executor"
            yield Check(entry.name, "ready", detail, seconds=perf_counter() - started)


def requirement(error: BaseException) -> str | None:
    """Return what to install when an import raised ``error``: for nemo_run, torchx or leptonai, else None."""
    package = str(getattr(error, "name", None) or "").partition(".")[0]
    return _REQUIREMENTS.get(package)
