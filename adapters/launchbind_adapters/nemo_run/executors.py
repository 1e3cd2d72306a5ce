"""NeMo-Run's executors, what its experiments may do with each, and the schedulers of custom ones."""

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
    """What a ``nemo_run.Experiment`` may do with an executor."""

    parallel: bool = True
    detach: bool = False
    dependencies: bool = False
    job_groups: bool = False
    runner_dependent: bool = False


#: Backend to support, for executors that :func:`register` bound; NeMo-Run has tables for its own.
SUPPORT: dict[str, Support] = {}
#: Backend to scheduler factory, for executors that :func:`register` bound.
FACTORIES: dict[str, SchedulerFactory] = {}


@overload
def register(
    name: str,
    *,
    scheduler: SchedulerFactory | str | None = None,
    parallel: bool = True,
    detach: bool = False,
    dependencies: bool = False,
    job_groups: bool = False,
    runner_dependent: bool = False,
    aliases: Iterable[str] = (),
    replace: bool = False,
) -> Callable[[type[ExecutorT]], type[ExecutorT]]: ...
@overload
def register(
    name: str,
    target: type[Executor] | str,
    *,
    scheduler: SchedulerFactory | str | None = None,
    parallel: bool = True,
    detach: bool = False,
    dependencies: bool = False,
    job_groups: bool = False,
    runner_dependent: bool = False,
    aliases: Iterable[str] = (),
    replace: bool = False,
) -> None: ...
def register(
    name: str,
    target: type[Executor] | str | None = None,
    *,
    scheduler: SchedulerFactory | str | None = None,
    parallel: bool = True,
    detach: bool = False,
    dependencies: bool = False,
    job_groups: bool = False,
    runner_dependent: bool = False,
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
        Where the backend is new: its torchx scheduler factory, called as ``factory(session_name,
        **parameters)``, or a lazy ``"package.module:factory"``. Not needed when a ``torchx.schedulers``
        entry point has the backend, which is also how other processes find it.
    parallel, detach, dependencies
        What ``Experiment.run`` may do with jobs of this executor: run them side by side, leave them
        running, hand their dependencies to the scheduler (as handles, in ``executor.dependencies``).
    job_groups
        Whether several tasks may go in one ``JobGroup``.
    runner_dependent
        Whether a job can only be waited for by the runner that launched it.
    aliases, replace
        As for :meth:`launchbind.Registry.register`.

    Raises
    ------
    ConflictError, InvalidNameError, InvalidReferenceError, InvalidTargetError
        As :meth:`launchbind.Registry.register` does; nothing is bound then.
    """
    aliases = tuple(aliases)
    support = Support(parallel, detach, dependencies, job_groups, runner_dependent)

    def bind(cls: type[Executor] | str) -> None:
        factory = _deferred(scheduler) if isinstance(scheduler, str) else scheduler
        try:
            EXECUTORS.register(name, cls, aliases=aliases, replace=replace, stacklevel=3)
        except ConflictError as conflict:
            raise _naming_distributions(conflict) from None
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


def disputed() -> dict[str, SchedulerFactory]:
    """A factory for each backend that several distributions claim as a ``torchx.schedulers`` entry point.

    torchx would take whichever it reads last. NeMo-Run's own backends stay its own; any other factory
    raises the error that names the claimants, when a job goes to that backend and not before.
    """
    found: dict[str, SchedulerFactory] = {}
    entries: list[Entry[object]] = discover("scheduler", "torchx.schedulers", restricted=False)
    for entry in entries:
        if isinstance(entry.error, ConflictError):
            claims = [entry.error.target, *(target for _, target, _ in entry.error.held)]
            own = [target for target in claims if target.startswith("nemo_run.")]
            found[entry.name] = _deferred(own[0]) if own else _refusing(entry.error)
    return found


def _refusing(conflict: ConflictError) -> SchedulerFactory:
    def create(session_name: str, **parameters: object) -> Scheduler[object]:
        raise conflict

    return create


def _naming_distributions(conflict: ConflictError) -> ConflictError:
    from importlib.metadata import packages_distributions, version

    packages = packages_distributions()  # reads every RECORD, so only when there is an error to write

    def name(target: str, source: str) -> str:
        names = packages.get(target.partition(":")[0].partition(".")[0], [])
        new = [f"{each} {version(each)}" for each in dict.fromkeys(names)]
        return ", of ".join([source, *(each for each in new if each not in source)])

    kind, own, target, source = conflict.kind, conflict.name, conflict.target, conflict.source
    held = [(other, theirs, name(theirs, where)) for other, theirs, where in conflict.held]
    return ConflictError(kind, own, target, name(target, source), held)


def _deferred(reference: str) -> SchedulerFactory:
    module, name = parse_reference(reference)

    def create(session_name: str, **parameters: object) -> Scheduler[object]:
        made: Scheduler[object] = getattr(import_module(module), name)(session_name, **parameters)
        return made

    return create
