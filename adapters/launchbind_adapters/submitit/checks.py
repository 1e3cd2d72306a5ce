"""What ``launchbind doctor`` checks of submitit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from launchbind.adapter import Check, import_check, program
from launchbind_adapters.submitit.launching import EXECUTORS

if TYPE_CHECKING:
    from collections.abc import Iterator


def submitit_checks() -> Iterator[Check]:
    """Check that submitit imports and, for Slurm, that ``sbatch`` is on ``PATH``."""
    imported = import_check("submitit", "submitit", "launchbind[submitit]")
    for backend in EXECUTORS:
        absent = None
        if backend == "submitit_slurm" and imported.state == "ready":
            absent = program(backend, "sbatch", "to submit jobs", "install Slurm's client")
        yield absent or replace(imported, subject=backend)
