"""Every error that launchbind raises. The data is in attributes; ``str`` builds the sentence from it.

Each class also derives from a builtin exception, so that ``except KeyError`` and the like catch it. All of
them pickle: launchers and test runners send exceptions between processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class LaunchbindError(Exception):
    """Base of every launchbind error; ``data`` holds the arguments of the subclass, in order."""

    def __init__(self, *data: object) -> None:
        super().__init__()
        self.data = data

    def __str__(self) -> str:
        return " ".join(str(part) for part in self.data)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[type[LaunchbindError], tuple[object, ...]]:
        # BaseException would use ``args``, which stays empty, and which subclasses of OSError rewrite.
        return type(self), self.data


def closest(name: str, known: Sequence[str]) -> str | None:
    """Return the known name most like ``name``, ignoring case, or None when nothing is close."""
    from difflib import get_close_matches  # 5 ms, and only a reader of the message needs it

    lowered = {candidate.lower(): candidate for candidate in known}
    matches = get_close_matches(str(name).lower(), lowered, n=1)  # str: untyped callers look up None
    return lowered[matches[0]] if matches else None


def _listing(known: Sequence[str], name: str | None = None) -> str:
    """The known names and, when ``name`` is close to one of them, a suggestion; it ends the sentence."""
    near = closest(name, known) if name is not None else None
    return (", ".join(known) or "none") + (f"; did you mean {near!r}?" if near else ".")


class UnknownNameError(LaunchbindError, KeyError):
    """No entry has this name."""

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        super().__init__(kind, name, known)
        self.kind: str = kind
        self.name: str = name
        self.known: Sequence[str] = known

    @property
    def suggestion(self) -> str | None:
        """The known name closest to the unknown one."""
        return closest(self.name, self.known)

    def __str__(self) -> str:
        return f"unknown {self.kind} {self.name!r}: registered are {_listing(self.known, self.name)}"


class AmbiguousNameError(LaunchbindError, KeyError):
    """A name with several meanings; ``meanings`` lists how to write each one."""

    def __init__(self, name: str, meanings: Sequence[str]) -> None:
        super().__init__(name, meanings)
        self.name: str = name
        self.meanings: Sequence[str] = meanings

    def __str__(self) -> str:
        return f"{self.name!r} could mean {' or '.join(self.meanings)}: write which."


class UnknownTypeError(LaunchbindError, KeyError):
    """Neither this class nor any of its ancestors is registered."""

    def __init__(self, kind: str, type_name: str, known: Sequence[str]) -> None:
        super().__init__(kind, type_name, known)
        self.kind: str = kind
        self.type_name: str = type_name
        self.known: Sequence[str] = known

    def __str__(self) -> str:
        what = f"no {self.kind} is registered for {self.type_name} or a class it derives from"
        known = ", ".join(self.known) or "none"
        fix = f"bind it with register(name, {self.type_name.rpartition('.')[2]})"
        return f"{what}: registered are {known}; {fix}."


class ConflictError(LaunchbindError, ValueError):
    """A name or a type is bound already, by each of ``held`` (name, target, source); nothing was changed."""

    def __init__(
        self, kind: str, name: str, target: str, source: str, held: Sequence[tuple[str, str, str]]
    ) -> None:
        super().__init__(kind, name, target, source, held)
        self.kind: str = kind
        self.name: str = name
        self.target: str = target
        self.source: str = source
        self.held: Sequence[tuple[str, str, str]] = held

    def __str__(self) -> str:
        others = " and ".join(f"{name!r} is bound to {target} ({where})" for name, target, where in self.held)
        fix = "choose another name, or pass replace=True to drop the older binding"
        return f"cannot bind {self.kind} {self.name!r} to {self.target} ({self.source}): {others}; {fix}."


class InvalidNameError(LaunchbindError, ValueError):
    """A name that cannot be the scheme of a handle."""

    def __init__(self, kind: str, name: object) -> None:
        super().__init__(kind, name)
        self.kind: str = kind
        self.name: object = name

    def __str__(self) -> str:
        fix = "use one or more of letters, digits, '_', '.', '+' and '-'"
        return f"{self.name!r} is not a valid {self.kind} name: {fix}."


class InvalidReferenceError(LaunchbindError, ValueError):
    """A lazy target that is not of the form ``package.module:Qual.Name``."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference: str = reference

    def __str__(self) -> str:
        return f"{self.reference!r} is not a reference: write it as 'package.module:Qual.Name'."


class InvalidTargetError(LaunchbindError, TypeError):
    """A target that is not a class, or is a metaclass."""

    def __init__(self, kind: str, name: str, target: str, problem: str) -> None:
        super().__init__(kind, name, target, problem)
        self.kind: str = kind
        self.name: str = name
        self.target: str = target
        self.problem: str = problem

    def __str__(self) -> str:
        fix = "give a class or a 'package.module:Qual.Name' of one"
        return f"{self.kind} {self.name!r} cannot be bound to {self.target}, which is {self.problem}: {fix}."


class MissingDependencyError(LaunchbindError, ImportError):
    """The target of ``entry`` needs a package that is not installed: ``name``, as in ImportError."""

    def __init__(self, kind: str, entry: str, reference: str, package: str, requires: str | None) -> None:
        super().__init__(kind, entry, reference, package, requires)
        self.kind: str = kind
        self.entry: str = entry
        self.reference: str = reference
        self.name: str | None = package
        self.requires: str | None = requires

    def __str__(self) -> str:
        fix = f"run python -m pip install '{self.requires or self.name}'"
        return f"{self.kind} {self.entry!r} needs the package {self.name!r}, which is not installed: {fix}."


class BrokenTargetError(LaunchbindError, ImportError):
    """The target's package is installed, but importing the target fails."""

    def __init__(self, kind: str, entry: str, reference: str, reason: str, source: str) -> None:
        super().__init__(kind, entry, reference, reason, source)
        self.kind: str = kind
        self.entry: str = entry
        self.reference: str = reference
        self.reason: str = reason
        self.source: str = source

    def __str__(self) -> str:
        problem = f"importing {self.reference} raised {self.reason}"
        fix = f"fix or reinstall what provides it (registered at {self.source})"
        return f"{self.kind} {self.entry!r} is broken, {problem}: {fix}."


class AdapterError(LaunchbindError, RuntimeError):
    """An adapter of :mod:`launchbind.adapter` that lacks a method, or in which something failed."""

    def __init__(self, adapter: str, problem: str, source: str) -> None:
        super().__init__(adapter, problem, source)
        self.adapter: str = adapter
        self.problem: str = problem
        self.source: str = source

    def __str__(self) -> str:
        fix = f"fix or reinstall what provides it ({self.source})"
        return f"adapter {self.adapter!r} is broken, {self.problem.rstrip('.')}: {fix}."


class InvalidSettingError(LaunchbindError, ValueError):
    """A field that an executor lacks or a value it cannot take; without a field, the executor as a whole."""

    def __init__(self, executor: str, field: str | None, problem: str, known: Sequence[str] = ()) -> None:
        super().__init__(executor, field, problem, known)
        self.executor: str = executor
        self.field: str | None = field
        self.problem: str = problem
        self.known: Sequence[str] = known

    def __str__(self) -> str:
        if self.field is None:
            return f"{self.executor} cannot be made: {self.problem.rstrip('.')}."
        near = closest(self.field, self.known)
        hint = f"; did you mean {near!r}?" if near else f": there are {_listing(self.known)}"
        problem = self.problem.rstrip(".") + (hint if self.known else ".")
        return f"{self.executor} cannot take {self.field!r}: {problem}"


class ProfileError(LaunchbindError, ValueError):
    """A profile file, or a key in it, that cannot be used."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        super().__init__(file, key, problem)
        self.file: str = file
        self.key: str = key
        self.problem: str = problem

    def __str__(self) -> str:
        return f"{self.file}{f', key {self.key}' if self.key else ''}: {self.problem.rstrip('.')}."


class DryRunError(LaunchbindError, RuntimeError):
    """A dry run failed: in the ``pre_proc`` of the role at ``index``, or, if None, in the scheduler."""

    def __init__(self, app: str, backend: str, role: str | None, index: int | None, reason: str) -> None:
        super().__init__(app, backend, role, index, reason)
        self.app: str = app
        self.backend: str = backend
        self.reason: str = reason
        self.role: str | None = role
        self.index: int | None = index

    def __str__(self) -> str:
        where = f", role {self.role!r} (index {self.index})" if self.index is not None else ""
        what = f"dry run of app {self.app!r} on backend {self.backend!r}{where}"
        return f"{what} failed: {self.reason.rstrip('.')}."


class InvalidHandleError(LaunchbindError, ValueError):
    """A text that is not a handle."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text: str = text

    def __str__(self) -> str:
        return f"{self.text!r} is not a handle: write it as 'backend://session/app_id'."


class UnknownBackendError(LaunchbindError, KeyError):
    """The launcher has no scheduler for this backend."""

    def __init__(self, backend: str, known: Sequence[str]) -> None:
        super().__init__(backend, known)
        self.backend: str = backend
        self.known: Sequence[str] = known

    def __str__(self) -> str:
        return f"no scheduler for backend {self.backend!r}: there are {_listing(self.known, self.backend)}"


class UnsupportedError(LaunchbindError, NotImplementedError):
    """The backend's scheduler cannot do what was asked."""

    def __init__(self, backend: str, capability: str) -> None:
        super().__init__(backend, capability)
        self.backend: str = backend
        self.capability: str = capability

    def __str__(self) -> str:
        return f"the scheduler of backend {self.backend!r} cannot {self.capability}."


class PlanError(LaunchbindError, ValueError):
    """An app and an executor that cannot be planned, or a plan that cannot be submitted."""

    def __init__(self, app: str, problem: str) -> None:
        super().__init__(app, problem)
        self.app: str = app
        self.problem: str = problem

    def __str__(self) -> str:
        return f"app {self.app!r} {self.problem.rstrip('.')}."


class SchedulerError(LaunchbindError, RuntimeError):
    """A scheduler failed at ``action``; ``__cause__`` is the exception it raised."""

    def __init__(self, backend: str, action: str, reason: str) -> None:
        super().__init__(backend, action, reason)
        self.backend: str = backend
        self.action: str = action
        self.reason: str = reason

    def __str__(self) -> str:
        return f"backend {self.backend!r} could not {self.action}: {self.reason.rstrip('.')}."


class UnknownJobError(LaunchbindError, LookupError):
    """The backend knows no job with this handle."""

    def __init__(self, handle: str) -> None:
        super().__init__(handle)
        self.handle: str = handle

    def __str__(self) -> str:
        return f"no job with handle {self.handle!r}: it was never submitted, or its backend forgot it."


class WaitTimeoutError(LaunchbindError, TimeoutError):
    """A job did not end within the given ``seconds``; it goes on, and can be waited for again."""

    def __init__(self, handle: str, state: str, seconds: float) -> None:
        super().__init__(handle, state, seconds)
        self.handle: str = handle
        self.state: str = state
        self.seconds: float = seconds

    def __str__(self) -> str:
        return f"job {self.handle} was still {self.state} after {self.seconds:g} s; wait again or cancel it."
