"""Writing: which bindings may be made, and which older ones give way to them. Read :mod:`.lookup` next."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from launchbind.errors import ConflictError
from launchbind.registry import reference
from launchbind.registry.checks import check_class, check_name
from launchbind.registry.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchbind.registry.table import Table

T = TypeVar("T")


def register(
    table: Table[T],
    name: str,
    target: type[T] | str,
    aliases: tuple[str, ...],
    replace: bool,
    requires: str | None,
    origin: tuple[str, int],
    companion: object = None,
) -> None:
    """Check everything about a registration made at ``origin``, then bind it; see ``Registry.register``."""
    check_name(table.kind, name)
    if aliases:
        aliases = tuple(alias for alias in dict.fromkeys(aliases) if alias != name)
        for alias in aliases:
            check_name(table.kind, alias)
    if isinstance(target, str):
        reference.parse(target)
    else:
        check_class(table.kind, name, target, table.base)
    entry = Entry(name, target, origin=origin, aliases=aliases, requires=requires, companion=companion)
    bind(table, entry, drop_name=replace, drop_type=replace)


def assign_name(table: Table[T], name: str, cls: type[T], origin: tuple[str, int]) -> None:
    """Bind ``name`` to ``cls`` whatever the name was bound to, but take the class from no other name."""
    check_name(table.kind, name)
    table.adopt_imported()
    if table.types.get(name) is not cls:  # by_name[alias] = by_name[alias] takes nothing from anybody
        check_class(table.kind, name, cls, table.base)
        bind(table, Entry(name, cls, origin=origin), drop_name=True)


def assign_type(table: Table[T], name: str, cls: type[T], origin: tuple[str, int]) -> None:
    """Bind ``cls`` to ``name`` whatever the class was bound to, but take the name from no other class."""
    check_name(table.kind, name)
    check_class(table.kind, name, cls, table.base)
    bind(table, Entry(name, cls, origin=origin), drop_type=True)


def bind(table: Table[T], entry: Entry[T], *, drop_name: bool = False, drop_type: bool = False) -> None:
    """Add ``entry`` to ``table``, or raise :class:`ConflictError` and leave everything as it was.

    Discovered bindings always give way to explicit ones, which record them as shadowed. Other bindings of
    the entry's names are dropped only with ``drop_name``, another one of its class only with ``drop_type``.
    """
    with table.lock:
        if entry.type is None:
            entry = _ready_if_imported(table, entry)
        if entry.type is not None:
            table.adopt_imported()  # a lazy entry may be of the same class
        if _is_new(table, entry):
            table.write((), (entry,))
            return

        table.adopt_imported()
        own = table.entries.get(entry.name)
        removed: list[Entry[T]] = []
        if own is not None and own.discovered == entry.discovered and _same_binding(own, entry):
            entry = _merged(own, entry)
            if entry is own:
                return
            removed.append(own)

        claimed = (entry.name, *entry.aliases)
        may_drop = {
            canonical: drop_name
            for canonical in (table.aliases.get(name, name) for name in claimed)
            if canonical in table.entries
        }
        holder = _holder_of_target(table, entry)
        if holder is not None:
            may_drop[holder] = may_drop.get(holder, True) and drop_type
        for mine in removed:
            may_drop.pop(mine.name, None)

        rivals = [table.entries[name] for name in may_drop]
        hidden = [rival for rival in rivals if rival.discovered and not entry.discovered]
        blocked = [rival for rival in rivals if not may_drop[rival.name] and rival not in hidden]
        if blocked:
            raise _conflict(table, entry, blocked)
        # A rival that only loses an alias stays, without it.
        trimmed = [
            rival.aliased(tuple(alias for alias in rival.aliases if alias not in claimed))
            for rival in rivals
            if rival.name not in claimed and rival.name != holder
        ]
        if hidden:
            entry = entry.shadowing(*(rival.source for rival in hidden))
        table.write([*removed, *rivals], [*trimmed, entry])


def bind_discovered(table: Table[T], entry: Entry[T]) -> None:
    """Add an entry read from an entry point; a conflict is recorded in it, or in those that shadow it."""
    with table.lock:
        try:
            bind(table, entry)
        except ConflictError as conflict:
            rivals = [table.entries[name] for name, _, _ in conflict.held]
            explicit = [rival for rival in rivals if not rival.discovered]
            if explicit:
                table.write(explicit, [rival.shadowing(entry.source) for rival in explicit])
            else:
                bind(table, entry.refused(conflict))


def record_import(table: Table[T], lazy: Entry[T], imported: Entry[T]) -> None:
    """Replace ``lazy`` by ``imported``, its outcome, unless the name was bound to something else meanwhile.

    A class that is bound to another name is a :class:`ConflictError`; the entry is broken then.
    """
    with table.lock:
        if table.entries.get(lazy.name) is not lazy:
            return
        holder = _holder_of_target(table, imported)
        if holder not in (None, lazy.name):
            conflict = _conflict(table, imported, [table.entries[str(holder)]])
            table.write([lazy], [lazy.failed(conflict, imported.import_seconds or 0.0)])
            raise conflict
        table.write([lazy], [imported])


def _is_new(table: Table[T], entry: Entry[T]) -> bool:
    """Whether nothing has the entry's names or target, as is usual."""
    claimed = (entry.name, *entry.aliases)
    free = table.entries.keys().isdisjoint(claimed) and table.aliases.keys().isdisjoint(claimed)
    return free and _holder_of_target(table, entry) is None


def _holder_of_target(table: Table[T], entry: Entry[T]) -> str | None:
    """The name that the entry's target is bound to."""
    if entry.type is not None:
        return table.first_bound((entry.type,))
    if entry.unusable:
        return None
    module, qualname = reference.parse(str(entry.reference))
    return table.lazy.get(module, {}).get(qualname)


def _conflict(table: Table[T], entry: Entry[T], rivals: Iterable[Entry[T]]) -> ConflictError:
    held = [(rival.name, _target_and_companion(rival), rival.source) for rival in rivals]
    return ConflictError(table.kind, entry.name, _target_and_companion(entry), entry.source, held)


def _target_and_companion(entry: Entry[T]) -> str:
    target = entry.describe_target()
    return target if entry.companion is None else f"{target} with {entry.companion!r}"


def _ready_if_imported(table: Table[T], entry: Entry[T]) -> Entry[T]:
    """The entry with its class, if the module it names is imported already."""
    if entry.unusable:
        return entry
    cls = table.imported(*reference.parse(str(entry.reference)))
    return entry if cls is None else entry.loaded(cls)


def _merged(own: Entry[T], entry: Entry[T]) -> Entry[T]:
    """What remains when the same target is registered again under the same name."""
    companion = own.companion if entry.companion is None else entry.companion
    if own.type is not None and entry.type is not None and entry.type is not own.type:
        # A reload, or a notebook cell run again, made the class anew.
        return entry.accompanied(companion).shadowing(*own.shadowed)
    aliases = tuple(alias for alias in entry.aliases if alias not in own.aliases)
    if own.type is None and entry.type is not None:
        own = own.loaded(entry.type)
    if companion is not own.companion:
        own = own.accompanied(companion)
    return own.aliased((*own.aliases, *aliases)) if aliases else own


def _same_binding(one: Entry[T], other: Entry[T]) -> bool:
    """Whether both have the same target, and no two companions that differ."""
    if None not in (one.companion, other.companion) and one.companion != other.companion:
        return False
    return not _references(one).isdisjoint(_references(other))


def _references(entry: Entry[T]) -> set[str]:
    """Every reference of the target: where it was registered from, and where it was defined."""
    found = (entry.reference, None if entry.type is None else reference.of(entry.type))
    return {each for each in found if each is not None}
