"""NeMo-Run's executors, and the registration of further ones: support by experiments, and schedulers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, TypeVar, overload

from launchbind.errors import ConflictError
from launchbind.registry import Registry, discover, parse_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nemo_run.core.execution.base import Executor
    from torchx.schedulers import SchedulerFactory
    from torchx.schedulers.api import Scheduler

    from launchbind.registry import Entry

    ExecutorT = TypeVar("ExecutorT", bound=Executor)

_EXECUTION = "nemo_run.core.execution"

#: NeMo-Run's executors by backend; plugins join through the entry-point group ``launchbind.executors``.
EXECUTORS: Registry[Executor] = Registry("executor", group="launchbind.executors")
for _name, _target, _aliases in (
    ("slurm_tunnel", "slurm:SlurmExecutor", ("slurm",)),
    ("skypilot", "skypilot:SkypilotExecutor", ()),
    ("skypilot_jobs", "skypilot_jobs:SkypilotJobsExecutor", ()),
    ("local_persistent", "local:LocalExecutor", ("local",)),
    ("docker_persistent", "docker:DockerExecutor", ("docker",)),
    ("dgx_cloud", "dgxcloud:DGXCloudExecutor", ()),
    ("lepton", "lepton:LeptonExecutor", ()),
    ("kubeflow", "kubeflow:KubeflowExecutor", ()),
):
    EXECUTORS.register(_name, f"{_EXECUTION}.{_target}", aliases=_aliases, requires="launchbind[nemo]")


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
        factory = deferred_factory(scheduler) if isinstance(scheduler, str) else scheduler
        try:
            EXECUTORS.register(name, cls, aliases=aliases, replace=replace, stacklevel=3)
        except ConflictError as conflict:
            raise _with_distributions(conflict) from None
        SUPPORT[name] = support
        FACTORIES.pop(name, None)  # that of an executor this one has replaced
        if factory is not None:
            FACTORIES[name] = factory

    def decorate(cls: type[ExecutorT]) -> type[ExecutorT]:
        bind(cls)
        return cls

    if target is None:
        return decorate
    bind(target)
    return None


def deferred_factory(reference: str) -> SchedulerFactory:
    """A scheduler factory that imports the one ``reference`` names when it is called.

    Parameters
    ----------
    reference
        ``"package.module:factory"``.

    Raises
    ------
    InvalidReferenceError
        When it is not of that form.
    """
    module, name = parse_reference(reference)

    def create(session_name: str, **parameters: object) -> Scheduler[object]:
        made: Scheduler[object] = getattr(import_module(module), name)(session_name, **parameters)
        return made

    return create


def disputed() -> dict[str, SchedulerFactory]:
    """A factory for each backend that several distributions claim as a ``torchx.schedulers`` entry point.

    torchx would take whichever it reads last. NeMo-Run keeps its own backends; any other factory raises the
    error that names the claimants, and only when a job goes to that backend.
    """
    found: dict[str, SchedulerFactory] = {}
    entries: list[Entry[object]] = discover("scheduler", "torchx.schedulers", restricted=False)
    for entry in entries:
        if isinstance(entry.error, ConflictError):
            claims = [entry.error.target, *(target for _, target, _ in entry.error.held)]
            own = [target for target in claims if target.startswith("nemo_run.")]
            found[entry.name] = deferred_factory(own[0]) if own else _refusing_factory(entry.error)
    return found


def _refusing_factory(conflict: ConflictError) -> SchedulerFactory:
    def create(session_name: str, **parameters: object) -> Scheduler[object]:
        raise conflict

    return create


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
