"""Discovery: the entry points of a group, read as lazy entries.

The environment variable ``LAUNCHBIND_PLUGINS`` says whose entry points count: those of the distributions it
lists, separated by commas, or with ``0`` nobody's. launchbind's own always do; unset, everybody's do.
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
    """Read the entry points of ``group``; nothing they name is imported.

    ``LAUNCHBIND_PLUGINS`` counts unless ``restricted`` is False, for groups that others load from.

    An entry point that cannot be used becomes a broken entry that keeps its error, so that it spoils
    only itself. A name that two distributions claim is broken too: picking one would send jobs to
    whichever happened to be installed first.
    """
    from importlib.metadata import entry_points  # 37 ms, paid on the first miss or listing only

    points: Iterable[EntryPoint]
    unreadable: list[Entry[T]] = []
    try:
        points = entry_points(group=group)
    except TypeError:  # what a line without "=" gives, in the entry_points.txt of any distribution
        points = _one_by_one(group, unreadable)
    allowed = _allowed() if restricted else None
    claims: dict[str, dict[str, EntryPoint]] = {}
    for point in points:
        if allowed is not None and _normal(_owner(point)) not in allowed:
            continue  # as if it were not installed
        # The same distribution can be on sys.path twice; the first one is the one that imports.
        claims.setdefault(point.name, {}).setdefault(_owner(point), point)
    return [*(_entry(kind, list(rivals.values())) for rivals in claims.values()), *unreadable]


def _allowed() -> set[str] | None:
    """The distributions whose entry points count, None for all."""
    listed = os.environ.get("LAUNCHBIND_PLUGINS")
    if listed is None:
        return None
    return {"launchbind", *(_normal(name.strip()) for name in listed.split(",") if name.strip() != "0")}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()  # names of distributions are compared like this (PEP 503)


def _one_by_one(group: str, unreadable: list[Entry[T]]) -> list[EntryPoint]:
    """Like ``entry_points``, but a distribution that cannot be read gives one broken entry."""
    from importlib.metadata import distributions

    points: list[EntryPoint] = []
    for dist in distributions():
        try:
            points += [point for point in dist.entry_points if point.group == group]
        except TypeError:
            lines = (dist.read_text("entry_points.txt") or "").splitlines()
            if f"[{group}]" in lines:
                line = next(line for line in lines if line and line[0] not in "[#" and "=" not in line)
                name, origin = _told(dist, "Name"), f"entry_points.txt of {_distribution(dist)}"
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
    return _told(point.dist, "Name") if point.dist else ""


def _describe(point: EntryPoint) -> str:
    owner = _distribution(point.dist) if point.dist else "an unknown distribution"
    return f"entry point {point.name} = {point.value} of {owner}"


def _distribution(dist: Distribution) -> str:
    return f"{_told(dist, 'Name')} {_told(dist, 'Version')}"


def _told(dist: Distribution, key: str) -> str:
    # Asked first, since newer Pythons warn about a key that a half-removed distribution lacks.
    return dist.metadata[key] if key in dist.metadata else "?"  # noqa: SIM401  (3.10 promises no get)
