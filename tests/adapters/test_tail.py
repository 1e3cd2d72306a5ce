"""Reading and following log files: every line once, whole, and to the end."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from launchbind_adapters.tail import LineSplitter, follow_lines, poll, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Text with what is special in it: line ends of each kind, characters of several bytes, broken ones.
BYTES = st.lists(
    st.sampled_from([b"a", b"\n", b"\r", b"\r\n", "ü".encode(), "☃".encode(), b"\xe2", b"\xff", b"\x1c"])
).map(b"".join)


@given(BYTES, st.lists(st.integers(0, 40)))
def test_lines_do_not_depend_on_the_chunks_they_come_in(data: bytes, cuts: list[int]) -> None:
    """However a file is cut into chunks, its lines and their ends are those of the whole."""
    splitter = LineSplitter()
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    lines = [line for start, end in pairwise(places) for line in splitter.feed(data[start:end])]
    lines += splitter.rest()
    assert [line.encode() for line in lines] == [
        line.decode("utf-8", "replace").encode() for line in data.splitlines(keepends=True)
    ]


def test_a_line_comes_as_soon_as_it_is_whole() -> None:
    """Also a state of a progress bar, once something follows it, and never a part of a line."""
    splitter = LineSplitter()
    fed = [list(splitter.feed(data)) for data in (b"on", b"e\ntwo", b"\n10%\r", b"20%", b"\r", b"\ndone")]
    assert fed == [[], ["one\n"], ["two\n"], ["10%\r"], [], ["20%\r\n"]]
    assert (list(splitter.rest()), list(splitter.rest())) == (["done"], [])


def test_files_are_read_one_after_the_other(tmp_path: Path) -> None:
    """The last line of one without a newline is a line, and a file that is not there has none."""
    (tmp_path / "a").write_bytes(b"one\ntwo")
    (tmp_path / "c").write_bytes(b"three\n")
    assert list(read_lines([tmp_path / name for name in "abc"])) == ["one\n", "two", "three\n"]


def test_files_are_followed_until_their_writers_have_ended(tmp_path: Path) -> None:
    """Files that come later, lines written in pieces, and what was written just before the end are read."""
    first, second = tmp_path / "first", tmp_path / "second"

    def ended() -> Iterator[bool]:
        first.write_bytes(b"one\ntw")
        yield False
        second.write_bytes(b"other\n")
        yield False
        with first.open("ab") as log:
            log.write(b"o\nend")
        yield True
        raise AssertionError("asked again after the end")

    assert list(follow_lines([first, second], ended())) == ["one\n", "other\n", "two\n", "end"]


def test_a_question_is_asked_again_for_each_answer() -> None:
    """With a pause before each but the first."""
    event = threading.Event()
    answers = poll(event.is_set, 0)
    assert next(answers) is False
    event.set()
    assert next(answers) is True
