"""What any process must know of a Slurm job: where its files are, and how its cluster is reached."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nemo_run.config import get_nemorun_home
from nemo_run.core.execution.slurm import SlurmBatchRequest
from nemo_run.run.torchx_backend.schedulers.slurm import _get_job_dirs

from launchbind_adapters.nemo_run.slurm_tunnel import Ssh, ssh_of
from launchbind_adapters.records import Records

if TYPE_CHECKING:
    from nemo_run.core.execution.slurm import SlurmExecutor
    from nemo_run.run.ray.slurm import SlurmRayRequest

    SlurmRequest = SlurmBatchRequest | SlurmRayRequest

#: What upstream calls the files that ``srun`` writes.
_ANY_LOG = "log*"
#: What only Slurm, or the script's shell, fills in, such as the number of a restart.
_FILLED_IN = re.compile(r"\$\{[^}]*\}|%\w|\*")


@dataclass(frozen=True)
class Job:
    """A submitted job."""

    app_id: str
    #: On the cluster.
    folder: str
    #: Role to the pattern of its log files in that folder, as a shell reads it.
    logs: dict[str, str]
    ssh: Ssh | None
    array: bool = False


class Request(SlurmBatchRequest):
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


def records() -> Records[Job]:
    """The jobs that were submitted from here."""
    return Records(Path(get_nemorun_home(), "launchbind", "slurm"), Job)


def submitted(app_id: str, request: SlurmRequest) -> Job:
    """The job that a request became."""
    executor: SlurmExecutor = request.executor
    folder = Path(executor.tunnel.job_dir, Path(executor.job_dir).name)
    array = executor.array is not None
    return Job(app_id, str(folder), _logs(request, "*" if array else app_id), ssh_of(executor.tunnel), array)


def find(app_id: str) -> Job | None:
    """The job of that id, be it an experiment of NeMo-Run's own that submitted it."""
    job = records().read(app_id)
    if job is None and app_id in (experiments := _get_job_dirs()):
        local_folder, tunnel, pattern = experiments[app_id]
        name = Path(local_folder).name
        pattern = pattern.replace("%j", app_id) or _ANY_LOG
        return Job(app_id, str(Path(tunnel.job_dir, name)), {name: pattern}, ssh_of(tunnel))
    return job


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
