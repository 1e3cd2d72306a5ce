"""Importing: the one place that runs the code of a lazy target, and says what went wrong with it."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from launchbind.errors import (
    BrokenTargetError,
    InvalidTargetError,
    LaunchbindError,
    MissingDependencyError,
)
from launchbind.registry import reference as _reference

if TYPE_CHECKING:
    from launchbind.registry.entry import Entry
    from launchbind.registry.table import Table

T = TypeVar("T")


def resolve(table: Table[T], entry: Entry[T]) -> type[T]:
    """The class of ``entry``, imported now if need be; the outcome is recorded in ``table``.

    No lock is held during the import: the target's module may register things itself, and Python
    has import locks of its own.
    """
    if entry.type is not None:
        return entry.type
    if entry.unusable and entry.error is not None:
        # Without its traceback, which would otherwise grow with every look and keep the lookers alive.
        raise entry.error.with_traceback(None)
    started = perf_counter()
    try:
        target = _reference.load(*_reference.parse(str(entry.reference)))
    except (Exception, SystemExit) as error:  # a plugin that leaves must not take its host with it
        failed = entry.failed(error, perf_counter() - started)
        table.finish(entry, failed)
        raise _failure(table.kind, failed, error) from error
    seconds = perf_counter() - started
    try:
        cls: type[T] = checked(table.kind, entry.name, target)
    except InvalidTargetError as error:
        table.finish(entry, entry.failed(error, seconds))
        raise
    table.finish(entry, entry.loaded(cls, seconds))
    return cls


def checked(kind: str, name: str, target: object) -> type:
    """Return ``target``, or raise :class:`InvalidTargetError` when it is no class, or a metaclass."""
    if _reference.is_class(target):
        return target
    problem = "a metaclass" if isinstance(target, type) else f"no class but {type(target).__name__}"
    raise InvalidTargetError(kind, name, repr(target), problem)


def _failure(kind: str, entry: Entry[T], error: BaseException) -> LaunchbindError:
    reference = str(entry.reference)
    package = _reference.absent_package(error)
    if package is not None:
        return MissingDependencyError(kind, entry.name, reference, package, entry.requires)
    reason = f"{type(error).__name__}: {error}"
    return BrokenTargetError(kind, entry.name, reference, reason, entry.source)
