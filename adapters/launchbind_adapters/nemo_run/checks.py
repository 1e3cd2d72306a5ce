"""What ``launchbind doctor`` checks of NeMo-Run."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from launchbind.adapter import Check, failed_check, program
from launchbind_adapters import torchx
from launchbind_adapters.nemo_run.bindings import EXECUTORS
from launchbind_adapters.nemo_run.executors import FACTORIES
from launchbind_adapters.torchx.checks import requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Backend to the program it calls, what for, and how to install it.
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


def nemo_run_checks() -> Iterator[Check]:
    """Check that each executor imports, has a scheduler, and finds the program it calls."""
    schedulers = _scheduler_names()
    for name in EXECUTORS:
        entry = EXECUTORS.probe(name)
        if entry.error is not None:
            needed = requirement(entry.error) or entry.requires
            yield failed_check(name, entry.error, needed, entry.import_seconds)
        elif name not in schedulers:
            detail = "no torchx scheduler has this backend, so its jobs cannot be submitted"
            remedy = "register it with scheduler=..., or install a package that has it as torchx.schedulers"
            yield Check(name, "missing", detail, remedy)
        else:
            yield replace(_requirements(name) or Check(name, "ready"), seconds=entry.import_seconds)


def _requirements(backend: str) -> Check | None:
    """Look for what the backend's executor needs besides nemo_run; None when nothing is missing."""
    if backend == "kubeflow" and find_spec("kubernetes") is None:
        # KubeflowExecutor raises when it is made without it (nemo_run/core/execution/kubeflow.py).
        remedy = "python -m pip install 'nemo-run[kubeflow]'"
        return Check(backend, "missing", "the package kubernetes is not installed", remedy)
    return program(backend, *_PROGRAMS[backend]) if backend in _PROGRAMS else None


def _scheduler_names() -> set[str]:
    try:
        return {*torchx.schedulers(), *FACTORIES}
    except ImportError:  # torchx is absent, which the executors' own checks report
        return set(EXECUTORS)
