"""Acme's cluster, as an example of yours: a folder of jobs, each run by its own process.

A job is a folder, where a file appears for each thing that happens: ``log`` when it starts, ``cancel``
when somebody wants it ended, ``exit`` when it has ended. So any process can follow any job.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

POLL_SECONDS = 0.1
SPOOL = Path(os.environ.get("ACME_SPOOL", Path.home() / ".acme"))


def submit(job: str, command: Sequence[str], env: Mapping[str, str], after: Sequence[str]) -> None:
    """Start a job that runs ``command`` once the jobs ``after`` have succeeded."""
    (SPOOL / job).mkdir(parents=True)
    worker = [sys.executable, "-I", __file__, str(SPOOL / job), ",".join(after), *command]
    quiet = subprocess.DEVNULL
    # No file contains env, which may hold secrets. This returns at once: the worker detaches itself.
    subprocess.run(worker, env={**os.environ, **env}, stdin=quiet, stdout=quiet, stderr=quiet, check=True)


def jobs() -> list[str]:
    """The ids of all jobs."""
    return [path.name for path in SPOOL.iterdir()] if SPOOL.exists() else []


def state(job: str) -> str | None:
    """PENDING, RUNNING, SUCCEEDED, FAILED or CANCELLED; None when there is no such job."""
    folder = SPOOL / job
    if (folder / "exit").exists():
        return {"0": "SUCCEEDED", "cancelled": "CANCELLED"}.get((folder / "exit").read_text(), "FAILED")
    if (folder / "log").exists():
        return "RUNNING"
    return "PENDING" if folder.exists() else None


def cancel(job: str) -> None:
    """Request a job's end."""
    (SPOOL / job / "cancel").touch()


def log(job: str, follow: bool) -> Iterator[str]:
    """A job's output so far; with ``follow``, until the job ends."""
    while follow and state(job) == "PENDING":
        time.sleep(POLL_SECONDS)
    if (SPOOL / job / "log").exists():
        with open(SPOOL / job / "log", errors="replace") as lines:
            while follow and state(job) == "RUNNING":
                yield from lines
                time.sleep(POLL_SECONDS)
            yield from lines


def work(job: Path, after: Sequence[str], command: Sequence[str]) -> str:
    """Run a job in this process; return the content of its exit file."""
    cancelled = (job / "cancel").exists
    for name in after:
        while state(name) in ("PENDING", "RUNNING") and not cancelled():
            time.sleep(POLL_SECONDS)
        if state(name) != "SUCCEEDED":
            return "cancelled"
    with open(job / "log", "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    while process.poll() is None:
        if cancelled():
            os.killpg(process.pid, signal.SIGTERM)
        time.sleep(POLL_SECONDS)
    return "cancelled" if cancelled() else str(process.returncode)


if __name__ == "__main__" and os.fork() == 0:
    os.setsid()
    folder = Path(sys.argv[1])
    SPOOL = folder.parent
    try:
        outcome = work(folder, [name for name in sys.argv[2].split(",") if name], sys.argv[3:])
    except OSError as error:  # the command cannot be started
        (folder / "log").write_text(f"{error}\n")
        outcome = "127"
    (folder / "exit.part").write_text(outcome)
    (folder / "exit.part").replace(folder / "exit")  # so that nobody reads half of it
