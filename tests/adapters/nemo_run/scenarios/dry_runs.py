"""The mappings, and the dry run of each executor that can be created here, written as JSON.

    python dry_runs.py RESULTS MODULE SLURM LOCAL [install]

The classes SLURM and LOCAL are taken from MODULE; without ``install`` nothing here imports launchbind.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import nemo_run as run
from nemo_run.config import get_nemorun_home
from nemo_run.run.job import JobGroup
from nemo_run.run.torchx_backend.schedulers import api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nemo_run.core.execution.base import Executor

RANDOM_ID = re.compile(r"\b(one|group(?:-[01])?)-[a-z0-9]{10,}\b")


def executors(slurm: type[run.SlurmExecutor], local: type[run.LocalExecutor]) -> Iterator[Executor]:
    home = get_nemorun_home()
    packager = run.Packager()
    tunnel = run.LocalTunnel(job_dir=f"{home}/experiments")
    yield slurm(account="team", partition="debug", nodes=2, tunnel=tunnel, packager=packager)
    yield local(env_vars={"WHO": "you"})
    yield run.DockerExecutor(container_image="busybox", packager=packager)
    yield run.DGXCloudExecutor(
        base_url="https://127.0.0.1:9",
        kube_apiserver_url="https://127.0.0.1:9",
        client_id="id",
        client_secret="secret",
        project_name="project",
        container_image="busybox",
        pvc_nemo_run_dir=f"{home}/pvc",
        pvcs=[{"path": f"{home}/pvc"}],
        packager=packager,
    )
    yield run.LeptonExecutor(
        container_image="busybox", nemo_run_dir=f"{home}/lepton", mounts=[], packager=packager
    )
    # Without Skypilot's two and Kubeflow's: they need packages that launchbind[nemo] does not install.


def dry_run(executor: Executor, backend: str) -> str:
    """The requests of dry runs of one job and, where possible, of a group of two."""
    with run.Experiment(f"dry-{backend}", executor=executor, id="fixed") as exp:
        exp.add(run.Script(inline="echo one"), name="one")
        if type(executor) in JobGroup.SUPPORTED_EXECUTORS:
            exp.add([run.Script(inline=f"echo {each}") for each in (1, 2)], name="group")
        exp.dryrun(log=False)
    infos = [job._dryrun_infos if isinstance(job, JobGroup) else [job._dryrun_info] for job in exp.jobs]
    return RANDOM_ID.sub(r"\1-ID", "\n\n".join(str(info) for each in infos for info in each))


def main(results: Path, module: str, slurm: str, local: str, *options: str) -> None:
    found = import_module(module)
    if "install" in options:
        from launchbind_adapters.nemo_run import install

        install()
    outcome: dict[str, object] = {
        "launchbind": "launchbind" in sys.modules,
        "mapping": [[str(cls), name] for cls, name in api.EXECUTOR_MAPPING.items()],
        "reverse": [[name, str(cls)] for name, cls in api.REVERSE_EXECUTOR_MAPPING.items()],
    }
    for executor in executors(getattr(found, slurm), getattr(found, local)):
        backend = api.get_executor_str(executor)
        outcome[backend] = dry_run(executor, backend)
    results.write_text(json.dumps(outcome))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
