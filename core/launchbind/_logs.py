"""Reading the logs of several replicas as one stream of lines."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from launchbind.errors import LaunchbindError, PlanError, SchedulerError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from launchbind.handle import Handle
    from launchbind.protocols import Role, SupportsLogs


def read_logs(
    scheduler: SupportsLogs,
    handle: Handle,
    roles: Sequence[Role],
    role: str | None,
    replica: int | None,
    follow: bool,
) -> Iterator[str]:
    """The lines of every chosen replica; see :meth:`launchbind.Launcher.logs`."""
    chosen = [
        (each.name, number)
        for each in roles
        if role in (None, each.name)
        for number in range(each.num_replicas)
        if replica in (None, number)
    ]
    if not chosen:
        names = ", ".join(f"{each.name} (0-{each.num_replicas - 1})" for each in roles) or "none"
        problem = f"has no replica {role or 'any'}/{'any' if replica is None else replica}: its roles are {names}"
        raise PlanError(handle.app_id, problem)
    streams = [_lines(scheduler, handle, name, number, follow) for name, number in chosen]
    if follow and len(streams) > 1:
        return _merged(streams)
    return (line for stream in streams for line in stream)


def _lines(
    scheduler: SupportsLogs, handle: Handle, role: str, replica: int, follow: bool
) -> Iterator[str]:
    try:
        yield from scheduler.log_iter(handle.app_id, role, replica, should_tail=follow)
    except LaunchbindError:
        raise
    except NotImplementedError as error:
        raise UnsupportedError(handle.backend, "read logs") from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise SchedulerError(handle.backend, f"read the logs of {handle}", reason) from error


def _merged(streams: Sequence[Iterator[str]]) -> Iterator[str]:
    """The lines of all streams as they come; an error of any of them is raised when all have ended."""
    queue: SimpleQueue[str | Exception | None] = SimpleQueue()

    def pump(stream: Iterator[str]) -> None:
        try:
            for line in stream:
                queue.put(line)
        except Exception as error:  # handed to the reader, which raises it
            queue.put(error)
        finally:
            queue.put(None)

    for stream in streams:
        threading.Thread(target=pump, args=(stream,), daemon=True).start()
    open_streams, failure = len(streams), None
    while open_streams:
        item = queue.get()
        if item is None:
            open_streams -= 1
        elif isinstance(item, Exception):
            failure = failure or item
        else:
            yield item
    if failure is not None:
        raise failure
