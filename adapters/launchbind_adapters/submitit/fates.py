"""How replicas fare, and what follows for the job that they make up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from submitit.core.utils import JobPaths, pickle_load

from launchbind.specs import RoleSpec
from launchbind.state import JobState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from launchbind_adapters.submitit.records import Job

    #: The app id, and submitit's job id, which is unique among the replicas of one app only.
    ReplicaId: TypeAlias = tuple[str, str]


class Fate(NamedTuple):
    """How one replica fares."""

    state: JobState
    code: int | None = None
    message: str = ""


@dataclass(frozen=True)
class Described:
    """How a job fares."""

    app_id: str
    state: JobState
    msg: str
    ui_url: str | None
    roles: list[RoleSpec[object]]
    exit_code: int | None


def described(job: Job, fates: Mapping[ReplicaId, Fate]) -> Described:
    """How a job fares when its replicas fare so; ``fates`` may have those of other jobs too."""
    replicas = [(role, number) for role, count in job.replicas.items() for number in range(count)]
    ids = [job.id_of(role, number) for role, number in replicas]
    own = [_unsubmitted(job) if each is None else fates[job.app_id, each] for each in ids]
    state = _combined([fate.state for fate in own])
    code = next((fate.code for fate in own if fate.code), None)
    return Described(
        app_id=job.app_id,
        state=state,
        msg=next((fate.message for fate in own if fate.message), ""),
        ui_url=f"file://{job.folder}",
        roles=[RoleSpec(name, "", num_replicas=count) for name, count in job.replicas.items()],
        exit_code=0 if code is None and state is JobState.SUCCEEDED else code,
    )


def _unsubmitted(job: Job) -> Fate:
    if job.interrupted:
        return Fate(JobState.FAILED, message="its submission was interrupted, so not all of it runs")
    return Fate(JobState.PENDING)


def _combined(states: Sequence[JobState]) -> JobState:
    ended = [state.is_terminal for state in states]
    if not all(ended):
        return JobState.RUNNING if any(ended) or JobState.RUNNING in states else JobState.PENDING
    for state in (JobState.FAILED, JobState.CANCELLED):
        if state in states:
            return state
    return JobState.SUCCEEDED


def fate_of_results(job: Job, job_id: str) -> Fate | None:
    """What the results say of a replica; None while a task has none."""
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
    return Fate(JobState.FAILED if code != 0 else JobState.SUCCEEDED, code, error)


def results_are_older(job: Job, job_id: str, path: Path) -> bool:
    """Whether every result was there before the file at ``path`` was."""
    written = [JobPaths(job.folder, job_id, task).result_pickle for task in range(job.tasks)]
    return all(result.stat().st_mtime_ns < path.stat().st_mtime_ns for result in written)
