"""What is remembered of a submitit job, and which processes it depends on."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from launchbind_adapters.records import Records, state_home

if TYPE_CHECKING:
    from typing import TypeAlias


#: A pid and the :func:`birth` that goes with it.
Process: TypeAlias = "tuple[int, str | None]"


@dataclass
class Job:
    """A job, written down before anything of it can run, so that it can always be found.

    Attributes
    ----------
    host
        Where it was submitted; local jobs run there.
    submitter
        The process that submits it.
    interrupted
        Whether that has gone before it was done; found out by :func:`read`.
    tasks
        How many processes run the command in each replica.
    replicas
        Role to how many there are.
    ids
        Role to submitit's job ids, each added before its command can run.
    controllers
        Where jobs run on this machine: submitit's job id to the process that the job ends with.
    """

    app_id: str
    session: str
    backend: str
    folder: str
    host: str
    submitter: Process
    tasks: int
    replicas: dict[str, int]
    ids: dict[str, list[str]] = field(default_factory=dict)
    controllers: dict[str, Process] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def cancel_file(self) -> Path:
        """Appears when the job is cancelled."""
        return Path(self.folder, "cancelled")

    def id_of(self, role: str, replica: int) -> str | None:
        """submitit's job id of a replica; None while it is not submitted."""
        ids = self.ids.get(role, [])
        return ids[replica] if replica < len(ids) else None

    def all_ids(self) -> list[str]:
        """submitit's job ids of all replicas that are submitted."""
        return [each for ids in self.ids.values() for each in ids]

    def is_complete(self) -> bool:
        """Whether every replica is submitted."""
        return all(len(self.ids.get(role, [])) == count for role, count in self.replicas.items())


def records(backend: str) -> Records[Job]:
    """The records of a backend's jobs."""
    return Records(state_home() / "submitit" / backend, Job)


def read(backend: str, app_id: str) -> Job | None:
    """The record of a job, None when there is none."""
    known = records(backend)
    job = known.read(app_id)
    while job is not None and not job.is_complete():
        alive = is_alive(job.submitter)
        again = known.read(app_id)
        if again == job:  # so this is all that it had submitted when it was looked at
            return replace(job, interrupted=not alive)
        job = again
    return job


def process(pid: int) -> Process:
    """The process that has this pid now."""
    return pid, birth(pid)


def is_alive(process: Process) -> bool:
    """Whether that process, and not just one of the same pid, is there."""
    pid, born = process
    return born is not None and birth(pid) == born


def birth(pid: int) -> str | None:
    """What tells a process from any other that ever has its pid; None when it has ended."""
    proc = Path("/proc", str(pid), "stat")
    if not Path("/proc/self/stat").exists():
        told = subprocess.run(  # noqa: S603
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
        state, _, started = told.stdout.strip().partition(" ")
        return started.strip() or None if state[:1] != "Z" else None
    try:
        fields = proc.read_text().rpartition(")")[2].split()  # the name before may contain anything
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in ("Z", "X"):
        return None
    # Ticks since boot (field 22 of proc(5)), so together with which boot it was.
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {fields[19]}"
