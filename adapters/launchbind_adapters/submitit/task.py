"""What submitit runs in each task: the command, until it has ended, with its exit code as the result.

These functions are pickled by value, so that jobs need submitit but not launchbind. So only the standard
library may be imported here, and what launchbind has elsewhere too, such as SIGNAL_BASE, is repeated.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

GRACE_SECONDS = 10.0  # between SIGTERM and SIGKILL when the job is cancelled
HURRY_SECONDS = 0.5  # the same when submitit ends the job: it kills this process after 1 s
POLL_SECONDS = 0.05
SIGNAL_BASE = 128  # a process that signal N ended has exit code 128 + N, as shells have it
NOT_EXECUTABLE, NOT_FOUND = 126, 127  # as shells have them
INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR2)
PR_SET_PDEATHSIG = 1  # linux/prctl.h
REQUEUE = 144  # submitit.local.local.LOCAL_REQUEUE_RETURN_CODE: its controller starts the task again


def run_task(command: list[str], env: dict[str, str], retries: int, cancel_file: str | None = None) -> int:
    """Run the command as a task of its own process, which then ends with the command's exit code.

    Parameters
    ----------
    command
        Program and arguments; no shell reads them.
    env
        Environment variables, besides those of this process.
    retries
        How often the command is run again when it fails.
    cancel_file
        The command is ended when this file appears. None on Slurm, which sends a signal instead.
    """
    terminated: list[int] = []
    # submitit ignores SIGTERM, so a command that is being cancelled would be retried.
    signal.signal(signal.SIGTERM, lambda number, _: terminated.append(number))
    if cancel_file is not None:
        end_with_parent(ctypes.CDLL(None))  # without its controller nobody could find this task

    def cancelled() -> bool:
        return bool(terminated) or (cancel_file is not None and os.path.exists(cancel_file))

    code = run(command, env, retries, cancelled)
    if code:
        # submitit ends a task that has a result with 0. The engine must see the failure too, but only once
        # the result is saved, so this is the last thing the process does.
        atexit.register(os._exit, code if code != REQUEUE else 1)
    return code


def run(
    command: list[str],
    env: dict[str, str],
    retries: int,
    cancelled: Callable[[], bool],
    stdout: IO[bytes] | None = None,
    stderr: IO[bytes] | None = None,
) -> int:
    """Run the command, again when it fails, unless ``cancelled``; return the last exit code."""
    code = SIGNAL_BASE + signal.SIGTERM
    for attempt in range(retries + 1):
        if cancelled():
            break
        if attempt:
            say(stderr, f"exit code {code}, now attempt {attempt + 1} of {retries + 1}")
        code = run_once(command, env, cancelled, stdout, stderr)
        if code == 0:
            break
    return code


def run_once(
    command: list[str],
    env: dict[str, str],
    cancelled: Callable[[], bool],
    stdout: IO[bytes] | None,
    stderr: IO[bytes] | None,
) -> int:
    """Run the command and return its exit code; whatever it started ends with it."""
    libc = ctypes.CDLL(None)
    # An interrupt while the command is started would leave it running, with nobody to end it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)

    def prepare() -> None:
        end_with_parent(libc)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    try:
        process = subprocess.Popen(  # noqa: S603 -- running the job's command is what it is for
            command,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            preexec_fn=prepare,
        )
    except BaseException as error:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if not isinstance(error, OSError):
            raise
        say(stderr, f"cannot run {command[0]!r}: {error}")
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
    kill_at: float | None = None
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        while not has_ended(process.pid):
            if kill_at is None and cancelled():
                signal_group(process.pid, signal.SIGTERM)
                kill_at = time.monotonic() + GRACE_SECONDS
            if kill_at is not None and time.monotonic() > kill_at:
                break
            time.sleep(POLL_SECONDS)
    except BaseException:  # submitit raises one for a time limit or an interrupt
        signal_group(process.pid, signal.SIGTERM)
        kill_at = time.monotonic() + HURRY_SECONDS
        while not has_ended(process.pid) and time.monotonic() < kill_at:
            time.sleep(POLL_SECONDS)
        raise
    finally:
        signal_group(process.pid, signal.SIGKILL)  # before wait(), which frees the pid for another group
        process.wait()
    return process.returncode if process.returncode >= 0 else SIGNAL_BASE - process.returncode


def has_ended(pid: int) -> bool:
    """Whether a child has ended; it stays a zombie, so that no other process gets its pid."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def signal_group(pid: int, number: int) -> None:
    """Signal a process and all it started."""
    with suppress(ProcessLookupError, PermissionError):  # macOS refuses to signal a group of zombies
        os.killpg(pid, number)


def end_with_parent(libc: ctypes.CDLL) -> None:
    """Ask Linux to kill this process when its parent is killed."""
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def say(stderr: IO[bytes] | None, text: str) -> None:
    """Write a line among the job's errors."""
    line = f"launchbind: {text}\n".encode("utf-8", "backslashreplace")
    if stderr is None:
        os.write(2, line)
    else:
        stderr.write(line)
        stderr.flush()
