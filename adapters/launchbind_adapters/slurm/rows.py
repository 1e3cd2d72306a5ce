"""What Slurm's commands print, read line by line (Slurm 22.05)."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from launchbind.state import JobState
from launchbind_adapters.processes import SIGNAL_BASE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Slurm's job states (squeue(1), JOB STATE CODES) as launchbind's.
STATES: Mapping[str, JobState] = {
    word: state
    for state, words in {
        JobState.PENDING: "PENDING CONFIGURING REQUEUED REQUEUE_FED REQUEUE_HOLD RESV_DEL_HOLD SPECIAL_EXIT",
        JobState.RUNNING: "RUNNING COMPLETING RESIZING SIGNALING STAGE_OUT STOPPED SUSPENDED",
        JobState.SUCCEEDED: "COMPLETED",
        JobState.FAILED: "FAILED BOOT_FAIL DEADLINE NODE_FAIL OUT_OF_MEMORY PREEMPTED REVOKED TIMEOUT",
        JobState.CANCELLED: "CANCELLED",
    }.items()
    for word in words.split()
}

# A job; in it a task of an array, or a component of a heterogeneous job; in that a step.
_ID = re.compile(r"([0-9]+)(?:_([0-9]+|\[[^]]*\])|\+[0-9]+)?(?:\.(.+))?")
_CODE = re.compile(r"([0-9]*)(?::([0-9]*))?")
_SUBMITTED = re.compile(r"([0-9]+)(?:;.*)?")
_RANGE = re.compile(r"([0-9]+)(?:-([0-9]+)(?::([0-9]+))?)?")


@dataclass(frozen=True)
class RowId:
    """What a line is about."""

    #: The base job id: ``12`` for ``12.batch``, ``12_3`` and ``12+0``.
    job: str
    #: A task of an array by its number, or, as in ``[0-5]``, those that have not started; else empty.
    task: str = ""
    #: A step's number or name, such as ``0`` or ``batch``; empty for the job or task itself.
    step: str = ""

    @classmethod
    def parse(cls, text: str) -> RowId:
        """Read the id that Slurm gives a job, a task or a step; a ValueError when it is none.

        >>> RowId.parse("12_3.batch")
        RowId(job='12', task='3', step='batch')
        """
        found = _ID.fullmatch(text)
        if found is None:
            raise ValueError(f"Slurm gave {text!r} as the id of a job")
        return cls(*(part or "" for part in found.groups()))

    def has_task(self, number: int) -> bool:
        """Whether a task is one of the several, written as in ``[0-3,7,10-20:5%2]``."""
        for each in self.task.strip("[]").partition("%")[0].split(","):
            found = _RANGE.fullmatch(each)
            if found is not None:  # squeue ends long lists in "..."
                first, last, step = found.groups()
                if number in range(int(first), int(last or first) + 1, int(step or 1) or 1):
                    return True
        return False


@dataclass(frozen=True)
class SacctRow:
    """One line of ``sacct``."""

    id: RowId
    state: JobState
    #: Slurm's own for ``state``, with what follows it, as in ``CANCELLED by 1000``.
    word: str
    #: 128 + N for an end by signal N. sacct keeps the low 7 bits of an exit code: 137 becomes 9.
    exit_code: int
    #: The highest exit code of a job's steps, with all its bits; 0 for a step.
    highest_code: int
    name: str


@dataclass(frozen=True)
class SqueueRow:
    """One line of ``squeue``; ``reason`` is what the job waits for, or the text ``None``."""

    id: RowId
    state: JobState
    reason: str


def parse_sacct(text: str) -> list[SacctRow]:
    """Read what :func:`~.commands.sacct` prints; a ValueError when it is not of that form."""
    return [
        SacctRow(RowId.parse(job_id), _state(word), word, _code(code), _code(highest), name)
        for job_id, word, code, highest, name in _fields(text, 5)
    ]


def parse_squeue(text: str) -> list[SqueueRow]:
    """Read what :func:`~.commands.squeue` prints; a ValueError when it is not of that form."""
    fields = _fields(text, 3)
    return [SqueueRow(RowId.parse(job_id), _state(word), reason) for job_id, word, reason in fields]


def parse_sbatch(text: str) -> str:
    """The job id that ``sbatch --parsable`` prints, as ``ID`` or ``ID;CLUSTER`` alone on one line.

    >>> parse_sbatch("Charging job 74 hours so far\\n75\\nThank you\\n")
    '75'
    """
    found = [match[1] for line in text.split("\n") if (match := _SUBMITTED.fullmatch(line.strip()))]
    if len(found) != 1:
        raise ValueError(f"sbatch printed {text.strip()!r} instead of a job id: look for the job with squeue")
    return found[0]


def whole_code(exit_code: int, highest_code: int) -> int:
    """Restore the bit that sacct cuts off an exit code, from the highest code of the job's steps.

    A busy Slurm may record the end of a job before that of its step, and then never that highest code.

    >>> whole_code(9, 137), whole_code(9, 0)
    (137, 9)
    """
    cut_off = exit_code < SIGNAL_BASE and highest_code % SIGNAL_BASE == exit_code
    return highest_code if cut_off else exit_code


RowT = TypeVar("RowT", bound="SacctRow | SqueueRow")


class Rows(Generic[RowT]):
    """Rows by the job, and by the task of an array, that they are about.

    >>> rows = Rows(parse_squeue("7_0|RUNNING|None\\n7_[1-3]|PENDING|Priority\\n8|RUNNING|None"))
    >>> len(rows.of("7")), len(rows.of("7_0")), rows.of("7_2")[0].reason, len(rows.of("9"))
    (2, 1, 'Priority', 0)
    """

    def __init__(self, rows: Iterable[RowT]) -> None:
        self._rows: defaultdict[str, list[RowT]] = defaultdict(list)
        for row in rows:
            self._rows[row.id.job].append(row)
            if row.id.task:
                several = row.id.task.startswith("[")
                self._rows[f"{row.id.job}_{'[]' if several else row.id.task}"].append(row)

    def of(self, job_id: str) -> list[RowT]:
        """The rows of a whole job, ``12``, or of one task of an array, ``12_3``."""
        job, _, task = job_id.partition("_")
        several = self._rows.get(f"{job}_[]", []) if task else []
        return [*self._rows.get(job_id, []), *(row for row in several if row.id.has_task(int(task)))]


def _fields(text: str, count: int) -> Iterable[list[str]]:
    for line in filter(None, text.split("\n")):
        fields = line.split("|", count - 1)  # the last one, a name, may contain anything
        if len(fields) < count:
            raise ValueError(f"Slurm printed {line!r} where {count} fields were asked for")
        yield fields


def _state(text: str) -> JobState:
    word = text.partition(" ")[0].rstrip("+")  # as in "CANCELLED by 1000"
    if word not in STATES:
        raise ValueError(f"Slurm gave {text!r} as the state of a job")
    return STATES[word]


def _code(text: str) -> int:
    """Parse sacct's ``exit:signal`` field; 0 when it is empty."""
    found = _CODE.fullmatch(text)
    if found is None:
        raise ValueError(f"Slurm gave {text!r} as an exit code")
    code, number = (int(part or 0) for part in found.groups())
    return code or (SIGNAL_BASE + number if number else 0)
