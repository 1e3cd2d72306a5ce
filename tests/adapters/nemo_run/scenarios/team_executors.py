"""Subclasses of NeMo-Run's own executors, in a module as a team would write it."""

from __future__ import annotations

from dataclasses import dataclass

from nemo_run.core.execution.local import LocalExecutor
from nemo_run.core.execution.slurm import SlurmExecutor

from launchbind_adapters.nemo_run import install


@dataclass(kw_only=True)
class TeamLocalExecutor(LocalExecutor):
    """Not registered, so it belongs to LocalExecutor's backend."""


@dataclass(kw_only=True)
class TeamSlurmExecutor(SlurmExecutor):
    """A SlurmExecutor with the team's account."""

    account: str = "team"


install()
