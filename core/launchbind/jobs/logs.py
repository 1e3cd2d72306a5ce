"""Reading the logs of several replicas as one stream of lines."""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import Full, Queue
from typing import TYPE_CHECKING

from launchbind.errors import LaunchbindError, PlanError, SchedulerError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from launchbind.handle import Handle
    from launchbind.protocols import Role, SupportsLogs
    from launchbind.redaction import Redactor


def chosen(
    handle: Handle, roles: Sequence[Role], role: str | None, replica: int | None
) -> list[tuple[str, int]]:
    """Role and number of every replica that is asked for.

    Raises
    ------
    PlanError
        When there is none.
    """
    found = [
        (each.name, number)
        for each in roles
        if role in (None, each.name)
        for number in range(each.num_replicas)
        if replica in (None, number)
    ]
    if not found:
        names = ", ".join(f"{each.name} (0-{each.num_replicas - 1})" for each in roles) or "none"
        asked = f"{role or 'any'}/{'any' if replica is None else replica}"
        raise PlanError(handle.app_id, f"has no replica {asked}: its roles are {names}")
    return found


def read_logs(
    scheduler: SupportsLogs,
    handle: Handle,
    replicas: Sequence[tuple[str, int]],
    redactor: Redactor,
    *,
    follow: bool,
    regex: str | None,
    since: datetime | None,
) -> Iterator[str]:
    """The lines of every replica as the job wrote them; see :meth:`launchbind.Launcher.logs`.

    A job's output is not launchbind's to change; only the errors of reading it are redacted.
    """

    def lines(role: str, replica: int) -> Iterator[str]:
        try:
            yield from scheduler.log_iter(
                handle.app_id, role, replica, regex=regex, since=since, should_tail=follow
            )
        except LaunchbindError:
            raise
        except NotImplementedError as error:
            what = "read logs" if since is None else "read logs since a point in time"
            raise UnsupportedError(handle.backend, what) from error
        except Exception as error:
            reason = redactor.text(f"{type(error).__name__}: {error}")
            raise SchedulerError(handle.backend, f"read the logs of {handle}", reason) from error

    streams = [lines(role, replica) for role, replica in replicas]
    if follow and len(streams) > 1:
        return _merged(streams)
    return (line for stream in streams for line in stream)


def _merged(streams: Sequence[Iterator[str]]) -> Iterator[str]:
    """The lines of all streams as they come; an error of any of them is raised when all have ended."""
    # Bounded, so that a slow reader slows the streams down; and left by them when the reader has gone.
    queue: Queue[str | Exception | None] = Queue(maxsize=1000)
    gone = threading.Event()

    def hand_over(item: str | Exception | None) -> None:
        while not gone.is_set():
            with suppress(Full):
                queue.put(item, timeout=0.1)
                return

    def pump(stream: Iterator[str]) -> None:
        try:
            for line in stream:
                hand_over(line)
                if gone.is_set():
                    return
        except Exception as error:  # noqa: BLE001  (handed to the reader, which raises it)
            hand_over(error)
        finally:
            hand_over(None)

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
