"""submitit's debug engine: the job runs within ``submit``, in the process that submits."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import submitit
from submitit.core.utils import cloudpickle_dump, temporary_save_path

from launchbind_adapters.submitit.executors import DebugExecutor
from launchbind_adapters.submitit.local import ReopenedJob
from launchbind_adapters.submitit.scheduler import SubmititScheduler
from launchbind_adapters.submitit.task import run

if TYPE_CHECKING:
    from submitit.core.utils import JobPaths

    from launchbind_adapters.submitit.records import JobRecord
    from launchbind_adapters.submitit.request import RoleRequest, SubmititRequest


class DebugScheduler(SubmititScheduler[DebugExecutor]):
    """Runs jobs within ``submit``, one replica after the other.

    submitit itself leaves neither result nor output of the command behind. Here both go where its local
    engine writes them, so that another process can read them.
    """

    backend = "submitit_debug"

    def _complete(self, request: SubmititRequest, executor: DebugExecutor) -> None:
        pass

    def _submit(self, request: SubmititRequest, job: JobRecord) -> None:
        executor = submitit.DebugExecutor(job.folder)
        made: list[submitit.Job[int]] = []
        for role in request.roles:
            for _ in range(role.replicas):
                task = _Task(role, request.retries, job)
                made.append(executor.submit(task))
                task.paths = made[-1].paths
                job.ids.setdefault(role.name, []).append(made[-1].job_id)
                job.controllers[made[-1].job_id] = job.submitter
        self.records.write(job.app_id, job)
        try:
            for each in made:
                each.results()
        except BaseException as error:
            # After a Ctrl-C this process may live on, which must not be taken for a job that does.
            for each in made:
                if not each.paths.result_pickle.exists():
                    _save(each.paths, "error", f"{type(error).__name__}: it was interrupted")
            raise

    def _cancel(self, job: JobRecord) -> None:
        if not all(each.state.is_terminal for each in self._statuses([job]).values()):
            job.cancel_file.touch()  # the process that runs the command looks for it

    def reopen(self, job: JobRecord, job_id: str) -> submitit.Job[int]:
        """A LocalJob: submitit cannot make a debug job from its id."""
        return ReopenedJob(job.folder, job_id, controller=job.controllers[job_id])


class _Task:
    """Runs the command; :func:`~launchbind_adapters.submitit.task.run_task` needs a process of its own."""

    def __init__(self, role: RoleRequest, retries: int, job: JobRecord) -> None:
        self.role, self.retries, self.job = role, retries, job
        self.paths: JobPaths | None = None  # known once it is submitted, before it is run

    def __call__(self) -> int:
        if self.paths is None:
            raise RuntimeError("a debug job was run before it was submitted")
        _stop_logging_to(self.paths)
        with open(self.paths.stdout, "wb") as output:
            code = run(
                self.role.command,
                self.role.env,
                self.retries,
                self.job.cancel_file.exists,
                stdout=output,
                stderr=output,
            )
        _save(self.paths, "success", code)
        return code


def _stop_logging_to(paths: JobPaths) -> None:
    """Keep the job's files for its command: submitit logs this process there, and leaves the files open."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, logging.FileHandler) and Path(handler.baseFilename).parent == paths.folder:
            root.removeHandler(handler)
            handler.close()
    paths.stderr.unlink(missing_ok=True)  # submitit has written a line; the other file is truncated below


def _save(paths: JobPaths, outcome: str, result: int | str) -> None:
    paths.folder.mkdir(exist_ok=True)
    with temporary_save_path(paths.result_pickle) as partial:
        cloudpickle_dump((outcome, result), partial)
