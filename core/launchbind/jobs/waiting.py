"""Polling a job until it has ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from launchbind.errors import InvalidSettingError, WaitTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable

    from launchbind.jobs.job import Job
    from launchbind.state import JobStatus

_FIRST_PAUSE_SECONDS = 0.05
_PAUSE_GROWTH = 1.5


def wait(
    job: Job,
    *,
    timeout: float | None,
    poll: float,
    progress: Callable[[JobStatus], None] | None,
) -> JobStatus:
    """Poll the job, with growing pauses, until it has ended; see :meth:`launchbind.Launcher.wait`."""
    if not poll >= 0:  # true for NaN as well
        raise InvalidSettingError("wait", "poll", f"it is seconds, 0 or more, not {poll}")
    begun = time.monotonic()
    pause = min(_FIRST_PAUSE_SECONDS, poll)
    while True:
        status = job.status()
        if progress is not None:
            progress(status)
        if status.state.is_terminal:
            return status
        left = pause
        if timeout is not None:
            left = begun + timeout - time.monotonic()
            if left <= 0:
                raise WaitTimeoutError(str(job.handle), str(status.state), timeout)
        time.sleep(min(pause, left))
        pause = min(pause * _PAUSE_GROWTH, poll)
