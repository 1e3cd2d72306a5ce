"""Many Ray jobs at once: none is lost, and one query returns the status of all."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from guard import GUARD_SECONDS
from tests.adapters.ray.conftest import app

from launchbind import JobState
from launchbind_adapters.ray import RayExecutor

if TYPE_CHECKING:
    from tests.adapters.ray.conftest import Jobs

JOBS = 100
#: Each job is a process that imports ray, which takes a second of a core and more.
MANY_SECONDS = 3 * GUARD_SECONDS


@pytest.mark.usefixtures("head")
def test_a_hundred_jobs_all_reach_their_state(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each ends with its own exit code and output, and a round of statuses takes one query."""
    from ray.job_submission import JobSubmissionClient

    queries: Counter[str] = Counter()
    request = JobSubmissionClient._do_request

    # Any: the options are passed on unchanged.
    def counted(self: JobSubmissionClient, method: str, endpoint: str, **options: Any) -> object:
        queries[f"{method} {endpoint}"] += 1
        return request(self, method, endpoint, **options)

    monkeypatch.setattr(JobSubmissionClient, "_do_request", counted)
    started = time.monotonic()
    executor = RayExecutor(num_cpus=0.5)  # eight at a time on the four CPUs that the head claims
    script = 'echo "$0"; exit $(($0 % 3))'
    apps = [app("sh", "-c", script, str(number), name="many") for number in range(JOBS)]
    handles = [jobs.run(each, executor) for each in apps]
    submitted = time.monotonic()
    assert queries["GET /api/jobs/"] == 0
    rounds = 0
    while True:
        statuses = jobs.statuses(handles)
        rounds += 1
        if all(status.state.is_terminal for status in statuses) or time.monotonic() > started + MANY_SECONDS:
            break
        time.sleep(1)
    ended = time.monotonic()
    assert queries["GET /api/jobs/"] == rounds
    assert [status.exit_code for status in statuses] == [number % 3 for number in range(JOBS)]
    failed_or_not = (JobState.SUCCEEDED, JobState.FAILED, JobState.FAILED)
    assert [status.state for status in statuses] == [failed_or_not[number % 3] for number in range(JOBS)]
    assert [list(jobs.logs(handle)) for handle in handles[:5]] == [[f"{number}\n"] for number in range(5)]
    with capsys.disabled():
        print(
            f"\n{JOBS} Ray jobs: submitted in {submitted - started:.0f} s, ended {ended - submitted:.0f} s "
            f"later; {rounds} rounds of statuses took {rounds} queries"
        )
