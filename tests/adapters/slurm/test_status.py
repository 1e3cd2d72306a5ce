"""What Slurm 22.05 printed about jobs, read as their status; no Slurm is needed."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest

from launchbind import JobState
from launchbind_adapters.processes import combined_state
from launchbind_adapters.slurm.rows import Rows, parse_sacct, parse_squeue
from launchbind_adapters.slurm.status import WAITING, SlurmStatus, is_recorded, reconcile

PENDING, RUNNING = JobState.PENDING, JobState.RUNNING
SUCCEEDED, FAILED, CANCELLED = JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED


def status(sacct: str, squeue: str = "", commands: int = 1, job_id: str = "7") -> SlurmStatus | None:
    return reconcile(Rows(parse_sacct(sacct)).of(job_id), Rows(parse_squeue(squeue)).of(job_id), commands)


def unrecorded(end: JobState) -> SlurmStatus:
    return SlurmStatus(RUNNING, None, WAITING, end)


@pytest.mark.parametrize(
    ("sacct", "squeue", "expected"),
    [
        ("", "", None),
        ("", "7|PENDING|Dependency", SlurmStatus(PENDING, None, "Dependency")),
        ("", "7|RUNNING|None", SlurmStatus(RUNNING)),
        ("", "7|COMPLETED|None", unrecorded(SUCCEEDED)),
        ("", "7|FAILED|NonZeroExitCode", unrecorded(FAILED)),
        ("", "7|CANCELLED|None", SlurmStatus(CANCELLED)),
        ("7|RUNNING|0:0|0:0|job", "7|COMPLETED|None", unrecorded(SUCCEEDED)),
        ("7|RUNNING|0:0|0:0|job", "", unrecorded(JobState.UNKNOWN)),
        ("7|COMPLETED|0:0|0:0|job\n7.batch|COMPLETED|0:0||batch", "", SlurmStatus(SUCCEEDED, 0)),
        ("7|FAILED|3:0|3:0|job", "", SlurmStatus(FAILED, 3)),
        ("7|TIMEOUT|0:0|0:0|job", "", SlurmStatus(FAILED, None, "TIMEOUT")),
        ("7|CANCELLED by 1000|0:0|0:0|job", "", SlurmStatus(CANCELLED, None, "CANCELLED by 1000")),
        ("7|FAILED|0:9|0:0|a|b", "", SlurmStatus(FAILED, 137)),
        ("7|REQUEUED|0:0|0:0|job", "7|PENDING|BeginTime", SlurmStatus(PENDING, None, "BeginTime")),
    ],
)
def test_a_job_has_ended_when_sacct_says_so(sacct: str, squeue: str, expected: SlurmStatus | None) -> None:
    """squeue alone never ends a job well; what it says of one that goes on is what counts."""
    assert status(sacct, squeue) == expected


@pytest.mark.parametrize(
    ("codes", "expected"),
    [("9:0|137:0", 137), ("9:0|9:0", 9), ("9:0|0:9", 137), ("0:0|128:0", 128), ("127:0|255:0", 255)],
)
def test_an_exit_code_has_eight_bits(codes: str, expected: int) -> None:
    """sacct keeps seven bits of a job's; the highest code of its steps has all of them."""
    assert status(f"7|FAILED|{codes}|job") == SlurmStatus(FAILED, expected)


def test_an_array_ends_with_its_last_task() -> None:
    """sacct shows an array whose tasks still run as one job, ended; squeue knows better."""
    assert status("7|FAILED|2:0|0:0|job", "7_0|COMPLETED|None\n7_1|RUNNING|None") == SlurmStatus(RUNNING)
    tasks = "7_0|COMPLETED|0:0|0:0|job\n7_1|FAILED|1:0|1:0|job"
    assert status(tasks) == SlurmStatus(FAILED, 1)
    assert status("", "7_[0-3]|PENDING|None") == SlurmStatus(PENDING)


def test_a_task_of_an_array_has_a_status_of_its_own() -> None:
    """The same rows tell how each task is doing, one that Slurm has not listed singly yet included."""
    sacct = "7_0|COMPLETED|0:0|0:0|job\n7_0.batch|COMPLETED|0:0||batch\n7_1|FAILED|1:0|1:0|job"
    squeue = "7_2|RUNNING|None\n7_[3-5]|PENDING|Priority"
    expected = [SlurmStatus(SUCCEEDED, 0), SlurmStatus(FAILED, 1), SlurmStatus(RUNNING)]
    expected += [SlurmStatus(PENDING, None, "Priority")] * 3
    assert [status(sacct, squeue, job_id=f"7_{number}") for number in range(7)] == [*expected, None]


def test_of_several_commands_each_must_have_ended_well() -> None:
    """A script whose first command failed ends well all the same; its steps tell."""
    job = "7|COMPLETED|0:0|137:0|job\n7.batch|COMPLETED|0:0||batch\n7.0|COMPLETED|0:0||hostname\n"
    good, bad = "7.{}|COMPLETED|0:0||sh\n", "7.{}|FAILED|9:0||sh\n"
    assert status(job + good.format(1) + good.format(2), commands=2) == SlurmStatus(SUCCEEDED, 0)
    for steps in (good.format(1) + bad.format(2), bad.format(1) + good.format(2)):
        failed = status(job + steps, commands=2)
        assert failed is not None
        assert (failed.state, failed.exit_code) == (FAILED, 137)
    few = status(job + good.format(1), commands=2)
    assert few == SlurmStatus(FAILED, None, "only 1 of its 2 commands ran")
    running = job + good.format(1) + "7.2|RUNNING|0:0||sh\n"
    assert status(running, commands=2) == unrecorded(JobState.UNKNOWN)


def test_nothing_is_recorded_of_a_job_without_rows() -> None:
    """A job that sacct does not know yet has not ended."""
    assert not is_recorded(())


def test_a_job_of_parts_ends_with_the_last_and_as_the_worst() -> None:
    """Whatever their order; it is PENDING only as long as none of them has begun."""
    for states in combinations_with_replacement((PENDING, RUNNING, SUCCEEDED, CANCELLED, FAILED), 3):
        begun = {*states} - {PENDING}
        if {PENDING, RUNNING} & {*states}:
            expected = RUNNING if begun else PENDING
        else:
            expected = next(each for each in (FAILED, CANCELLED, SUCCEEDED) if each in states)
        assert combined_state(states) is combined_state(reversed(states)) is expected
