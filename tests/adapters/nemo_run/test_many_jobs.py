"""Many local jobs at once: none is lost, and one query returns the status of all."""

from __future__ import annotations

import os
import time
from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from guard import GUARD_SECONDS
from nemo_run import LocalExecutor
from torchx.specs import AppDef, Role

from launchbind import Bindings, JobState, Launcher
from launchbind_adapters.nemo_run.local import LocalScheduler

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pytest

    from launchbind import JobDescription

JOBS = 200


class Counting(LocalScheduler):
    """The real scheduler, which also counts the queries."""

    queries: ClassVar[Counter[str]] = Counter()

    def describe(self, app_id: str, /) -> JobDescription | None:
        self.queries["describe"] += 1
        return super().describe(app_id)

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, JobDescription | None]:
        self.queries["describe_many"] += 1
        return {app_id: super(Counting, self).describe(app_id) for app_id in app_ids}


def job(number: int, gate: Path) -> AppDef:
    """A job that waits at the gate, prints its number and exits with its number modulo 3."""
    script = f"read _ < {gate}; echo {number}; exit {number % 3}"
    return AppDef(f"job{number}", roles=[Role("main", image="", entrypoint="sh", args=["-c", script])])


def test_two_hundred_jobs_at_once_all_reach_their_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Jobs that run side by side each end with their own exit code and output."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    held_open = os.open(gate, os.O_RDWR)
    bindings: Bindings[AppDef, LocalExecutor] = Bindings()
    bindings.bind("local_persistent", LocalExecutor, Counting)
    with Launcher(bindings, session="many") as jobs:
        handles = [jobs.run(job(number, gate), LocalExecutor()) for number in range(JOBS)]
        assert {status.state for status in jobs.statuses(handles)} == {JobState.RUNNING}
        os.write(held_open, b"\n" * JOBS)
        rounds = 1
        give_up = time.monotonic() + GUARD_SECONDS
        while True:
            statuses = jobs.statuses(handles)
            rounds += 1
            if all(status.state.is_terminal for status in statuses) or time.monotonic() > give_up:
                break
            time.sleep(0.1)
        os.close(held_open)
        assert [status.exit_code for status in statuses] == [number % 3 for number in range(JOBS)]
        failed_or_not = (JobState.SUCCEEDED, JobState.FAILED, JobState.FAILED)
        assert [status.state for status in statuses] == [failed_or_not[number % 3] for number in range(JOBS)]
        assert Counting.queries == {"describe_many": rounds}
        output = ["".join(jobs.logs(handle)) for handle in handles]
        assert output == [f"{number}\n" for number in range(JOBS)]
    with capsys.disabled():
        print(f"\n{JOBS} jobs at once: {rounds} rounds of statuses took {rounds} scheduler queries")
