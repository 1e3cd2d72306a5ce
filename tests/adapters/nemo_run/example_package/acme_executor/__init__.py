"""A custom executor for NeMo-Run: the executor, its scheduler, and the registration of both."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nemo_run.config import RUNDIR_NAME
from nemo_run.core.execution.base import Executor
from torchx.schedulers.api import DescribeAppResponse, ListAppResponse, Scheduler, filter_regex
from torchx.schedulers.ids import make_unique
from torchx.specs import AppDef, AppDryRunInfo, AppState, Role, parse_app_handle

from launchbind_adapters.nemo_run import SchedulerMixin, Support, install, register

from . import cluster

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from torchx.schedulers.api import Stream


@dataclass(kw_only=True)
class AcmeExecutor(Executor):
    """Where and how: on Acme's cluster, in one process."""

    #: Handles of the jobs to wait for. The experiment sets it, after the dry run.
    dependencies: list[str] = field(default_factory=list)

    def assign(self, exp_id: str, exp_dir: str, task_id: str, task_dir: str) -> None:
        """Take the job's folder from the experiment."""
        self.experiment_id, self.experiment_dir = exp_id, exp_dir
        self.job_dir = str(Path(exp_dir, task_dir))

    def nnodes(self) -> int:
        """One machine."""
        return 1

    def nproc_per_node(self) -> int:
        """One process."""
        return 1


@dataclass(frozen=True)
class AcmeRequest:
    """What the scheduler submits."""

    name: str
    command: list[str]
    env: dict[str, str]
    #: Kept for its dependencies, which are known only once the jobs before this one are submitted.
    executor: AcmeExecutor

    def __str__(self) -> str:
        return "\n".join([f"acme job {self.name}", *(f"    {word}" for word in self.command)])


class AcmeScheduler(SchedulerMixin[AcmeRequest], Scheduler[Any]):
    """Takes jobs to Acme's cluster, and knows them by name in any process."""

    def __init__(self, session_name: str) -> None:
        super().__init__("acme", session_name)

    def _submit_dryrun(self, app: AppDef, cfg: AcmeExecutor) -> AppDryRunInfo[AcmeRequest]:
        role = app.roles[0]
        # NeMo-Run writes scripts into the executor's job_dir. For an executor that it does not know, it
        # refers to them by the path that the folder would have in a container.
        mounted = f"/{RUNDIR_NAME}/"
        command = [
            str(Path(cfg.job_dir, word.removeprefix(mounted))) if word.startswith(mounted) else word
            for word in (role.entrypoint, *role.args)
        ]
        return AppDryRunInfo(AcmeRequest(app.name, command, role.env, cfg), str)

    def schedule(self, dryrun_info: AppDryRunInfo[AcmeRequest]) -> str:
        """Submit the job and return its name."""
        request = dryrun_info.request
        job = make_unique(request.name)
        after = [parse_app_handle(handle).app_id for handle in request.executor.dependencies]
        cluster.submit(job, request.command, request.env, after)
        return job

    def describe(self, app_id: str) -> DescribeAppResponse | None:
        """The state of a job; None when there is no such job."""
        state = cluster.state(app_id)
        if state is None:
            return None
        role = Role(app_id.rpartition("-")[0], image="")
        return DescribeAppResponse(app_id, AppState[state], roles=[role])

    def list(self) -> list[ListAppResponse]:
        """Every job."""
        return [ListAppResponse(job, AppState[cluster.state(job) or "UNKNOWN"]) for job in cluster.jobs()]

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
    ) -> Iterable[str]:
        """The lines that a job printed."""
        return filter_regex(regex or "", cluster.log(app_id, should_tail))

    def _cancel_existing(self, app_id: str) -> None:
        cluster.cancel(app_id)


def create_scheduler(session_name: str, **_: object) -> AcmeScheduler:
    """The scheduler factory; NeMo-Run passes the experiment too."""
    return AcmeScheduler(session_name)


register(
    "acme",
    AcmeExecutor,
    scheduler=create_scheduler,
    support=Support(detach=True, dependencies=True, job_groups=True),
)
# Called here, since a process that reads an experiment imports this module.
install()
