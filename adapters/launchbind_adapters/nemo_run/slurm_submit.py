"""Submitting NeMo-Run's Slurm jobs: upstream's request, and what is remembered of the job it becomes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nemo_run.core.execution.slurm import SlurmBatchRequest
from nemo_run.run.torchx_backend.schedulers.slurm import SlurmTunnelScheduler

from launchbind_adapters.nemo_run.slurm_jobs import JobRecord
from launchbind_adapters.nemo_run.slurm_tunnel import runner_of, send, ssh_of
from launchbind_adapters.slurm import SlurmClient

if TYPE_CHECKING:
    from nemo_run.core.execution.slurm import SlurmExecutor
    from nemo_run.run.ray.slurm import SlurmRayRequest
    from torchx.specs import AppDef, AppDryRunInfo

    SlurmRequest = SlurmBatchRequest | SlurmRayRequest

#: What only Slurm, or the script's shell, fills in, such as the number of a restart.
_FILLED_IN = re.compile(r"\$\{[^}]*\}|%\w|\*")


class BatchRequest(SlurmBatchRequest):
    """Upstream's request, with every file in the job's folder.

    ``materialize`` names the files of each further role by putting its name in place of the first one's
    in the whole path, so they lie in a folder that does not exist when a folder's name has that in it.
    """

    def materialize(self) -> str:
        """The text of the sbatch script."""
        script: str = super().materialize()
        first, *others = self.jobs
        folder = f"{self.executor.job_details.folder}/"
        for role in others:
            script = script.replace(folder.replace(first, role), folder)
        return script


class UpstreamScheduler(SlurmTunnelScheduler):
    """Upstream's scheduler, for its dry run; made anew for each, since it keeps the executor's tunnel."""

    def _submit_dryrun(
        self,
        app: AppDef,
        cfg: Any,  # torchx says it holds a scheduler's options, and NeMo-Run hands over an executor
    ) -> AppDryRunInfo[Any]:
        info = super()._submit_dryrun(app, cfg)
        if isinstance(info.request, SlurmBatchRequest):
            info.request = BatchRequest(**vars(info.request))
        return info


def submit(request: SlurmRequest) -> tuple[JobRecord, SlurmClient]:
    """Run ``sbatch``; return what is to be remembered of the job, and the client of its cluster."""
    executor: SlurmExecutor = request.executor
    name = f"{executor.job_name}_sbatch.sh"
    # Again: a role's pre_proc may have changed the request after the dry run wrote this.
    Path(executor.experiment_dir, name).write_text(request.materialize())
    send(executor)
    command = [*request.launch_cmd]
    if executor.dependencies:
        command.append(f"--dependency={executor.dependency_type}:{':'.join(executor.parse_deps())}")
    client = SlurmClient(runner_of(executor.tunnel))
    app_id = client.submit([*command, str(Path(executor.tunnel.job_dir, name))])
    folder = Path(executor.tunnel.job_dir, Path(executor.job_dir).name)
    array = executor.array is not None
    logs = _logs(request, "*" if array else app_id)
    return JobRecord(app_id, str(folder), logs, ssh_of(executor.tunnel), array), client


def _logs(request: SlurmRequest, job_id: str) -> dict[str, str]:
    executor: SlurmExecutor = request.executor
    if not isinstance(request, SlurmBatchRequest):
        return {request.name: executor.job_details.ls_term.replace("%j", job_id)}
    details = [executor.job_details] * len(request.jobs)
    if len(executor.resource_group) == len(request.jobs):
        details = [each.job_details for each in executor.resource_group]
    patterns = {}
    for role, its in zip(request.jobs, details, strict=True):
        name = its.srun_stdout.name.replace(request.jobs[0], role).replace("%j", job_id)
        patterns[role] = "*".join(shlex.quote(part) if part else "" for part in _FILLED_IN.split(name))
    return patterns
