"""submitit's Slurm engine: its scripts and its pickles, submitted as they were planned."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import submitit
from submitit.core.logger import LOG_VARNAME
from submitit.core.utils import DelayedSubmission, JobPaths

from launchbind.errors import PlanError
from launchbind_adapters.submitit.executors import SlurmExecutor, SubmititExecutor
from launchbind_adapters.submitit.queries import engine, replica_fates
from launchbind_adapters.submitit.scheduler import QUIET, SubmititScheduler, pickle_by_value
from launchbind_adapters.submitit.task import run_task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from launchbind_adapters.submitit.fates import Fate, ReplicaId
    from launchbind_adapters.submitit.records import Job
    from launchbind_adapters.submitit.request import RoleRequest, SubmititRequest

#: Fields that are submitit's parameters under the same name.
_PARAMETERS = (
    "nodes",
    "tasks_per_node",
    "cpus_per_task",
    "gpus_per_node",
    "mem_gb",
    "partition",
    "account",
    "qos",
    "constraint",
    "gres",
    "nodelist",
    "exclude",
    "exclusive",
    "dependency",
    "comment",
    "cpus_per_gpu",
    "gpus_per_task",
    "mem_per_cpu",
    "mem_per_gpu",
    "mail_type",
    "mail_user",
    "wckey",
    "signal_delay_s",
    "array_parallelism",
    "stderr_to_stdout",
    "additional_parameters",
    "srun_args",
    "use_srun",
)
#: Requeues that submitit allows a task that can continue; a command cannot.
_MAX_TIMEOUTS = 3
#: How long a cancelled job is given to end before one is told that it still runs.
CANCEL_SECONDS = 10.0
#: Between questions about a job whose log is followed.
FIRST_QUERY_SECONDS, QUERY_GROWTH, MAX_QUERY_SECONDS = 1.0, 1.5, 15.0


class SlurmScheduler(SubmititScheduler[SlurmExecutor]):
    """Runs jobs on a Slurm cluster; the replicas of a role are one job array."""

    backend = "submitit_slurm"
    poll_seconds = 0.5

    def _accept(self, executor: SubmititExecutor) -> SlurmExecutor | None:
        return executor if isinstance(executor, SlurmExecutor) else None

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

    def _submit(self, request: SubmititRequest, job: Job) -> None:
        pickle_by_value()
        for role in request.roles:
            pickles = [_pickle(request, role) for _ in range(role.replicas)]
            script = Path(request.folder, f"{uuid4().hex}.sh")
            script.write_text(role.script)
            output = engine("sbatch", str(script))
            job_id = submitit.SlurmExecutor._get_job_id_from_submission_command(output)
            several = role.replicas > 1
            job.ids[role.name] = [f"{job_id}_{k}" if several else job_id for k in range(role.replicas)]
            self.records.write(job.app_id, job)
            # Only now: each task waits for its pickle, so that nothing runs which is not on record.
            for each, pickled in zip(job.ids[role.name], pickles, strict=True):
                JobPaths(job.folder, each).move_temporary_file(pickled, "submitted_pickle")
            JobPaths(job.folder, job_id).move_temporary_file(script, "submission_file")

    def _fates(self, jobs: Sequence[Job]) -> Mapping[ReplicaId, Fate]:
        return replica_fates(jobs)

    def _watch(self, job: Job, role: str, replica: int) -> Iterator[bool]:
        """As on other engines, but the cluster is asked ever more rarely while there is no result."""
        job_id = str(job.id_of(role, replica))
        result = JobPaths(job.folder, job_id).result_pickle
        due, pause = time.monotonic(), FIRST_QUERY_SECONDS
        while True:
            ended = False
            if result.exists() or time.monotonic() >= due:
                ended = self._fates([job])[job.app_id, job_id].state.is_terminal
                due, pause = time.monotonic() + pause, min(pause * QUERY_GROWTH, MAX_QUERY_SECONDS)
            yield ended
            time.sleep(self.poll_seconds)

    def _cancel(self, job: Job) -> None:
        left = self._unended(job)
        if left:
            try:
                engine("scancel", *left)
            except RuntimeError:
                if self._unended(job):  # what has ended in between cannot be cancelled
                    raise
        give_up = time.monotonic() + CANCEL_SECONDS
        while left and time.monotonic() < give_up:
            time.sleep(self.poll_seconds)
            left = self._unended(job)

    def _unended(self, job: Job) -> list[str]:
        return [each for (_, each), fate in self._fates([job]).items() if not fate.state.is_terminal]

    def reopen(self, job: Job, job_id: str) -> submitit.Job[int]:
        """A SlurmJob."""
        return submitit.SlurmJob(job.folder, job_id, range(job.tasks))


class _TextExecutor(submitit.SlurmExecutor):
    """Makes the text of batch scripts, on machines without Slurm too."""

    @classmethod
    def affinity(cls) -> int:
        return 1

    def script(self, replicas: int) -> str:
        """The text that ``sbatch`` is given.

        submitit 1.5.4 has no public way to it: a script is written only in order to be submitted. The
        size of an array is a parameter that it sets on a copy of itself (slurm/slurm.py,
        ``_internal_process_submissions``).
        """
        if replicas > 1:
            self.parameters["map_count"] = replicas
        return self._make_submission_file_text(self._submitit_command_str, "")


def _script(
    executor: SlurmExecutor, request: SubmititRequest, role: RoleRequest, name: str, minutes: int
) -> str:
    given = {each: getattr(executor, each) for each in _PARAMETERS}
    parameters = {each: value for each, value in given.items() if value not in (None, [], {})}
    quiet = f'export {LOG_VARNAME}="${{{LOG_VARNAME}:-{QUIET}}}"'
    parameters["setup"] = [quiet, *executor.setup]
    if executor.teardown:
        # The code of a script is that of its last line, and a job that failed is to be seen as failed.
        parameters["teardown"] = ["launchbind_code=$?", *executor.teardown, 'exit "$launchbind_code"']
    text = _TextExecutor(request.folder, python=executor.python)
    text.update_parameters(**text._convert_parameters({"name": name, "timeout_min": minutes, **parameters}))
    return text.script(role.replicas)


def _pickle(request: SubmititRequest, role: RoleRequest) -> Path:
    submission = DelayedSubmission(run_task, role.command, role.env, request.retries)
    submission.set_timeout(int(request.timeout_min or 0), _MAX_TIMEOUTS)
    path = Path(request.folder, f"{uuid4().hex}.pkl")
    submission.dump(path)
    return path
