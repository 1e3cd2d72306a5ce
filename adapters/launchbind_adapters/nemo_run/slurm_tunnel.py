"""A cluster, reached as NeMo-Run reaches it: every command through the executor's tunnel."""

from __future__ import annotations

import base64
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from nemo_run.core.tunnel.client import LocalTunnel, SSHTunnel, Tunnel
from nemo_run.core.tunnel.rsync import rsync
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable

    from nemo_run.core.execution.slurm import SlurmExecutor

#: Of a file, read at once: invoke (2.2) copies all it has at each 1,000 characters more.
CHUNK = 256 * 1024


class Ssh(TypedDict):
    """What an SSHTunnel is made from again, in another process."""

    host: str
    user: str
    port: int | None
    identity: str | None
    shell: str | None
    pre_command: str | None


def ssh_of(tunnel: Tunnel) -> Ssh | None:
    """What remembers the tunnel; None for one that leads nowhere else."""
    if not isinstance(tunnel, SSHTunnel):
        return None
    return Ssh(
        host=tunnel.host,
        user=tunnel.user,
        port=tunnel.port,
        identity=tunnel.identity,
        shell=tunnel.shell,
        pre_command=tunnel.pre_command,
    )


def make_tunnel(ssh: Ssh | None) -> Tunnel:
    """A tunnel to the same cluster; it connects when it is first used."""
    if ssh is None:
        return LocalTunnel(job_dir="")
    tunnel = SSHTunnel(job_dir="", **ssh)
    tunnel.console = Console(stderr=True)  # standard output is for what a command prints
    return tunnel


def run(tunnel: Tunnel, command: str, allowed: str | None = None) -> str:
    """What a command prints on the cluster.

    Raises
    ------
    RuntimeError
        When the command fails, unless it says ``allowed``.
    ConnectionError
        When one cannot log in.
    """
    _connect(tunnel)
    # Standard input is left alone: invoke would read it, for the command.
    done = tunnel.run(command, warn=True, in_stream=False, encoding="utf-8")
    if done.return_code and not (allowed and allowed in done.stderr):
        reason = " ".join(done.stderr.split()) or f"exit code {done.return_code}"
        raise RuntimeError(f"{command.split()[0]} failed: {reason}")
    output: str = done.stdout
    return output


def send(executor: SlurmExecutor) -> None:
    """Bring the job's files to the cluster, as ``Experiment.run`` does."""
    tunnel = executor.tunnel
    if isinstance(tunnel, SSHTunnel):
        _connect(tunnel)
        if tunnel.session is None:
            raise ConnectionError(f"cannot connect to {tunnel.key}")
        rsync(tunnel.session, executor.experiment_dir, str(Path(tunnel.job_dir).parent))
    for job in tunnel.packaging_jobs.values():
        if job.symlink:
            link: Callable[[], str] = job.symlink_cmd
            run(tunnel, link())


def read(tunnel: Tunnel, folder: str, pattern: str, number: int, offset: int) -> tuple[int, bytes]:
    """How many files in a folder match, and the next bytes of one of them.

    Parameters
    ----------
    pattern
        As a shell reads it.
    number
        Which file, counted from 0 in the order of the numbers in their names.
    offset
        Where to begin, in bytes.
    """
    files = f"ls -1v {pattern} 2>/dev/null"
    script = (
        f"cd {shlex.quote(folder)} || exit; {files} | wc -l; file=$({files} | sed -n {number + 1}p); "
        f'[ -z "$file" ] || tail -c +{offset + 1} -- "$file" | head -c {CHUNK} | base64 -w0'
    )
    count, _, data = run(tunnel, f"sh -c {shlex.quote(script)}").partition("\n")
    return int(count), base64.b64decode(data)


def disconnect(tunnel: Tunnel) -> None:
    """Close the connection, if there is one."""
    close: Callable[[], None] = tunnel.cleanup
    close()


def _connect(tunnel: Tunnel) -> None:
    connect: Callable[[], None] = tunnel.connect
    try:
        connect()
    except SystemExit as error:  # upstream ends the whole program
        raise ConnectionError(f"cannot log in to {tunnel.key}") from error
