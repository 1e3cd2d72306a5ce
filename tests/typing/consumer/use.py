"""Plans and jobs: what is typed with a key, and what is narrowed without one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timezone

from typing_extensions import assert_never, assert_type

from launchbind import (
    AppSpec,
    BoundScheduler,
    DryRunInfo,
    Handle,
    JobState,
    JobStatus,
    Plan,
    PlanError,
    SupportsDescribeMany,
    SupportsList,
    SupportsLogs,
)

from .apps import pair
from .bindings import DESK, JOBS, LAZY, QUEUE
from .executors import DeskExecutor, NightExecutor, QueueExecutor
from .schedulers import Batch, Process

# -- plans: typed by a key ------------------------------------------------------------------------------

plan = JOBS.plan(pair, QueueExecutor(queue="long"), backend=QUEUE)
assert_type(plan, Plan[AppSpec, DryRunInfo[Batch]])
assert_type(plan.app, AppSpec)
assert_type(plan.info.request.tasks, list[str])
assert_type(JOBS.plan(pair, NightExecutor(), backend=QUEUE).info.request, Batch)
assert_type(JOBS.plan(pair, QueueExecutor(), backend=LAZY).info.request, Batch)
assert_type(JOBS.plan(pair, DeskExecutor(), backend=DESK).info.request.argv, list[str])

# -- plans: without a key, narrowed -----------------------------------------------------------------------

untyped = JOBS.plan(pair, QueueExecutor())
assert_type(untyped, Plan[AppSpec, object])
assert_type(JOBS.plan(pair, QueueExecutor(), backend="queue"), Plan[AppSpec, object])
assert_type(untyped.request_as(Batch).tasks, list[str])

try:
    untyped.request_as(Process)
except PlanError as error:
    assert_type(error.problem, str)


def show(*plans: Plan[object, object]) -> str:
    """Takes any plan."""
    return "\n".join(f"{each.backend} {each.fingerprint}\n{each.render()}" for each in plans)


show(plan, untyped)
by_name: dict[str, Plan[object, object]] = {"queue": plan, "untyped": untyped}
assert_type(plan.diff(by_name["untyped"]), str)
assert_type(plan.to_json(redact=False), str)
assert_type(plan.handle, Handle | None)

# -- jobs -------------------------------------------------------------------------------------------------

handle = JOBS.submit(plan)
assert_type(handle, Handle)
assert_type(JOBS.submit(untyped), Handle)
assert_type(JOBS.run(pair, DeskExecutor()), Handle)
assert_type(JOBS.run(pair, DeskExecutor(), backend=DESK), Handle)
assert_type(JOBS.run(pair, DeskExecutor(), backend="local"), Handle)
assert_type(JOBS.status(handle), JobStatus)
assert_type(JOBS.statuses([handle, str(handle)]), list[JobStatus])
assert_type(JOBS.logs(handle, "driver", follow=True, since=datetime.now(timezone.utc)), Iterator[str])
assert_type(JOBS.list(QUEUE), list[JobStatus])
assert_type(JOBS.list("queue"), list[JobStatus])
assert_type(JOBS.wait(handle, timeout=60, progress=lambda status: print(status.state)).exit_code, int | None)
JOBS.cancel(handle)


def word(state: JobState) -> str:
    """Handles every state, which a checker knows where they are told apart with ``is``."""
    if state is JobState.SUCCEEDED or state is JobState.FAILED or state is JobState.CANCELLED:
        assert_type(state.is_terminal, bool)
        return "ended"
    if state is JobState.RUNNING or state is JobState.UNKNOWN:
        return "not ended"
    if state is JobState.UNSUBMITTED or state is JobState.SUBMITTED or state is JobState.PENDING:
        return "not begun"
    assert_never(state)


# -- schedulers and their capabilities --------------------------------------------------------------------

scheduler = JOBS.scheduler(QUEUE)
assert_type(scheduler, BoundScheduler[AppSpec, QueueExecutor, DryRunInfo[Batch]])
assert_type(scheduler.submit_dryrun(pair, QueueExecutor()).request, Batch)

named = JOBS.scheduler("queue")
assert_type(named.backend, str)
if isinstance(named, SupportsLogs):
    assert_type(named.log_iter("1", "main", should_tail=True), Iterable[str])
if isinstance(named, SupportsList):
    assert_type([job.app_id for job in named.list()], list[str])
if isinstance(named, SupportsDescribeMany):
    assert_type(list(named.describe_many(["1"])), list[str])

with JOBS as jobs:
    assert_type(jobs.session, str)
