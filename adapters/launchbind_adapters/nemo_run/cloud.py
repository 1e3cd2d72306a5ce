"""NeMo-Run's schedulers of remote services, whose plans show what would be sent.

Upstream's dry runs of DGX Cloud, Lepton and Kubeflow print one line; what is sent is made later, by
``executor.launch``. Here that very code runs on a copy, in a temporary folder and with nobody at the other
end, and what it sends is kept. Those of Skypilot fail when they are printed (0.11.1 calls a function that
skypilot 0.12.3 has moved).
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FunctionType, MethodType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import yaml
from nemo_run.run.torchx_backend.schedulers.dgxcloud import DGXCloudScheduler, DGXRequest
from nemo_run.run.torchx_backend.schedulers.kubeflow import KubeflowJobRequest, KubeflowScheduler
from nemo_run.run.torchx_backend.schedulers.lepton import LeptonRequest, LeptonScheduler
from nemo_run.run.torchx_backend.schedulers.skypilot import SkypilotRequest, SkypilotScheduler
from nemo_run.run.torchx_backend.schedulers.skypilot_jobs import SkypilotJobsRequest, SkypilotJobsScheduler
from torchx.specs import AppDryRunInfo

from launchbind_adapters.nemo_run.prepare import copy_executor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nemo_run.core.execution.base import Executor
    from pydantic import BaseModel
    from torchx.specs import AppDef


# In these, cfg is Any: torchx says it holds a scheduler's options, and NeMo-Run hands over an executor.


class TellingDGXCloudScheduler(DGXCloudScheduler):
    """Shows the scripts and the workload."""

    def _submit_dryrun(self, app: AppDef, cfg: Any) -> AppDryRunInfo[DGXRequest]:
        request = super()._submit_dryrun(app, cfg).request
        script = _torchrun_script(request).read_text()
        return AppDryRunInfo(request, lambda request: _join({"torchrun_job.sh": script, **_dgx(request)}))


class TellingLeptonScheduler(LeptonScheduler):
    """Shows the script and the job."""

    def _submit_dryrun(self, app: AppDef, cfg: Any) -> AppDryRunInfo[LeptonRequest]:
        request = super()._submit_dryrun(app, cfg).request
        return AppDryRunInfo(request, lambda request: _join(_lepton(request)))


class TellingKubeflowScheduler(KubeflowScheduler):
    """Shows the script, where there is one, and the manifest."""

    def _submit_dryrun(self, app: AppDef, cfg: Any) -> AppDryRunInfo[KubeflowJobRequest]:
        request = super()._submit_dryrun(app, cfg).request
        executor = request.executor
        # Makes the job's name now, so that the one in the plan is the one that is submitted.
        executor._trainjob_name(executor.job_name if executor.workdir_pvc else request.name)
        scripts = {}
        if executor.workdir_pvc:
            scripts["launch.sh"] = Path(executor.job_dir, "launch.sh").read_text()
        return AppDryRunInfo(request, lambda request: _join({**scripts, **_kubeflow(request)}))

    def volatile(self, dryrun_info: AppDryRunInfo[KubeflowJobRequest], /) -> Mapping[str, str]:
        """NeMo-Run ends the job's name in six random digits."""
        return {dryrun_info.request.executor._trainjob_name(""): "<job>"}


class TellingSkypilotScheduler(SkypilotScheduler):
    """Shows the task."""

    def _submit_dryrun(self, app: AppDef, cfg: Any) -> AppDryRunInfo[SkypilotRequest]:
        request = super()._submit_dryrun(app, cfg).request
        return AppDryRunInfo(request, lambda request: _as_yaml(request.task.to_yaml_config()))


class TellingSkypilotJobsScheduler(SkypilotJobsScheduler):
    """Shows the task."""

    def _submit_dryrun(self, app: AppDef, cfg: Any) -> AppDryRunInfo[SkypilotJobsRequest]:
        request = super()._submit_dryrun(app, cfg).request
        return AppDryRunInfo(request, lambda request: _as_yaml(request.task.to_yaml_config()))


def create_dgx_cloud(session_name: str, **_: object) -> TellingDGXCloudScheduler:
    """The scheduler factory for the backend ``dgx_cloud``."""
    return TellingDGXCloudScheduler(session_name)


def create_lepton(session_name: str, **_: object) -> TellingLeptonScheduler:
    """The scheduler factory for the backend ``lepton``."""
    return TellingLeptonScheduler(session_name)


def create_kubeflow(session_name: str, **_: object) -> TellingKubeflowScheduler:
    """The scheduler factory for the backend ``kubeflow``."""
    return TellingKubeflowScheduler(session_name)


def create_skypilot(session_name: str, **_: object) -> TellingSkypilotScheduler:
    """The scheduler factory for the backend ``skypilot``."""
    return TellingSkypilotScheduler(session_name)


def create_skypilot_jobs(session_name: str, **_: object) -> TellingSkypilotJobsScheduler:
    """The scheduler factory for the backend ``skypilot_jobs``."""
    return TellingSkypilotJobsScheduler(session_name)


def _torchrun_script(request: DGXRequest) -> Path:
    return Path(request.executor.experiment_dir, "torchrun_job.sh")


def _dgx(request: DGXRequest) -> dict[str, str]:
    sent: dict[str, str] = {}

    def post(url: str, *, json: object, headers: object) -> SimpleNamespace:
        sent[f"POST {url}"] = _as_json(json)
        answer = {"workloadId": "-", "actualPhase": "Pending"}
        return SimpleNamespace(status_code=202, text="", json=lambda: answer)

    executor = copy_executor(request.executor)
    requests = SimpleNamespace(post=post)
    with TemporaryDirectory() as folder:
        executor.job_dir = folder
        _stand_in(executor, "get_auth_token", lambda: "-")
        _stand_in(executor, "get_project_and_cluster_id", lambda token: ("<project id>", "<cluster id>"))
        _stand_in(executor, "move_data", lambda *_: None)
        _stand_in(executor, "create_training_job", _seeing(executor.create_training_job, requests=requests))
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
        _stand_in(executor, "_node_group_id", lambda client: group)
        _stand_in(executor, "_valid_node_ids", lambda group, client: {"<ids of its nodes>"})
        _stand_in(executor, "move_data", lambda: None)
        _stand_in(executor, "status", lambda job_id: "Starting")
        _stand_in(
            executor, "create_lepton_job", _seeing(executor.create_lepton_job, APIClient=lambda: client)
        )
        executor.launch(name=request.name, cmd=request.cmd)
        return {"launch_script.sh": Path(folder, "launch_script.sh").read_text(), **sent}


def _kubeflow(request: KubeflowJobRequest) -> dict[str, str]:
    sent: dict[str, str] = {}

    def create(*, body: object, **_: object) -> None:
        sent["manifest"] = _as_yaml(body)

    executor = copy_executor(request.executor)
    executor.workdir_local_path = None  # only copied from
    _stand_in(executor, "copy_to_workspace", lambda *_, **__: None)
    _stand_in(executor, "_maybe_reload_kube_clients", lambda: None)
    _stand_in(executor, "_co_api", SimpleNamespace(create_namespaced_custom_object=create))
    executor.package(executor.packager, job_name=executor.job_name)  # mounts the volume
    executor.launch(name=request.name, cmd=request.cmd)
    return sent


def _stand_in(executor: Executor, name: str, value: object) -> None:
    """Put ``value`` in place of what would reach out to a service."""
    setattr(executor, name, value)


def _seeing(method: Callable[..., object], **names: object) -> MethodType:
    """The method, with these in place of the globals of those names; its module stays as it is."""
    if not isinstance(method, MethodType) or not isinstance(method.__func__, FunctionType):
        raise TypeError(f"{method!r} is no plain method")
    function = method.__func__
    seeing = FunctionType(function.__code__, {**function.__globals__, **names})
    return MethodType(seeing, method.__self__)


def _as_json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def _as_yaml(value: object) -> str:
    # No line is folded: a secret must not be broken in two.
    text: str = yaml.dump(value, Dumper=_Yaml, sort_keys=False, allow_unicode=True, width=float("inf"))
    return text


class _Yaml(yaml.SafeDumper):
    """Shows scripts as scripts."""


def _text(dumper: _Yaml, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Yaml.add_representer(str, _text)


def _join(parts: Mapping[str, str]) -> str:
    return "\n".join(f"# {title}\n{text.strip()}\n" for title, text in parts.items())
