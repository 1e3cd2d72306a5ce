"""The log files of a NeMo-Run Slurm job, read where they are: on the cluster."""

from __future__ import annotations

import base64
import shlex
import time
from typing import TYPE_CHECKING

from launchbind_adapters.tail import LineSplitter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from launchbind_adapters.slurm import Runner

#: The most bytes read at once: invoke (2.2), which runs commands over SSH, copies all it has for every 1,000
#: characters more.
CHUNK = 256 * 1024
#: The pause between two looks at a log that is followed, each of which asks Slurm for the job's state: it
#: grows while nothing is written.
POLL_SECONDS = 0.5
POLL_GROWTH = 1.5
MAX_POLL_SECONDS = 5.0


def log_lines(run: Runner, folder: str, pattern: str, ended: Callable[[], bool]) -> Iterator[str]:
    """The lines of all files that match, one file after the other: each restart of the job begins a new one.

    ``run`` runs commands where the files are. ``pattern`` names them in ``folder``, as a shell reads it, and
    the numbers in their names order them. ``ended`` says whether nobody writes them any more.
    """
    lines = LineSplitter()
    number, offset, pause = 0, 0, POLL_SECONDS
    while True:
        last = ended()  # asked before reading: what an ended job has written is all there
        while True:
            count, data = _read(run, folder, pattern, number, offset)
            if data:
                offset, pause = offset + len(data), POLL_SECONDS
                yield from lines.feed(data)
            elif number + 1 < count:
                number, offset = number + 1, 0
            else:
                break
        if last:
            yield from lines.rest()
            return
        time.sleep(pause)
        pause = min(pause * POLL_GROWTH, MAX_POLL_SECONDS)


def _read(run: Runner, folder: str, pattern: str, number: int, offset: int) -> tuple[int, bytes]:
    """How many files match, and the next bytes of file ``number``, counted from 0, from ``offset`` on."""
    files = f"ls -1v {pattern} 2>/dev/null"
    script = (
        f"cd {shlex.quote(folder)} || exit; {files} | wc -l; file=$({files} | sed -n {number + 1}p); "
        f'[ -z "$file" ] || tail -c +{offset + 1} -- "$file" | head -c {CHUNK} | base64 -w0'
    )
    count, _, data = run(["sh", "-c", script]).partition("\n")
    return int(count), base64.b64decode(data)
