"""The record of a submitit job, and the processes that the job depends on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from launchbind_adapters.processes import is_alive
from launchbind_adapters.records import Records, state_home

if TYPE_CHECKING:
    from launchbind_adapters.processes import Process


@dataclass
class JobRecord:
    """A job, written down before anything of it can run, so that it can always be found."""

    app_id: str
    session: str
    backend: str
    folder: str
    #: Where it was submitted; local jobs run there.
    host: str
    #: The process that submits it.
    submitter: Process
    #: How many processes run the command in each replica.
    tasks: int
    #: Role to the number of its replicas.
    replicas: dict[str, int]
    #: Role to submitit's job ids, each added before its command can run.
    ids: dict[str, list[str]] = field(default_factory=dict)
    #: For jobs on this machine: submitit's job id to the process that the job ends with.
    controllers: dict[str, Process] = field(default_factory=dict)
    #: Whether the submitter ended before it had submitted everything; :func:`read` finds it out.
    interrupted: bool = False

    @property
    def cancel_file(self) -> Path:
        """Appears when the job is cancelled."""
        return Path(self.folder, "cancelled")

    def id_of(self, role: str, replica: int) -> str | None:
        """submitit's job id of a replica; None until it is submitted."""
        ids = self.ids.get(role, [])
        return ids[replica] if replica < len(ids) else None

    def all_ids(self) -> list[str]:
        """submitit's job ids of all replicas that are submitted."""
        return [each for ids in self.ids.values() for each in ids]

    def is_complete(self) -> bool:
        """Whether every replica is submitted."""
        return all(len(self.ids.get(role, [])) == count for role, count in self.replicas.items())


def records(backend: str) -> Records[JobRecord]:
    """The records of a backend's jobs."""
    return Records(state_home() / "submitit" / backend, JobRecord)


def read(backend: str, app_id: str) -> JobRecord | None:
    """The record of a job, None when there is none."""
    known = records(backend)
    job = known.read(app_id)
    while job is not None and not job.is_complete():
        alive = is_alive(job.submitter)
        again = known.read(app_id)
        if again == job:  # nothing was submitted between the two looks, so both tell of one moment
            return replace(job, interrupted=not alive)
        job = again
    return job
