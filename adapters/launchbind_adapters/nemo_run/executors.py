"""NeMo-Run's executors, its names for looking them up, and the registration of further ones."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, NamedTuple, TypeVar, overload

from launchbind.bindings.backend import Backend
from launchbind.errors import ConflictError
from launchbind_adapters.lazy import Deferred
from launchbind_adapters.nemo_run.bindings import BINDINGS, EXECUTORS, WrappedFactory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, MutableMapping

    from nemo_run.core.execution.base import Executor
    from torchx.schedulers import SchedulerFactory

    ExecutorT = TypeVar("ExecutorT", bound=Executor)

#: Executor class to backend: a live view of :data:`EXECUTORS`.
EXECUTOR_MAPPING: MutableMapping[type[Executor], str] = EXECUTORS.by_type
#: Backend to executor class: the other view of the same state.
REVERSE_EXECUTOR_MAPPING: MutableMapping[str, type[Executor]] = EXECUTORS.by_name
_NAMES = EXECUTORS.nearest_names  # name_of looks here first, too; reading it directly saves a call


def get_executor_str(executor: Executor) -> str:
    """The backend of an executor: that of the nearest registered class along its MRO.

    Raises
    ------
    UnknownTypeError
        A ``KeyError`` that names the executor's class and lists what is registered.
    """
    try:
        return _NAMES[type(executor)]
    except (KeyError, TypeError):  # TypeError: an unhashable class
        pass
    return EXECUTORS.name_of(executor)


def copy_executor(executor: ExecutorT) -> ExecutorT:
    """A deep copy that shares what cannot be copied: connections.

    These are the console and the session of an SSH tunnel, and Kubeflow's clients of the Kubernetes API.
    """
    tunnel = getattr(executor, "tunnel", None)
    connections = [getattr(tunnel, name, None) for name in ("console", "session")]
    connections += [getattr(executor, name, None) for name in ("_co_api", "_cv_api")]
    return deepcopy(executor, {id(each): each for each in connections if each is not None})


class Support(NamedTuple):
    """What ``nemo_run.Experiment`` may do with the jobs of an executor.

    Parameters
    ----------
    parallel
        Run them side by side.
    detach
        Leave them running when the experiment's program ends.
    dependencies
        Hand their dependencies to the scheduler, as handles in ``executor.dependencies``.
    job_groups
        Put several tasks in one ``JobGroup``.
    runner_dependent
        Wait for a job with the very runner that launched it, since no other can.
    """

    parallel: bool = True
    detach: bool = False
    dependencies: bool = False
    job_groups: bool = False
    runner_dependent: bool = False


#: For executors whose registration says nothing else.
DEFAULT_SUPPORT = Support()
#: Backend to support, for executors that :func:`register` bound; NeMo-Run has tables for its own.
SUPPORT: dict[str, Support] = {}
#: Backend to scheduler factory, for executors that :func:`register` bound.
FACTORIES: dict[str, SchedulerFactory] = {}


@overload
def register(
    name: str,
    *,
    scheduler: SchedulerFactory | str | None = None,
    support: Support = DEFAULT_SUPPORT,
    aliases: Iterable[str] = (),
    replace: bool = False,
) -> Callable[[type[ExecutorT]], type[ExecutorT]]: ...
@overload
def register(
    name: str,
    target: type[Executor] | str,
    *,
    scheduler: SchedulerFactory | str | None = None,
    support: Support = DEFAULT_SUPPORT,
    aliases: Iterable[str] = (),
    replace: bool = False,
) -> None: ...
def register(
    name: str,
    target: type[Executor] | str | None = None,
    *,
    scheduler: SchedulerFactory | str | None = None,
    support: Support = DEFAULT_SUPPORT,
    aliases: Iterable[str] = (),
    replace: bool = False,
) -> Callable[[type[ExecutorT]], type[ExecutorT]] | None:
    """Bind an executor class to a backend; without a class, return a decorator that does.

    A subclass needs no registration to use its parent's backend: the nearest registered class counts.
    For NeMo-Run's own code to see any of this, call :func:`install`.

    Parameters
    ----------
    name
        The backend: the name of the torchx scheduler that takes these executors.
    target
        The class, or a lazy ``"package.module:Class"``.
    scheduler
        For a new backend its torchx scheduler factory, called as ``factory(session_name,
        **parameters)``, or a lazy ``"package.module:factory"``. Not needed when a ``torchx.schedulers``
        entry point has the backend, which is also how other processes find it.
    support
        What experiments may do with the executor's jobs; by default run them side by side.
    aliases
        Other names of the backend.
    replace
        Take the name, or the class, from whatever it is bound to.

    Raises
    ------
    ConflictError, InvalidNameError, InvalidReferenceError, InvalidTargetError
        As :meth:`launchbind.Registry.register` does; nothing is bound then.
    """
    aliases = tuple(aliases)

    def bind(cls: type[Executor] | str) -> None:
        factory = Deferred(scheduler) if isinstance(scheduler, str) else scheduler
        try:
            if factory is None:
                EXECUTORS.register(name, cls, aliases=aliases, replace=replace, stacklevel=3)
            else:
                wrapped = WrappedFactory(factory)
                BINDINGS.bind(name, cls, wrapped, aliases=aliases, replace=replace, stacklevel=3)
        except ConflictError as conflict:
            raise _with_distributions(conflict) from None
        SUPPORT[name] = support
        old = FACTORIES.pop(name, None)
        if old and not factory and EXECUTORS.entry(name).companion == Backend(name, WrappedFactory(old)):
            factory = old  # the same executor, registered again, keeps its scheduler
        if factory is not None:
            FACTORIES[name] = factory

    def decorate(cls: type[ExecutorT]) -> type[ExecutorT]:
        bind(cls)
        return cls

    if target is None:
        return decorate
    bind(target)
    return None


def _with_distributions(conflict: ConflictError) -> ConflictError:
    """The same conflict, which also names the distribution of each class."""
    from importlib.metadata import packages_distributions, version

    packages = packages_distributions()  # reads every RECORD, so only when there is an error to write

    def name(target: str, source: str) -> str:
        names = packages.get(target.partition(":")[0].partition(".")[0], [])
        new = [f"{each} {version(each)}" for each in dict.fromkeys(names)]
        return ", of ".join([source, *(each for each in new if each not in source)])

    kind, own, target, source = conflict.kind, conflict.name, conflict.target, conflict.source
    held = [(other, theirs, name(theirs, where)) for other, theirs, where in conflict.held]
    return ConflictError(kind, own, target, name(target, source), held)
