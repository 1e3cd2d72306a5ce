"""Discovery: the entry points of a group, read as lazy entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from launchbind import _reference
from launchbind._names import check_name
from launchbind.entry import Entry
from launchbind.errors import ConflictError, LaunchbindError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")


def discover(kind: str, group: str) -> list[Entry[T]]:
    """Read the entry points of ``group``; nothing they name is imported.

    An entry point that cannot be used becomes a broken entry that keeps its error, so that it spoils
    only itself. A name that two distributions claim is broken too: picking one would send jobs to
    whichever happened to be installed first.
    """
    from importlib.metadata import entry_points  # 37 ms, paid on the first miss or listing only

    claims: dict[str, dict[str, EntryPoint]] = {}
    for point in entry_points(group=group):
        # The same distribution can be on sys.path twice; the first one is the one that imports.
        claims.setdefault(point.name, {}).setdefault(_owner(point), point)
    return [_entry(kind, list(points.values())) for points in claims.values()]


def _entry(kind: str, points: list[EntryPoint]) -> Entry[T]:
    point = points[0]
    error: LaunchbindError | None = None
    try:
        check_name(kind, point.name)
        _reference.parse(point.value)
    except LaunchbindError as unusable:
        error = unusable
    if len(points) > 1:
        held = [(other.name, other.value, _describe(other)) for other in points[1:]]
        error = ConflictError(kind, point.name, point.value, _describe(point), held)
    return Entry(point.name, point.value, origin=_describe(point), discovered=True, error=error)


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist else ""


def _describe(point: EntryPoint) -> str:
    owner = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown distribution"
    return f"entry point {point.name} = {point.value} of {owner}"
