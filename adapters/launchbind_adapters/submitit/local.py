"""submitit's local engine: its own controllers, started in a session of their own.

submitit starts a controller as a child of the process that submits, in the same session. So a Ctrl-C in the
terminal ends it, and once the submitting process has gone nobody can find out the job's state
(submitit 1.5.4, local/local.py). Here a short-lived process in a new session submits, and the job's record
says which process the controller is.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import submitit
from submitit.core.logger import LOG_VARNAME

from launchbind.errors import PlanError
from launchbind_adapters.processes import Process, is_alive, process
from launchbind_adapters.submitit.executors import LocalExecutor
from launchbind_adapters.submitit.records import JobRecord, records
from launchbind_adapters.submitit.scheduler import QUIET, SubmititScheduler, pickle_by_value
from launchbind_adapters.submitit.task import GRACE_SECONDS, run_task
from launchbind_adapters.tail import wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from launchbind_adapters.submitit.request import RoleRequest, SubmititRequest

ResultT = TypeVar("ResultT", covariant=True)

#: Gives the helper the import path of the process that starts it, and leaves the environment, which is the
#: job's, as it is.
_BOOT = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from launchbind_adapters.submitit.local import submit_all
submit_all(pickle.load(sys.stdin.buffer), pickle.load(sys.stdin.buffer))
"""
#: Longer than the command is given to end; submitit's own way of cancelling is given as long again.
CANCEL_SECONDS = GRACE_SECONDS + 5
POLL_SECONDS = 0.05
SUBMITTED = b"submitted"


class LocalScheduler(SubmititScheduler[LocalExecutor]):
    """Runs jobs on this machine."""

    backend = "submitit_local"

    def _complete(self, request: SubmititRequest, executor: LocalExecutor) -> None:
        visible = executor.visible_gpus
        if visible and executor.gpus_per_node > len(visible):
            problem = f"asks for {executor.gpus_per_node} GPUs, of which {len(visible)} may be visible"
            raise PlanError(request.app_id.rpartition("-")[0], problem)
        request.timeout_min = executor.timeout_min
        request.parameters = {
            "tasks_per_node": executor.tasks_per_node,
            "gpus_per_node": executor.gpus_per_node,
            "signal_delay_s": executor.signal_delay_s,
            "stderr_to_stdout": executor.stderr_to_stdout,
            **({"visible_gpus": visible} if visible else {}),
            **({"python": executor.python} if executor.python else {}),
        }
        for role in request.roles:
            role.command = _with_setup(executor.setup, role.command)

    def _submit(self, request: SubmititRequest, job: JobRecord) -> None:
        order = pickle.dumps(sys.path) + pickle.dumps(request)
        log = Path(job.folder, "controller.log")
        with open(log, "a") as errors:
            helper = subprocess.Popen(  # noqa: S603 -- this interpreter, and a function of this package
                [sys.executable, "-I", "-c", _BOOT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        # The helper submits, and begins when it has read everything: by then the record must name it.
        job.submitter = process(helper.pid)
        self.records.write(job.app_id, job)
        answer, _ = helper.communicate(order + pickle.dumps(job))
        if answer != SUBMITTED:
            raise OSError(answer.decode() or f"submitit failed: {log.read_text().strip()[-1000:]}")

    def _cancel(self, job: JobRecord) -> None:
        if job.is_complete() and all(each.state.is_terminal for each in self._statuses([job]).values()):
            return
        job.cancel_file.touch()
        # The task ends the command when it sees the file. If it does not: as submitit cancels, then by force.
        for number, patience in ((0, CANCEL_SECONDS), (signal.SIGINT, CANCEL_SECONDS), (signal.SIGKILL, 1.0)):
            for pid, _ in filter(is_alive, job.controllers.values()):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            wait_until(lambda: not any(map(is_alive, job.controllers.values())), patience, POLL_SECONDS)

    def reopen(self, job: JobRecord, job_id: str) -> submitit.Job[int]:
        """A LocalJob that knows its state, and can be waited for and cancelled."""
        return ReopenedJob(job.folder, job_id, range(job.tasks), job.controllers[job_id])


class ReopenedJob(submitit.LocalJob[ResultT]):
    """A local job of another process, which submitit itself would take to have ended."""

    def __init__(
        self,
        folder: Path | str,
        job_id: str,
        tasks: Sequence[int] = (0,),
        controller: Process = (0, None),  # submitit makes the jobs of single tasks without it
    ) -> None:
        super().__init__(folder, job_id, tasks)
        self.controller = controller
        for each in self._sub_jobs:
            if isinstance(each, ReopenedJob):
                each.controller = controller

    def get_info(self, mode: str = "force") -> dict[str, str]:
        """The state, under submitit's names; RUNNING while there is a controller and no result."""
        alive = is_alive(self.controller)  # asked first: a job that ends in between has its result
        if alive and not self.paths.result_pickle.exists():
            return {"jobState": "RUNNING"}
        return super().get_info(mode)

    def cancel(self, check: bool = True) -> None:
        """Interrupt the controller, as submitit does in the process that submitted."""
        if is_alive(self.controller):
            os.kill(self.controller[0], signal.SIGINT)


def _with_setup(setup: Sequence[str], command: list[str]) -> list[str]:
    # With submitit's own setup the job's pid is that of a shell, which does not pass on the job's signals.
    return ["sh", "-c", " && ".join([*setup, 'exec "$@"']), "sh", *command] if setup else command


class _RecordingExecutor(submitit.LocalExecutor):
    """Records each controller before submitit gives it the command, until which it waits."""

    def __init__(self, job: JobRecord, role: str, python: str | None) -> None:
        super().__init__(job.folder, python=python)
        self._job, self._role = job, role

    def _submit_command(self, command: str) -> submitit.LocalJob[ResultT]:
        made: submitit.LocalJob[ResultT] = super()._submit_command(command)
        self._job.controllers[made.job_id] = process(int(made.job_id))
        self._job.ids.setdefault(self._role, []).append(made.job_id)
        records(self._job.backend).write(self._job.app_id, self._job)
        return made


def submit_all(request: SubmititRequest, job: JobRecord) -> None:
    """In the helper: submit every replica; say on standard output that this went well, or what went wrong."""
    stdout = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)  # the controllers inherit these, and must not hold the submitter's pipes open
    # A process in the background may ignore SIGINT, and its children then do too: submitit ends them by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.setdefault(LOG_VARNAME, QUIET)
    pickle_by_value()
    answer = SUBMITTED
    try:
        for role in request.roles:
            _submit_role(request, role, job)
    except Exception as error:  # noqa: BLE001 -- the submitter raises it, and cancels what was submitted
        answer = f"{type(error).__name__}: {error}".encode()
    with suppress(OSError):  # the submitter may have died; the job goes on
        os.write(stdout, answer)


def _submit_role(request: SubmititRequest, role: RoleRequest, job: JobRecord) -> None:
    parameters = dict(request.parameters)
    python = parameters.pop("python", None)
    executor = _RecordingExecutor(job, role.name, python if isinstance(python, str) else None)
    executor.update_parameters(timeout_min=request.timeout_min, **parameters)
    for _ in range(role.replicas):
        executor.submit(run_task, role.command, role.env, request.retries, str(job.cancel_file))
