"""Reading what Slurm's commands print: everything that it writes is kept, and nothing is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchbind import JobState
from launchbind_adapters.slurm.rows import (
    STATES,
    RowId,
    Rows,
    SacctRow,
    SqueueRow,
    parse_sacct,
    parse_sbatch,
    parse_squeue,
    whole_code,
)

NUMBERS = st.integers(0, 10**7).map(str)
RANGES = st.tuples(NUMBERS, NUMBERS).map(lambda ends: f"[{ends[0]},{ends[1]}-{ends[1]}0%4]")
STEPS = st.one_of(st.just(""), NUMBERS, st.sampled_from(["batch", "extern", "interactive", "0+1"]))
IDS = st.builds(RowId, NUMBERS, st.one_of(st.just(""), NUMBERS, RANGES), STEPS)
WORDS = st.sampled_from(sorted(STATES)).flatmap(
    lambda word: st.sampled_from([word, f"{word}+", f"{word} by 1000"])
)
NAMES = st.text(st.characters(exclude_characters="\n"))


def written(row_id: RowId) -> str:
    task = f"_{row_id.task}" if row_id.task else ""
    return f"{row_id.job}{task}{'.' if row_id.step else ''}{row_id.step}"


@given(st.lists(st.tuples(IDS, WORDS, st.integers(0, 255), st.integers(0, 255), NAMES)))
def test_rows_of_sacct_are_kept_as_they_were(rows: list[tuple[RowId, str, int, int, str]]) -> None:
    """Ids, words, codes and names are read as they were written, whatever characters a name has."""
    text = "".join(
        f"{written(each)}|{word}|{code}:0|{top}:0|{name}\n" for each, word, code, top, name in rows
    )
    assert parse_sacct(text) == [
        SacctRow(each, STATES[word.split()[0].rstrip("+")], word, code, top, name)
        for each, word, code, top, name in rows
    ]


@given(st.lists(st.tuples(IDS, st.sampled_from(sorted(STATES)), NAMES)))
def test_rows_of_squeue_are_kept_as_they_were(rows: list[tuple[RowId, str, str]]) -> None:
    """Ids, words and reasons are read as they were written."""
    text = "".join(f"{written(each)}|{word}|{reason}\n" for each, word, reason in rows)
    expected = [SqueueRow(each, STATES[word], reason) for each, word, reason in rows]
    assert parse_squeue(text) == expected


@given(st.one_of(st.text(), st.text("0123456789|_[]-,:.+%\nCOMPLETED ")))
def test_any_other_text_is_an_error(text: str) -> None:
    """Whatever a command prints: rows, or a ValueError of one line that shows what was not understood."""
    said = []
    for parse in (parse_sacct, parse_squeue, parse_sbatch):
        try:
            parse(text)
        except ValueError as error:
            said.append(str(error))
    assert all(each.startswith(("Slurm ", "sbatch ")) and "\n" not in each for each in said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("7|DREAMING|0:0|0:0|job", "'DREAMING' as the state"),
        ("x|RUNNING|0:0|0:0|job", "'x' as the id"),
        ("7|RUNNING|x|0:0|job", "'x' as an exit code"),
        ("sacct: a stray line", "'sacct: a stray line' where 5 fields"),
    ],
)
def test_words_that_are_not_known_are_errors(text: str, said: str) -> None:
    """Neither a state nor an id is guessed."""
    with pytest.raises(ValueError, match=said):
        parse_sacct(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", RowId("12")),
        ("12.batch", RowId("12", step="batch")),
        ("12_3", RowId("12", "3")),
        ("12_[0-5%2]", RowId("12", "[0-5%2]")),
        ("12_3.0", RowId("12", "3", "0")),
        ("12+0", RowId("12")),
        ("12+1.batch", RowId("12", step="batch")),
    ],
)
def test_the_ids_of_tasks_components_and_steps_have_the_jobs_in_them(text: str, expected: RowId) -> None:
    """Each belongs to its base job."""
    assert RowId.parse(text) == expected


@pytest.mark.parametrize(
    ("tasks", "numbers"),
    [
        ("[0-3]", {0, 1, 2, 3}),
        ("[0-3,7%2]", {0, 1, 2, 3, 7}),
        ("[1-9:4]", {1, 5, 9}),
        ("[2,4,...]", {2, 4}),
        ("[]", set()),
    ],
)
def test_several_tasks_are_written_as_ranges(tasks: str, numbers: set[int]) -> None:
    """As Slurm writes those that have not started, with a step, a limit, or cut off at the end."""
    row_id = RowId("7", tasks)
    assert {number for number in range(12) if row_id.has_task(number)} == numbers


@given(st.integers(0, 255))
def test_the_bit_that_sacct_cuts_off_comes_back(code: int) -> None:
    """From the code of the step that ended the job, if that is on record."""
    assert whole_code(code % 128, code) == code
    assert whole_code(code, 0) == code


@pytest.mark.parametrize(
    "text", ["75\n", "75;far\n", "Charging job 74 hours so far\n75\nThank you\n", " 75 "]
)
def test_the_id_of_a_submitted_job_stands_alone_on_a_line(text: str) -> None:
    """With its cluster or without; what a site prints around it is passed over."""
    assert parse_sbatch(text) == "75"


@pytest.mark.parametrize("text", ["", "Submitted batch job 75\n", "74\n75\n"])
def test_without_that_line_the_error_shows_what_was_printed(text: str) -> None:
    """And says how to find the job, which may have been submitted."""
    with pytest.raises(ValueError, match="look for the job with squeue") as caught:
        parse_sbatch(text)
    assert repr(text.strip()) in str(caught.value)


@given(st.lists(st.tuples(NUMBERS, st.one_of(st.just(""), NUMBERS)), unique=True))
def test_rows_are_found_by_job_and_by_task(ids: list[tuple[str, str]]) -> None:
    """A job has the rows of all its tasks, a task its own only, and no row is lost."""
    made = [SqueueRow(RowId(job, task), JobState.RUNNING, "None") for job, task in ids]
    rows = Rows(made)
    for row in made:
        job, task = row.id.job, row.id.task
        assert rows.of(job) == [each for each in made if each.id.job == job]
        if task:
            assert rows.of(f"{job}_{task}") == [row]
