"""The status of a job's replicas, and of the job that they make up."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NamedTuple

from submitit.core.utils import JobPaths, pickle_load

from launchbind.specs import RoleSpec
from launchbind.state import JobDescription, JobState
from launchbind_adapters.processes import combined_state, is_alive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import TypeAlias

    from launchbind_adapters.submitit.records import JobRecord

    #: The app id, and submitit's job id, which is unique among the replicas of one app only.
    ReplicaId: TypeAlias = tuple[str, str]


class ReplicaStatus(NamedTuple):
    """The state of one replica, its exit code if that is known, and what else there is to say."""

    state: JobState
    exit_code: int | None = None
    message: str = ""


def describe_job(job: JobRecord, statuses: Mapping[ReplicaId, ReplicaStatus]) -> JobDescription:
    """Describe a job by the status of its replicas; ``statuses`` may have those of other jobs too."""
    replicas = [(role, number) for role, count in job.replicas.items() for number in range(count)]
    ids = [job.id_of(role, number) for role, number in replicas]
    own = [_unsubmitted(job) if each is None else statuses[job.app_id, each] for each in ids]
    state = combined_state(each.state for each in own)
    code = next((each.exit_code for each in own if each.exit_code), None)
    return JobDescription(
        app_id=job.app_id,
        state=state,
        roles=[RoleSpec(name, "", num_replicas=count) for name, count in job.replicas.items()],
        msg=next((each.message for each in own if each.message), ""),
        ui_url=f"file://{job.folder}",
        exit_code=0 if code is None and state is JobState.SUCCEEDED else code,
    )


def _unsubmitted(job: JobRecord) -> ReplicaStatus:
    if job.interrupted:
        message = "its submission was interrupted, so not all of it runs"
        return ReplicaStatus(JobState.FAILED, message=message)
    return ReplicaStatus(JobState.PENDING)


def replica_status(job: JobRecord, job_id: str) -> ReplicaStatus:
    """The status of a replica on this machine, by its results and its controller."""
    alive = is_alive(job.controllers[job_id])  # first: a job that ends in between has its results
    results = status_from_results(job, job_id)
    if results is None and alive:
        return ReplicaStatus(JobState.RUNNING)
    if results is None and job.host != socket.gethostname():
        raise RuntimeError(f"{job.app_id} runs on {job.host}, not on {socket.gethostname()}: ask there")
    if job.cancel_file.exists() and not (results and results_are_older(job, job_id, job.cancel_file)):
        return ReplicaStatus(JobState.CANCELLED, results.exit_code if results else None)
    if results is None:
        reason = "it ended without a result: it ran out of time, or its controller was killed"
        return ReplicaStatus(JobState.FAILED, message=reason)
    return results


def status_from_results(job: JobRecord, job_id: str) -> ReplicaStatus | None:
    """The status of a replica by the results of its tasks; None while a task has none."""
    codes, error = [], ""
    for task in range(job.tasks):
        try:
            outcome, result = pickle_load(JobPaths(job.folder, job_id, task).result_pickle)
        except FileNotFoundError:
            return None
        if outcome == "success":
            codes.append(int(result))
        else:  # a traceback
            error = error or str(result).strip().rpartition("\n")[2]
    code = next((code for code in codes if code), None if error else 0)
    return ReplicaStatus(JobState.FAILED if code != 0 else JobState.SUCCEEDED, code, error)


def results_are_older(job: JobRecord, job_id: str, path: Path) -> bool:
    """Whether every result was there before the file at ``path`` was."""
    written = [JobPaths(job.folder, job_id, task).result_pickle for task in range(job.tasks)]
    return all(result.stat().st_mtime_ns < path.stat().st_mtime_ns for result in written)
