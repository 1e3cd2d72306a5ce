"""Processes: which one a pid stands for, how one has ended, and what follows for a job of several."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from launchbind.state import JobState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

SIGNAL_BASE = 128  # a process that signal N ended has exit code 128 + N, as shells have it

#: A pid and the :func:`birth` that goes with it; plain values, so that a record can hold it.
Process: TypeAlias = "tuple[int, str | None]"


def exit_code(returncode: int) -> int:
    """Turn the return code of :mod:`subprocess`, which is ``-N`` after signal N, into a shell's exit code.

    >>> exit_code(3), exit_code(-9)
    (3, 137)
    """
    return returncode if returncode >= 0 else SIGNAL_BASE - returncode


def combined_state(states: Iterable[JobState]) -> JobState:
    """The state of a job that consists of parts, by the states of those.

    It goes on until the last part has ended. Then it is FAILED if any part is, else CANCELLED if any is,
    else SUCCEEDED.

    >>> combined_state([JobState.FAILED, JobState.PENDING])
    <JobState.RUNNING: 3>
    """
    states = list(states)
    ended = [state.is_terminal for state in states]
    if not all(ended):
        return JobState.RUNNING if any(ended) or JobState.RUNNING in states else JobState.PENDING
    for state in (JobState.FAILED, JobState.CANCELLED):
        if state in states:
            return state
    return JobState.SUCCEEDED


def process(pid: int) -> Process:
    """The process that has this pid now."""
    return pid, birth(pid)


def is_alive(process: Process) -> bool:
    """Whether the process still runs; another one that has got its pid since does not count."""
    pid, born = process
    return born is not None and birth(pid) == born


def birth(pid: int) -> str | None:
    """A text that differs for any two processes that ever have this pid; None when the process has ended."""
    proc = Path("/proc", str(pid), "stat")
    if not Path("/proc/self/stat").exists():
        told = subprocess.run(  # noqa: S603
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
        state, _, started = told.stdout.strip().partition(" ")
        return started.strip() or None if state[:1] != "Z" else None
    try:
        fields = proc.read_text().rpartition(")")[2].split()  # the name before may contain anything
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in ("Z", "X"):
        return None
    # The start in ticks since boot (field 22 of proc(5)), which needs the boot's own id beside it.
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {fields[19]}"
