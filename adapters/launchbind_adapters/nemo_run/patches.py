"""install: NeMo-Run itself resolves executors through the registry.

NeMo-Run compares exact classes in the places that :data:`PATCHES` lists, so a subclass, or an executor of
somebody else's, cannot run under it. Each patch replaces one attribute and answers to the upstream code
that its comment names (paths under nemo_run/, version 0.11.1); ``uninstall`` puts the very objects back.
"""

from __future__ import annotations

import threading
from collections import ChainMap
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from launchbind.errors import LaunchbindError
from launchbind_adapters.nemo_run.executors import EXECUTORS, FACTORIES, SUPPORT, Support, disputed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nemo_run.core.execution.base import Executor
    from nemo_run.run.job import JobGroup
    from torchx.schedulers import SchedulerFactory

#: The oldest and the newest run in CI; 0.11.0 differs from 0.11.1 in nothing but its version.
TESTED = ("0.10.0", "0.11.0", "0.11.1")

Original = Any  # a tuple, a list, a function or a dict of NeMo-Run's: each replacement knows which


class InstallError(LaunchbindError, RuntimeError):
    """NeMo-Run is not one that can be patched; nothing was changed."""

    def __init__(self, installed: str, problem: str) -> None:
        super().__init__(installed, problem)
        self.installed: str = installed
        self.problem: str = problem

    def __str__(self) -> str:
        return f"cannot install into nemo-run {self.installed}: {self.problem}."


class Patch(NamedTuple):
    """One attribute of NeMo-Run, and what takes its place."""

    module: str
    #: The class in the module that has the attribute, or None for the module itself.
    owner: str | None
    attribute: str
    replacement: Callable[[Original], object]


def _supports(executor: object, flag: str, listed: Callable[[object], bool]) -> bool:
    """Whether an executor class has the flag; ``listed`` is how NeMo-Run would answer."""
    backend = EXECUTORS.find_name(executor) if isinstance(executor, type) else None
    if backend is None:
        return listed(executor)
    if backend in SUPPORT:
        return bool(getattr(SUPPORT[backend], flag))
    # Nobody said what it supports, as for NeMo-Run's own, or with an entry point and no register().
    return listed(executor) or listed(EXECUTORS.type_of(backend)) or bool(getattr(Support(), flag))


class _SupportingTuple(tuple[type, ...]):
    """NeMo-Run's tuple of executor classes, where ``in`` follows the nearest registered class."""

    flag: str

    def __contains__(self, executor: object) -> bool:
        return _supports(executor, self.flag, super().__contains__)


class _SupportingList(list[type]):
    """The same for a list, which stays one that callers can append to."""

    flag: str

    def __contains__(self, executor: object) -> bool:
        return _supports(executor, self.flag, super().__contains__)


def _supporting(flag: str) -> Callable[[Original], object]:
    def replacement(original: Original) -> object:
        made = _SupportingList(original) if isinstance(original, list) else _SupportingTuple(original)
        made.flag = flag
        return made

    return replacement


class _RunnerDependent(type):
    """``isinstance`` against a class of this kind asks the registry, at the time it is asked."""

    def __instancecheck__(cls, executor: object) -> bool:
        support = SUPPORT.get(EXECUTORS.find_name(executor) or "")
        return support is not None and support.runner_dependent


def _runner_dependent(original: Original) -> object:
    registered = _RunnerDependent("RunnerDependent", (), {})
    return (*original, registered)


def _live_factories(original: Original) -> object:
    @wraps(original)
    def get_scheduler_factories() -> Mapping[str, SchedulerFactory]:
        from torchx.schedulers import get_scheduler_factories

        # An Experiment makes its runner before the modules of its executors are imported, so what they
        # register must show through.
        return ChainMap(FACTORIES, disputed(), get_scheduler_factories())

    return get_scheduler_factories


def _merging(original: Original) -> object:
    @wraps(original)
    def post_init(group: JobGroup) -> None:
        executors = group.executors if isinstance(group.executors, list) else [group.executors]
        executors = list(executors)
        original(group)
        if not group._merge:
            _merge_subclass(group, executors)

    return post_init


def _merge_subclass(group: JobGroup, executors: list[Executor]) -> None:
    from nemo_run.core.execution.docker import DockerExecutor
    from nemo_run.core.execution.slurm import SlurmExecutor

    # JobGroup has checked that all are of one class, which merges them as its parent does.
    slurm = [executor for executor in executors if isinstance(executor, SlurmExecutor)]
    docker = [executor for executor in executors if isinstance(executor, DockerExecutor)]
    if slurm:
        group._merge, group.executors = True, type(slurm[0]).merge(slurm, num_tasks=len(group.tasks))
    elif docker:
        group._merge, group.executors = True, type(docker[0]).merge(docker, num_tasks=len(group.tasks))


def _mapping(name: str) -> Callable[[Original], object]:
    return lambda _: getattr(import_module("launchbind_adapters.nemo_run"), name)


_BACKEND = "nemo_run.run.torchx_backend"

PATCHES = (
    # The two dicts and the function that reads them, exact class only.
    Patch(f"{_BACKEND}.schedulers.api", None, "EXECUTOR_MAPPING", _mapping("EXECUTOR_MAPPING")),
    Patch(
        f"{_BACKEND}.schedulers.api", None, "REVERSE_EXECUTOR_MAPPING", _mapping("REVERSE_EXECUTOR_MAPPING")
    ),
    Patch(f"{_BACKEND}.schedulers.api", None, "get_executor_str", _mapping("get_executor_str")),
    # run/job.py: from ...schedulers.api import get_executor_str; Job.launch and JobGroup.launch call it.
    Patch("nemo_run.run.job", None, "get_executor_str", _mapping("get_executor_str")),
    # run/logs.py: from ...schedulers.api import REVERSE_EXECUTOR_MAPPING; print_log_lines reads it.
    Patch("nemo_run.run.logs", None, "REVERSE_EXECUTOR_MAPPING", _mapping("REVERSE_EXECUTOR_MAPPING")),
    # run/experiment.py: Experiment.run and _run_dag ask "x in" these, x being an exact class.
    Patch("nemo_run.run.experiment", "Experiment", "_PARALLEL_SUPPORTED_EXECUTORS", _supporting("parallel")),
    Patch("nemo_run.run.experiment", "Experiment", "_DETACH_SUPPORTED_EXECUTORS", _supporting("detach")),
    Patch(
        "nemo_run.run.experiment",
        "Experiment",
        "_DEPENDENCY_SUPPORTED_EXECUTORS",
        _supporting("dependencies"),
    ),
    # run/experiment.py: _wait_for_jobs asks isinstance(job.executor, ...).
    Patch("nemo_run.run.experiment", "Experiment", "_RUNNER_DEPENDENT_EXECUTORS", _runner_dependent),
    # run/job.py: JobGroup.__post_init__ asks "executor_type in", then merges where executor_type ==.
    Patch("nemo_run.run.job", "JobGroup", "SUPPORTED_EXECUTORS", _supporting("job_groups")),
    Patch("nemo_run.run.job", "JobGroup", "__post_init__", _merging),
    # run/torchx_backend/runner.py: get_runner calls torchx's get_scheduler_factories, imported by name.
    Patch(f"{_BACKEND}.runner", None, "get_scheduler_factories", _live_factories),
)

_lock = threading.RLock()
#: What was there before, in the order of PATCHES; empty when nothing is installed.
_originals: list[tuple[object, str, object]] = []


def install(*, untested: bool = False) -> None:
    """Make NeMo-Run resolve executors through :data:`EXECUTORS` from now on; a second call does nothing.

    Built-in executors go on as before. Put the call beside the executor, in the module that defines it:
    NeMo-Run imports that module when another process reads the experiment back.

    Parameters
    ----------
    untested
        Install into a NeMo-Run version this was not tested with, if it has the same attributes.

    Raises
    ------
    InstallError
        When the version was not tested, or lacks an attribute that is to be replaced; nothing is changed.
    ImportError
        When nemo_run is not installed, or cannot be imported.
    """
    with _lock:
        if _originals:
            return
        from importlib.metadata import version

        import nemo_run  # noqa: F401  -- its absence must show before its version is asked for

        installed = version("nemo-run")
        if installed not in TESTED and not untested:
            tested = ", ".join(TESTED)
            problem = f"tested were {tested}; install one of these, or call install(untested=True)"
            raise InstallError(installed, problem)
        found = []
        for patch in PATCHES:
            try:
                owner: object = import_module(patch.module)
                if patch.owner is not None:
                    owner = getattr(owner, patch.owner)
                original = vars(owner)[patch.attribute]
            except (ModuleNotFoundError, AttributeError, KeyError) as missing:
                where = ".".join(filter(None, (patch.module, patch.owner, patch.attribute)))
                problem = f"it has no {where}; use one of {', '.join(TESTED)}"
                raise InstallError(installed, problem) from missing
            found.append((owner, patch.attribute, original, patch.replacement(original)))
        for owner, attribute, original, replacement in found:
            _originals.append((owner, attribute, original))
            setattr(owner, attribute, replacement)


def uninstall() -> None:
    """Put back the very objects that :func:`install` replaced; without it, do nothing."""
    with _lock:
        while _originals:
            setattr(*_originals.pop())


@contextmanager
def installed(*, untested: bool = False) -> Iterator[None]:
    """Install for the length of a ``with`` block, unless it is installed already."""
    with _lock:
        mine = not _originals
        install(untested=untested)
    try:
        yield
    finally:
        if mine:
            uninstall()
