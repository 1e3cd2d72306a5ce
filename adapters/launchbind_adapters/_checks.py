"""What ``launchbind doctor`` finds out about NeMo-Run and torchx."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from time import perf_counter
from typing import TYPE_CHECKING

from launchbind._reference import absent_package
from launchbind.checks import Check, program
from launchbind_adapters import torchx
from launchbind_adapters._executors import EXECUTORS, FACTORIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchbind.entry import EntryState

#: Backend to the program it calls, what for, and how it gets here.
_PROGRAMS = {
    "slurm_tunnel": (
        "sbatch",
        "to submit from this machine, not through an SSH tunnel",
        "install Slurm's client",
    ),
    "docker_persistent": ("docker", "to run containers", "install Docker"),
    "kubeflow": ("kubectl", "to reach the cluster", "install kubectl"),
    "skypilot": ("sky", "to reach the clouds", "python -m pip install 'nemo-run[skypilot]'"),
    "skypilot_jobs": ("sky", "to reach the clouds", "python -m pip install 'nemo-run[skypilot]'"),
}
#: Packages whose newer versions dropped what nemo_run 0.11 imports, and the versions that have it.
_BOUNDS = {"leptonai": "leptonai>=0.26.6,<0.47", "torchx": "torchx==0.7.0"}


def nemo_run_checks() -> Iterator[Check]:
    """Every executor: whether it imports, has a scheduler, and finds the program it calls."""
    schedulers = _scheduler_names()
    for name in EXECUTORS:
        entry = EXECUTORS.probe(name)
        if entry.error is not None:
            yield Check(name, entry.state, _one_line(entry.error), _fix(entry.error), entry.import_seconds)
        elif name not in schedulers:
            detail = "no torchx scheduler has this backend, so its jobs cannot be submitted"
            fix = "register it with scheduler=..., or install a package with a torchx.schedulers entry point"
            yield Check(name, "missing", detail, fix)
        else:
            yield _requirements(name) or Check(name, "ready", seconds=entry.import_seconds)


def _requirements(backend: str) -> Check | None:
    """A finding when something that the backend's executor needs besides nemo_run is not here."""
    if backend == "kubeflow" and find_spec("kubernetes") is None:
        # KubeflowExecutor raises when it is made without it (nemo_run/core/execution/kubeflow.py).
        fix = "python -m pip install 'nemo-run[kubeflow]'"
        return Check(backend, "missing", "the package kubernetes is not installed", fix)
    return program(backend, *_PROGRAMS[backend]) if backend in _PROGRAMS else None


def torchx_checks() -> Iterator[Check]:
    """torchx's own schedulers, and those of plugins that have no executor."""
    executors = set(EXECUTORS)  # canonical names: the alias slurm is not torchx's scheduler of that name
    for entry in torchx.Adapter().backends():
        if entry.name in executors:
            continue
        started = perf_counter()
        try:
            import_module(str(entry.reference).partition(":")[0])
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is the finding
            state: EntryState = "missing" if absent_package(error) else "broken"
            yield Check(entry.name, state, _one_line(error), _fix(error))
        else:
            detail = "takes torchx run configs: no NeMo-Run executor has this backend"
            yield Check(entry.name, "ready", detail, seconds=perf_counter() - started)


def _scheduler_names() -> set[str]:
    try:
        return {*torchx.schedulers(), *FACTORIES}
    except ImportError:  # torchx is absent; the executors' own imports say so
        return set(EXECUTORS)


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _fix(error: BaseException) -> str:
    package = absent_package(error)
    if package in ("nemo_run", "torchx"):
        extra = "nemo" if package == "nemo_run" else "torchx"
        return f"python -m pip install 'launchbind[{extra}]'"
    if package is not None:
        return f"python -m pip install {package}"
    broken = (getattr(error, "name", None) or "").partition(".")[0]
    return f"python -m pip install '{_BOUNDS[broken]}'" if broken in _BOUNDS else ""
