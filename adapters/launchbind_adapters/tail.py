"""Tail: the lines of log files, read to their end or followed until their job has ended; and waiting."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

CHUNK = 65536


def read_lines(paths: Sequence[Path]) -> Iterator[str]:
    """The lines that the files hold now, one file after the other; one that does not exist has none."""
    for path in paths:
        tail = _Tail(path)
        yield from tail.new_lines()
        yield from tail.rest()


def follow_lines(paths: Sequence[Path], ended: Iterable[bool]) -> Iterator[str]:
    """The lines of all files as they are written; one that does not exist yet has no lines yet.

    ``ended`` is asked for one value before each look at the files: whether nobody writes them any more. It
    also makes the pause between two looks; see :func:`poll`.
    """
    tails = [_Tail(path) for path in paths]
    for last in ended:  # asked before reading: whoever has ended by now has written everything
        for tail in tails:
            yield from tail.new_lines()
        if last:
            break
    for tail in tails:
        yield from tail.rest()


def poll(question: Callable[[], bool], seconds: float) -> Iterator[bool]:
    """Answers to ``question``, asked anew for each, with ``seconds`` between them."""
    while True:
        yield question()
        time.sleep(seconds)


def wait_until(question: Callable[[], bool], patience: float, pause: float) -> None:
    """Return when ``question`` is answered with yes, or after ``patience`` seconds."""
    give_up = time.monotonic() + patience
    while not question() and time.monotonic() < give_up:
        time.sleep(pause)


class LineSplitter:
    r"""Splits the chunks of a file into whole lines, each with its ending ``\n``, ``\r\n`` or ``\r``.

    A progress bar ends its lines in ``\r``, so each of its states is a line. What is not UTF-8 becomes
    U+FFFD; a character that two chunks share is put together first.

    >>> lines = LineSplitter()
    >>> list(lines.feed(b"one\ntw")), list(lines.feed(b"o\n10%\r20%")), list(lines.rest())
    (['one\n'], ['two\n', '10%\r'], ['20%'])
    """

    def __init__(self) -> None:
        #: What follows the last whole line; joined only when a line ends, for it may be very long.
        self._rest = [b""]

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that ``data``, the next chunk, completes."""
        ends_line = b"\n" in data or b"\r" in data or self._rest[-1].endswith(b"\r")
        self._rest.append(data)
        if ends_line:
            *lines, last = b"".join(self._rest).splitlines(keepends=True)
            if last.endswith(b"\n"):  # after \r the next chunk may begin with \n
                lines, last = [*lines, last], b""
            self._rest = [last]
            for line in lines:
                yield line.decode("utf-8", "replace")

    def rest(self) -> Iterator[str]:
        """The last line, if it has no newline."""
        if any(self._rest):
            yield b"".join(self._rest).decode("utf-8", "replace")
            self._rest = [b""]


class _Tail:
    """One file, read on from where the last look ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._lines = LineSplitter()
        self.rest = self._lines.rest

    def new_lines(self) -> Iterator[str]:
        """The lines that were completed since the last call; none while there is no file."""
        with suppress(FileNotFoundError), open(self._path, "rb") as file:
            file.seek(self._offset)
            while data := file.read(CHUNK):
                self._offset += len(data)
                yield from self._lines.feed(data)
