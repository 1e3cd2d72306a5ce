"""What Slurm says of jobs: one ``sacct`` for all of them, and one ``squeue`` while some are yet to end."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from submitit.slurm.slurm import SlurmInfoWatcher

from launchbind.state import JobState
from launchbind_adapters.slurm.state import SIGNAL_BASE, STATES
from launchbind_adapters.submitit.fates import Fate, fate_of_results

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from launchbind_adapters.submitit.fates import ReplicaId
    from launchbind_adapters.submitit.records import Job

#: Slurm's commands retry by themselves for a while when a daemon does not answer; no longer than this.
TIMEOUT_SECONDS = 120


def engine(*command: str) -> str:
    """Run one of Slurm's commands and return what it prints.

    Raises
    ------
    OSError, RuntimeError
        When it is not there, fails, or does not answer.
    """
    try:
        done = subprocess.run(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            start_new_session=True,  # so that a Ctrl-C does not cut it short
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"{command[0]} did not answer in {TIMEOUT_SECONDS} s") from error
    if done.returncode:
        reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise RuntimeError(f"{command[0]} failed: {reason}")
    return done.stdout


def replica_fates(jobs: Sequence[Job]) -> Mapping[ReplicaId, Fate]:
    """How every replica of the jobs fares.

    submitit's own watcher is not asked: it takes a failed query for the state UNKNOWN.

    Raises
    ------
    RuntimeError
        When Slurm does not answer, or knows nothing of a replica.
    """
    asked = {(job.app_id, each): job for job in jobs for each in job.all_ids()}
    if not asked:
        return {}
    accounts = _accounts({job_id for _, job_id in asked})
    states = {job_id: _state(row["State"]) for job_id, row in accounts.items()}
    if any(job_id not in states or not states[job_id].is_terminal for _, job_id in asked):
        # Accounting lags behind, and goes on telling that jobs run when nobody runs them any more.
        states.update((job_id, _state(text)) for job_id, text in _queue().items())
    return {
        (app_id, job_id): _fate(job, job_id, states.get(job_id), accounts.get(job_id, {}))
        for (app_id, job_id), job in asked.items()
    }


def _accounts(job_ids: set[str]) -> dict[str, dict[str, str]]:
    """What accounting has on each job, by id."""
    whole = ",".join(sorted({job_id.partition("_")[0] for job_id in job_ids}))  # arrays are asked for as one
    told = engine("sacct", "-X", "--parsable2", "-o", "JobID,State,ExitCode", "-j", whole)
    return {each: row for each, row in SlurmInfoWatcher().read_info(told).items() if each in job_ids}


def _queue() -> dict[str, str]:
    """The state of each of the user's jobs that the controller has not forgotten, by id."""
    told = engine("squeue", "--me", "--array", "--states=all", "--noheader", "--format=%i|%T")
    rows = [line.partition("|") for line in told.split()]
    return {job_id: state for job_id, _, state in rows}


def _state(text: str) -> JobState:
    word = text.partition(" ")[0]  # "CANCELLED by 1000"
    if word not in STATES:
        raise RuntimeError(f"Slurm gives the state {text!r}, which is none that is known")
    return JobState[STATES[word]]


def _fate(job: Job, job_id: str, state: JobState | None, row: Mapping[str, str]) -> Fate:
    if state is None:
        raise RuntimeError(
            f"neither sacct nor squeue knows the job {job_id}: ask again, or see 'sacct -j {job_id}'"
        )
    if not state.is_terminal:
        return Fate(state)
    results = fate_of_results(job, job_id)
    if results is not None and state is JobState.SUCCEEDED:
        return results
    said = row.get("State", "")
    message = results.message if results else ""
    if not message and said not in ("", "COMPLETED", "FAILED") and _state(said) is state:
        message = f"Slurm says {said}"
    code = results.code if results and results.code else _code(row.get("ExitCode", ""))
    return Fate(state, 0 if state is JobState.SUCCEEDED else code or None, message)


def _code(text: str) -> int:
    """The exit code that sacct writes as ``code:signal``."""
    code, _, number = text.partition(":")
    return int(code or 0) or (SIGNAL_BASE + int(number) if int(number or 0) else 0)
