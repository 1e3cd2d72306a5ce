"""What submitit's engines share: the dry run, and following a job from its record alone."""

from __future__ import annotations

import os
import re
import shutil
import socket
import time
from abc import ABC, abstractmethod
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar
from uuid import uuid4

from submitit.core.utils import JobPaths

from launchbind.errors import PlanError
from launchbind.planning.dryrun import DryRunInfo, DryRunMixin
from launchbind_adapters.processes import process
from launchbind_adapters.records import state_home
from launchbind_adapters.submitit import task
from launchbind_adapters.submitit.executors import SubmititExecutor
from launchbind_adapters.submitit.records import JobRecord, records
from launchbind_adapters.submitit.records import read as read_record
from launchbind_adapters.submitit.replicas import describe_job, replica_status
from launchbind_adapters.submitit.request import RoleRequest, SubmititInfo, SubmititRequest
from launchbind_adapters.tail import follow_lines, poll, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeAlias

    import submitit

    from launchbind.protocols import App, Role
    from launchbind.state import JobDescription
    from launchbind_adapters.records import Records
    from launchbind_adapters.submitit.replicas import ReplicaId, ReplicaStatus

    #: Named here, since a method called list hides the builtin in annotations.
    RoleJobs: TypeAlias = list[submitit.Job[int]]

ExecutorT = TypeVar("ExecutorT", bound=SubmititExecutor)

#: No tag of submitit's paths (%j, %t, ...) either, since the name is part of a folder.
_NAME = re.compile(r"(?!\.+$)[^/\s%]+")
#: For SUBMITIT_LOG_LEVEL, where it is not set: submitit's own lines would be among those of the job.
QUIET = "CRITICAL"


class SubmititScheduler(DryRunMixin, ABC, Generic[ExecutorT]):
    """A scheduler on one of submitit's engines; the type parameter is the executor it takes."""

    backend: str

    def __init__(self, session_name: str) -> None:
        self.session = session_name
        self.records: Records[JobRecord] = records(self.backend)

    @abstractmethod
    def _complete(self, request: SubmititRequest, executor: ExecutorT) -> None:
        """Add to a request what only this engine has, or raise PlanError; nothing is written anywhere."""

    @abstractmethod
    def _submit(self, request: SubmititRequest, job: JobRecord) -> None:
        """Submit every replica, adding its id to the written record before its command can run."""

    def _statuses(self, jobs: Sequence[JobRecord]) -> Mapping[ReplicaId, ReplicaStatus]:
        """The status of each submitted replica of the jobs, in a bounded number of queries."""
        return {(job.app_id, each): replica_status(job, each) for job in jobs for each in job.all_ids()}

    def _is_here(self, job: JobRecord) -> bool:
        """Whether this machine can find out the job's status."""
        return job.host == socket.gethostname()

    @abstractmethod
    def _cancel(self, job: JobRecord) -> None:
        """End what has not ended."""

    @abstractmethod
    def reopen(self, job: JobRecord, job_id: str) -> submitit.Job[int]:
        """submitit's own job, from any process."""

    def _submit_dryrun(self, app: App, cfg: ExecutorT) -> SubmititInfo:
        if not _NAME.fullmatch(app.name):
            raise PlanError(app.name, "needs another name: one without '/', '%' and white space")
        tasks = cfg.nnodes() * cfg.nproc_per_node()
        if tasks < 1:
            raise PlanError(app.name, "has no tasks: give its executor at least one node and one task")
        if cfg.retries and tasks > 1:
            problem = f"cannot be retried: its {tasks} tasks would be restarted one by one; set retries to 0"
            raise PlanError(app.name, problem)
        home = state_home() / "submitit" / "jobs" if cfg.folder is None else Path(cfg.folder)
        if "%" in str(home):
            raise PlanError(app.name, "has a folder with '%': each job has a folder of its own already")
        app_id = f"{app.name}-{uuid4().hex[:12]}"
        request = SubmititRequest(
            app_id=app_id,
            backend=self.backend,
            folder=str(home.expanduser().absolute() / app_id),
            tasks=tasks,
            retries=cfg.retries,
            timeout_min=None,
            roles=[_role_request(role, cfg) for role in app.roles],
        )
        self._complete(request, cfg)
        return DryRunInfo(request)

    def volatile(self, dryrun_info: SubmititInfo, /) -> Mapping[str, str]:
        """The app id is made anew in every dry run."""
        return {dryrun_info.request.app_id: "<app_id>"}

    def schedule(self, dryrun_info: SubmititInfo, /) -> str:
        """Submit every replica of every role; when one cannot be submitted, the others are cancelled."""
        request = dryrun_info.request
        folder = Path(request.folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)  # the environment, which may hold secrets, is pickled there
        job = new_job(request, self.session)
        try:
            self.records.write(job.app_id, job)
            self._submit(request, job)
        except Exception as failure:
            self._take_back(job, failure)
            raise
        except BaseException:
            self._leave(job)  # interrupted: what was submitted must be found
            raise
        return job.app_id

    def _take_back(self, job: JobRecord, failure: Exception) -> None:
        try:
            self._cancel(self.records.read(job.app_id) or job)
        except Exception as error:  # noqa: BLE001 -- raised below, whatever it is
            problem = f"{failure}; and what was submitted before that could not be cancelled: {error}"
            raise RuntimeError(problem) from failure  # the record stays: it may run
        self.records.remove(job.app_id)
        shutil.rmtree(job.folder, ignore_errors=True)

    def _leave(self, job: JobRecord) -> None:
        written = self.records.read(job.app_id)
        if written is not None and written.submitter[0] == os.getpid():
            # This process may live for long, but it will not submit the rest.
            self.records.write(job.app_id, replace(written, submitter=(os.getpid(), None)))

    def describe(self, app_id: str, /) -> JobDescription | None:
        """The job's state, from any process; None when there is no record of the job."""
        job = self._read(app_id)
        return describe_job(job, self._status(job)) if job else None

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, JobDescription | None]:
        """The jobs' states, in as many queries as for one job; None where there is no record of a job."""
        asked = {app_id: self._read(app_id) for app_id in app_ids}
        statuses = self._statuses([job for job in asked.values() if job is not None])
        return {app_id: describe_job(job, statuses) if job else None for app_id, job in asked.items()}

    def jobs(self, app_id: str) -> dict[str, RoleJobs] | None:
        """submitit's jobs by role; None when there is no record of the job."""
        job = self._read(app_id)
        if job is None:
            return None
        return {role: [self.reopen(job, each) for each in ids] for role, ids in job.ids.items()}

    def list(self) -> Sequence[JobDescription]:
        """The session's jobs, oldest first."""
        own = [each for each in self.records.all() if each.session == self.session and self._is_here(each)]
        jobs = [job for each in own if (job := self._read(each.app_id)) is not None]
        statuses = self._statuses(jobs)
        return [describe_job(job, statuses) for job in jobs]

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *, should_tail: bool = False
    ) -> Iterator[str]:
        """The lines of one replica: as its tasks write them when they are followed, else task by task."""
        job = self._read(app_id)
        if job is None:
            raise LookupError(f"{self.backend} has no job {app_id!r}")
        return self._follow(job, role_name, k) if should_tail else read_lines(log_files(job, role_name, k))

    def _follow(self, job: JobRecord, role: str, replica: int) -> Iterator[str]:
        while (job_id := job.id_of(role, replica)) is None:
            if job.interrupted:
                return
            time.sleep(self.poll_seconds)
            job = self._read(job.app_id) or job
        yield from follow_lines(log_files(job, role, replica), self._watch(job, job_id))

    #: Seconds between looks at log files.
    poll_seconds: ClassVar[float] = 0.1

    def _watch(self, job: JobRecord, job_id: str) -> Iterator[bool]:
        """Whether the replica has ended, asked again for each value, with pauses in between."""
        return poll(lambda: self._has_ended(job, job_id), self.poll_seconds)

    def _has_ended(self, job: JobRecord, job_id: str) -> bool:
        return self._status(job)[job.app_id, job_id].state.is_terminal

    def _status(self, job: JobRecord) -> Mapping[ReplicaId, ReplicaStatus]:
        """The status of each submitted replica of the one job that somebody asks about or waits for."""
        return self._statuses([job])

    def cancel(self, app_id: str, /) -> None:
        """End the job; one that has ended, or never was, is left alone."""
        job = self._read(app_id)
        if job is not None:
            self._cancel(job)

    def close(self) -> None:
        """Do nothing: the jobs go on."""

    def _read(self, app_id: str) -> JobRecord | None:
        return read_record(self.backend, app_id)


def pickle_by_value() -> None:
    """Pickle what runs in tasks by value, so that they need submitit, but not launchbind."""
    # Imported this way since cloudpickle, which submitit brings, has no types.
    import_module("cloudpickle").register_pickle_by_value(task)


def new_job(request: SubmititRequest, session: str) -> JobRecord:
    """The record of a job that this process is about to submit."""
    return JobRecord(
        app_id=request.app_id,
        session=session,
        backend=request.backend,
        folder=request.folder,
        host=socket.gethostname(),
        submitter=process(os.getpid()),
        tasks=request.tasks,
        replicas={role.name: role.replicas for role in request.roles},
    )


def log_files(job: JobRecord, role: str, replica: int) -> list[Path]:
    """The files that a replica's tasks write, whether they exist yet or not."""
    job_id = job.id_of(role, replica)
    if job_id is None:
        return []
    tasks = [JobPaths(job.folder, job_id, task) for task in range(job.tasks)]
    return [path for task in tasks for path in (task.stdout, task.stderr)]


def _role_request(role: Role, executor: SubmititExecutor) -> RoleRequest:
    return RoleRequest(
        name=role.name,
        replicas=role.num_replicas,
        command=[role.entrypoint, *role.args],
        env={**executor.env_vars, **role.env},
    )
