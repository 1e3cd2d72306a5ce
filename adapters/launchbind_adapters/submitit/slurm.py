"""submitit's Slurm engine: its scripts and its pickles, submitted as they were planned."""

from __future__ import annotations

import time
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

import submitit
from submitit.core.logger import LOG_VARNAME
from submitit.core.utils import DelayedSubmission, JobPaths

from launchbind.errors import PlanError
from launchbind.state import JobState
from launchbind_adapters.slurm import JobQuery, SlurmClient
from launchbind_adapters.submitit.executors import SlurmExecutor
from launchbind_adapters.submitit.replicas import ReplicaStatus, status_from_results
from launchbind_adapters.submitit.scheduler import QUIET, SubmititScheduler, pickle_by_value
from launchbind_adapters.submitit.task import run_task
from launchbind_adapters.tail import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from launchbind_adapters.slurm import SlurmStatus
    from launchbind_adapters.submitit.records import JobRecord
    from launchbind_adapters.submitit.replicas import ReplicaId
    from launchbind_adapters.submitit.request import RoleRequest, SubmititRequest

#: Fields that are not parameters of submitit's under the same name.
_OWN_FIELDS = ("folder", "env_vars", "retries", "name", "timeout_min", "time", "setup", "teardown", "python")
#: The requeues that submitit allows a task that can be continued, which a command cannot.
_MAX_TIMEOUTS = 3
#: How long cancelling waits for the job to end.
CANCEL_SECONDS = 10.0
#: The pauses between questions to Slurm about a job whose log is followed.
FIRST_QUERY_SECONDS, QUERY_GROWTH, MAX_QUERY_SECONDS = 1.0, 1.5, 15.0


class SlurmScheduler(SubmititScheduler[SlurmExecutor]):
    """Runs jobs on a Slurm cluster; the replicas of a role are one job array."""

    backend = "submitit_slurm"
    poll_seconds: ClassVar[float] = 0.5

    def __init__(self, session_name: str) -> None:
        super().__init__(session_name)
        self._slurm = SlurmClient()

    def _complete(self, request: SubmititRequest, executor: SlurmExecutor) -> None:
        app = request.app_id.rpartition("-")[0]
        if request.tasks > 1 and not executor.use_srun:
            raise PlanError(app, f"has {request.tasks} tasks, of which only srun starts more than one")
        minutes = executor.timeout_min if executor.time is None else executor.time
        if 0 < minutes * 60 <= executor.signal_delay_s:
            early = f"signal_delay_s={executor.signal_delay_s} before its limit of {minutes * 60} s"
            raise PlanError(app, f"would be ended as it starts, {early}: set a smaller one")
        request.timeout_min = minutes
        for role in request.roles:
            name = app if len(request.roles) == 1 else f"{app}-{role.name}"
            role.script = _script(executor, request, role, executor.name or name, minutes)

    def _submit(self, request: SubmititRequest, job: JobRecord) -> None:
        pickle_by_value()
        for role in request.roles:
            pickles = [_pickle(request, role) for _ in range(role.replicas)]
            script = Path(request.folder, f"{uuid4().hex}.sh")
            script.write_text(role.script)
            job_id = self._slurm.submit(["sbatch", "--parsable", str(script)])
            several = role.replicas > 1
            job.ids[role.name] = [f"{job_id}_{k}" if several else job_id for k in range(role.replicas)]
            self.records.write(job.app_id, job)
            # Only now, since each task waits for its pickle: whatever runs is on record.
            for each, pickled in zip(job.ids[role.name], pickles, strict=True):
                JobPaths(job.folder, each).move_temporary_file(pickled, "submitted_pickle")
            JobPaths(job.folder, job_id).move_temporary_file(script, "submission_file")

    def _statuses(self, jobs: Sequence[JobRecord]) -> Mapping[ReplicaId, ReplicaStatus]:
        known = self._slurm.ask(JobQuery(each) for job in jobs for each in job.all_ids())
        return {
            (job.app_id, each): _replica_status(job, each, known.get(each))
            for job in jobs
            for each in job.all_ids()
        }

    def _is_here(self, job: JobRecord) -> bool:
        return True

    def _status(self, job: JobRecord) -> Mapping[ReplicaId, ReplicaStatus]:
        statuses = super()._status(job)
        for (_, job_id), status in statuses.items():
            if not status.state.is_terminal:
                self._slurm.check_remembered(job_id)
        return statuses

    def _watch(self, job: JobRecord, job_id: str) -> Iterator[bool]:
        """As on other engines, but Slurm is asked ever more rarely while there is no result."""
        result = JobPaths(job.folder, job_id).result_pickle
        due, pause = time.monotonic(), FIRST_QUERY_SECONDS
        while True:
            ended = False
            if result.exists() or time.monotonic() >= due:
                ended = self._has_ended(job, job_id)
                due, pause = time.monotonic() + pause, min(pause * QUERY_GROWTH, MAX_QUERY_SECONDS)
            yield ended
            time.sleep(self.poll_seconds)

    def _cancel(self, job: JobRecord) -> None:
        if not (left := self._unended(job)):
            return
        try:
            self._slurm.cancel(left)
        except RuntimeError:
            if self._unended(job):  # what has ended in between cannot be cancelled
                raise
        wait_until(lambda: not self._unended(job), CANCEL_SECONDS, self.poll_seconds)

    def _unended(self, job: JobRecord) -> list[str]:
        return [each for (_, each), status in self._statuses([job]).items() if not status.state.is_terminal]

    def reopen(self, job: JobRecord, job_id: str) -> submitit.Job[int]:
        """A SlurmJob."""
        return submitit.SlurmJob(job.folder, job_id, range(job.tasks))


def _replica_status(job: JobRecord, job_id: str, status: SlurmStatus | None) -> ReplicaStatus:
    """The status of a replica, by what Slurm says and, once that is an end, by the results of its tasks."""
    if status is None:
        raise RuntimeError(
            f"neither sacct nor squeue knows the job {job_id}: ask again, or see 'sacct -j {job_id}'"
        )
    # The results have the exit codes, so what squeue says need not wait for sacct.
    state = status.state if status.unrecorded is None else status.unrecorded
    if not state.is_terminal and state is not JobState.UNKNOWN:
        return ReplicaStatus(state, message=status.message)
    results = status_from_results(job, job_id)
    if state is JobState.UNKNOWN:
        return results or ReplicaStatus(status.state, message=status.message)
    if results is not None and state is JobState.SUCCEEDED:
        return results
    message = results.message if results else ""
    if not message and status.unrecorded is None:
        message = status.message
    code = results.exit_code if results and results.exit_code else status.exit_code
    return ReplicaStatus(state, 0 if state is JobState.SUCCEEDED else code, message)


class _TextExecutor(submitit.SlurmExecutor):
    """Makes the text of batch scripts, even where there is no Slurm."""

    @classmethod
    def affinity(cls) -> int:
        return 1

    def script(self, parameters: dict[str, object], replicas: int) -> str:
        """The text that ``sbatch`` is given; submitit 1.5.4 writes it only in order to submit it.

        The size of an array is a parameter that it sets on a copy of itself (slurm/slurm.py,
        ``_internal_process_submissions``).
        """
        self.update_parameters(**self._convert_parameters(parameters))
        if replicas > 1:
            self.parameters["map_count"] = replicas
        return self._make_submission_file_text(self._submitit_command_str, "")


def _script(
    executor: SlurmExecutor, request: SubmititRequest, role: RoleRequest, name: str, minutes: int
) -> str:
    names = [each.name for each in fields(SlurmExecutor) if each.name not in _OWN_FIELDS]
    given = {each: getattr(executor, each) for each in names}
    parameters = {each: value for each, value in given.items() if value not in (None, [], {})}
    quiet = f'export {LOG_VARNAME}="${{{LOG_VARNAME}:-{QUIET}}}"'
    parameters["setup"] = [quiet, *executor.setup]
    if executor.teardown:
        # A script's exit code is that of its last line, and a command that failed must fail the job.
        parameters["teardown"] = ["launchbind_code=$?", *executor.teardown, 'exit "$launchbind_code"']
    text = _TextExecutor(request.folder, python=executor.python)
    return text.script({"name": name, "timeout_min": minutes, **parameters}, role.replicas)


def _pickle(request: SubmititRequest, role: RoleRequest) -> Path:
    submission = DelayedSubmission(run_task, role.command, role.env, request.retries)
    submission.set_timeout(int(request.timeout_min or 0), _MAX_TIMEOUTS)
    path = Path(request.folder, f"{uuid4().hex}.pkl")
    submission.dump(path)
    return path
