"""Local jobs of NeMo-Run, run under a supervisor so that they outlive the program that submitted them.

torchx's ``LocalScheduler`` starts the processes as its children. They die with the program that launched
them, no other process learns their exit codes, and a followed log loses its last lines when two threads ask
for the state at once. Here the request is still NeMo-Run's (see :mod:`local_submit`), and
:mod:`supervisor` runs it. Following a job reads its record and files, and imports neither nemo_run nor
torchx.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from launchbind.specs import RoleSpec
from launchbind.state import JobDescription, JobState
from launchbind_adapters.nemo_run import supervisor
from launchbind_adapters.nemo_run.bindings import EXECUTORS
from launchbind_adapters.nemo_run.home import nemorun_home
from launchbind_adapters.processes import exit_code
from launchbind_adapters.records import Records
from launchbind_adapters.tail import follow_lines, poll, read_lines, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nemo_run.core.execution.local import LocalExecutor
    from torchx.schedulers.local_scheduler import PopenRequest
    from torchx.specs import AppDef, AppDryRunInfo

    Info = AppDryRunInfo[PopenRequest]

POLL_SECONDS = 0.05
#: Longer than the supervisor gives its processes to end.
CANCEL_SECONDS = supervisor.GRACE_SECONDS + 5


@dataclass(frozen=True)
class LocalRecord:
    """Where a job's files are; written before the job starts, so that it can always be found."""

    app_id: str
    session: str
    folder: str
    #: Role to the log folder of each replica.
    roles: dict[str, list[str]]

    def state(self) -> tuple[JobState, dict[str, list[int]]]:
        """The state, and the exit codes per role once the job has ended."""
        # The lock first: a job that ends in between counts as ended, never as lost.
        alive = self.is_supervised()
        try:
            result = json.loads(Path(self.folder, "result.json").read_text())
        except FileNotFoundError:
            return (JobState.RUNNING if alive else JobState.FAILED), {}
        return JobState[result["state"]], result["exit_codes"]

    def is_supervised(self) -> bool:
        """Whether the job's supervisor runs, which holds a lock."""
        try:
            with open(Path(self.folder, "lock")) as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            pass
        return False


class LocalScheduler:
    """Runs NeMo-Run's local requests under a supervisor process; any process can follow the job."""

    backend = "local"  # NeMo-Run's own scheduler calls itself so

    def __init__(self, session: str) -> None:
        self.session = session
        self._volatile: WeakKeyDictionary[Info, Mapping[str, str]] = WeakKeyDictionary()

    def submit_dryrun(self, app: AppDef, cfg: LocalExecutor, /) -> Info:
        """NeMo-Run's local request, for an app and an executor that are filled in as its experiments do."""
        EXECUTORS.type_of("local_persistent")  # raises the error that says what to install
        from launchbind_adapters.nemo_run.local_submit import LocalRequests
        from launchbind_adapters.nemo_run.prepare import prepare

        volatile = prepare(app, cfg, self.session)
        info: Info = LocalRequests(self.session).submit_dryrun(app, cfg)
        self._volatile[info] = {**volatile, info.request.app_id: "<app_id>"}
        return info

    def volatile(self, dryrun_info: Info, /) -> Mapping[str, str]:
        """The random parts of the folder and of the app id."""
        return self._volatile.get(dryrun_info, {})

    def schedule(self, dryrun_info: Info, /) -> str:
        """Start the job under a supervisor; when that fails, raise OSError and leave nothing behind."""
        from launchbind_adapters.nemo_run.local_submit import LocalRequests

        request = dryrun_info.request
        folder = Path(request.log_dir).absolute()  # it is read from other working directories, too
        logs = {
            role: [os.path.abspath(each) for each in dirs] for role, dirs in request.role_log_dirs.items()
        }
        record = LocalRecord(request.app_id, self.session, str(folder), logs)
        processes = LocalRequests(self.session).processes(request)
        folder.mkdir(parents=True)
        try:
            with open(folder / "lock", "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                _records().write(record.app_id, record)
                _start_supervisor(folder, lock.fileno(), json.dumps(processes))
        except OSError:
            # Not when interrupted: the job may have started, and must be found then.
            _records().remove(record.app_id)
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return record.app_id

    def describe(self, app_id: str, /) -> JobDescription | None:
        """The job's description, from any process; None when no local job has this id."""
        record = _records().read(app_id)
        return None if record is None else _description(record)

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, JobDescription | None]:
        """The jobs' descriptions, by reading a few files for each."""
        return {app_id: self.describe(app_id) for app_id in app_ids}

    def list(self) -> list[JobDescription]:
        """Every local job, oldest first."""
        return [_description(record) for record in _records().all()]

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *, should_tail: bool = False
    ) -> Iterator[str]:
        """The lines of one replica, output and errors in one, whole and in order."""
        record = _records().read(app_id)
        if record is None:
            raise LookupError(f"no local job has the id {app_id!r}")
        paths = [Path(record.roles[role_name][k], "combined.log")]
        if not should_tail:
            return read_lines(paths)
        return follow_lines(paths, poll(lambda: record.state()[0] is not JobState.RUNNING, POLL_SECONDS))

    def cancel(self, app_id: str, /) -> None:
        """End the job, and wait until it has; an unknown one, or one that has ended, is left alone."""
        record = _records().read(app_id)
        # While the lock is held, the pid in the file is the supervisor's and nobody else's.
        if record is not None and record.is_supervised():
            os.kill(int(Path(record.folder, "supervisor.pid").read_text()), signal.SIGTERM)
            wait_until(lambda: not record.is_supervised(), CANCEL_SECONDS, POLL_SECONDS)

    def close(self) -> None:
        """Do nothing: the jobs belong to their supervisors, and go on."""


def _start_supervisor(folder: Path, lock: int, processes: str) -> None:
    with open(folder / "supervisor.log", "w") as log:
        process = subprocess.Popen(  # noqa: S603 -- this interpreter, and a file of this package
            [sys.executable, "-I", "-S", supervisor.__file__, str(lock), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            pass_fds=(lock,),
            start_new_session=True,
        )
    # Through a pipe, not a file: the environment may hold secrets.
    answer, _ = process.communicate(processes)
    if answer.strip() != "started":
        reason = answer.strip() or (folder / "supervisor.log").read_text().strip()
        raise OSError(f"cannot start the job: {reason}")


def _records() -> Records[LocalRecord]:
    return Records(nemorun_home() / "launchbind" / "local", LocalRecord)


def _description(record: LocalRecord) -> JobDescription:
    state, per_role = record.state()
    codes = [exit_code(code) for role in per_role.values() for code in role]
    lost = state is JobState.FAILED and not codes
    return JobDescription(
        app_id=record.app_id,
        state=state,
        roles=[RoleSpec(name, "", num_replicas=len(logs)) for name, logs in record.roles.items()],
        msg="its supervisor was killed, so its exit code is not known" if lost else "",
        ui_url=f"file://{record.folder}",
        exit_code=next((code for code in codes if code), 0) if codes else None,
    )
