"""What Slurm 22.05 printed of jobs, read as job states; no Slurm is needed."""

from __future__ import annotations

import pytest

from launchbind_adapters.slurm.state import WAITING, Seen, accounted, all_ended, judge, queued, sacct, squeue


def seen(sacct_says: str, squeue_says: str = "", tasks: int = 1) -> Seen | None:
    return judge(accounted(sacct_says).get("7", ()), queued(squeue_says).get("7", ()), tasks)


@pytest.mark.parametrize(
    ("sacct_says", "squeue_says", "expected"),
    [
        ("", "", None),
        ("", "7|PENDING|Dependency", Seen("PENDING", None, "Dependency")),
        ("", "7|RUNNING|None", Seen("RUNNING")),
        ("", "7|COMPLETED|None", Seen("RUNNING", None, WAITING)),
        ("", "7|CANCELLED|None", Seen("CANCELLED")),
        ("7|RUNNING|0:0|0:0|job", "7|COMPLETED|None", Seen("RUNNING", None, WAITING)),
        ("7|RUNNING|0:0|0:0|job", "", Seen("RUNNING", None, WAITING)),
        ("7|COMPLETED|0:0|0:0|job\n7.batch|COMPLETED|0:0||batch", "", Seen("SUCCEEDED", 0)),
        ("7|FAILED|3:0|3:0|job", "", Seen("FAILED", 3)),
        ("7|TIMEOUT|0:0|0:0|job", "", Seen("FAILED", None, "TIMEOUT")),
        ("7|CANCELLED by 1000|0:0|0:0|job", "", Seen("CANCELLED", None, "CANCELLED by 1000")),
        ("7|FAILED|0:9|0:0|a|b", "", Seen("FAILED", 137)),
        ("7|REQUEUED|0:0|0:0|job", "7|PENDING|BeginTime", Seen("PENDING", None, "BeginTime")),
    ],
)
def test_a_job_has_ended_when_sacct_says_so(sacct_says: str, squeue_says: str, expected: Seen | None) -> None:
    """squeue alone never ends a job well; what it says of one that goes on is what counts."""
    assert seen(sacct_says, squeue_says) == expected


@pytest.mark.parametrize(
    ("codes", "expected"),
    [("9:0|137:0", 137), ("9:0|9:0", 9), ("9:0|0:9", 137), ("0:0|128:0", 128), ("127:0|255:0", 255)],
)
def test_an_exit_code_has_eight_bits(codes: str, expected: int) -> None:
    """sacct keeps seven of a job's; the highest code of its steps has all of them."""
    assert seen(f"7|FAILED|{codes}|job") == Seen("FAILED", expected)


def test_an_array_ends_with_its_last_task() -> None:
    """sacct shows an array whose tasks still run as one job, ended; squeue knows better."""
    assert seen("7|FAILED|2:0|0:0|job", "7_0|COMPLETED|None\n7_1|RUNNING|None") == Seen("RUNNING")
    tasks = "7_0|COMPLETED|0:0|0:0|job\n7_1|FAILED|1:0|1:0|job"
    assert seen(tasks) == Seen("FAILED", 1)
    assert seen("", "7_[0-3]|PENDING|None") == Seen("PENDING")


def test_of_several_commands_each_must_have_ended_well() -> None:
    """A script whose first command failed ends well all the same; its steps tell."""
    job = "7|COMPLETED|0:0|137:0|job\n7.batch|COMPLETED|0:0||batch\n7.0|COMPLETED|0:0||hostname\n"
    good, bad = "7.{}|COMPLETED|0:0||sh\n", "7.{}|FAILED|9:0||sh\n"
    assert seen(job + good.format(1) + good.format(2), tasks=2) == Seen("SUCCEEDED", 0)
    for steps in (good.format(1) + bad.format(2), bad.format(1) + good.format(2)):
        failed = seen(job + steps, tasks=2)
        assert failed is not None
        assert (failed.state, failed.code) == ("FAILED", 137)
    few = seen(job + good.format(1), tasks=2)
    assert few == Seen("FAILED", None, "only 1 of its 2 commands ran")


def test_words_that_are_not_known_are_errors() -> None:
    """Neither a state nor an id is guessed."""
    with pytest.raises(ValueError, match="'DREAMING' as the state"):
        accounted("7|DREAMING|0:0|0:0|job")
    with pytest.raises(ValueError, match="'x' as the id"):
        queued("x|RUNNING|None")


def test_many_jobs_are_asked_about_at_once() -> None:
    """One command names them all."""
    assert sacct(["7", "8"]).endswith("--jobs=7,8")
    assert squeue(["7", "8"]).endswith("--jobs=7,8")
    assert not all_ended(())
