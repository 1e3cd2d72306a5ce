"""Subclasses of NeMo-Run's own executors, as a team would keep them in a module."""

from __future__ import annotations

from dataclasses import dataclass

from nemo_run.core.execution.local import LocalExecutor
from nemo_run.core.execution.slurm import SlurmExecutor

from launchbind_adapters.nemo_run import install


@dataclass(kw_only=True)
class TeamLocalExecutor(LocalExecutor):
    """A LocalExecutor; no registration, so it belongs to its parent's backend."""


@dataclass(kw_only=True)
class TeamSlurmExecutor(SlurmExecutor):
    """A SlurmExecutor with the team's account."""

    account: str = "team"


install()
