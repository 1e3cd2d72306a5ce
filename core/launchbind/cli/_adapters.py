"""The adapters the command line works through: entry points of the group ``launchbind.adapters``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from launchbind.errors import AmbiguousNameError, LaunchbindError, UnknownNameError
from launchbind.protocols import App
from launchbind.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from launchbind.adapter import Check
    from launchbind.handle import Handle
    from launchbind.jobs.launcher import Launcher
    from launchbind.registry import Entry

AppT = TypeVar("AppT", bound=App)
ExecutorT = TypeVar("ExecutorT")
InfoT = TypeVar("InfoT")


class Adapter(Protocol[AppT, ExecutorT, InfoT]):
    """A launcher as the command line sees it."""

    def backends(self) -> Sequence[Entry[ExecutorT]]:
        """What it offers; the launcher itself is not imported for that."""
        ...

    def can_detach(self, backend: str) -> bool:
        """Whether a job of the backend goes on when this process ends."""
        ...

    def fields(self, backend: str) -> Sequence[tuple[str, str, str]]:
        """What can be set: name, type and default of each field."""
        ...

    def checks(self) -> Iterable[Check]:
        """What works here and what does not; launchers are imported for that."""
        ...

    def executor(self, backend: str, settings: Mapping[str, object], env: Mapping[str, str]) -> ExecutorT:
        """Make an executor; texts are read as their field's type."""
        ...

    def app(self, executor: ExecutorT, name: str, command: Sequence[str], env: Mapping[str, str]) -> AppT:
        """Make an app of one role that runs ``command``."""
        ...

    def launcher(self, session: str) -> Launcher[AppT, ExecutorT, InfoT]:
        """Make the launcher."""
        ...


# Which app, executor and info types an adapter has is its own affair: the commands only hand them on.
AnyAdapter = Adapter[App, object, object]

ADAPTERS: Registry[AnyAdapter] = Registry("adapter", group="launchbind.adapters")


def offers() -> tuple[dict[str, tuple[AnyAdapter, Entry[object]]], list[LaunchbindError]]:
    """Every backend with its adapter and its entry, and the errors of adapters that cannot be used.

    Where two adapters offer a backend, the first has it: NeMo-Run's executors say more than the torchx
    schedulers behind them.
    """
    found: dict[str, tuple[AnyAdapter, Entry[object]]] = {}
    errors: list[LaunchbindError] = []
    for name in ADAPTERS:
        try:
            adapter = ADAPTERS.type_of(name)()
        except LaunchbindError as error:
            errors.append(error)
            continue
        for entry in adapter.backends():
            found.setdefault(entry.name, (adapter, entry))
    return found, errors


def find(backend: str) -> tuple[AnyAdapter, str]:
    """The adapter that has a backend a user named, and the backend's canonical name.

    Parameters
    ----------
    backend
        A name, an alias, or ``ADAPTER:NAME`` where several adapters use a name.

    Raises
    ------
    UnknownNameError
        When no adapter has it.
    AmbiguousNameError
        When one adapter's alias is another one's name: neither is guessed, since a job could go to the
        wrong cluster.
    """
    adapter_name, colon, name = backend.rpartition(":")
    found, _ = offers()
    if colon:
        adapter = ADAPTERS.type_of(adapter_name)()
        found = {entry.name: (adapter, entry) for entry in adapter.backends()}
    aliased = [each for each, (_, entry) in found.items() if name in entry.aliases]
    if name in found and aliased:
        raise AmbiguousNameError(name, [*aliased, f"{_adapter_of(found[name][0])}:{name}"])
    for canonical in (name, *aliased):
        if canonical in found:
            return found[canonical][0], canonical
    raise UnknownNameError("backend", backend, tuple(found))


def owner(handle: Handle) -> AnyAdapter:
    """The adapter that has a job: handles carry canonical names, so an alias never comes between.

    Raises
    ------
    UnknownNameError
        When no adapter has its backend.
    """
    found, _ = offers()
    if handle.backend not in found:
        raise UnknownNameError("backend", handle.backend, tuple(found))
    return found[handle.backend][0]


def _adapter_of(adapter: AnyAdapter) -> str:
    return ADAPTERS.name_of(type(adapter))
