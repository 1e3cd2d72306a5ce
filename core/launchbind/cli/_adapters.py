"""The installed adapters, each loaded once, and the one that has a backend or a job.

A backend is written ``NAME``, or ``ADAPTER:NAME`` where several adapters have the name. One that has the name
of its own adapter, as ``ray`` has, needs no prefix.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from launchbind.cli._guard import ADAPTERS, GuardedAdapter
from launchbind.errors import AmbiguousNameError, LaunchbindError, UnknownNameError
from launchbind.handle import Handle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from launchbind.registry import Entry


@cache
def adapter(name: str) -> GuardedAdapter:
    """Load the installed adapter of this name; an unknown one is an :class:`UnknownNameError`."""
    return GuardedAdapter(ADAPTERS.entry(name))


def adapters() -> list[GuardedAdapter]:
    """Load every installed adapter, the broken ones too."""
    return [adapter(name) for name in ADAPTERS]


@cache
def _owners() -> dict[str, list[GuardedAdapter]]:
    """Backend to the adapters that a user may mean by its name alone: one, unless it is disputed."""
    found: dict[str, list[GuardedAdapter]] = {}
    for each in adapters():
        for backend in each.entries if each.error is None else ():
            found.setdefault(backend, []).append(each)
    return {name: [each for each in rivals if each.name == name] or rivals for name, rivals in found.items()}


def disputes() -> dict[str, AmbiguousNameError]:
    """Return the backend names that several adapters have, with the error that says how to choose."""
    return {
        name: AmbiguousNameError(name, [f"{each.name}:{name}" for each in rivals])
        for name, rivals in _owners().items()
        if len(rivals) > 1
    }


def written(adapter: GuardedAdapter, backend: str) -> str:
    """Return what a user writes for an adapter's backend: ``NAME`` or ``ADAPTER:NAME``."""
    return backend if _owners().get(backend, [adapter]) == [adapter] else f"{adapter.name}:{backend}"


def find(text: str) -> tuple[GuardedAdapter, Entry[object]]:
    """Find the adapter and the entry of a backend, a name or alias with or without ``ADAPTER:`` before it.

    Where several adapters have it, that is an error: a guess could send a job to the wrong cluster.
    """
    prefix, colon, name = text.rpartition(":")
    among = [adapter(prefix)] if colon else adapters()
    return _only(name, among, lambda entry: name in (entry.name, *entry.aliases))


def find_job(text: str) -> tuple[GuardedAdapter, Handle]:
    """Find the adapter of a handle, with or without ``ADAPTER:`` before it; handles never hold aliases."""
    scheme, _, rest = text.partition("://")
    prefix, colon, _ = scheme.rpartition(":")
    handle = Handle.parse(text.removeprefix(prefix + colon))
    among = [adapter(prefix)] if colon else adapters()
    try:
        found, _ = _only(handle.backend, among, lambda entry: entry.name == handle.backend)
    except AmbiguousNameError as error:
        raise AmbiguousNameError(text, [f"{meaning}://{rest}" for meaning in error.meanings]) from None
    return found, handle


def _only(
    name: str, among: Iterable[GuardedAdapter], matches: Callable[[Entry[object]], bool]
) -> tuple[GuardedAdapter, Entry[object]]:
    """Return the one adapter and entry that match; a broken adapter counts only where no other matches."""
    offers = [(each, entry) for each in among for entry in each.entries.values()]
    found = [offer for offer in offers if matches(offer[1])]
    found = [offer for offer in found if offer[0].error is None] or found
    found = [offer for offer in found if offer[0].name == name] or found
    if not found:
        unknown = UnknownNameError("backend", name, tuple(dict.fromkeys(entry.name for _, entry in offers)))
        # An adapter that cannot list its backends may have it.
        silent = [each.error for each in among if each.error is not None and not each.entries]
        raise LaunchbindError(unknown, *silent) if silent else unknown
    if len(found) > 1:
        meanings = [
            f"{each.name}:{name}" if entry.name == name else written(each, entry.name)
            for each, entry in found
        ]
        raise AmbiguousNameError(name, sorted(meanings))
    [(chosen, entry)] = found
    if chosen.error is not None:
        raise chosen.error
    if entry.unusable and entry.error is not None:
        raise entry.error
    return chosen, entry
