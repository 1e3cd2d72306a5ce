"""Schedulers of one's own: each takes an executor of its own, and makes a request of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from typing_extensions import assert_type

from launchbind import (
    App,
    AppSpec,
    Description,
    DryRunInfo,
    DryRunMixin,
    JobDescription,
    JobState,
    Scheduler,
    SchedulerFactory,
    submit_dryrun,
)

from .executors import DeskExecutor, QueueExecutor


@dataclass
class Process:
    """What the desk runs."""

    argv: list[str]
    nice: int


@dataclass
class Batch:
    """What the queue runs."""

    script: str
    tasks: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Job:
    """A job of a listing."""

    app_id: str
    state: JobState
    exit_code: int | None = None


class DeskScheduler(DryRunMixin):
    """Takes any app, and has no capability."""

    def __init__(self, session: str, *, shell: str = "sh") -> None:
        self.backend = "desk"
        self._shell = shell
        self._session = session

    def _submit_dryrun(self, app: App, cfg: DeskExecutor) -> DryRunInfo[Process]:
        argv = [self._shell, *(word for role in app.roles for word in role.args)]
        return DryRunInfo(Process(argv, cfg.nice))

    def schedule(self, dryrun_info: DryRunInfo[Process], /) -> str:
        return dryrun_info.request.argv[0]

    def describe(self, app_id: str, /) -> JobDescription | None:
        return JobDescription(app_id, JobState.RUNNING)

    def cancel(self, app_id: str, /) -> None: ...

    def close(self) -> None: ...


class QueueScheduler:
    """Takes apps of this package, has every capability, and writes ``submit_dryrun`` itself."""

    backend = "queue"

    def __init__(self, session: str) -> None:
        self._session = session

    def submit_dryrun(self, app: AppSpec[DryRunInfo[Batch]], cfg: QueueExecutor, /) -> DryRunInfo[Batch]:
        return submit_dryrun(self, app, cfg)

    def _submit_dryrun(self, app: AppSpec[DryRunInfo[Batch]], cfg: QueueExecutor) -> DryRunInfo[Batch]:
        return DryRunInfo(Batch(f"#QUEUE {cfg.queue}", [role.entrypoint for role in app.roles]))

    def schedule(self, dryrun_info: DryRunInfo[Batch], /) -> str:
        return str(len(dryrun_info.request.tasks))

    def describe(self, app_id: str, /) -> JobDescription | None:
        return self.describe_many([app_id])[app_id]

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, JobDescription | None]:
        return {app_id: JobDescription(app_id, JobState.SUCCEEDED, exit_code=0) for app_id in app_ids}

    def log_iter(
        self,
        app_id: str,
        role_name: str,
        k: int = 0,
        *,
        should_tail: bool = False,
        since: datetime | None = None,
    ) -> Iterator[str]:
        yield f"{app_id} {role_name} {k}\n"

    def list(self) -> Iterable[Job]:
        return [Job("1", JobState.RUNNING)]

    def volatile(self, dryrun_info: DryRunInfo[Batch], /) -> Mapping[str, str]:
        return {dryrun_info.request.script: "<script>"}

    def cancel(self, app_id: str, /) -> None: ...

    def close(self) -> None: ...


def dry_runs(app: AppSpec, desk: DeskScheduler, queue: QueueScheduler) -> None:
    """An app without a parameter suits every scheduler, and the info is the scheduler's own."""
    assert_type(desk.submit_dryrun(app, DeskExecutor()), DryRunInfo[Process])
    assert_type(queue.submit_dryrun(app, QueueExecutor()).request.tasks, list[str])
    assert_type(submit_dryrun(queue, app, QueueExecutor()), DryRunInfo[Batch])


def describe(scheduler: Scheduler[AppSpec, QueueExecutor, DryRunInfo[Batch]]) -> Description | None:
    """Takes any scheduler of these types."""
    assert_type(scheduler.submit_dryrun(AppSpec("job"), QueueExecutor()).request, Batch)
    return scheduler.describe("1")


def factory(create: SchedulerFactory[Scheduler[AppSpec, DeskExecutor, DryRunInfo[Process]]]) -> str:
    """Takes whatever creates schedulers of these types."""
    return create("session").backend


describe(QueueScheduler("team"))
factory(DeskScheduler)
factory(lambda session: DeskScheduler(session, shell="bash"))
