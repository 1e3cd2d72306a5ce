"""Local jobs that outlive their launcher: NeMo-Run's local scheduler, run under a supervisor.

The request is upstream's own. Only who runs it differs: torchx's ``LocalScheduler`` starts the
processes as its children, so they die with the program that launched them, nobody else learns their
exit codes, and a log that is followed loses its last lines when two threads ask for the state at once.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nemo_run.config import get_nemorun_home
from nemo_run.run.torchx_backend.schedulers.local import PersistentLocalScheduler
from torchx.schedulers.api import DescribeAppResponse, ListAppResponse
from torchx.schedulers.local_scheduler import CWDImageProvider
from torchx.specs import AppState, Role

from launchbind_adapters.nemo_run import supervisor
from launchbind_adapters.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from torchx.schedulers.api import Stream
    from torchx.schedulers.local_scheduler import PopenRequest
    from torchx.specs import AppDryRunInfo

POLL_SECONDS = 0.05
CHUNK = 65536
#: Longer than the supervisor gives its processes to end.
CANCEL_SECONDS = supervisor.GRACE_SECONDS + 5
SIGNAL_BASE = 128  # a process that signal N ended has exit code 128 + N, as shells have it


@dataclass(frozen=True)
class Job:
    """Where a job's files are; written before it starts, so that it can always be found."""

    app_id: str
    session: str
    folder: str
    #: Role to the log folder of each replica.
    roles: dict[str, list[str]]

    def state(self) -> tuple[AppState, dict[str, list[int]]]:
        """The state, and the exit codes per role once the job has ended."""
        # In this order: a job that ends in between is seen as ended, never as lost.
        alive = _is_locked(Path(self.folder, "lock"))
        try:
            result = json.loads(Path(self.folder, "result.json").read_text())
        except FileNotFoundError:
            return (AppState.RUNNING if alive else AppState.FAILED), {}
        return AppState[result["state"]], result["exit_codes"]


class SupervisedLocalScheduler(PersistentLocalScheduler):
    """Runs NeMo-Run's local requests under a supervisor process; any process can follow the job."""

    def __init__(self, session_name: str) -> None:
        super().__init__(session_name, CWDImageProvider)

    # -- submitting ------------------------------------------------------------------------------

    def volatile(self, dryrun_info: AppDryRunInfo[PopenRequest], /) -> Mapping[str, str]:
        """torchx makes a random app id in every dry run."""
        return {dryrun_info.request.app_id: "<app_id>"}

    def schedule(self, dryrun_info: AppDryRunInfo[PopenRequest]) -> str:
        """Start the job under a supervisor of its own.

        Raises
        ------
        OSError
            When a process cannot be started, for example because its program does not exist; nothing
            is left behind then.
        """
        request = dryrun_info.request
        folder = Path(request.log_dir).absolute()  # others look for it from other working directories
        logs = {
            role: [os.path.abspath(each) for each in dirs] for role, dirs in request.role_log_dirs.items()
        }
        job = Job(request.app_id, self.session_name, str(folder), logs)
        processes = {
            role: [
                {
                    "args": params.args,
                    "env": self._get_replica_env(params),
                    "cwd": params.cwd,
                    "stdout": params.stdout,
                    "stderr": params.stderr,
                    "combined": params.combined,
                }
                for params in replicas
            ]
            for role, replicas in request.role_params.items()
        }
        folder.mkdir(parents=True)
        try:
            with open(folder / "lock", "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                _records().write(job.app_id, job)
                _start(folder, lock.fileno(), json.dumps(processes))
        except OSError:
            # Not when interrupted: the job may have started, and must be found then.
            _records().remove(job.app_id)
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return request.app_id

    # -- following -------------------------------------------------------------------------------

    def describe(self, app_id: str) -> DescribeAppResponse | None:
        """The job's state, from any process; None when no local job has this id."""
        job = _records().read(app_id)
        if job is None:
            return None
        state, codes = job.state()
        lost = state is AppState.FAILED and not codes
        return DescribeAppResponse(
            app_id=app_id,
            state=state,
            num_restarts=0,
            msg="its supervisor was killed, so its exit code is not known" if lost else "",
            ui_url=f"file://{job.folder}",
            roles=[Role(name, image="", num_replicas=len(logs)) for name, logs in job.roles.items()],
        )

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, DescribeAppResponse | None]:
        """The jobs' states: a few files each, no query at all."""
        return {app_id: self.describe(app_id) for app_id in app_ids}

    def exit_code(self, app_id: str, /) -> int | None:
        """The first non-zero exit code, else 0; None while the job runs, or when it was lost."""
        job = _records().read(app_id)
        codes = [code for role in (job.state()[1] if job else {}).values() for code in role]
        if not codes:
            return None
        first = next((code for code in codes if code), 0)
        return first if first >= 0 else SIGNAL_BASE - first

    def list(self) -> list[ListAppResponse]:
        """Every local job, oldest first."""
        records = _records()
        jobs = [job for job in map(records.read, records.app_ids()) if job is not None]
        return [ListAppResponse(job.app_id, job.state()[0]) for job in jobs]

    def log_iter(
        self,
        app_id: str,
        role_name: str,
        k: int = 0,
        regex: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        should_tail: bool = False,
        streams: Stream | None = None,
    ) -> Iterator[str]:
        """The lines of one replica, whole and in order.

        Raises
        ------
        NotImplementedError
            When asked for a span of time: the log files hold none.
        """
        if since is not None or until is not None:
            raise NotImplementedError
        job = _records().read(app_id)
        if job is None:
            raise LookupError(f"no local job has the id {app_id!r}")
        stream = "combined" if streams is None else streams.value
        path = Path(job.roles[role_name][k], f"{stream}.log")
        lines = _follow(path, job) if should_tail else _lines(path)
        return (line for line in lines if regex is None or re.search(regex, line))

    # -- ending ----------------------------------------------------------------------------------

    def exists(self, app_id: str) -> bool:
        """Whether a local job has this id."""
        return _records().read(app_id) is not None

    def _cancel_existing(self, app_id: str) -> None:
        job = _records().read(app_id)
        if job is None:
            return
        give_up = time.monotonic() + CANCEL_SECONDS
        # Alive means locked, so the pid in the file is the supervisor's and nobody else's.
        if _is_locked(Path(job.folder, "lock")):
            os.kill(int(Path(job.folder, "supervisor.pid").read_text()), signal.SIGTERM)
        while _is_locked(Path(job.folder, "lock")) and time.monotonic() < give_up:
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Do nothing: the jobs are their supervisors', and go on."""


def create_scheduler(session_name: str, **_: object) -> SupervisedLocalScheduler:
    """The scheduler factory for the backend ``local_persistent``."""
    return SupervisedLocalScheduler(session_name)


def _start(folder: Path, lock: int, processes: str) -> None:
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


def _records() -> Records[Job]:
    return Records(Path(get_nemorun_home(), "launchbind", "local"), Job)


def _is_locked(path: Path) -> bool:
    try:
        with open(path) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


def _lines(path: Path) -> Iterator[str]:
    with open(path, encoding="utf-8", errors="replace", newline="") as log:
        yield from log


def _follow(path: Path, job: Job) -> Iterator[str]:
    rest: list[bytes] = []
    with open(path, "rb") as log:
        while True:
            # Asked before reading: what an ended job has written is all there.
            ended = job.state()[0] is not AppState.RUNNING
            while data := log.read(CHUNK):
                rest.append(data)
                if b"\n" in data or b"\r" in data:  # else not joined yet: a line may be very long
                    *lines, last = b"".join(rest).splitlines(keepends=True)  # progress bars end in \r
                    if last.endswith(b"\n"):  # what ends in \r may go on with \n
                        lines, last = [*lines, last], b""
                    yield from (line.decode("utf-8", "replace") for line in lines)
                    rest = [last]
            if ended:
                break
            time.sleep(POLL_SECONDS)
    if any(rest):
        yield b"".join(rest).decode("utf-8", "replace")
