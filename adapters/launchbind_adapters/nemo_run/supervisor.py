"""Supervisor: runs the processes of one local job, so that the job outlives whoever submitted it.

A program of its own, run by path with the standard library only. It reads the processes from standard
input as JSON, answers ``started`` or what failed on standard output, copies their output into log
files, and leaves ``result.json`` behind. While it lives it holds a lock, handed to it open, that the
kernel frees however it ends; so anyone can tell a running job from a lost one.
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
from typing import TypedDict

GRACE_SECONDS = 10  # between SIGTERM and SIGKILL, as torchx's local scheduler has it
DRAIN_SECONDS = 1.0  # for what a process has left behind: output in a pipe, children that linger
PAUSE_SECONDS = 0.05  # between looks at lingering children
CHUNK = 65536
PR_SET_PDEATHSIG = 1  # linux/prctl.h
RESERVED = 4096  # bytes of the result, and as many for each replica's exit code as it may need


class ReplicaSpec(TypedDict):
    """One process as the submitter describes it."""

    args: list[str]
    env: dict[str, str]
    cwd: str | None
    stdout: str
    stderr: str
    combined: str


class Log:
    """A log file that gives up rather than fail: a full disk must not end the job, nor lose sight of it."""

    def __init__(self, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "xb", buffering=0)  # noqa: SIM115 -- open as long as the job runs
        self.complete = True

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
        self.combined = Log(spec["combined"])
        self.process = subprocess.Popen(  # noqa: S603 -- running the job's command is what it is for
            spec["args"],
            env=spec["env"],
            cwd=spec["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        self.pipes = [
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
        """Signal the process and everything it started; its pid is ours until it is waited for."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def ended(self, patience: float) -> bool:
        """Whether the process has ended; what it left running is ended too, within ``patience`` seconds."""
        if self.process.returncode is None:
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT  # not waited for, so its group stays its own
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
        return 0  # the submitter waits for this one only; init inherits the other, and reaps it
    lock, folder = int(sys.argv[1]), Path(sys.argv[2])
    os.set_inheritable(lock, False)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        roles: dict[str, list[ReplicaSpec]] = json.load(sys.stdin)
    except ValueError:  # the submitter died before it had said everything
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
    if cancelled:  # while they were being started: the last ones have not heard of it
        for replica in replicas:
            replica.signal(signal.SIGTERM)
    _answer("started")
    _copy_output(replicas, cancelled)
    _write_result(folder, replicas, cancelled=bool(cancelled))
    return 0


def _end_with_parent() -> None:
    """Ask Linux to kill this process when the supervisor is killed: nobody would know of it then."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _has_members(group: int) -> bool:
    """Whether a process group has a process that has not ended; none can be seen without /proc."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):  # it may end while it is looked at
            state, _, pgrp = entry.read_text().rpartition(")")[2].split()[:3]
            if int(pgrp) == group and state not in "ZX":
                return True
    return False


def _listen_for_cancel(replicas: list[Replica]) -> list[int]:
    """On SIGTERM end the processes, gently first; the returned list is empty unless that happened."""
    received: list[int] = []

    def terminate(number: int, _frame: object) -> None:
        if received and number == signal.SIGTERM:
            return  # asked before, and the grace is running
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
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)  # a child's end wakes the selector
    signal.signal(signal.SIGCHLD, lambda *_: None)
    selector.register(wake, selectors.EVENT_READ, None)
    for replica in replicas:
        for pipe, log in replica.pipes:
            selector.register(pipe, selectors.EVENT_READ, (log, replica.combined))

    leave_at: float | None = None
    while True:
        # The alarm that a cancel sets ends what lingers; otherwise there is no reason to wait for long.
        patience = GRACE_SECONDS * 2 if cancelled else DRAIN_SECONDS
        # Asks each, so that each is reaped.
        running = [replica for replica in replicas if not replica.ended(patience)]
        pause = PAUSE_SECONDS if any(replica.lingers for replica in running) else None
        if not running:
            # A process that left its group may hold a pipe open for ever; its output is not the job's.
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
    """Take the room for the result now: on a disk that fills up, the job's end must still be told."""
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
    with open(partial, "r+") as reserved:  # the rest of the reserve is white space, which JSON allows
        reserved.write(json.dumps(result))
    partial.replace(folder / "result.json")


def _answer(text: str) -> None:
    with suppress(OSError):  # a submitter that has died in between is no reason to leave the job alone
        os.write(1, text.encode())
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # the submitter reads until the end of this stream


if __name__ == "__main__":
    sys.exit(main())
