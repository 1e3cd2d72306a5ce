"""The jobs of a Ray cluster, grouped into the launchbind apps that they belong to."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from launchbind.state import JobState
from launchbind_adapters.processes import exit_code

if TYPE_CHECKING:
    from ray.job_submission import JobDetails

    from launchbind_adapters.ray.client import RayClient

_STATES = {
    "PENDING": JobState.PENDING,
    "RUNNING": JobState.RUNNING,
    "STOPPED": JobState.CANCELLED,
    "SUCCEEDED": JobState.SUCCEEDED,
    "FAILED": JobState.FAILED,
}


@dataclass(frozen=True)
class Replica:
    """One Ray job, as the cluster describes it."""

    submission_id: str
    app_id: str
    role: str
    number: int
    #: Its place among the jobs of the app, from 1.
    index: int
    #: How many jobs the app has.
    total: int
    state: JobState
    exit_code: int | None
    reason: str
    entrypoint: str


def apps(client: RayClient) -> dict[str, list[Replica]]:
    """Every app that launchbind submitted to a cluster, by id, with its replicas in submission order."""
    found: dict[str, list[Replica]] = {}
    for job in client.jobs():
        state = _STATES[job.status.value]
        with suppress(KeyError, ValueError):  # anyone can submit jobs with metadata like ours
            replica = _replica(job, state)
            found.setdefault(replica.app_id, []).append(replica)
    return {app_id: sorted(replicas, key=lambda each: each.index) for app_id, replicas in found.items()}


def _replica(job: JobDetails, state: JobState) -> Replica:
    metadata = job.metadata or {}
    index, total = map(int, metadata["launchbind.job"].split("/"))
    code = None if job.driver_exit_code is None else exit_code(job.driver_exit_code)
    if state in (JobState.RUNNING, JobState.SUCCEEDED, JobState.CANCELLED):
        reason = ""  # Ray's message repeats the state
    elif code is not None:
        reason = f"ended with exit code {code}"  # Ray's message adds the last lines of the output
    else:
        # Often the first line says what Ray did, the last what went wrong, with a traceback in between.
        lines = [line.strip() for line in (job.message or "").splitlines() if line.strip()]
        reason = " ".join(dict.fromkeys(lines[:1] + lines[-1:]))
    return Replica(
        submission_id=job.submission_id or "",
        app_id=metadata["launchbind.app_id"],
        role=metadata["launchbind.role"],
        number=int(metadata["launchbind.replica"]),
        index=index,
        total=total,
        state=state,
        exit_code=code,
        reason=reason,
        entrypoint=job.entrypoint,
    )
