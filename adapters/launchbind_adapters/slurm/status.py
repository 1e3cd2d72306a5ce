"""The status of a job, from what ``sacct`` and ``squeue`` say together.

Neither is enough. ``sacct`` knows how a job ended, but learns of anything only seconds later, and shows an
array that still runs as one job that has ended. ``squeue`` knows the present, but forgets a job minutes after
its end, and has no exit codes. So a job goes on as long as ``squeue`` says so, and has ended once ``sacct``
has recorded it (Slurm 22.05).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from launchbind.state import JobState
from launchbind_adapters.processes import combined_state
from launchbind_adapters.slurm.rows import whole_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from launchbind_adapters.slurm.rows import SacctRow, SqueueRow

WAITING = "ended; Slurm's accounting has not recorded how"


@dataclass(frozen=True)
class SlurmStatus:
    """What Slurm says about a job, or about one task of an array."""

    state: JobState
    #: The first non-zero one, else 0; None while the job goes on, or where Slurm has none.
    exit_code: int | None = None
    #: Slurm's own word for an end, such as ``TIMEOUT``, or for what a job waits for.
    message: str = ""
    #: How ``squeue`` says that the job ended while ``sacct`` has yet to record it, for which ``state`` is
    #: RUNNING; UNKNOWN when ``squeue`` does not say. None in all other cases.
    unrecorded: JobState | None = None
    #: What ``sacct`` says of the job.
    rows: Sequence[SacctRow] = field(default=(), compare=False, repr=False)


def is_recorded(rows: Sequence[SacctRow]) -> bool:
    """Whether ``sacct`` has recorded how the job ended."""
    jobs = [row for row in rows if not row.id.step]
    return bool(jobs) and all(row.state.is_terminal for row in jobs)


def reconcile(rows: Sequence[SacctRow], queue: Sequence[SqueueRow], commands: int = 1) -> SlurmStatus | None:
    """The status of a job, by what ``sacct`` and ``squeue`` say of it; None when neither knows it.

    ``commands`` is how many commands the job's script runs with ``srun``. A script of several exits with 0
    although one of them failed, so then their steps are looked at too.
    """
    jobs = [row for row in rows if not row.id.step]
    queued = combined_state(row.state for row in queue) if queue else JobState.UNKNOWN
    if queue and not queued.is_terminal:
        reason = queue[0].reason if queued is JobState.PENDING else "None"
        return SlurmStatus(queued, message="" if reason == "None" else reason, rows=rows)
    if is_recorded(rows):
        return _recorded(rows, jobs, commands)
    if any(row.state is JobState.CANCELLED for row in queue):
        return SlurmStatus(JobState.CANCELLED, rows=rows)
    return SlurmStatus(JobState.RUNNING, None, WAITING, queued, rows) if jobs or queue else None


def _recorded(rows: Sequence[SacctRow], jobs: Sequence[SacctRow], commands: int) -> SlurmStatus:
    state = combined_state(row.state for row in jobs)
    if state is not JobState.SUCCEEDED:
        worst = next(row for row in jobs if row.state is state)
        codes = (whole_code(row.exit_code, row.highest_code) for row in jobs)
        code = next(filter(None, codes), None)
        message = "" if worst.word in ("FAILED", "CANCELLED") else worst.word
        return SlurmStatus(state, code, message, rows=rows)
    if commands > 1:
        return _from_steps(rows, jobs[0], commands)
    return SlurmStatus(state, 0, rows=rows)


def _from_steps(rows: Sequence[SacctRow], job: SacctRow, commands: int) -> SlurmStatus:
    steps = sorted((row for row in rows if row.id.step.isdecimal()), key=lambda row: int(row.id.step))
    own = steps[1:][-commands:]  # the first step looks up the head node
    bad = next((row for row in own if row.state in (JobState.FAILED, JobState.CANCELLED)), None)
    if bad is not None:
        code = whole_code(bad.exit_code, job.highest_code) or None
        message = f"step {bad.id.step} ({bad.name}): {bad.word}"
        return SlurmStatus(JobState.FAILED, code, message, rows=rows)
    if len(own) < commands:
        message = f"only {len(own)} of its {commands} commands ran"
        return SlurmStatus(JobState.FAILED, None, message, rows=rows)
    if not all(row.state.is_terminal for row in own):
        return SlurmStatus(JobState.RUNNING, None, WAITING, JobState.UNKNOWN, rows)
    return SlurmStatus(JobState.SUCCEEDED, 0, rows=rows)
