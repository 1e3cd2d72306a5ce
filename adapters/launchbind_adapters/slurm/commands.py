"""The words of Slurm's commands, and running them on this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from typing import TypeAlias

#: Slurm's commands retry for a while when a daemon does not answer; none is given longer than this.
TIMEOUT_SECONDS = 120
#: What squeue and scancel say about a job that the controller has forgotten.
NO_SUCH_JOB = "Invalid job id specified"

#: Runs a command, given as its words, where a cluster's commands are, and returns what it prints.
#: Raises RuntimeError, in one sentence, when the command fails or does not answer in time.
Runner: TypeAlias = Callable[[Sequence[str]], str]


def sacct(job_ids: Sequence[str]) -> list[str]:
    """The command that tells how these jobs and their steps ended, read by :func:`~.rows.parse_sacct`."""
    columns = "--format=JobID,State,ExitCode,DerivedExitCode,JobName"
    return ["sacct", "--noheader", "--parsable2", columns, f"--jobs={','.join(job_ids)}"]


def sacct_ids() -> list[str]:
    """The command that prints the ids of all jobs; without a start time it would be those of today."""
    options = ["--noheader", "--parsable2", "--allocations", "--starttime=1970-01-01", "--format=JobID"]
    return ["sacct", *options]


def squeue(job_ids: Sequence[str]) -> list[str]:
    """The command that tells the present state of these jobs, read by :func:`~.rows.parse_squeue`.

    Each task of an array is on its own line. The columns are id, state, and what the job waits for.
    """
    options = ["--noheader", "--array", "--states=all", "--format=%i|%T|%r"]
    return ["squeue", *options, f"--jobs={','.join(job_ids)}"]


def scancel(job_ids: Sequence[str]) -> list[str]:
    """The command that ends these jobs."""
    return ["scancel", *job_ids]


def run_slurm(words: Sequence[str]) -> str:
    """Run a command on this machine; a :data:`Runner`. What is not UTF-8 becomes U+FFFD."""
    try:
        done = subprocess.run(  # noqa: S603 -- no shell reads the words
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            start_new_session=True,  # the terminal's Ctrl-C is for launchbind, not for the command
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise no_answer(words) from error
    return checked_output(words, done.returncode, done.stdout, done.stderr)


def checked_output(words: Sequence[str], returncode: int, stdout: str, stderr: str) -> str:
    """What a command printed; a RuntimeError, in the command's own words, when it failed."""
    if returncode:
        raise RuntimeError(f"{words[0]} failed: {' '.join(stderr.split()) or f'exit code {returncode}'}")
    return stdout


def no_answer(words: Sequence[str]) -> RuntimeError:
    """The error for a command that has not ended after ``TIMEOUT_SECONDS``."""
    return RuntimeError(f"{words[0]} did not answer in {TIMEOUT_SECONDS} s")
