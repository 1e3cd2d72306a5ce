"""Bindings: which scheduler takes the executors of which class, as one registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar, cast

from launchbind.bindings.backend import Backend
from launchbind.errors import InvalidTargetError, UnknownBackendError, UnknownNameError
from launchbind.registry import Registry, import_target, parse_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from launchbind.bindings.backend import AnyBackend
    from launchbind.protocols import BoundScheduler, Scheduler, SchedulerFactory
    from launchbind.registry import Entry

AppT = TypeVar("AppT")
ExecutorT = TypeVar("ExecutorT")
BoundExecutorT = TypeVar("BoundExecutorT")
InfoT = TypeVar("InfoT")

if TYPE_CHECKING:
    BoundFactory = SchedulerFactory[BoundScheduler[AppT, ExecutorT, object]]


class Bindings(Generic[AppT, ExecutorT]):
    """Which scheduler takes the executors of which class.

    Each scheduler takes executors of a class of its own, and makes a dry-run info of its own: ``bind``
    relates the three for type checkers. A scheduler factory belongs to the entry of the executor's class, so
    removing or replacing that takes the factory along.

    Parameters
    ----------
    group
        An entry-point group of executor classes; their schedulers come from ``fallback``.
    base
        What every executor class has to be a subclass of, or a Protocol; see :class:`launchbind.Registry`.
    fallback
        Backend to scheduler factory, for names that are bound to none. It is only looked up by key, and
        iterated for the error of an unknown backend, so it may be lazy.

    Attributes
    ----------
    executors
        The executor classes by backend, and how to remove or replace them.

    Examples
    --------
    >>> from launchbind.testing import FakeApp, FakeExecutor, FakeScheduler
    >>> bindings: Bindings[FakeApp, FakeExecutor] = Bindings()
    >>> FAKE = bindings.bind("fake", FakeExecutor, FakeScheduler)
    >>> print(FAKE, bindings.executors.name_of(FakeExecutor()))
    fake fake
    """

    def __init__(
        self,
        *,
        group: str | None = None,
        base: Callable[..., ExecutorT] | None = None,
        fallback: Mapping[str, BoundFactory[AppT, ExecutorT]] | None = None,
    ) -> None:
        self.executors: Registry[ExecutorT] = Registry("executor", group=group, base=base)
        self._fallback: Mapping[str, BoundFactory[AppT, ExecutorT]] = {} if fallback is None else fallback

    def bind(
        self,
        name: str,
        executor: type[BoundExecutorT] | str,
        scheduler: SchedulerFactory[Scheduler[AppT, BoundExecutorT, InfoT]] | str,
        *,
        aliases: Iterable[str] = (),
        replace: bool = False,
        requires: str | None = None,
        stacklevel: int = 1,
    ) -> Backend[AppT, BoundExecutorT, InfoT]:
        """Bind executors of a class to the scheduler that takes them, under a name.

        Parameters
        ----------
        name, aliases, replace, requires, stacklevel
            As for :meth:`launchbind.Registry.register`, which also says what it raises.
        executor
            The class of the executors, or a lazy ``"package.module:Qual.Name"`` of it.
        scheduler
            Called with the session, it makes the scheduler; or a lazy reference to such a factory, imported
            when the backend is first used.

        Returns
        -------
        The typed key of the backend. Where a reference is lazy, checkers take the types from the declaration
        of the variable that it is assigned to.

        Raises
        ------
        ConflictError
            Also when the same executor class is bound to another scheduler.
        InvalidTargetError
            Also when ``scheduler`` cannot be called.

        Examples
        --------
        >>> from launchbind import Backend
        >>> from launchbind.testing import FakeApp, FakeExecutor, FakeInfo
        >>> bindings: Bindings[FakeApp, FakeExecutor] = Bindings()
        >>> LAZY: Backend[FakeApp, FakeExecutor, FakeInfo] = bindings.bind(
        ...     "lazy", "launchbind.testing:FakeExecutor", "launchbind.testing:FakeScheduler"
        ... )
        """
        if isinstance(scheduler, str):
            parse_reference(scheduler)
        else:
            _callable(name, scheduler)
        backend = Backend(name, scheduler)
        target = cast("type[ExecutorT] | str", executor)
        self.executors.register(
            name,
            target,
            aliases=aliases,
            replace=replace,
            requires=requires,
            companion=backend,
            stacklevel=stacklevel + 1,
        )
        return backend

    def entry(self, name: str) -> Entry[ExecutorT] | None:
        """What is bound to a name or alias; None when nothing is."""
        try:
            return self.executors.entry(name)
        except UnknownNameError:
            return None

    def canonical(self, backend: AnyBackend) -> str:
        """The registered name of a backend's name, alias or key; an unregistered name is returned as it is.

        Raises
        ------
        UnknownBackendError
            When the key is of other bindings, or was replaced since.
        """
        name = str(backend)
        entry = self.entry(name)
        if not isinstance(backend, str) and (entry is None or entry.companion != backend):
            raise UnknownBackendError(repr(backend), self._known())
        return name if entry is None else entry.name

    def origin(self, backend: str) -> tuple[object, object]:
        """What stands for these bindings, and for the scheduler that a canonical name has in them now.

        It equals only what this method returns for the same bindings and scheduler.
        """
        entry = self.entry(backend)
        return self, None if entry is None else entry.companion

    def takes(self, backend: str, executor: object) -> bool:
        """Whether the backend of a canonical name takes an executor, which can be any object.

        A name that no class is bound to takes what its scheduler takes. The backend's class is imported only
        where another one is nearer to the object.
        """
        if self.entry(backend) is None or self.executors.find_name(executor) == backend:
            return True
        return isinstance(executor, self.executors.type_of(backend))

    def factory(self, backend: str, entry: Entry[ExecutorT] | None) -> BoundFactory[AppT, ExecutorT]:
        """The factory of a backend's schedulers, imported now if it is lazy.

        Its schedulers take the executors that :meth:`takes` tells. ``entry`` is the name's :meth:`entry`.

        Raises
        ------
        UnknownBackendError
            When the name is bound to no scheduler, and ``fallback`` has none for it.
        MissingDependencyError, BrokenTargetError, InvalidTargetError
            When a lazy factory cannot be imported, or cannot be called.
        """
        if entry is None or entry.companion is None:
            factory = self._fallback.get(backend)
            if factory is None:
                raise UnknownBackendError(backend, self._known())
            return factory
        scheduler = cast("Backend[AppT, ExecutorT, object]", entry.companion).scheduler
        if not isinstance(scheduler, str):
            return scheduler
        imported = _callable(backend, import_target("scheduler", entry, scheduler))
        return cast("BoundFactory[AppT, ExecutorT]", imported)

    def _known(self) -> tuple[str, ...]:
        bound = [name for name in self.executors if self.executors.entry(name).companion is not None]
        return tuple(dict.fromkeys((*bound, *self._fallback)))


def _callable(name: str, scheduler: object) -> object:
    if not callable(scheduler):
        raise InvalidTargetError("scheduler", name, repr(scheduler), "nothing that can be called")
    return scheduler
