"""Telling processes apart, and the exit codes that they end with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from launchbind_adapters import processes
from launchbind_adapters.processes import birth, exit_code, is_alive, process
from launchbind_adapters.submitit import task


@pytest.mark.parametrize(
    ("script", "expected"), [("exit 0", 0), ("exit 200", 200), ("kill -9 $$", 137), ("kill -15 $$", 143)]
)
def test_exit_codes_are_a_shells(script: str, expected: int) -> None:
    """What a shell would say of the same process, also of one that a signal ended."""
    assert exit_code(subprocess.run(["sh", "-c", script], check=False).returncode) == expected
    assert subprocess.run(["sh", "-c", f"sh -c '{script}'; exit $?"], check=False).returncode == expected


def test_a_process_is_alive_until_it_ends() -> None:
    """A zombie, which nobody has waited for yet, has ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as started:
        known = process(started.pid)
        assert is_alive(known)
        started.kill()
        os.waitid(os.P_PID, started.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(known)
    assert not is_alive(known)
    assert birth(started.pid) is None


def test_another_process_with_the_same_pid_is_another_process() -> None:
    """The pid alone does not make it the same."""
    mine = process(os.getpid())
    assert is_alive(mine)
    assert not is_alive((mine[0], "long ago"))
    assert not is_alive((mine[0], None))


def test_what_runs_in_submitits_tasks_has_the_same_exit_codes() -> None:
    """It repeats the number, since launchbind is not there where a task runs."""
    assert processes.SIGNAL_BASE == task.SIGNAL_BASE == 128
    assert exit_code(-signal.SIGTERM) == task.SIGNAL_BASE + signal.SIGTERM
