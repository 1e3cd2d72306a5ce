"""NeMo-Run's Slurm jobs, which any process can follow.

The request is upstream's own, and so is the way to the cluster. Upstream's scheduler asks ``sacct`` only,
so for the first seconds it does not know a job it has submitted, and it calls a failure to ask UNKNOWN; of
the logs it copies one file whenever it looks, and loses the last lines of a job it follows.
"""

from __future__ import annotations

import re
import shlex
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nemo_run.core.execution.slurm import SlurmBatchRequest
from nemo_run.run.torchx_backend.schedulers.slurm import SlurmTunnelScheduler
from torchx.schedulers.api import DescribeAppResponse, ListAppResponse
from torchx.specs import AppState, Role

from launchbind_adapters.nemo_run.slurm_jobs import Job, Request, find, records, submitted
from launchbind_adapters.nemo_run.slurm_tunnel import disconnect, make_tunnel, read, run, send
from launchbind_adapters.slurm import state as slurm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from nemo_run.core.execution.slurm import SlurmExecutor
    from nemo_run.core.tunnel.client import Tunnel
    from torchx.schedulers.api import Stream
    from torchx.specs import AppDef, AppDryRunInfo

#: Between two looks at a log that is followed, each of which asks Slurm how the job fares: longer and
#: longer while nothing is written.
POLL_SECONDS = 0.5
POLL_GROWTH = 1.5
POLL_SECONDS_AT_MOST = 5.0
#: How long cancelling waits for the job to end.
CANCEL_SECONDS = 10.0
#: In one command: Linux takes 128 KiB.
JOBS_AT_ONCE = 5000
#: How long a job that Slurm has forgotten may wait for its accounting, which lags by seconds, before that is
#: an error: a controller that crashed may have lost the job, and nobody will ever say how it ended.
FORGOTTEN_SECONDS = 120.0


class FollowableSlurmScheduler(SlurmTunnelScheduler):
    """Runs NeMo-Run's Slurm requests; any process can follow the job."""

    def __init__(self, session_name: str) -> None:
        super().__init__(session_name)
        self._planning = threading.Lock()
        #: By what leads to the cluster; those of the executors, which are connected, where there are any.
        self._tunnels: dict[str, Tunnel] = {}
        self._made: list[Tunnel] = []
        #: Of the jobs that were looked at.
        self._codes: dict[str, int | None] = {}
        #: Since when, on the monotonic clock, Slurm has not known them any more.
        self._forgotten: dict[str, float] = {}

    # -- submitting ------------------------------------------------------------------------------

    def _submit_dryrun(
        self,
        app: AppDef,
        cfg: Any,  # torchx says it holds a scheduler's options, and NeMo-Run hands over an executor
    ) -> AppDryRunInfo[Any]:
        with self._planning:  # upstream keeps the executor's tunnel on the scheduler meanwhile
            info = super()._submit_dryrun(app, cfg)
        if isinstance(info.request, SlurmBatchRequest):
            info.request = Request(**vars(info.request))
        return info

    def schedule(
        self,
        dryrun_info: AppDryRunInfo[Any],  # upstream's two parents do not agree what the request is
    ) -> str:
        """Submit the job with ``sbatch``.

        Raises
        ------
        RuntimeError
            When ``sbatch`` refuses it.
        ConnectionError
            When the cluster cannot be reached.
        """
        request = dryrun_info.request
        executor: SlurmExecutor = request.executor
        name = f"{executor.job_name}_sbatch.sh"
        # Again: a role's pre_proc may have changed the request after the dry run wrote this.
        Path(executor.experiment_dir, name).write_text(request.materialize())
        send(executor)
        command = [*request.launch_cmd]
        if executor.dependencies:
            command.append(f"--dependency={executor.dependency_type}:{':'.join(executor.parse_deps())}")
        answer = run(executor.tunnel, shlex.join([*command, str(Path(executor.tunnel.job_dir, name))]))
        app_id = answer.strip().splitlines()[-1].partition(";")[0]  # "id", or "id;cluster"
        job = submitted(app_id, request)
        records().write(app_id, job)
        self._tunnels.setdefault(str(job.ssh), executor.tunnel)
        return app_id

    # -- following -------------------------------------------------------------------------------

    def describe(self, app_id: str) -> DescribeAppResponse | None:
        """The job's state, from any process; None when no job of this id was submitted.

        Raises
        ------
        RuntimeError
            When Slurm cannot be asked, or has forgotten the job without recording how it ended.
        """
        found = self.describe_many([app_id])[app_id]
        self._check_remembered(app_id)
        return found

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, DescribeAppResponse | None]:
        """The jobs' states, by one ``sacct`` for each cluster, and one ``squeue`` for those that go on."""
        jobs = {app_id: job for app_id in app_ids if (job := find(app_id)) is not None}
        seen = self._look(list(jobs.values()))
        described = {app_id: _description(jobs[app_id], each) for app_id, each in seen.items()}
        return {app_id: described.get(app_id) for app_id in app_ids}

    def exit_code(self, app_id: str, /) -> int | None:
        """The first non-zero exit code, else 0; None while the job goes on, or when Slurm has none."""
        if app_id not in self._codes:
            self.describe(app_id)
        return self._codes.get(app_id)

    def list(self) -> list[ListAppResponse]:
        """Every job that was submitted from here and that Slurm still knows, oldest first."""
        jobs = [job for app_id in records().app_ids() if (job := records().read(app_id)) is not None]
        seen = self._look(jobs)
        known = [job.app_id for job in jobs if job.app_id in seen]
        return [ListAppResponse(app_id, AppState[seen[app_id].state]) for app_id in known]

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
        """The lines of one role, whole and in order; ``srun`` writes those of its replicas into one file.

        Raises
        ------
        NotImplementedError
            When asked for a span of time: the log files hold none.
        """
        if since is not None or until is not None:
            raise NotImplementedError
        job = find(app_id)
        if job is None:
            raise LookupError(f"no Slurm job with the id {app_id!r} was submitted from here")
        lines = self._lines(job, job.logs[role_name], should_tail) if k == 0 else iter(())
        return (line for line in lines if regex is None or re.search(regex, line))

    def _lines(self, job: Job, pattern: str, follow: bool) -> Iterator[str]:
        rest = b""
        for data in self._pieces(job, pattern, follow):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                yield line.decode("utf-8", "replace") + "\n"
        if rest:
            yield rest.decode("utf-8", "replace")

    def _pieces(self, job: Job, pattern: str, follow: bool) -> Iterator[bytes]:
        """What the files hold, one after the other: each restart of the job begins a new one."""
        number, offset, pause = 0, 0, POLL_SECONDS
        while True:
            # Asked before reading: what an ended job has written is all there.
            ended = not follow or not self._goes_on(job)
            while True:
                count, data = read(self._tunnel(job), job.folder, pattern, number, offset)
                if data:
                    offset, pause = offset + len(data), POLL_SECONDS
                    yield data
                elif number + 1 < count:
                    number, offset = number + 1, 0
                else:
                    break
            if ended:
                return
            time.sleep(pause)
            pause = min(pause * POLL_GROWTH, POLL_SECONDS_AT_MOST)

    def _goes_on(self, job: Job) -> bool:
        seen = self._look([job]).get(job.app_id)
        self._check_remembered(job.app_id)
        return seen is not None and seen.state not in slurm.ENDED

    def _look(self, jobs: Sequence[Job]) -> dict[str, slurm.Seen]:
        """How those jobs fare that Slurm knows."""
        clusters: dict[str, list[Job]] = {}
        for job in jobs:
            clusters.setdefault(str(job.ssh), []).append(job)
        found: dict[str, slurm.Seen] = {}
        for group in clusters.values():
            for start in range(0, len(group), JOBS_AT_ONCE):
                found.update(_ask(self._tunnel(group[0]), group[start : start + JOBS_AT_ONCE]))
        for app_id, seen in found.items():
            self._codes[app_id] = seen.code
            if seen.message == slurm.WAITING:
                self._forgotten.setdefault(app_id, time.monotonic())
            else:
                self._forgotten.pop(app_id, None)
        return found

    def _check_remembered(self, app_id: str) -> None:
        """Raise, for those who wait for this one job, when it has been forgotten for too long."""
        since = self._forgotten.get(app_id)
        if since is not None and time.monotonic() - since > FORGOTTEN_SECONDS:
            raise RuntimeError(
                f"Slurm has forgotten job {app_id} and not recorded its end: ask sacct -j {app_id}"
            )

    # -- ending ----------------------------------------------------------------------------------

    def _cancel_existing(self, app_id: str) -> None:
        job = find(app_id)
        if job is None:
            return
        run(self._tunnel(job), f"scancel {app_id}")
        give_up = time.monotonic() + CANCEL_SECONDS
        while self._goes_on(job) and time.monotonic() < give_up:
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Close the connections made here; the jobs go on."""
        self._tunnels.clear()
        while self._made:
            disconnect(self._made.pop())

    def _tunnel(self, job: Job) -> Tunnel:
        key = str(job.ssh)
        if key not in self._tunnels:
            self._tunnels[key] = make_tunnel(job.ssh)
            self._made.append(self._tunnels[key])
        return self._tunnels[key]


def create_scheduler(session_name: str, **_: object) -> FollowableSlurmScheduler:
    """The scheduler factory for the backend ``slurm_tunnel``."""
    return FollowableSlurmScheduler(session_name)


def _ask(tunnel: Tunnel, jobs: Sequence[Job]) -> dict[str, slurm.Seen]:
    rows = slurm.accounted(run(tunnel, slurm.sacct(job.app_id for job in jobs)))
    going_on = [job.app_id for job in jobs if job.array or not slurm.all_ended(rows.get(job.app_id, ()))]
    text = run(tunnel, slurm.squeue(going_on), allowed=slurm.NO_SUCH_JOB) if going_on else ""
    queue = slurm.queued(text)
    found = {}
    for job in jobs:
        seen = slurm.judge(rows.get(job.app_id, ()), queue.get(job.app_id, ()), tasks=len(job.logs))
        if seen is not None:
            found[job.app_id] = seen
    return found


def _description(job: Job, seen: slurm.Seen) -> DescribeAppResponse:
    return DescribeAppResponse(
        app_id=job.app_id,
        state=AppState[seen.state],
        msg=seen.message,
        ui_url=None if job.ssh else f"file://{job.folder}",
        roles=[Role(role, image="", num_replicas=1) for role in job.logs],
    )
