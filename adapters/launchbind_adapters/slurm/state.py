"""What Slurm says about jobs, read as job states.

Two programs are asked, since neither is enough. ``sacct`` knows how a job ended, but learns of anything
only seconds later, and shows an array that still runs as one job that has ended. ``squeue`` knows what is
so now, but forgets a job minutes after its end, and has no exit codes. So a job goes on as long as
``squeue`` says so, and has ended when ``sacct`` does (Slurm 22.05).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SIGNAL_BASE = 128  # a process that signal N ended has exit code 128 + N, as shells have it
WAITING = "ended; Slurm's accounting has not recorded how"

#: Slurm's job states (squeue(1), JOB STATE CODES) by launchbind's.
STATES: Mapping[str, str] = {
    slurm: state
    for state, names in {
        "PENDING": "PENDING CONFIGURING REQUEUED REQUEUE_FED REQUEUE_HOLD RESV_DEL_HOLD SPECIAL_EXIT",
        "RUNNING": "RUNNING COMPLETING RESIZING SIGNALING STAGE_OUT STOPPED SUSPENDED",
        "SUCCEEDED": "COMPLETED",
        "FAILED": "FAILED BOOT_FAIL DEADLINE NODE_FAIL OUT_OF_MEMORY PREEMPTED REVOKED TIMEOUT",
        "CANCELLED": "CANCELLED",
    }.items()
    for slurm in names.split()
}
SACCT_FIELDS = "JobID,State,ExitCode,DerivedExitCode,JobName"
#: What squeue says when it is asked about one job and has forgotten it.
NO_SUCH_JOB = "Invalid job id specified"
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass(frozen=True)
class Row:
    """One line of ``sacct``: a job, one task of an array, or a step of either."""

    step: str
    state: str
    code: int
    #: Of a job: the highest code of its steps.
    highest: int
    name: str
    said: str

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.state in ENDED


@dataclass(frozen=True)
class Seen:
    """How a job fares: the name of a job state, the exit code if it is known, and what else is to say."""

    state: str
    code: int | None = None
    message: str = ""


def sacct(job_ids: Iterable[str]) -> str:
    """The command that tells how these jobs ended; :func:`accounted` reads its output."""
    return f"sacct --noheader --parsable2 --format={SACCT_FIELDS} --jobs={','.join(job_ids)}"


def squeue(job_ids: Iterable[str]) -> str:
    """The command that tells how these jobs fare now; :func:`queued` reads its output."""
    return f"squeue --noheader --states=all --format='%i|%T|%r' --jobs={','.join(job_ids)}"


def accounted(text: str) -> dict[str, list[Row]]:
    """The rows of ``sacct`` by job id."""
    found: dict[str, list[Row]] = {}
    for line in text.splitlines():
        job_id, said, code, highest, name = line.split("|", 4)
        row = Row(job_id.partition(".")[2], _state(said), _code(code), _code(highest), name, said)
        found.setdefault(_job(job_id), []).append(row)
    return found


def queued(text: str) -> dict[str, list[tuple[str, str]]]:
    """State and reason by job id, one pair for each task of an array."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in text.splitlines():
        job_id, said, reason = line.split("|", 2)
        found.setdefault(_job(job_id), []).append((_state(said), reason))
    return found


def all_ended(rows: Sequence[Row]) -> bool:
    """Whether ``sacct`` has recorded how the job ended."""
    jobs = [row for row in rows if not row.step]
    return bool(jobs) and all(row.ended for row in jobs)


def judge(rows: Sequence[Row], queue: Sequence[tuple[str, str]], tasks: int) -> Seen | None:
    """How a job fares, by what both programs say of it; None when neither knows it.

    Parameters
    ----------
    tasks
        How many commands its script runs. That of several ends well although one of them failed, so
        then their steps are looked at.
    """
    jobs = [row for row in rows if not row.step]
    live = [(state, reason) for state, reason in queue if state not in ENDED]
    if live:
        if len(live) == len(queue) and all(state == "PENDING" for state, _ in live):
            return Seen("PENDING", None, live[0][1] if live[0][1] != "None" else "")
        return Seen("RUNNING", None, "")
    if all_ended(rows):
        return _ended(jobs, [row for row in rows if row.step.isdigit()], tasks)
    if any(state == "CANCELLED" for state, _ in queue):
        return Seen("CANCELLED", None, "")
    return Seen("RUNNING", None, WAITING) if jobs or queue else None


def _ended(jobs: Sequence[Row], steps: Sequence[Row], tasks: int) -> Seen:
    worst = next((row for state in ("FAILED", "CANCELLED") for row in jobs if row.state == state), None)
    if worst is not None:
        code = next((code for row in jobs if (code := _whole(row.code, row.highest))), None)
        return Seen(worst.state, code, "" if worst.said in STATES.values() else worst.said)
    if tasks > 1:
        # The first one looks up the head node.
        own = sorted(steps, key=lambda row: int(row.step))[1:][-tasks:]
        bad = next((row for row in own if row.state in ("FAILED", "CANCELLED")), None)
        if bad is not None:
            code = _whole(bad.code, jobs[0].highest) or None
            return Seen("FAILED", code, f"step {bad.step} ({bad.name}): {bad.said}")
        if len(own) < tasks:
            return Seen("FAILED", None, f"only {len(own)} of its {tasks} commands ran")
        if not all(row.ended for row in own):
            return Seen("RUNNING", None, WAITING)
    return Seen("SUCCEEDED", 0, "")


def _code(text: str) -> int:
    """Of "code:signal", or of nothing."""
    code, _, signal = text.partition(":")
    return int(code or 0) or (SIGNAL_BASE + int(signal) if int(signal or 0) else 0)


def _whole(code: int, highest: int) -> int:
    """The exit code: ``sacct`` keeps seven bits of it, of 137 only 9, but all of the highest of the steps.

    A busy Slurm may record the end of a job before that of its step, and then never that highest one.
    """
    return highest if code < SIGNAL_BASE and highest % SIGNAL_BASE == code else code


def _job(job_id: str) -> str:
    """12 of 12.batch, of 12_3 and 12_[0-5] in an array, and of 12+0 in a heterogeneous job."""
    found = re.match(r"\d+", job_id)
    if found is None:
        raise ValueError(f"Slurm gave {job_id!r} as the id of a job")
    return found.group()


def _state(said: str) -> str:
    word = said.partition(" ")[0].rstrip("+")  # as in "CANCELLED by 1000"
    if word not in STATES:
        raise ValueError(f"Slurm gave {said!r} as the state of a job")
    return STATES[word]
