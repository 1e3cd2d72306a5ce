"""NeMo-Run's tunnels, which carry commands and files to a cluster; used where SSH leads there."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.exceptions import CommandTimedOut
from nemo_run.core.tunnel.client import SSHTunnel, Tunnel
from nemo_run.core.tunnel.rsync import rsync
from rich.console import Console

from launchbind_adapters.nemo_run.slurm_jobs import Ssh, ssh_from
from launchbind_adapters.slurm.commands import TIMEOUT_SECONDS, checked_output, no_answer, run_slurm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nemo_run.core.execution.slurm import SlurmExecutor

    from launchbind_adapters.slurm import Runner


def ssh_of(tunnel: Tunnel) -> Ssh | None:
    """What remembers the tunnel; None for one that leads nowhere else."""
    return ssh_from(vars(tunnel)) if isinstance(tunnel, SSHTunnel) else None


def make_tunnel(ssh: Ssh) -> SSHTunnel:
    """A tunnel to the same cluster; it connects when it is first used."""
    tunnel = SSHTunnel(job_dir="", **ssh)
    tunnel.console = Console(stderr=True)  # standard output is for what a command prints
    return tunnel


def runner_of(tunnel: Tunnel) -> Runner:
    """What runs commands where the tunnel leads.

    Besides what a runner raises, one that logs in somewhere raises ConnectionError when it cannot.
    """
    if not isinstance(tunnel, SSHTunnel):
        return run_slurm

    def run(words: Sequence[str]) -> str:
        _connect(tunnel)
        try:
            # Standard input is left alone: invoke would read it, for the command.
            done = tunnel.run(
                shlex.join(words), warn=True, in_stream=False, encoding="utf-8", timeout=TIMEOUT_SECONDS
            )
        except CommandTimedOut as error:
            raise no_answer(words) from error
        return checked_output(words, done.return_code, done.stdout, done.stderr)

    return run


def send(executor: SlurmExecutor) -> None:
    """Bring the job's files to the cluster, as ``Experiment.run`` does."""
    tunnel = executor.tunnel
    if isinstance(tunnel, SSHTunnel):
        _connect(tunnel)
        if tunnel.session is None:
            raise ConnectionError(f"cannot connect to {tunnel.key}")
        rsync(tunnel.session, executor.experiment_dir, str(Path(tunnel.job_dir).parent))
    run = runner_of(tunnel)
    for job in tunnel.packaging_jobs.values():
        if job.symlink:
            link: Callable[[], str] = job.symlink_cmd
            run(["sh", "-c", link()])


def disconnect(tunnel: SSHTunnel) -> None:
    """Close the connection, if there is one."""
    close: Callable[[], None] = tunnel.cleanup
    close()


def _connect(tunnel: SSHTunnel) -> None:
    connect: Callable[[], None] = tunnel.connect
    try:
        connect()
    except SystemExit as error:  # upstream ends the whole program
        raise ConnectionError(f"cannot log in to {tunnel.key}") from error
