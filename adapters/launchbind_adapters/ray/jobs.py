"""The jobs of a Ray cluster, as the apps of launchbind that they are parts of."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from launchbind.state import JobState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ray.job_submission import JobDetails

    from launchbind_adapters.ray.client import RayClient

SIGNAL_BASE = 128  # a process that signal N ended has exit code 128 + N, as shells have it

_STATES = {
    "PENDING": JobState.PENDING,
    "RUNNING": JobState.RUNNING,
    "STOPPED": JobState.CANCELLED,
    "SUCCEEDED": JobState.SUCCEEDED,
    "FAILED": JobState.FAILED,
}


@dataclass(frozen=True)
class Replica:
    """One Ray job, as the cluster tells of it."""

    submission_id: str
    app_id: str
    role: str
    number: int
    #: Its place among the jobs of the app, from 1, and how many those are.
    index: int
    total: int
    state: JobState
    exit_code: int | None
    reason: str
    entrypoint: str


def apps(client: RayClient) -> dict[str, list[Replica]]:
    """Every app of launchbind's on a cluster, its replicas in the order they were submitted in."""
    found: dict[str, list[Replica]] = {}
    for job in client.jobs():
        state = _STATES[job.status.value]
        with suppress(KeyError, ValueError):  # anybody may have written the metadata
            replica = _replica(job, state)
            found.setdefault(replica.app_id, []).append(replica)
    return {app_id: sorted(replicas, key=lambda each: each.index) for app_id, replicas in found.items()}


def _replica(job: JobDetails, state: JobState) -> Replica:
    said = job.metadata or {}
    index, total = map(int, said["launchbind.job"].split("/"))
    code = job.driver_exit_code
    if code is not None and code < 0:
        code = SIGNAL_BASE - code
    if state in (JobState.RUNNING, JobState.SUCCEEDED, JobState.CANCELLED):
        reason = ""  # Ray says the same as the state
    elif code is not None:
        reason = f"ended with exit code {code}"  # Ray adds the last lines of the output
    else:
        # Often with a traceback between what Ray did and what went wrong.
        lines = [line.strip() for line in (job.message or "").splitlines() if line.strip()]
        reason = " ".join(dict.fromkeys(lines[:1] + lines[-1:]))
    return Replica(
        submission_id=job.submission_id or "",
        app_id=said["launchbind.app_id"],
        role=said["launchbind.role"],
        number=int(said["launchbind.replica"]),
        index=index,
        total=total,
        state=state,
        exit_code=code,
        reason=reason,
        entrypoint=job.entrypoint,
    )


def together(states: Sequence[JobState], *, complete: bool) -> JobState:
    """The state of an app: it has ended when all have, and as the worst of them."""
    if not all(state.is_terminal for state in states):
        return JobState.PENDING if set(states) == {JobState.PENDING} else JobState.RUNNING
    if JobState.FAILED in states or not complete:
        return JobState.FAILED
    return JobState.CANCELLED if JobState.CANCELLED in states else JobState.SUCCEEDED
