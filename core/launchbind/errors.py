"""Every error launchbind raises: data in attributes, the sentence made only when it is read.

Each class also derives from the builtin that callers of the older, looser code already catch, so
``except KeyError`` keeps working. All of them pickle, because they cross process boundaries in test
runners and launchers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class LaunchbindError(Exception):
    """Base of every launchbind error.

    Parameters
    ----------
    data
        The values the error was made from, in the order of the subclass's parameters.
    """

    def __init__(self, *data: object) -> None:
        super().__init__()
        self.data = data

    def __str__(self) -> str:
        return " ".join(str(part) for part in self.data)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[type[LaunchbindError], tuple[object, ...]]:
        # BaseException would rebuild from ``args``, which OSError subclasses rewrite.
        return type(self), self.data


def _listing(known: Iterable[str]) -> str:
    return ", ".join(known) or "none"


def closest(name: str, known: Sequence[str]) -> str | None:
    """Return the known name most like ``name``, or None when nothing is close."""
    from difflib import get_close_matches  # 5 ms, and only a reader of the message needs it

    lowered = {candidate.lower(): candidate for candidate in known}
    matches = get_close_matches(str(name).lower(), lowered, n=1)  # str: untyped callers look up None
    return lowered[matches[0]] if matches else None


class UnknownNameError(LaunchbindError, KeyError):
    """No entry has this name."""

    kind: str
    name: str
    known: Sequence[str]

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        super().__init__(kind, name, known)
        self.kind, self.name, self.known = kind, name, known

    @property
    def suggestion(self) -> str | None:
        """The known name closest to the unknown one."""
        return closest(self.name, self.known)

    def __str__(self) -> str:
        hint = f"; did you mean {self.suggestion!r}?" if self.suggestion else "."
        return f"unknown {self.kind} {self.name!r}: registered are {_listing(self.known)}{hint}"


class AmbiguousNameError(LaunchbindError, KeyError):
    """A name that could mean several things; none of them is guessed."""

    def __init__(self, name: str, meanings: Sequence[str]) -> None:
        super().__init__(name, meanings)
        self.name: str = name
        self.meanings: Sequence[str] = meanings

    def __str__(self) -> str:
        return f"{self.name!r} could mean {' or '.join(self.meanings)}: write which."


class UnknownTypeError(LaunchbindError, KeyError):
    """Neither this class nor any of its ancestors is registered."""

    kind: str
    type_name: str
    known: Sequence[str]

    def __init__(self, kind: str, type_name: str, known: Sequence[str]) -> None:
        super().__init__(kind, type_name, known)
        self.kind, self.type_name, self.known = kind, type_name, known

    def __str__(self) -> str:
        return (
            f"no {self.kind} is registered for {self.type_name} or a class it derives from: "
            f"registered are {_listing(self.known)}; "
            f"bind it with register(name, {self.type_name.rpartition('.')[2]})."
        )


class ConflictError(LaunchbindError, ValueError):
    """A name or a type is already bound elsewhere; nothing was changed."""

    kind: str
    name: str
    target: str
    source: str
    held: Sequence[tuple[str, str, str]]

    def __init__(
        self, kind: str, name: str, target: str, source: str, held: Sequence[tuple[str, str, str]]
    ) -> None:
        super().__init__(kind, name, target, source, held)
        self.kind, self.name, self.target, self.source = kind, name, target, source
        #: What stands in the way: (name, target, where it was registered).
        self.held = held

    def __str__(self) -> str:
        others = " and ".join(
            f"{name!r} is bound to {target} ({source})" for name, target, source in self.held
        )
        return (
            f"cannot bind {self.kind} {self.name!r} to {self.target} ({self.source}): {others}; "
            "choose another name, or pass replace=True to drop the older binding."
        )


class InvalidNameError(LaunchbindError, ValueError):
    """A name that cannot be the scheme of a handle."""

    kind: str
    name: object

    def __init__(self, kind: str, name: object) -> None:
        super().__init__(kind, name)
        self.kind, self.name = kind, name

    def __str__(self) -> str:
        return (
            f"{self.name!r} is not a valid {self.kind} name: "
            "use one or more of letters, digits, '_', '.', '+' and '-'."
        )


class InvalidReferenceError(LaunchbindError, ValueError):
    """A lazy target that is not of the form ``package.module:Qual.Name``."""

    reference: str

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference

    def __str__(self) -> str:
        return f"{self.reference!r} is not a reference: write it as 'package.module:Qual.Name'."


class InvalidTargetError(LaunchbindError, TypeError):
    """A target that is not a class, or is a metaclass."""

    kind: str
    name: str
    target: str
    problem: str

    def __init__(self, kind: str, name: str, target: str, problem: str) -> None:
        super().__init__(kind, name, target, problem)
        self.kind, self.name, self.target, self.problem = kind, name, target, problem

    def __str__(self) -> str:
        return (
            f"{self.kind} {self.name!r} cannot be bound to {self.target}, which is {self.problem}: "
            "give a class or a 'package.module:Qual.Name' of one."
        )


class MissingDependencyError(LaunchbindError, ImportError):
    """A package the target needs is not installed.

    ``name`` is that package, as :class:`ModuleNotFoundError` has it; ``entry`` the registered name.
    """

    kind: str
    entry: str
    reference: str
    name: str
    requires: str | None

    def __init__(self, kind: str, entry: str, reference: str, package: str, requires: str | None) -> None:
        super().__init__(kind, entry, reference, package, requires)
        self.kind, self.entry, self.reference = kind, entry, reference
        self.name = package  # pyright: ignore[reportIncompatibleVariableOverride]  # ImportError's may be None
        self.requires = requires

    def __str__(self) -> str:
        return (
            f"{self.kind} {self.entry!r} needs the package {self.name!r}, which is not installed: "
            f"run python -m pip install '{self.requires or self.name}'."
        )


class BrokenTargetError(LaunchbindError, ImportError):
    """The target's package is installed, but importing the target fails."""

    kind: str
    entry: str
    reference: str
    reason: str
    source: str

    def __init__(self, kind: str, entry: str, reference: str, reason: str, source: str) -> None:
        super().__init__(kind, entry, reference, reason, source)
        self.kind, self.entry, self.reference = kind, entry, reference
        self.reason, self.source = reason, source

    def __str__(self) -> str:
        return (
            f"{self.kind} {self.entry!r} is broken, importing {self.reference} raised {self.reason}: "
            f"mend or reinstall what provides it (registered at {self.source})."
        )


class InvalidSettingError(LaunchbindError, ValueError):
    """A field of an executor that does not exist, or a value it cannot take."""

    executor: str
    field: str | None
    problem: str
    known: Sequence[str]

    def __init__(self, executor: str, field: str | None, problem: str, known: Sequence[str] = ()) -> None:
        super().__init__(executor, field, problem, known)
        #: None for ``field`` means the executor as a whole.
        self.executor, self.field, self.problem, self.known = executor, field, problem, known

    def __str__(self) -> str:
        if self.field is None:
            return f"{self.executor} cannot be made: {self.problem.rstrip('.')}."
        near = closest(self.field, self.known)
        hint = f"; did you mean {near!r}?" if near else f": there are {_listing(self.known)}."
        return f"{self.executor} cannot take {self.field!r}: {self.problem}{hint if self.known else '.'}"


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
    """A dry run could not produce a request."""

    app: str
    backend: str
    reason: str
    role: str | None
    index: int | None

    def __init__(self, app: str, backend: str, role: str | None, index: int | None, reason: str) -> None:
        super().__init__(app, backend, role, index, reason)
        self.app, self.backend, self.reason = app, backend, reason
        #: The role whose ``pre_proc`` failed and its position, None when the scheduler itself failed.
        self.role, self.index = role, index

    def __str__(self) -> str:
        where = f", role {self.role!r} (index {self.index})" if self.index is not None else ""
        reason = self.reason.rstrip(".")
        return f"dry run of app {self.app!r} on backend {self.backend!r}{where} failed: {reason}."


class InvalidHandleError(LaunchbindError, ValueError):
    """A text that is not a handle."""

    text: str

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"{self.text!r} is not a handle: write it as 'backend://session/app_id'."


class UnknownBackendError(LaunchbindError, KeyError):
    """No scheduler is at hand for this backend; the job is sent to no other one."""

    backend: str
    known: Sequence[str]

    def __init__(self, backend: str, known: Sequence[str]) -> None:
        super().__init__(backend, known)
        self.backend, self.known = backend, known

    def __str__(self) -> str:
        near = closest(self.backend, self.known)
        hint = f"; did you mean {near!r}?" if near else "."
        return f"no scheduler for backend {self.backend!r}: there are {_listing(self.known)}{hint}"


class UnsupportedError(LaunchbindError, NotImplementedError):
    """The backend's scheduler cannot do what was asked."""

    backend: str
    capability: str

    def __init__(self, backend: str, capability: str) -> None:
        super().__init__(backend, capability)
        self.backend, self.capability = backend, capability

    def __str__(self) -> str:
        return f"the scheduler of backend {self.backend!r} cannot {self.capability}."


class PlanError(LaunchbindError, ValueError):
    """An app and an executor that cannot be planned, or a plan that cannot be submitted."""

    app: str
    problem: str

    def __init__(self, app: str, problem: str) -> None:
        super().__init__(app, problem)
        self.app, self.problem = app, problem

    def __str__(self) -> str:
        return f"app {self.app!r} {self.problem.rstrip('.')}."


class SchedulerError(LaunchbindError, RuntimeError):
    """A scheduler failed while it did something for a job; ``__cause__`` is its own error."""

    backend: str
    action: str
    reason: str

    def __init__(self, backend: str, action: str, reason: str) -> None:
        super().__init__(backend, action, reason)
        self.backend, self.action, self.reason = backend, action, reason

    def __str__(self) -> str:
        return f"backend {self.backend!r} could not {self.action}: {self.reason}"


class UnknownJobError(LaunchbindError, LookupError):
    """The backend knows no job with this handle."""

    handle: str

    def __init__(self, handle: str) -> None:
        super().__init__(handle)
        self.handle = handle

    def __str__(self) -> str:
        return f"no job with handle {self.handle!r}: it was never submitted, or its backend forgot it."


class WaitTimeoutError(LaunchbindError, TimeoutError):
    """A job did not end within the given time; it goes on, and can be waited for again."""

    handle: str
    state: str
    seconds: float

    def __init__(self, handle: str, state: str, seconds: float) -> None:
        super().__init__(handle, state, seconds)
        self.handle, self.state, self.seconds = handle, state, seconds

    def __str__(self) -> str:
        return f"job {self.handle} was still {self.state} after {self.seconds:g} s; wait again or cancel it."
