"""The record of a NeMo-Run Slurm job: where its files are, and how to reach its cluster."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from launchbind_adapters.nemo_run.home import nemorun_home
from launchbind_adapters.records import Records

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What upstream calls the files that ``srun`` writes.
_ANY_LOG = "log*"


class Ssh(TypedDict):
    """What nemo_run's SSHTunnel is made from again, in another process."""

    host: str
    user: str
    port: int | None
    identity: str | None
    shell: str | None
    pre_command: str | None


def ssh_from(fields: Mapping[str, Any]) -> Ssh:
    """The part of an SSHTunnel's fields that another process needs."""
    return Ssh(
        host=fields["host"],
        user=fields["user"],
        port=fields["port"],
        identity=fields["identity"],
        shell=fields["shell"],
        pre_command=fields["pre_command"],
    )


@dataclass(frozen=True)
class JobRecord:
    """A submitted job."""

    app_id: str
    #: Where its files are on the cluster.
    folder: str
    #: Role to the pattern of its log files in that folder, as a shell reads it.
    logs: dict[str, str]
    #: How to reach the cluster; None when its commands are on this machine.
    ssh: Ssh | None
    #: Whether it is a job array.
    array: bool = False


def records() -> Records[JobRecord]:
    """The jobs that launchbind submitted from this machine."""
    return Records(nemorun_home() / "launchbind" / "slurm", JobRecord)


def find(app_id: str) -> JobRecord | None:
    """The job with this id, submitted by launchbind or by a ``nemo_run.Experiment``, if there is one."""
    return records().read(app_id) or _find_in_experiments(app_id)


def _find_in_experiments(app_id: str) -> JobRecord | None:
    """Read a job from the file in which upstream's scheduler keeps those that it has submitted.

    A line is ``id = ls_term,local_folder,tunnel_class,tunnel_as_json``; the last one with an id counts
    (``_save_job_dir`` and ``_get_job_dirs`` of nemo_run/run/torchx_backend/schedulers/slurm.py, 0.11.1).
    """
    try:
        lines = _experiments_file().read_text().splitlines()
    except FileNotFoundError:
        return None
    for line in reversed(lines):
        job_id, _, value = line.partition("=")
        if job_id.strip() == app_id:
            with suppress(ValueError, KeyError):  # upstream passes over what it cannot read, too
                return _parse(app_id, value.strip())
    return None


def _parse(app_id: str, line: str) -> JobRecord:
    pattern, local_folder, kind, tunnel = line.split(",", maxsplit=3)
    found = json.loads(tunnel)
    name = Path(local_folder).name
    return JobRecord(
        app_id,
        folder=str(Path(found["job_dir"], name)),
        logs={name: pattern.replace("%j", app_id) or _ANY_LOG},
        ssh=ssh_from(found) if kind == "SSHTunnel" else None,
    )


def _experiments_file() -> Path:
    upstream = sys.modules.get("nemo_run.run.torchx_backend.schedulers.slurm")
    # Upstream settles it when it is imported, and NEMORUN_HOME may have been set to another folder since.
    return Path(upstream.SLURM_JOB_DIRS) if upstream else nemorun_home() / ".slurm_jobs"
