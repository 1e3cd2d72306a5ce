"""One installed adapter behind a guard: whatever goes wrong in it becomes an error that names it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from launchbind.adapter import Adapter, Check
from launchbind.errors import AdapterError, LaunchbindError, MissingDependencyError
from launchbind.protocols import App
from launchbind.protocols.explaining import explain
from launchbind.registry import Entry, Registry, absent_package

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from launchbind.jobs.launcher import Launcher

# The commands pass an adapter's apps, executors and infos on, whatever their types are.
AnyAdapter = Adapter[App, object]

ADAPTERS: Registry[AnyAdapter] = Registry("adapter", group="launchbind.adapters")


class GuardedAdapter:
    """An installed adapter, loaded, with the methods of :class:`launchbind.adapter.Adapter`.

    They raise launchbind's errors and failed imports of absent packages as the adapter does, and anything
    else as :class:`launchbind.AdapterError`.
    """

    def __init__(self, point: Entry[AnyAdapter]) -> None:
        self.point: Entry[AnyAdapter] = point
        self.name: str = point.name
        #: Its backends by name; empty when it cannot list them.
        self.entries: dict[str, Entry[object]] = {}
        #: Why it cannot be used; an adapter that lacks a method is not used at all.
        self.error: LaunchbindError | None = None
        try:
            self._load()
        except LaunchbindError as error:
            self.error = error
        except ImportError as error:
            target, package = point.describe_target(), absent_package(error) or ""
            self.error = MissingDependencyError("adapter", self.name, target, package, None)

    def _load(self) -> None:
        cls = ADAPTERS.type_of(self.name)
        with self._guard("making it"):
            self._adapter = cls()
            problems = explain(self._adapter, Adapter)
            lists_backends = hasattr(self._adapter, "backends")
        if lists_backends:
            with self._guard("backends()"):
                self.entries = _by_name(self._adapter.backends())
        if problems:
            raise AdapterError(self.name, ", ".join(problems), self.point.source)

    @contextmanager
    def _guard(self, action: str) -> Generator[None]:
        try:
            yield
        except LaunchbindError:
            raise
        except (Exception, SystemExit) as error:  # an adapter that exits must not end the command
            if absent_package(error) is not None:
                raise
            from launchbind.redaction import Redactor

            said = Redactor().text(" ".join(f"{type(error).__name__}: {error}".split()))
            raise AdapterError(self.name, f"{action} raised {said}", self.point.source) from error

    def checks(self) -> list[Check]:
        """Check what works; raises ``error``, if there is one."""
        if self.error is not None:
            raise self.error
        with self._guard("checks()"):
            return [
                Check(each.subject, each.state, each.detail, each.fix, each.seconds)
                for each in self._adapter.checks()
            ]

    def can_detach(self, backend: str) -> bool:
        """Tell whether jobs go on when this process ends."""
        with self._guard("can_detach()"):
            return self._adapter.can_detach(backend)

    def fields(self, backend: str) -> list[tuple[str, str, str]]:
        """List name, type and default of what ``-s`` can set."""
        with self._guard("fields()"):
            return [(str(name), str(kind), str(value)) for name, kind, value in self._adapter.fields(backend)]

    def executor(self, backend: str, settings: Mapping[str, object], env: Mapping[str, str]) -> object:
        """Make an executor."""
        with self._guard("executor()"):
            return self._adapter.executor(backend, settings, env)

    def app(self, executor: object, name: str, command: Sequence[str], env: Mapping[str, str]) -> App:
        """Make an app that runs a command."""
        with self._guard("app()"):
            return self._adapter.app(executor, name, command, env)

    def launcher(self, session: str) -> Launcher[App, object]:
        """Make a launcher."""
        with self._guard("launcher()"):
            return self._adapter.launcher(session)


def _by_name(entries: Iterable[object]) -> dict[str, Entry[object]]:
    found: dict[str, Entry[object]] = {}
    for entry in entries:
        if not isinstance(entry, Entry):
            raise TypeError(f"{entry!r} is no launchbind.Entry")
        found[entry.name] = entry
    return found
