"""Backend: the typed key that stands for the name of a scheduler."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from typing import TypeAlias, Union

    from typing_extensions import Never

    from launchbind.protocols import BoundScheduler, SchedulerFactory

    #: A backend's name or alias, or its key, whatever that is of.
    AnyBackend: TypeAlias = Union[str, "Backend[Never, Never, object]"]

AppT_contra = TypeVar("AppT_contra", contravariant=True)
ExecutorT_contra = TypeVar("ExecutorT_contra", contravariant=True)
InfoT_co = TypeVar("InfoT_co", covariant=True)


class Backend(Generic[AppT_contra, ExecutorT_contra, InfoT_co]):
    """A backend's name that knows which apps and executors its scheduler takes, and which info it makes.

    :meth:`Bindings.bind` returns it. It is immutable and hashable, and can be given wherever the name of a
    backend can; ``str`` of it is the name. Keys are equal when name and scheduler are, so that one of
    another binding of the same name is not taken for it.
    """

    __slots__ = ("_name", "_scheduler")

    def __init__(
        self,
        name: str,
        scheduler: SchedulerFactory[BoundScheduler[AppT_contra, ExecutorT_contra, InfoT_co]] | str,
    ) -> None:
        self._name = name
        self._scheduler = scheduler

    @property
    def name(self) -> str:
        """The backend's canonical name."""
        return self._name

    @property
    def scheduler(
        self,
    ) -> SchedulerFactory[BoundScheduler[AppT_contra, ExecutorT_contra, InfoT_co]] | str:
        """The factory of its schedulers, or a lazy reference to one."""
        return self._scheduler

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Backend) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._name)

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"<Backend {self._name!r} of {self.describe_scheduler()}>"

    def describe_scheduler(self) -> str:
        """``module:Qual.Name`` of the factory, or its repr where it is neither class nor function."""
        if isinstance(self._scheduler, (type, FunctionType)):
            return f"{self._scheduler.__module__}:{self._scheduler.__qualname__}"
        return str(self._scheduler)

    def _identity(self) -> tuple[str, object]:
        """Equal for a factory, for a reference to it, and for the one that a reload of its module makes."""
        described = self.describe_scheduler()
        named = isinstance(self._scheduler, (type, FunctionType)) and "<" not in described
        # Functions inside functions share their names, so each of them stands for itself.
        return self._name, described if named else self._scheduler
