"""Canary: fails as soon as mypy no longer follows NeMo-Run's own types; see canary_torchx.py."""

from __future__ import annotations

from nemo_run.core.execution.base import Executor
from nemo_run.core.execution.dgxcloud import DGXCloudExecutor
from nemo_run.core.execution.docker import DockerExecutor
from nemo_run.core.execution.kubeflow import KubeflowExecutor
from nemo_run.core.execution.lepton import LeptonExecutor
from nemo_run.core.execution.local import LocalExecutor
from nemo_run.core.execution.skypilot import SkypilotExecutor
from nemo_run.core.execution.skypilot_jobs import SkypilotJobsExecutor
from nemo_run.core.execution.slurm import SlurmExecutor
from nemo_run.run.torchx_backend.schedulers.local import PersistentLocalScheduler
from nemo_run.run.torchx_backend.schedulers.slurm import SlurmTunnelScheduler
from typing_extensions import assert_type


def plain_types(
    executor: Executor, slurm: SlurmExecutor, local: PersistentLocalScheduler, tunnel: SlurmTunnelScheduler
) -> None:
    assert_type(executor.env_vars, dict[str, str])
    assert_type(executor.retries, int)
    assert_type(executor.nnodes(), int)
    assert_type(executor.job_dir, str)
    assert_type(executor.clone().job_dir, str)
    assert_type(slurm.account, str)
    assert_type(slurm.nodes, int)
    assert_type(local.backend, str)
    assert_type(local.cancel("job"), None)
    assert_type(tunnel.close(), None)


def errors(executor: Executor, local: PersistentLocalScheduler) -> None:
    """One line for each class, since each is a module that could stop being followed."""
    LocalExecutor(no_such_field=1)  # type: ignore[call-arg]
    SlurmExecutor(no_such_field=1)  # type: ignore[call-arg]
    DockerExecutor(no_such_field=1)  # type: ignore[call-arg]
    SkypilotExecutor(no_such_field=1)  # type: ignore[call-arg]
    SkypilotJobsExecutor(no_such_field=1)  # type: ignore[call-arg]
    DGXCloudExecutor(no_such_field=1)  # type: ignore[call-arg]
    LeptonExecutor(no_such_field=1)  # type: ignore[call-arg]
    KubeflowExecutor(no_such_field=1)  # type: ignore[call-arg]
    executor.no_such_attribute  # type: ignore[attr-defined]
    executor.assign("id")  # type: ignore[call-arg]
    local.describe(1)  # type: ignore[arg-type]
