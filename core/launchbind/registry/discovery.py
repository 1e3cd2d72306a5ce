"""Discovery: the entry points of a group, read as lazy entries.

The environment variable ``LAUNCHBIND_PLUGINS`` restricts which distributions may provide them: a list of
their names, separated by commas, or ``0`` for none. launchbind itself always may, and so may all others
when the variable is unset.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, TypeVar

from launchbind.errors import ConflictError, InvalidReferenceError, LaunchbindError
from launchbind.registry.checks import check_name
from launchbind.registry.entry import Entry
from launchbind.registry.reference import parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import Distribution, EntryPoint

T = TypeVar("T")


def discover(kind: str, group: str, *, restricted: bool = True) -> list[Entry[T]]:
    """Read the entry points of ``group`` as entries; nothing they name is imported.

    An entry point that cannot be used becomes a broken entry that keeps its error, so all others work.
    A name that two distributions claim is broken too: picking one would send jobs to whichever happened
    to be installed first. ``restricted`` is whether ``LAUNCHBIND_PLUGINS`` applies; it is false for groups
    that other launchers load themselves.
    """
    from importlib.metadata import entry_points  # 37 ms, spent on the first miss or listing only

    points: Iterable[EntryPoint]
    unreadable: list[Entry[T]] = []
    try:
        points = entry_points(group=group)
    except TypeError:  # the entry_points.txt of some distribution has a line without "="
        points = _readable(group, unreadable)
    allowed = _allowed() if restricted else None
    claims: dict[str, dict[str, EntryPoint]] = {}
    for point in points:
        if allowed is not None and _normalise(_owner(point)) not in allowed:
            continue
        # The same distribution can be on sys.path twice; the first one is the one that imports.
        claims.setdefault(point.name, {}).setdefault(_owner(point), point)
    return [*(_entry(kind, list(rivals.values())) for rivals in claims.values()), *unreadable]


def _allowed() -> set[str] | None:
    """The normalised names of the distributions that may provide entry points, None for all."""
    listed = os.environ.get("LAUNCHBIND_PLUGINS")
    if listed is None:
        return None
    return {"launchbind", *(_normalise(name.strip()) for name in listed.split(",") if name.strip() != "0")}


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()  # PEP 503


def _readable(group: str, unreadable: list[Entry[T]]) -> list[EntryPoint]:
    """Like ``entry_points``, but add a broken entry to ``unreadable`` for a distribution that fails."""
    from importlib.metadata import distributions

    points: list[EntryPoint] = []
    for dist in distributions():
        try:
            points += [point for point in dist.entry_points if point.group == group]
        except TypeError:
            lines = (dist.read_text("entry_points.txt") or "").splitlines()
            if f"[{group}]" in lines:
                line = next(line for line in lines if line and line[0] not in "[#" and "=" not in line)
                name, origin = _metadata(dist, "Name"), f"entry_points.txt of {_distribution(dist)}"
                error = InvalidReferenceError(line)
                unreadable.append(Entry(name, line, origin=origin, discovered=True, error=error))
    return points


def _entry(kind: str, points: list[EntryPoint]) -> Entry[T]:
    point = points[0]
    error: LaunchbindError | None = None
    try:
        check_name(kind, point.name)
        parse(point.value)
    except LaunchbindError as unusable:
        error = unusable
    if len(points) > 1:
        held = [(other.name, other.value, _describe(other)) for other in points[1:]]
        error = ConflictError(kind, point.name, point.value, _describe(point), held)
    return Entry(point.name, point.value, origin=_describe(point), discovered=True, error=error)


def _owner(point: EntryPoint) -> str:
    return _metadata(point.dist, "Name") if point.dist else ""


def _describe(point: EntryPoint) -> str:
    owner = _distribution(point.dist) if point.dist else "an unknown distribution"
    return f"entry point {point.name} = {point.value} of {owner}"


def _distribution(dist: Distribution) -> str:
    return f"{_metadata(dist, 'Name')} {_metadata(dist, 'Version')}"


def _metadata(dist: Distribution, key: str) -> str:
    # Newer Pythons warn when a key is read that a half-removed distribution lacks.
    return dist.metadata[key] if key in dist.metadata else "?"  # noqa: SIM401  (3.10 promises no get)
