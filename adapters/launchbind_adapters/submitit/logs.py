"""Reading the log files of submitit's tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CHUNK = 65536


def read_all(paths: Sequence[Path]) -> Iterator[str]:
    """The lines of the files that there are, one file after the other."""
    for path in paths:
        tail = _Tail(path)
        yield from tail.lines()
        yield from tail.rest()


def follow(paths: Sequence[Path], ended: Iterator[bool]) -> Iterator[str]:
    """The lines of all files as they come, until ``ended`` says so."""
    tails = [_Tail(path) for path in paths]
    for last in ended:  # asked before reading: what an ended job has written is all there
        for tail in tails:
            yield from tail.lines()
        if last:
            break
    for tail in tails:
        yield from tail.rest()


class _Tail:
    """One file, read from where it was left."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest: list[bytes] = []

    def lines(self) -> Iterator[str]:
        """The lines that were completed since the last call; none while there is no file."""
        try:
            file = open(self._path, "rb")  # noqa: SIM115 -- closed below; only its absence is caught
        except FileNotFoundError:
            return
        with file:
            file.seek(self._offset)
            while data := file.read(CHUNK):
                self._offset += len(data)
                *lines, last = data.split(b"\n")
                for line in lines:
                    yield b"".join([*self._rest, line]).decode("utf-8", "replace") + "\n"
                    self._rest.clear()
                self._rest.append(last)

    def rest(self) -> Iterator[str]:
        """The last line, when it has no newline."""
        if any(self._rest):
            yield b"".join(self._rest).decode("utf-8", "replace")
            self._rest.clear()
