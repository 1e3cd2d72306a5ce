"""NeMo-Run's schedulers of remote services, with plans that show what would be sent.

Upstream's dry runs of DGX Cloud, Lepton and Kubeflow print one line; the request is made later, by
``executor.launch``. To show it, that code runs here on a copy of the executor, in a temporary folder, with
the calls to the service replaced, and what it would send is kept. The dry runs of Skypilot cannot be printed
upstream (0.11.1 calls a function that skypilot 0.12.3 has moved).
"""

from __future__ import annotations

from json import dumps
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FunctionType, MethodType, SimpleNamespace
from typing import TYPE_CHECKING, cast

import yaml
from nemo_run.run.torchx_backend.schedulers import dgxcloud, kubeflow, lepton, skypilot, skypilot_jobs
from torchx.specs import AppDryRunInfo

from launchbind_adapters.nemo_run.executors import copy_executor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nemo_run.core.execution.base import Executor
    from nemo_run.run.torchx_backend.schedulers.dgxcloud import DGXRequest
    from nemo_run.run.torchx_backend.schedulers.kubeflow import KubeflowJobRequest
    from nemo_run.run.torchx_backend.schedulers.lepton import LeptonRequest
    from nemo_run.run.torchx_backend.schedulers.skypilot import SkypilotRequest
    from nemo_run.run.torchx_backend.schedulers.skypilot_jobs import SkypilotJobsRequest
    from pydantic import BaseModel
    from torchx.specs import AppDef


# Here cfg is an object: torchx declares it as a scheduler's options, and NeMo-Run passes an executor.


class DGXCloudScheduler(dgxcloud.DGXCloudScheduler):
    """NeMo-Run's, which also shows the scripts and the workload."""

    def _submit_dryrun(self, app: AppDef, cfg: object) -> AppDryRunInfo[DGXRequest]:
        request = super()._submit_dryrun(app, cast("Executor", cfg)).request
        script = _torchrun_script(request).read_text()
        return AppDryRunInfo(request, lambda request: _join({"torchrun_job.sh": script, **_dgx(request)}))


class LeptonScheduler(lepton.LeptonScheduler):
    """NeMo-Run's, which also shows the script and the job."""

    def _submit_dryrun(self, app: AppDef, cfg: object) -> AppDryRunInfo[LeptonRequest]:
        request = super()._submit_dryrun(app, cast("Executor", cfg)).request
        return AppDryRunInfo(request, lambda request: _join(_lepton(request)))


class KubeflowScheduler(kubeflow.KubeflowScheduler):
    """NeMo-Run's, which also shows the script, where there is one, and the manifest."""

    def _submit_dryrun(self, app: AppDef, cfg: object) -> AppDryRunInfo[KubeflowJobRequest]:
        request = super()._submit_dryrun(app, cast("Executor", cfg)).request
        executor = request.executor
        # Make the job's name now, so that the plan shows the one that is submitted.
        _job_name(request, executor.job_name if executor.workdir_pvc else request.name)
        scripts = {}
        if executor.workdir_pvc:
            scripts["launch.sh"] = Path(executor.job_dir, "launch.sh").read_text()
        return AppDryRunInfo(request, lambda request: _join({**scripts, **_kubeflow(request)}))

    def volatile(self, dryrun_info: AppDryRunInfo[KubeflowJobRequest], /) -> Mapping[str, str]:
        """NeMo-Run ends the job's name in six random digits."""
        return {_job_name(dryrun_info.request): "<job>"}


class SkypilotScheduler(skypilot.SkypilotScheduler):
    """NeMo-Run's, which shows the task."""

    def _submit_dryrun(self, app: AppDef, cfg: object) -> AppDryRunInfo[SkypilotRequest]:
        request = super()._submit_dryrun(app, cast("Executor", cfg)).request
        return AppDryRunInfo(request, lambda request: _as_yaml(request.task.to_yaml_config()))


class SkypilotJobsScheduler(skypilot_jobs.SkypilotJobsScheduler):
    """NeMo-Run's, which shows the task."""

    def _submit_dryrun(self, app: AppDef, cfg: object) -> AppDryRunInfo[SkypilotJobsRequest]:
        request = super()._submit_dryrun(app, cast("Executor", cfg)).request
        return AppDryRunInfo(request, lambda request: _as_yaml(request.task.to_yaml_config()))


def _job_name(request: KubeflowJobRequest, fallback: str = "") -> str:
    """The name of the Kubeflow job, made from ``fallback`` when it is first asked for."""
    # attrgetter, since the method is private: upstream has no public way to fix the name before launching.
    make: Callable[[str], str] = attrgetter("_trainjob_name")(request.executor)
    return make(fallback)


def _torchrun_script(request: DGXRequest) -> Path:
    return Path(request.executor.experiment_dir, "torchrun_job.sh")


def _dgx(request: DGXRequest) -> dict[str, str]:
    sent: dict[str, str] = {}

    def post(url: str, *, json: object, headers: object) -> SimpleNamespace:
        sent[f"POST {url}"] = dumps(json, indent=2)
        answer = {"workloadId": "-", "actualPhase": "Pending"}
        return SimpleNamespace(status_code=202, text="", json=lambda: answer)

    executor = copy_executor(request.executor)
    requests = SimpleNamespace(post=post)
    with TemporaryDirectory() as folder:
        executor.job_dir = folder
        _replace(
            executor,
            get_auth_token=lambda: "-",
            get_project_and_cluster_id=lambda token: ("<project id>", "<cluster id>"),
            move_data=lambda *_: None,
            create_training_job=_with_globals(executor.create_training_job, requests=requests),
        )
        # As DGXCloudScheduler.schedule calls it.
        executor.launch(name=request.name, cmd=["bash", str(_torchrun_script(request))])
        return {"launch_script.sh": Path(folder, "launch_script.sh").read_text(), **sent}


def _lepton(request: LeptonRequest) -> dict[str, str]:
    sent: dict[str, str] = {}

    def create(job: BaseModel) -> SimpleNamespace:
        sent["job"] = _as_yaml(job.model_dump(mode="json", by_alias=True, exclude_none=True))
        return SimpleNamespace(metadata=SimpleNamespace(id_="-"))

    executor = copy_executor(request.executor)
    client = SimpleNamespace(job=SimpleNamespace(create=create))
    group = SimpleNamespace(metadata=SimpleNamespace(id_=f"<id of {executor.node_group}>"))
    with TemporaryDirectory() as folder:
        executor.job_dir = folder
        _replace(
            executor,
            _node_group_id=lambda client: group,
            _valid_node_ids=lambda group, client: {"<ids of its nodes>"},
            move_data=lambda: None,
            status=lambda job_id: "Starting",
            create_lepton_job=_with_globals(executor.create_lepton_job, APIClient=lambda: client),
        )
        executor.launch(name=request.name, cmd=request.cmd)
        return {"launch_script.sh": Path(folder, "launch_script.sh").read_text(), **sent}


def _kubeflow(request: KubeflowJobRequest) -> dict[str, str]:
    sent: dict[str, str] = {}

    def create(*, body: object, **_: object) -> None:
        sent["manifest"] = _as_yaml(body)

    executor = copy_executor(request.executor)
    executor.workdir_local_path = None  # only copied from
    _replace(
        executor,
        copy_to_workspace=lambda *_, **__: None,
        _maybe_reload_kube_clients=lambda: None,
        _co_api=SimpleNamespace(create_namespaced_custom_object=create),
    )
    executor.package(executor.packager, job_name=executor.job_name)  # mounts the volume
    executor.launch(name=request.name, cmd=request.cmd)
    return sent


def _replace(executor: Executor, **replacements: object) -> None:
    """Replace the methods and attributes that would call the service."""
    vars(executor).update(replacements)


def _with_globals(method: Callable[..., object], **names: object) -> MethodType:
    """The method with these globals replaced, for this copy only: its module keeps its own."""
    if not isinstance(method, MethodType) or not isinstance(method.__func__, FunctionType):
        raise TypeError(f"{method!r} is not a plain method")
    function = method.__func__
    changed = FunctionType(function.__code__, {**function.__globals__, **names})
    return MethodType(changed, method.__self__)


def _as_yaml(value: object) -> str:
    # No line is folded: a secret split over two lines would not be hidden.
    text: str = yaml.dump(value, Dumper=_Yaml, sort_keys=False, allow_unicode=True, width=float("inf"))
    return text


class _Yaml(yaml.SafeDumper):
    """Writes text of several lines as a block."""


def _text(dumper: _Yaml, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Yaml.add_representer(str, _text)


def _join(parts: Mapping[str, str]) -> str:
    return "\n".join(f"# {title}\n{text.strip()}\n" for title, text in parts.items())
