"""Slurm, understood once for every adapter that runs jobs on it.

Read ``client`` first, which asks a cluster about jobs; then ``commands``, which it runs, ``rows``, which
reads what they print, and ``status``, which says what follows from that for a job.
"""

from __future__ import annotations

from launchbind_adapters.slurm.client import JobQuery as JobQuery
from launchbind_adapters.slurm.client import SlurmClient as SlurmClient
from launchbind_adapters.slurm.commands import Runner as Runner
from launchbind_adapters.slurm.commands import run_slurm as run_slurm
from launchbind_adapters.slurm.status import SlurmStatus as SlurmStatus
