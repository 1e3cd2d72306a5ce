"""The contract between a launcher and the command line: what an adapter gives it.

A distribution joins ``launchbind run``, ``doctor`` and the other commands with an entry point of the group
``launchbind.adapters`` that names its adapter, a class that is made without arguments:

.. code-block:: toml

    [project.entry-points."launchbind.adapters"]
    acme = "acme_launcher:AcmeAdapter"

:class:`Adapter` is the contract, :class:`BaseAdapter` implements most of it for executors in a registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, runtime_checkable

from launchbind.errors import LaunchbindError, MissingDependencyError
from launchbind.registry import absent_package

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import App
    from launchbind.registry import Entry, EntryState, Registry

AppT = TypeVar("AppT", bound="App")
ExecutorT = TypeVar("ExecutorT")


@dataclass(frozen=True)
class Check:
    """One finding of ``launchbind doctor``.

    Attributes
    ----------
    subject
        The backend, or whatever else was checked.
    state
        ``ready``; ``missing`` when something is not installed; ``broken`` when it is, but does not work.
    detail
        What was found, in one sentence.
    fix
        The command that fixes it; empty when there is nothing to fix or no command for it.
    seconds
        How long importing it took, in seconds; None where that was not measured.
    """

    subject: str
    state: EntryState
    detail: str = ""
    fix: str = ""
    seconds: float | None = None


class Adapter(Protocol[AppT, ExecutorT]):
    """A launcher as the command line sees it.

    ``explain(adapter, Adapter)`` (:func:`launchbind.explain`) lists what an adapter lacks. Everything that
    a method raises ends up as one sentence: a :class:`launchbind.LaunchbindError` as it is, so that an
    adapter can explain itself, anything else with the adapter's name.
    """

    def backends(self) -> Sequence[Entry[ExecutorT]]:
        """List the backends, without importing the launcher: every command calls this.

        Returns
        -------
        An entry for each backend: its name, aliases and target, as ``launchbind backends`` shows them.
        """
        ...

    def can_detach(self, backend: str, /) -> bool:
        """Tell whether jobs of ``backend`` go on when the process that submitted them ends."""
        ...

    def fields(self, backend: str, /) -> Sequence[tuple[str, str, str]]:
        """List what ``-s FIELD=VALUE`` can set for ``backend``.

        Returns
        -------
        Name, type and default of each field, as texts for ``launchbind show``.
        """
        ...

    def checks(self) -> Iterable[Check]:
        """Find out what works here, for ``launchbind doctor``; this may import the launcher.

        Returns
        -------
        At least one check for each backend, with the backend's name as its subject.
        """
        ...

    def executor(self, backend: str, settings: Mapping[str, object], env: Mapping[str, str], /) -> ExecutorT:
        """Make an executor.

        Parameters
        ----------
        backend
            A name of an entry that :meth:`backends` lists.
        settings
            Field to value, from a profile and from ``-s``. Values from ``-s`` are texts, to be read as
            the field's type.
        env
            Variables for the job's environment, from ``--env``. Either the executor or the app of
            :meth:`app` carries them.

        Raises
        ------
        InvalidSettingError
            When a field does not exist or cannot take its value.
        """
        ...

    def app(self, executor: ExecutorT, name: str, command: Sequence[str], env: Mapping[str, str], /) -> AppT:
        """Make an app of one role that runs a command.

        Parameters
        ----------
        executor
            What :meth:`executor` returned.
        name
            The job's name: letters, digits, ``_`` and ``-``.
        command
            The program and its arguments. They must reach the job as they are, whatever they contain.
        env
            The variables that :meth:`executor` was given.
        """
        ...

    def launcher(self, session: str, /) -> Launcher[AppT, ExecutorT]:
        """Make a launcher whose jobs belong to ``session``, which is part of their handles."""
        ...


@runtime_checkable
class _HasVariables(Protocol):
    env_vars: dict[str, str]


class BaseAdapter(Generic[ExecutorT]):
    """An adapter for executors that are dataclasses in a registry.

    A subclass sets ``executors``, defines ``launcher``, and overrides what its launcher does differently.

    Attributes
    ----------
    executors
        Backend to executor class.

    Examples
    --------
    >>> from launchbind import Bindings, Launcher, explain
    >>> from launchbind.testing import FakeApp, FakeExecutor, FakeScheduler
    >>> BINDINGS: Bindings[FakeApp, FakeExecutor] = Bindings()
    >>> ACME = BINDINGS.bind("acme", FakeExecutor, FakeScheduler)
    >>> class AcmeAdapter(BaseAdapter[FakeExecutor]):
    ...     executors = BINDINGS.executors
    ...
    ...     def launcher(self, session):
    ...         return Launcher(BINDINGS, session=session)

    That is all. What ``launchbind run -b acme -s nodes=2 --env LEVEL=3 -- echo hello`` does with it:

    >>> adapter = AcmeAdapter()
    >>> explain(adapter, Adapter)
    []
    >>> executor = adapter.executor("acme", {"nodes": "2"}, {"LEVEL": "3"})
    >>> app = adapter.app(executor, "echo", ["echo", "hello"], {"LEVEL": "3"})
    >>> with adapter.launcher("launchbind") as jobs:
    ...     print(jobs.run(app, executor))
    acme://launchbind/echo-0
    """

    executors: Registry[ExecutorT]

    def backends(self) -> Sequence[Entry[ExecutorT]]:
        """List the entries of the registry; nothing is imported."""
        return [self.executors.entry(name) for name in self.executors]

    def can_detach(self, backend: str, /) -> bool:
        """Return True: jobs go on when the process that submitted them ends."""
        return True

    def fields(self, backend: str, /) -> Sequence[tuple[str, str, str]]:
        """List the fields of the backend's executor, which is imported (see :mod:`launchbind.settings`)."""
        from launchbind.settings import fields

        return fields(self.executors.type_of(backend))

    def checks(self) -> Iterable[Check]:
        """Import each executor, and report how that went."""
        for name in self.executors:
            entry = self.executors.probe(name)
            if entry.error is None:
                yield Check(name, "ready", seconds=entry.import_seconds)
            else:
                yield failed_check(name, entry.error, entry.requires, entry.import_seconds)

    def executor(self, backend: str, settings: Mapping[str, object], env: Mapping[str, str], /) -> ExecutorT:
        """Make the backend's executor with :func:`launchbind.settings.build`.

        ``env`` is added to its ``env_vars``, if it has such an attribute.
        """
        from launchbind.settings import build

        made = build(self.executors.type_of(backend), settings)
        if isinstance(made, _HasVariables):
            made.env_vars = {**made.env_vars, **env}
        return made

    def app(self, executor: ExecutorT, name: str, command: Sequence[str], env: Mapping[str, str], /) -> App:
        """Make an :class:`launchbind.AppSpec` of one role, with ``env`` unless the executor carries it."""
        from launchbind.specs import AppSpec, RoleSpec

        program, *arguments = command
        variables = {} if isinstance(executor, _HasVariables) else dict(env)
        return AppSpec(name, [RoleSpec(name, program, arguments, variables)])


def program(subject: str, name: str, purpose: str, fix: str) -> Check | None:
    """Look for a program on ``PATH``.

    Parameters
    ----------
    subject
        The backend that needs it.
    name
        The program, such as ``sbatch``.
    purpose
        What for, such as ``to submit jobs``.
    fix
        How to install it.

    Returns
    -------
    A check that says ``missing``, or None when the program is there.
    """
    from shutil import which  # 5 ms, and only doctor needs it

    if which(name):
        return None
    return Check(subject, "missing", f"{name} is not on PATH; it is needed {purpose}", fix)


def import_check(subject: str, module: str, requires: str) -> Check:
    """Import a module, and report how that went and how long it took.

    Parameters
    ----------
    subject
        The backend that needs it.
    module
        Its full name.
    requires
        What to install when the import fails, such as ``launchbind[ray]``.
    """
    from importlib import import_module
    from time import perf_counter

    started = perf_counter()
    try:
        import_module(module)
    except Exception as error:  # noqa: BLE001 -- whatever it raises is the finding
        return failed_check(subject, error, requires)
    return Check(subject, "ready", seconds=perf_counter() - started)


def failed_check(
    subject: str, error: BaseException, requires: str | None = None, seconds: float | None = None
) -> Check:
    """Turn what an import raised into a check.

    Parameters
    ----------
    subject
        The backend that needs what was imported.
    error
        What the import raised.
    requires
        What to install; by default the package that is absent, if that is the cause.
    seconds
        How long the import took, in seconds.

    Returns
    -------
    A check that says ``missing`` when a package is not installed, else ``broken``; its detail is the
    error in one line.
    """
    absent = absent_package(error)
    if isinstance(error, MissingDependencyError):
        absent, requires = error.name, requires or error.requires
    needed = requires or absent
    said = str(error) if isinstance(error, LaunchbindError) else f"{type(error).__name__}: {error}"
    fix = f"python -m pip install '{needed}'" if needed else ""
    return Check(subject, "missing" if absent else "broken", " ".join(said.split()), fix, seconds)
