"""The logs of a job: which replicas are read, and the streams of several as one."""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import Full, Queue
from typing import TYPE_CHECKING

from launchbind.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from launchbind.protocols import Role


def select_replicas(
    app_id: str, roles: Sequence[Role], role: str | None, replica: int | None
) -> list[tuple[str, int]]:
    """The role's name and the number of every replica to read; none is a :class:`PlanError`."""
    selected = [
        (each.name, number)
        for each in roles
        if role in (None, each.name)
        for number in range(each.num_replicas)
        if replica in (None, number)
    ]
    if not selected:
        names = ", ".join(f"{each.name} (0-{each.num_replicas - 1})" for each in roles) or "none"
        asked = f"{role or 'any'}/{'any' if replica is None else replica}"
        raise PlanError(app_id, f"has no replica {asked}: its roles are {names}")
    return selected


def merge(streams: Sequence[Iterator[str]]) -> Iterator[str]:
    """The lines of all streams as they come, each read in a thread; at the end, the first error of one."""
    # Bounded, so that a slow reader slows the streams down.
    queue: Queue[str | Exception | None] = Queue(maxsize=1000)
    gone = threading.Event()  # set when the reader has left

    def put(item: str | Exception | None) -> None:
        while not gone.is_set():
            with suppress(Full):
                queue.put(item, timeout=0.1)
                return

    def pump(stream: Iterator[str]) -> None:
        try:
            for line in stream:
                put(line)
                if gone.is_set():
                    return
        except Exception as error:  # noqa: BLE001  (the reader raises it)
            put(error)
        finally:
            put(None)

    for stream in streams:
        threading.Thread(target=pump, args=(stream,), daemon=True).start()
    open_streams, failure = len(streams), None
    try:
        while open_streams:
            item = queue.get()
            if item is None:
                open_streams -= 1
            elif isinstance(item, Exception):
                failure = failure or item
            else:
                yield item
    finally:
        gone.set()
    if failure is not None:
        raise failure
