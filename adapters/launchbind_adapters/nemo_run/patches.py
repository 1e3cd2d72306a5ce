"""install: NeMo-Run itself resolves executors through the registry.

NeMo-Run compares exact classes in the places that :data:`PATCHES` lists, so neither a subclass nor a
third-party executor can run under it. Each patch replaces one attribute; its comment names the upstream code
that reads that (paths under nemo_run/, version 0.11.1). ``uninstall`` restores the original objects.
"""

from __future__ import annotations

import threading
from collections import ChainMap
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from launchbind.errors import LaunchbindError
from launchbind_adapters.nemo_run.bindings import EXECUTORS, disputed
from launchbind_adapters.nemo_run.executors import (
    DEFAULT_SUPPORT,
    EXECUTOR_MAPPING,
    FACTORIES,
    REVERSE_EXECUTOR_MAPPING,
    SUPPORT,
    get_executor_str,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from torchx.schedulers import SchedulerFactory

#: CI runs the oldest and the newest; 0.11.0 differs from 0.11.1 only in its version.
TESTED = ("0.10.0", "0.11.0", "0.11.1")

Original = Any  # a tuple, list, function or dict of NeMo-Run's: each replacement expects one of these


class InstallError(LaunchbindError, RuntimeError):
    """This NeMo-Run cannot be patched; nothing was changed.

    Attributes
    ----------
    installed
        The version of nemo-run.
    problem
        Why it cannot be patched, and what to do.
    """

    def __init__(self, installed: str, problem: str) -> None:
        super().__init__(installed, problem)
        self.installed: str = installed
        self.problem: str = problem

    def __str__(self) -> str:
        return f"cannot install into nemo-run {self.installed}: {self.problem}."


class Patch(NamedTuple):
    """One attribute of NeMo-Run, and what replaces it."""

    module: str
    #: The class in the module that has the attribute, or None for the module itself.
    owner: str | None
    attribute: str
    replacement: Callable[[Original], object]


def _supports(executor: object, flag: str, listed: Callable[[object], bool]) -> bool:
    """Whether an executor class has the flag; ``listed`` gives NeMo-Run's own answer."""
    backend = EXECUTORS.find_name(executor) if isinstance(executor, type) else None
    if backend is None:
        return listed(executor)
    if backend in SUPPORT:
        return bool(getattr(SUPPORT[backend], flag))
    # It was not registered with register(): it is NeMo-Run's own, or an entry point names it.
    return listed(executor) or listed(EXECUTORS.type_of(backend)) or bool(getattr(DEFAULT_SUPPORT, flag))


def _supporting(flag: str) -> Callable[[Original], object]:
    """Replace a tuple or list of executor classes; ``in`` then considers the nearest registered class."""

    def replacement(original: Original) -> object:
        kind = type(original)  # kept, so that callers can still append to a list

        def contains(self: Original, executor: object) -> bool:
            return _supports(executor, flag, lambda each: kind.__contains__(self, each))

        return type("Supporting", (kind,), {"__contains__": contains})(original)

    return replacement


class _RunnerDependent(type):
    """``isinstance`` against a class of this type looks the executor up in the registry."""

    def __instancecheck__(cls, executor: object) -> bool:
        support = SUPPORT.get(EXECUTORS.find_name(executor) or "")
        return support is not None and support.runner_dependent


def _runner_dependent(original: Original) -> object:
    return (*original, _RunnerDependent("RunnerDependent", (), {}))


def _live_factories(original: Original) -> object:
    @wraps(original)
    def get_scheduler_factories() -> Mapping[str, SchedulerFactory]:
        from torchx.schedulers import get_scheduler_factories

        # An Experiment makes its runner before the modules of its executors are imported, so the mapping has
        # to show what they register later.
        return ChainMap(FACTORIES, disputed(), get_scheduler_factories())

    return get_scheduler_factories


def _merging(original: Original) -> object:
    from nemo_run.core.execution.docker import DockerExecutor
    from nemo_run.core.execution.slurm import SlurmExecutor
    from nemo_run.run.job import JobGroup

    class Merging(JobGroup):  # only its method is used: in a subclass it may read and set _merge
        @wraps(original)
        def __post_init__(self) -> None:
            executors = list(self.executors if isinstance(self.executors, list) else [self.executors])
            original(self)
            if self._merge:
                return
            # JobGroup has checked that all are of one class; merge them as that class's parent does.
            slurm = [executor for executor in executors if isinstance(executor, SlurmExecutor)]
            docker = [executor for executor in executors if isinstance(executor, DockerExecutor)]
            if slurm:
                self._merge, self.executors = True, type(slurm[0]).merge(slurm, num_tasks=len(self.tasks))
            elif docker:
                self._merge, self.executors = True, type(docker[0]).merge(docker, num_tasks=len(self.tasks))

    return Merging.__post_init__


def _constant(value: object) -> Callable[[Original], object]:
    return lambda _: value


_API = "nemo_run.run.torchx_backend.schedulers.api"
_EXPERIMENT = ("nemo_run.run.experiment", "Experiment")

PATCHES = (
    # The two dicts, and the function that looks up exact classes only.
    Patch(_API, None, "EXECUTOR_MAPPING", _constant(EXECUTOR_MAPPING)),
    Patch(_API, None, "REVERSE_EXECUTOR_MAPPING", _constant(REVERSE_EXECUTOR_MAPPING)),
    Patch(_API, None, "get_executor_str", _constant(get_executor_str)),
    # run/job.py: from ...schedulers.api import get_executor_str; Job.launch and JobGroup.launch call it.
    Patch("nemo_run.run.job", None, "get_executor_str", _constant(get_executor_str)),
    # run/logs.py: from ...schedulers.api import REVERSE_EXECUTOR_MAPPING; print_log_lines reads it.
    Patch("nemo_run.run.logs", None, "REVERSE_EXECUTOR_MAPPING", _constant(REVERSE_EXECUTOR_MAPPING)),
    # run/experiment.py: Experiment.run and _run_dag ask "x in" these, x being an exact class.
    Patch(*_EXPERIMENT, "_PARALLEL_SUPPORTED_EXECUTORS", _supporting("parallel")),
    Patch(*_EXPERIMENT, "_DETACH_SUPPORTED_EXECUTORS", _supporting("detach")),
    Patch(*_EXPERIMENT, "_DEPENDENCY_SUPPORTED_EXECUTORS", _supporting("dependencies")),
    # run/experiment.py: _wait_for_jobs asks isinstance(job.executor, ...).
    Patch(*_EXPERIMENT, "_RUNNER_DEPENDENT_EXECUTORS", _runner_dependent),
    # run/job.py: JobGroup.__post_init__ asks "executor_type in", then merges where executor_type ==.
    Patch("nemo_run.run.job", "JobGroup", "SUPPORTED_EXECUTORS", _supporting("job_groups")),
    Patch("nemo_run.run.job", "JobGroup", "__post_init__", _merging),
    # run/torchx_backend/runner.py: get_runner calls torchx's get_scheduler_factories, imported by name.
    Patch("nemo_run.run.torchx_backend.runner", None, "get_scheduler_factories", _live_factories),
)

_lock = threading.RLock()
#: What was there before, in the order of PATCHES; empty when nothing is installed.
_originals: list[tuple[object, str, object]] = []


def install(*, untested: bool = False) -> None:
    """Make NeMo-Run look executors up in :data:`EXECUTORS` from now on; a second call does nothing.

    Built-in executors work as before. Put the call beside the executor, in the module that defines it:
    NeMo-Run imports that module when another process reads the experiment.

    Parameters
    ----------
    untested
        Also install into a NeMo-Run version that launchbind was not tested with, if it has the same
        attributes.

    Raises
    ------
    InstallError
        When the version was not tested, or lacks an attribute to replace; nothing is changed.
    ImportError
        When nemo_run is not installed, or cannot be imported.
    """
    with _lock:
        if _originals:
            return
        from importlib.metadata import version

        import nemo_run  # noqa: F401  -- its absence must show before its version is looked up

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
    """Restore the original objects that :func:`install` replaced; do nothing when it was not called."""
    with _lock:
        while _originals:
            setattr(*_originals.pop())


@contextmanager
def installed(*, untested: bool = False) -> Iterator[None]:
    """Install for the length of a ``with`` block, unless it is installed already.

    Parameters
    ----------
    untested
        As for :func:`install`.
    """
    with _lock:
        mine = not _originals
        install(untested=untested)
    try:
        yield
    finally:
        if mine:
            uninstall()
