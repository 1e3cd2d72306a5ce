"""Entry: what a registry knows about one name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from launchbind.registry.reference import absent_package, of

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")

EntryState = Literal["lazy", "ready", "missing", "broken"]
"""lazy: not imported yet; ready: the class is imported; missing: a package it needs is not installed;
broken: importing it failed for another reason, or its entry point cannot be used."""


class Entry(Generic[T]):
    """One binding of a registry, as it was when it was asked for: an entry never changes.

    Attributes
    ----------
    name, aliases
        The canonical name, and the other names it answers to.
    type
        The class, or None until it is imported.
    reference
        The ``module:Qual.Name`` it was registered with, or None when it was registered with a class.
    state
        ``lazy``, ``ready``, ``missing`` or ``broken``.
    error
        The exception the last import raised, None when none did.
    import_seconds
        How long the last import took, in seconds, None before it.
    companion
        What was registered along with the class, and goes when the class goes; None for nothing.
    requires
        What to install when the import fails, for example ``launchbind[nemo]``.
    discovered
        Whether it came from an entry point rather than from a call of ``register``.
    shadowed
        Descriptions of the discovered bindings that this one took precedence over.
    """

    # Slots, and no dataclass: 100,000 entries stay small, and ``import launchbind`` stays fast.
    __slots__ = (
        "_file",
        "_line",
        "aliases",
        "companion",
        "discovered",
        "error",
        "import_seconds",
        "name",
        "reference",
        "requires",
        "shadowed",
        "state",
        "type",
    )

    def __init__(
        self,
        name: str,
        target: type[T] | str,
        *,
        origin: str | tuple[str, int],
        aliases: tuple[str, ...] = (),
        requires: str | None = None,
        companion: object = None,
        discovered: bool = False,
        error: BaseException | None = None,
    ) -> None:
        self.name: str = name
        self.aliases: tuple[str, ...] = aliases
        self.type: type[T] | None = target if isinstance(target, type) else None
        self.reference: str | None = target if isinstance(target, str) else None
        self.state: EntryState = "broken" if error else "lazy" if self.type is None else "ready"
        self.error: BaseException | None = error
        self.import_seconds: float | None = None
        self.requires: str | None = requires
        self.companion: object = companion
        self.discovered: bool = discovered
        self.shadowed: tuple[str, ...] = ()
        # Two slots rather than one pair, which would take 60 bytes more.
        self._file, self._line = origin if isinstance(origin, tuple) else (origin, 0)

    @property
    def target(self) -> type[T] | str:
        """The class once it is imported, until then the reference it will be imported from."""
        return self.type if self.type is not None else str(self.reference)

    @property
    def source(self) -> str:
        """``file:line`` of the registration, or the entry point with its distribution and version."""
        return f"{self._file}:{self._line}" if self._line else self._file

    @property
    def unusable(self) -> bool:
        """Whether importing is not even tried, since the entry point is malformed or claimed twice."""
        return self.error is not None and self.import_seconds is None

    def describe_target(self) -> str:
        """``module:Qual.Name``: where the class is defined, or the reference until it is imported."""
        return str(self.reference) if self.type is None else of(self.type)

    def __repr__(self) -> str:
        return f"<Entry {self.name!r} -> {self.describe_target()} ({self.state}, {self.source})>"

    def loaded(self, cls: type[T], seconds: float | None = None) -> Self:
        """A copy with the imported class, and how long the import took in seconds."""
        return self._copy(type=cls, state="ready", error=None, import_seconds=seconds)

    def failed(self, error: BaseException, seconds: float) -> Self:
        """A copy whose import raised ``error`` after so many seconds."""
        state = "missing" if absent_package(error) else "broken"
        return self._copy(state=state, error=error, import_seconds=seconds)

    def refused(self, error: Exception) -> Self:
        """A copy that cannot be imported, for the reason that ``error`` gives."""
        return self._copy(type=None, state="broken", error=error, import_seconds=None)

    def aliased(self, aliases: tuple[str, ...]) -> Self:
        """A copy with exactly these aliases."""
        return self._copy(aliases=aliases)

    def accompanied(self, companion: object) -> Self:
        """A copy with this companion."""
        return self._copy(companion=companion)

    def shadowing(self, *others: str) -> Self:
        """A copy that records the discovered bindings it took precedence over."""
        return self._copy(shadowed=(*self.shadowed, *others))

    def _copy(self, **changes: object) -> Self:
        new = self.__class__.__new__(self.__class__)
        for slot in Entry.__slots__:
            setattr(new, slot, changes[slot] if slot in changes else getattr(self, slot))
        return new
