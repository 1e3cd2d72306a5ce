"""Importing: the one place that runs the code of a lazy target, and translates what that raises."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from launchbind.errors import (
    BrokenTargetError,
    InvalidTargetError,
    LaunchbindError,
    MissingDependencyError,
)
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
        target = load(*parse(str(entry.reference)))
    except (Exception, SystemExit) as error:  # a plugin that calls sys.exit must not end its host
        failed = entry.failed(error, perf_counter() - started)
        record_import(table, entry, failed)
        raise _failure(table.kind, failed, error) from error
    seconds = perf_counter() - started
    try:
        cls: type[T] = check_class(table.kind, entry.name, target)
    except InvalidTargetError as error:
        record_import(table, entry, entry.failed(error, seconds))
        raise
    record_import(table, entry, entry.loaded(cls, seconds))
    return cls


def _failure(kind: str, entry: Entry[T], error: BaseException) -> LaunchbindError:
    reference = str(entry.reference)
    package = absent_package(error)
    if package is not None:
        return MissingDependencyError(kind, entry.name, reference, package, entry.requires)
    reason = f"{type(error).__name__}: {error}"
    return BrokenTargetError(kind, entry.name, reference, reason, entry.source)
