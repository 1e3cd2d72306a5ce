"""Supervisor: runs the processes of one local job, so that the job outlives the program that submitted it.

This is a program, run by path with the standard library only. It reads the processes from standard
input as JSON, answers ``started`` or the error on standard output, copies their output into log
files, and finally writes ``result.json``. While it runs it holds a lock, inherited as an open file. The
kernel releases the lock however the supervisor ends, so any process can tell a running job from a lost one.
"""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from io import FileIO

GRACE_SECONDS = 10  # between SIGTERM and SIGKILL, as in torchx's local scheduler
DRAIN_SECONDS = 1.0  # after a process has ended, for output in its pipes and children still running
PAUSE_SECONDS = 0.05  # between checks of lingering children
CHUNK = 65536
PR_SET_PDEATHSIG = 1  # linux/prctl.h
RESERVED = 4096  # bytes for the result, besides those for each replica's exit code


class ReplicaSpec(TypedDict):
    """One process, as the submitter sends it."""

    args: list[str]
    env: dict[str, str]
    cwd: str | None
    stdout: str
    stderr: str
    combined: str


class Log:
    """A log file that stops writing on an error: a full disk must neither end the job nor its supervision."""

    def __init__(self, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._file: FileIO = open(path, "xb", buffering=0)  # noqa: SIM115 -- open as long as the job runs
        self.complete: bool = True

    def write(self, data: bytes) -> None:
        """Append ``data``, or note that the log is incomplete from here on."""
        try:
            while data and self.complete:
                data = data[self._file.write(data) or 0 :]
        except OSError:
            self.complete = False


class Replica:
    """One process, its log files, and its exit code once it has ended."""

    def __init__(self, role: str, spec: ReplicaSpec) -> None:
        self.role = role
        self.combined: Log = Log(spec["combined"])
        self.process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 -- running the job's command is what it is for
            spec["args"],
            env=spec["env"],
            cwd=spec["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        self.pipes: list[tuple[IO[bytes], Log]] = [
            (pipe, Log(path))
            for pipe, path in ((self.process.stdout, spec["stdout"]), (self.process.stderr, spec["stderr"]))
            if pipe is not None
        ]
        self._leave_by: float | None = None

    @property
    def lingers(self) -> bool:
        """Whether the process has ended, but not what it started."""
        return self._leave_by is not None and self.process.returncode is None

    def signal(self, number: int) -> None:
        """Signal the process group; until the process is waited for, no other can have its pid."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def ended(self, patience: float) -> bool:
        """Whether the process has ended; its children still running are killed after ``patience`` seconds."""
        if self.process.returncode is None:
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT  # do not reap it, so that its group id stays taken
            if os.waitid(os.P_PID, self.process.pid, options) is None:
                return False
            if self._leave_by is None:
                self.signal(signal.SIGTERM)
                self._leave_by = time.monotonic() + patience
            if time.monotonic() < self._leave_by and _has_members(self.process.pid):
                return False
            self.signal(signal.SIGKILL)
            self.process.wait()
        return True


def main() -> int:
    """Run one job; return 0, or 1 when it could not be started."""
    if os.fork():
        return 0  # the submitter waits for this process only; init adopts and reaps the other
    lock, folder = int(sys.argv[1]), Path(sys.argv[2])
    os.set_inheritable(lock, False)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        roles: dict[str, list[ReplicaSpec]] = json.load(sys.stdin)
    except ValueError:  # the submitter died before it had sent everything
        return 1
    replicas: list[Replica] = []
    cancelled = _listen_for_cancel(replicas)
    try:
        _reserve_result(folder, sum(map(len, roles.values())))
        (folder / "supervisor.pid").write_text(str(os.getpid()))
        for role, specs in roles.items():
            for spec in specs:
                replicas.append(Replica(role, spec))
    except OSError as error:
        for replica in replicas:
            replica.signal(signal.SIGKILL)
        _answer(f"{type(error).__name__}: {error}")
        return 1
    if cancelled:  # during the start: the last processes have not got the signal
        for replica in replicas:
            replica.signal(signal.SIGTERM)
    _answer("started")
    _copy_output(replicas, cancelled)
    _write_result(folder, replicas, cancelled=bool(cancelled))
    return 0


def _end_with_parent() -> None:
    """Make Linux kill this process with its supervisor: otherwise nobody would know about it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _has_members(group: int) -> bool:
    """Whether a process group has a process that has not ended; False without /proc."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):  # it may end while it is read
            state, _, pgrp = entry.read_text().rpartition(")")[2].split()[:3]
            if int(pgrp) == group and state not in "ZX":
                return True
    return False


def _listen_for_cancel(replicas: list[Replica]) -> list[int]:
    """On SIGTERM, end the processes: SIGTERM first, then SIGKILL. Until then the returned list is empty."""
    received: list[int] = []

    def terminate(number: int, _frame: object) -> None:
        if received and number == signal.SIGTERM:
            return  # the grace period is running already
        for replica in replicas:
            replica.signal(signal.SIGKILL if received else signal.SIGTERM)
        if not received:
            signal.alarm(GRACE_SECONDS)
        received.append(number)

    signal.signal(signal.SIGTERM, terminate)
    signal.signal(signal.SIGALRM, terminate)
    return received


def _copy_output(replicas: list[Replica], cancelled: list[int]) -> None:
    """Copy what the processes write until all have ended and their pipes are empty."""
    selector = selectors.DefaultSelector()
    wake, waker = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)  # so that a child's end wakes the selector
    signal.signal(signal.SIGCHLD, lambda *_: None)
    selector.register(wake, selectors.EVENT_READ, None)
    for replica in replicas:
        for pipe, log in replica.pipes:
            selector.register(pipe, selectors.EVENT_READ, (log, replica.combined))

    leave_at: float | None = None
    while True:
        # After a cancel, its alarm ends lingering children; otherwise there is no reason to wait for long.
        patience = GRACE_SECONDS * 2 if cancelled else DRAIN_SECONDS
        # A list, not any(): ended() also reaps, so call it for each.
        running = [replica for replica in replicas if not replica.ended(patience)]
        pause = PAUSE_SECONDS if any(replica.lingers for replica in running) else None
        if not running:
            # A process that left its group may keep a pipe open for ever; its output is not the job's.
            leave_at = leave_at or time.monotonic() + DRAIN_SECONDS
            pause = max(0.0, leave_at - time.monotonic())
            if len(selector.get_map()) == 1 or not pause:
                return
        for key, _ in selector.select(pause):
            data = os.read(key.fd, CHUNK)
            if key.data is None:
                continue
            for log in key.data:
                log.write(data)
            if not data:
                selector.unregister(key.fileobj)


def _reserve_result(folder: Path, replicas: int) -> None:
    """Reserve disk space for the result, so that it can be written even when the disk is full."""
    (folder / "result.json.partial").write_text(" " * (RESERVED + 16 * replicas))


def _write_result(folder: Path, replicas: list[Replica], *, cancelled: bool) -> None:
    codes: dict[str, list[int]] = {}
    for replica in replicas:
        codes.setdefault(replica.role, []).append(replica.process.wait())
    failed = any(any(each) for each in codes.values())
    result = {
        "state": "CANCELLED" if cancelled else "FAILED" if failed else "SUCCEEDED",
        "exit_codes": codes,
        "logs_complete": all(replica.combined.complete for replica in replicas),
    }
    partial = folder / "result.json.partial"
    with open(partial, "r+") as reserved:  # white space remains after the JSON, which is allowed
        reserved.write(json.dumps(result))
    partial.replace(folder / "result.json")


def _answer(text: str) -> None:
    with suppress(OSError):  # the submitter may have died; the job goes on
        os.write(1, text.encode())
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # the submitter reads until the end of this stream


if __name__ == "__main__":
    sys.exit(main())
