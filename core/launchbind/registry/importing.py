"""Importing: the one place that runs the code of a lazy target, and translates what that raises."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from launchbind.errors import BrokenTargetError, InvalidTargetError, MissingDependencyError
from launchbind.registry.checks import check_class
from launchbind.registry.reference import absent_package, load, parse
from launchbind.registry.writing import record_import

if TYPE_CHECKING:
    from launchbind.registry.entry import Entry
    from launchbind.registry.table import Table

T = TypeVar("T")


def resolve(table: Table[T], entry: Entry[T]) -> type[T]:
    """Return the class of ``entry``, imported now if it has to be, and record the outcome in ``table``.

    No lock is held during the import: the target's module may register things itself, and Python
    has import locks of its own.
    """
    if entry.type is not None:
        return entry.type
    if entry.unusable and entry.error is not None:
        # Without its traceback, which would grow with every look and keep the frames of all callers alive.
        raise entry.error.with_traceback(None)
    started = perf_counter()
    try:
        target = import_target(table.kind, entry, str(entry.reference))
        cls: type[T] = check_class(table.kind, entry.name, target, table.base)
    except (MissingDependencyError, BrokenTargetError, InvalidTargetError) as error:
        record_import(table, entry, entry.failed(error.__cause__ or error, perf_counter() - started))
        raise
    record_import(table, entry, entry.loaded(cls, perf_counter() - started))
    return cls


def import_target(kind: str, entry: Entry[T], reference: str) -> object:
    """Import a reference of ``entry``; raise MissingDependencyError or BrokenTargetError where that fails."""
    try:
        return load(*parse(reference))
    except (Exception, SystemExit) as error:  # a plugin that calls sys.exit must not end its host
        package = absent_package(error)
        if package is not None:
            raise MissingDependencyError(kind, entry.name, reference, package, entry.requires) from error
        reason = f"{type(error).__name__}: {error}"
        raise BrokenTargetError(kind, entry.name, reference, reason, entry.source) from error
