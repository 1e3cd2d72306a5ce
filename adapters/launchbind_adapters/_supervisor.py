"""Supervisor: runs the processes of one local job, so that the job outlives whoever submitted it.

A program of its own, run by path with the standard library only. It reads the processes from standard
input as JSON, answers ``started`` or what failed on standard output, copies their output into log
files, and leaves ``result.json`` behind. While it lives it holds a lock, handed to it open, that the
kernel frees however it ends; so anyone can tell a running job from a lost one.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TypedDict

GRACE_SECONDS = 10  # between SIGTERM and SIGKILL, as torchx's local scheduler has it
DRAIN_SECONDS = 1.0  # for output that is still in a pipe after its process has ended
CHUNK = 65536


class ReplicaSpec(TypedDict):
    """One process as the submitter describes it."""

    args: list[str]
    env: dict[str, str]
    cwd: str | None
    stdout: str
    stderr: str
    combined: str


class Replica:
    """One process, its log files, and its exit code once it has ended."""

    def __init__(self, role: str, spec: ReplicaSpec) -> None:
        self.role = role
        self.combined = _log(spec["combined"])
        self.process = subprocess.Popen(  # noqa: S603 -- running the job's command is what it is for
            spec["args"],
            env=spec["env"],
            cwd=spec["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.pipes = [
            (pipe, _log(path))
            for pipe, path in ((self.process.stdout, spec["stdout"]), (self.process.stderr, spec["stderr"]))
            if pipe is not None
        ]

    def signal(self, number: int) -> None:
        """Signal the process and everything it started; its pid is ours until it is waited for."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def ended(self) -> bool:
        """Whether the process has ended; what it left running is ended too."""
        if self.process.returncode is None:
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT
            if os.waitid(os.P_PID, self.process.pid, options) is None:
                return False
            self.signal(signal.SIGTERM)
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
        for role, specs in roles.items():
            for spec in specs:
                replicas.append(Replica(role, spec))
    except OSError as error:
        for replica in replicas:
            replica.signal(signal.SIGKILL)
        _answer(f"{type(error).__name__}: {error}")
        return 1
    if cancelled:  # while they were being started: the last ones have not heard of it
        replicas[-1].signal(signal.SIGTERM)
    (folder / "supervisor.pid").write_text(str(os.getpid()))
    _answer("started")
    _copy_output(replicas)

    codes: dict[str, list[int]] = {}
    for replica in replicas:
        codes.setdefault(replica.role, []).append(replica.process.wait())
    failed = any(any(each) for each in codes.values())
    state = "CANCELLED" if cancelled else "FAILED" if failed else "SUCCEEDED"
    partial = folder / "result.json.partial"
    partial.write_text(json.dumps({"state": state, "exit_codes": codes}))
    partial.replace(folder / "result.json")
    return 0


def _listen_for_cancel(replicas: list[Replica]) -> list[int]:
    """On SIGTERM end the processes, gently first; the returned list is empty unless that happened."""
    received: list[int] = []

    def terminate(number: int, _frame: object) -> None:
        for replica in replicas:
            replica.signal(signal.SIGKILL if received else signal.SIGTERM)
        if not received:
            signal.alarm(GRACE_SECONDS)
        received.append(number)

    signal.signal(signal.SIGTERM, terminate)
    signal.signal(signal.SIGALRM, terminate)
    return received


def _copy_output(replicas: list[Replica]) -> None:
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
        running = [
            replica for replica in replicas if not replica.ended()
        ]  # asks each, so that each is reaped
        if not running:
            # A process that left its group may hold a pipe open for ever; its output is not the job's.
            leave_at = leave_at or time.monotonic() + DRAIN_SECONDS
            if len(selector.get_map()) == 1 or time.monotonic() >= leave_at:
                return
        pause = None if leave_at is None else max(0.0, leave_at - time.monotonic())
        for key, _ in selector.select(pause):
            data = os.read(key.fd, CHUNK)
            if key.data is None:
                continue
            for log in key.data:
                log.write(data)
            if not data:
                selector.unregister(key.fileobj)


def _log(path: str) -> IO[bytes]:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return open(path, "xb", buffering=0)


def _answer(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # the submitter reads until the end of this stream


if __name__ == "__main__":
    sys.exit(main())
