"""A Ray job's output, from logs that hold Ray's own words too, over connections that may break."""

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


def logged(client: RayClient, replica: Replica) -> Iterator[str]:
    """The output so far."""
    yield from _output(replica, iter([client.log(replica.submission_id)]), ended=replica.state.is_terminal)


def followed(client: RayClient, ask: Callable[[], Replica]) -> Iterator[str]:
    """The output until the job ends, whatever becomes of a connection in between."""
    replica = ask()
    yield from _output(replica, _tailed(client, ask), ended=True)


def _tailed(client: RayClient, ask: Callable[[], Replica]) -> Iterator[str]:
    """The whole log in pieces."""
    seen, pause = 0, 0.0
    while not (replica := ask()).state.is_terminal:
        time.sleep(pause)
        pause = RECONNECT_SECONDS
        again = seen  # each connection begins at the beginning
        for piece in client.tail(replica.submission_id):
            if piece is None:
                if ask().state.is_terminal:
                    break
                continue
            fresh = piece[again:]
            again = max(0, again - len(piece))
            seen += len(fresh)
            yield fresh
    # A stream that broke off near the end looks like one that was complete.
    yield client.log(replica.submission_id)[seen:]


def _output(replica: Replica, pieces: Iterator[str], *, ended: bool) -> Iterator[str]:
    """What the job wrote, without Ray's words; only those, if it never came to run."""
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
    """The log without the entrypoint that Ray writes into it.

    Ray 2.52 and later do so before they start it, but through a buffer that is written after
    (``_exec_entrypoint`` in ray/dashboard/modules/job/job_supervisor.py): it may come amid the output.
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
            # Its beginning may be the last that has come.
            sizes = range(min(len(start), len(held)), 0, -1)
            found = len(held) - next((size for size in sizes if held.endswith(start[:size])), 0)
        yield held[:found]
        held = held[found:]
    yield held


def lines(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces as whole lines; a last one without a newline comes as it is."""
    rest = ""
    for piece in pieces:
        # StringIO ends lines at newlines only; str.splitlines does so at form feeds and others too.
        for line in io.StringIO(rest + piece if rest else piece, newline="\n"):
            rest = line
            if line.endswith("\n"):
                yield line
                rest = ""
    if rest:
        yield rest
