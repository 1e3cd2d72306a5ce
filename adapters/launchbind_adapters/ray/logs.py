"""A Ray job's output, read from logs that also contain Ray's own lines, over connections that may break."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

from launchbind_adapters.ray.request import begin_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from launchbind_adapters.ray.client import RayClient
    from launchbind_adapters.ray.jobs import Replica

RECONNECT_SECONDS = 0.5


def read_output(client: RayClient, replica: Replica) -> Iterator[str]:
    """The output so far, in pieces."""
    log = client.log(replica.submission_id)
    yield from _job_output(replica, iter([log]), ended=replica.state.is_terminal)


def follow_output(client: RayClient, ask: Callable[[], Replica]) -> Iterator[str]:
    """The output until the job ends, in pieces; ``ask`` queries the replica, as when a connection breaks."""
    replica = ask()
    yield from _job_output(replica, _follow_log(client, ask), ended=True)


def _follow_log(client: RayClient, ask: Callable[[], Replica]) -> Iterator[str]:
    """The whole log in pieces."""
    seen, pause = 0, 0.0
    while not (replica := ask()).state.is_terminal:
        time.sleep(pause)
        pause = RECONNECT_SECONDS
        repeated = seen  # each connection starts at the beginning of the log
        for piece in client.tail(replica.submission_id):
            if piece is None:
                if ask().state.is_terminal:
                    break
                continue
            new = piece[repeated:]
            repeated = max(0, repeated - len(piece))
            seen += len(new)
            yield new
    # A stream that broke near the end looks like a complete one, so read the rest.
    yield client.log(replica.submission_id)[seen:]


def _job_output(replica: Replica, pieces: Iterator[str], *, ended: bool) -> Iterator[str]:
    """The job's own output; of a job that ended before it ran, Ray's lines instead."""
    begin = begin_line(replica.submission_id)
    held = ""
    for piece in (pieces := _without_announcement(replica, pieces)):
        searched = max(0, len(held) - len(begin))
        held += piece
        found = held.find(begin, searched)
        if found >= 0:
            yield held[found + len(begin) :]
            yield from pieces
            return
    if ended:
        yield held


def _without_announcement(replica: Replica, pieces: Iterator[str]) -> Iterator[str]:
    """The log without the line in which Ray announces the entrypoint.

    Ray 2.52 and later write it before they start the entrypoint, but into a buffer that is flushed afterwards
    (``_exec_entrypoint`` in ray/dashboard/modules/job/job_supervisor.py), so it may be in the midst of the
    output.
    """
    start = f"Running entrypoint for job {replica.submission_id}: "
    entrypoint = replica.entrypoint.replace("\r\n", "\n").replace("\r", "\n")  # as Ray reads its logs
    length = len(start) + len(entrypoint) + 1
    held = ""
    for piece in pieces:
        held += piece
        found = held.find(start)
        if found >= 0 and len(held) >= found + length:
            yield held[:found] + held[found + length :]
            yield from pieces
            return
        if found < 0:
            # The last characters so far may be its beginning.
            sizes = range(min(len(start), len(held)), 0, -1)
            found = len(held) - next((size for size in sizes if held.endswith(start[:size])), 0)
        yield held[:found]
        held = held[found:]
    yield held


def lines(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces as whole lines; the last one may lack a newline."""
    rest = ""
    for piece in pieces:
        # StringIO splits at newlines only; str.splitlines also splits at form feeds and others.
        for line in io.StringIO(rest + piece if rest else piece, newline="\n"):
            rest = line
            if line.endswith("\n"):
                yield line
                rest = ""
    if rest:
        yield rest
