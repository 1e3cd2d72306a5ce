"""NeMo-Run's Slurm jobs, which any process can follow from their record, without importing NeMo-Run.

Only submitting a job, and reaching a cluster over SSH, import it, when they are first needed: the request is
upstream's own, and so is the way to the cluster. Upstream's own scheduler is not used to follow jobs. It asks
``sacct`` only, so for the first seconds it does not know a job it has submitted; it calls a failure to ask
UNKNOWN; and it copies a log whenever it looks at it, and loses the last lines of a job that it follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from launchbind.specs import RoleSpec
from launchbind.state import JobDescription
from launchbind_adapters.nemo_run.bindings import EXECUTORS
from launchbind_adapters.nemo_run.slurm_jobs import find, records
from launchbind_adapters.nemo_run.slurm_logs import log_lines
from launchbind_adapters.slurm import JobQuery, SlurmClient
from launchbind_adapters.tail import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from nemo_run.core.execution.slurm import SlurmBatchRequest, SlurmExecutor
    from nemo_run.core.tunnel.client import SSHTunnel
    from torchx.specs import AppDef, AppDryRunInfo

    from launchbind_adapters.nemo_run.slurm_jobs import JobRecord, Ssh
    from launchbind_adapters.slurm import SlurmStatus

    Info = AppDryRunInfo[SlurmBatchRequest]

#: How long cancelling waits for the job to end, and the pause between two looks at it meanwhile.
CANCEL_SECONDS = 10.0
POLL_SECONDS = 0.5


class SlurmScheduler:
    """Submits jobs through upstream's scheduler, and follows them by their records.

    Where Slurm is asked, a RuntimeError says that it cannot be, a ConnectionError that its cluster cannot be
    reached.
    """

    #: What upstream calls its scheduler; the backend is registered as ``slurm_tunnel``.
    backend = "slurm"

    def __init__(self, session_name: str) -> None:
        self.session_name = session_name
        #: Values made for one plan alone, by its dry-run info.
        self._volatile: WeakKeyDictionary[Info, Mapping[str, str]] = WeakKeyDictionary()
        #: By what leads to the cluster.
        self._clients: dict[str, SlurmClient] = {}
        self._tunnels: list[SSHTunnel] = []

    def submit_dryrun(self, app: AppDef, executor: SlurmExecutor, /) -> Info:
        """Upstream's request, for an app and an executor that are filled in as NeMo-Run's experiments do.

        For an app whose metadata asks for a Ray cluster, upstream makes a ``SlurmRayRequest`` instead, which
        only :meth:`launchbind.Plan.request_as` tells checkers.
        """
        EXECUTORS.type_of("slurm_tunnel")  # raises the error that says what to install
        from launchbind_adapters.nemo_run.prepare import prepare
        from launchbind_adapters.nemo_run.slurm_submit import UpstreamScheduler

        volatile = prepare(app, executor, self.session_name)
        info: Info = UpstreamScheduler(self.session_name).submit_dryrun(app, executor)
        self._volatile[info] = volatile
        return info

    def volatile(self, dryrun_info: Info, /) -> Mapping[str, str]:
        """What was made for this plan alone, such as the name of its folder, each with its placeholder."""
        return self._volatile.get(dryrun_info, {})

    def schedule(self, dryrun_info: Info, /) -> str:
        """Submit the job with ``sbatch``, and return its id."""
        from launchbind_adapters.nemo_run.slurm_submit import submit

        job, client = submit(dryrun_info.request)
        records().write(job.app_id, job)
        self._clients.setdefault(str(job.ssh), client)  # it is connected
        return job.app_id

    def describe(self, app_id: str, /) -> JobDescription | None:
        """The job's state; a RuntimeError when Slurm has forgotten the job and not recorded how it ended."""
        job = find(app_id)
        status = self._status(job) if job else None
        return _described(job, status) if job and status else None

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, JobDescription | None]:
        """The jobs' states, by one ``sacct`` for each cluster, and one ``squeue`` for those that go on."""
        jobs = {app_id: job for app_id in app_ids if (job := find(app_id)) is not None}
        statuses = self._statuses(jobs.values())
        described = {app_id: _described(jobs[app_id], status) for app_id, status in statuses.items()}
        return {app_id: described.get(app_id) for app_id in app_ids}

    def list(self) -> Sequence[JobDescription]:
        """Every job that launchbind submitted from here and that Slurm still knows, oldest first."""
        jobs = records().all()
        statuses = self._statuses(jobs)
        return [_described(job, statuses[job.app_id]) for job in jobs if job.app_id in statuses]

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *, should_tail: bool = False
    ) -> Iterator[str]:
        """The lines of one role, for replica 0: ``srun`` writes those of all replicas into one file."""
        job = find(app_id)
        if job is None:
            raise LookupError(f"no Slurm job with the id {app_id!r} was submitted from here")
        if k:
            return iter(())

        def ended() -> bool:
            return not should_tail or self._has_ended(job)

        return log_lines(self._client(job.ssh).run, job.folder, job.logs[role_name], ended)

    def cancel(self, app_id: str, /) -> None:
        """End the job, and wait some seconds for that; one that has ended, or never was, is left alone."""
        job = find(app_id)
        if job is not None:
            self._client(job.ssh).cancel([app_id])
            wait_until(lambda: self._has_ended(job), CANCEL_SECONDS, POLL_SECONDS)

    def close(self) -> None:
        """Close the connections made here; the jobs go on."""
        self._clients.clear()
        while self._tunnels:
            from launchbind_adapters.nemo_run.slurm_tunnel import disconnect

            disconnect(self._tunnels.pop())

    def _has_ended(self, job: JobRecord) -> bool:
        status = self._status(job)
        return status is None or status.state.is_terminal

    def _status(self, job: JobRecord) -> SlurmStatus | None:
        status = self._statuses([job]).get(job.app_id)
        self._client(job.ssh).check_remembered(job.app_id)
        return status

    def _statuses(self, jobs: Iterable[JobRecord]) -> dict[str, SlurmStatus]:
        """The status of each job that its cluster knows, by its id."""
        clusters: dict[str, list[JobRecord]] = {}
        for job in jobs:
            clusters.setdefault(str(job.ssh), []).append(job)
        found: dict[str, SlurmStatus] = {}
        for group in clusters.values():
            queries = [JobQuery(job.app_id, len(job.logs), job.array) for job in group]
            found.update(self._client(group[0].ssh).ask(queries))
        return found

    def _client(self, ssh: Ssh | None) -> SlurmClient:
        key = str(ssh)
        if key not in self._clients:
            self._clients[key] = SlurmClient() if ssh is None else self._connected(ssh)
        return self._clients[key]

    def _connected(self, ssh: Ssh) -> SlurmClient:
        from launchbind_adapters.nemo_run.slurm_tunnel import make_tunnel, runner_of

        tunnel = make_tunnel(ssh)
        self._tunnels.append(tunnel)
        return SlurmClient(runner_of(tunnel))


def _described(job: JobRecord, status: SlurmStatus) -> JobDescription:
    return JobDescription(
        app_id=job.app_id,
        state=status.state,
        roles=[RoleSpec(role, "") for role in job.logs],
        msg=status.message,
        ui_url=None if job.ssh else f"file://{job.folder}",
        exit_code=status.exit_code,
    )
