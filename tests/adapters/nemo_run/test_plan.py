"""Plans of NeMo-Run executors: without side effects, reproducible, and with secrets hidden."""

from __future__ import annotations

import copy
import json
import shlex
import subprocess
from typing import TYPE_CHECKING

import nemo_run as run
import pytest
from nemo_run.core.execution.dgxcloud import DGXCloudExecutor
from nemo_run.core.execution.kubeflow import KubeflowExecutor
from nemo_run.core.execution.lepton import LeptonExecutor
from torchx.schedulers.local_scheduler import PopenRequest
from torchx.specs import AppDef, Role

from launchbind import PlanError
from launchbind_adapters.nemo_run import SLURM, Adapter, launcher
from launchbind_adapters.nemo_run.executors import copy_executor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nemo_run.core.execution.base import Executor

TOKEN = "hf_not_for_your_eyes"
ROLE_KEY = "role-not-for-your-eyes"
SECRET_NAME = "lepton-not-for-your-eyes"
PASSWORD = "correct horse 'battery'"
CLIENT_SECRET = "dgx-not-for-your-eyes"
ENV = {"HF_TOKEN": TOKEN, "DB_PASSWORD": PASSWORD, "MODE": "fast"}

#: Words that a shell, a template or wrong quoting would change.
AWKWARD = [
    "$$", "$HOME", "${app_id}", "'quoted'", '"quoted"', "a b", "*", "a;b", "`id`", "back\\slash", "#", "",
]  # fmt: skip


# See the fixture: the pipes that invoke leaves open warn until they are collected.
pytestmark = [
    pytest.mark.usefixtures("invoked"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]


def local(_: Path) -> Executor:
    return run.LocalExecutor(env_vars=dict(ENV))


def slurm(home: Path) -> run.SlurmExecutor:
    return run.SlurmExecutor(
        account="ml",
        partition="debug",
        tunnel=run.LocalTunnel(job_dir=str(home / "experiments")),
        packager=run.Packager(),
        env_vars=dict(ENV),
    )


def docker(_: Path) -> Executor:
    return run.DockerExecutor(container_image="busybox", packager=run.Packager(), env_vars=dict(ENV))


def dgx_cloud(home: Path) -> Executor:
    return DGXCloudExecutor(
        base_url="https://127.0.0.1:9",
        kube_apiserver_url="https://127.0.0.1:9",
        client_id="id",
        client_secret=CLIENT_SECRET,
        project_name="project",
        container_image="busybox",
        pvc_nemo_run_dir=str(home / "pvc"),
        pvcs=[{"path": str(home / "pvc")}],
        packager=run.Packager(),
        env_vars=dict(ENV),
    )


def lepton(home: Path) -> Executor:
    return LeptonExecutor(
        container_image="busybox",
        nemo_run_dir=str(home / "lepton"),
        mounts=[],
        node_group="group",
        resource_shape="cpu.small",
        secret_vars={"LEPTON_KEY": SECRET_NAME},
        packager=run.Packager(),
        env_vars=dict(ENV),
    )


def kubeflow(_: Path) -> Executor:
    pytest.importorskip("kubernetes")
    return KubeflowExecutor(image="busybox", workdir_pvc="code", packager=run.Packager(), env_vars=dict(ENV))


def skypilot(_: Path) -> Executor:
    pytest.importorskip("sky")
    return run.SkypilotExecutor(container_image="busybox", cloud="kubernetes", env_vars=dict(ENV))


def skypilot_jobs(_: Path) -> Executor:
    pytest.importorskip("sky")
    return run.SkypilotJobsExecutor(container_image="busybox", cloud="kubernetes", env_vars=dict(ENV))


ALL = [local, slurm, docker, dgx_cloud, lepton, kubeflow, skypilot, skypilot_jobs]


@pytest.fixture(params=ALL, ids=lambda make: str(make.__name__))
def executor(request: pytest.FixtureRequest, nemorun_home: Path, kubeconfig: Path) -> Executor:
    """An executor of each kind; skypilot's two only where that large package is installed."""
    make: Callable[[Path], Executor] = request.param
    return make(nemorun_home)


def greet(*args: str, name: str = "greet") -> AppDef:
    words = list(args or ("hello",))
    return AppDef(
        name, roles=[Role("main", image="", entrypoint="echo", args=words, env={"ROLE_KEY": ROLE_KEY})]
    )


def test_planning_changes_nothing_and_gives_one_fingerprint(executor: Executor) -> None:
    """Three plans leave app and executor unchanged, and have the same fingerprint."""
    app = AppDef("greet", roles=[Role("main", image="", entrypoint="sh", args=["-c", "echo hello"])])
    app_before, executor_before = copy.deepcopy(app), copy_executor(executor)
    with launcher() as jobs:
        fingerprints = {jobs.plan(app, executor).fingerprint for _ in range(3)}
    assert app == app_before
    assert executor == executor_before
    assert len(fingerprints) == 1


def test_plans_of_different_commands_differ(executor: Executor) -> None:
    """Plans of different commands differ in fingerprint and diff."""
    with launcher() as jobs:
        first, second = (jobs.plan(greet(word), executor) for word in ("hello", "goodbye"))
    assert first.fingerprint != second.fingerprint
    assert "goodbye" in first.diff(second)
    assert first.diff(first) == ""


def test_a_changed_field_of_the_executor_shows(executor: Executor) -> None:
    """Plans with different values of a field differ in fingerprint and diff."""
    changed = copy_executor(executor)
    changed.env_vars["MODE"] = "slow"
    with launcher() as jobs:
        first, second = jobs.plan(greet(), executor), jobs.plan(greet(), changed)
    assert first.fingerprint != second.fingerprint
    assert [line for line in first.diff(second).splitlines() if line.startswith("+") and "slow" in line]


def test_plans_hide_secrets(executor: Executor) -> None:
    """No secret of the executor is in str, repr or JSON of its plan, however it is quoted there."""
    with launcher() as jobs:
        plan = jobs.plan(greet(), executor)
    whole = plan.render(redact=False) + plan.to_json(redact=False)
    assert TOKEN in whole
    secrets = [TOKEN, PASSWORD, json.dumps(PASSWORD)[1:-1], repr(PASSWORD)[1:-1], PASSWORD.replace("'", "''")]
    secrets += [ROLE_KEY, CLIENT_SECRET, SECRET_NAME]
    for text in (str(plan), repr(plan), plan.to_json(), plan.diff(plan)):
        assert [secret for secret in secrets if secret in text] == []
    assert "fast" in plan.to_json()


@pytest.mark.parametrize(("make", "secret"), [(dgx_cloud, CLIENT_SECRET), (lepton, SECRET_NAME)])
def test_a_plan_hides_the_executors_own_secret(
    nemorun_home: Path, make: Callable[[Path], Executor], secret: str
) -> None:
    """DGX Cloud's client_secret and Lepton's secret_vars, which upstream prints, are hidden."""
    with launcher() as jobs:
        plan = jobs.plan(greet(), make(nemorun_home))
    assert secret in plan.to_json(redact=False)
    assert secret not in plan.to_json() + str(plan)


@pytest.mark.parametrize("script", ["echo hello", '"echo hello"', "'", "x", ""])
def test_inline_scripts_keep_their_first_and_last_character(script: str) -> None:
    """The argument of -c stays whole, however often it is planned; upstream strips it each time."""
    app = AppDef("greet", roles=[Role("main", image="", entrypoint="sh", args=["-c", script])])
    with launcher() as jobs:
        for _ in range(3):
            request = jobs.plan(app, run.LocalExecutor()).request_as(PopenRequest)
            assert request.role_params["main"][0].args == ["sh", "-c", script]


def test_the_cli_keeps_awkward_words_for_a_local_job() -> None:
    """Words of a command reach the local request unchanged: nothing expands them."""
    adapter = Adapter()
    executor = adapter.executor("local_persistent", {}, {})
    app = adapter.app(executor, "greet", ["$prog", *AWKWARD], {})
    with launcher() as jobs:
        request = jobs.plan(app, executor).request_as(PopenRequest)
    assert request.role_params["greet"][0].args == ["$prog", *AWKWARD]


def test_the_cli_keeps_awkward_words_for_slurm(nemorun_home: Path) -> None:
    """Words of a command are quoted in the sbatch script, so that its shell restores them."""
    executor = slurm(nemorun_home)
    app = Adapter().app(executor, "greet", ["printf", *AWKWARD], {})
    with launcher() as jobs:
        [[command]] = jobs.plan(app, executor, backend=SLURM).info.request.command_groups
    assert shlex.split(command) == ["printf", *AWKWARD]


@pytest.mark.parametrize("value", AWKWARD)
def test_the_cli_keeps_awkward_variables_for_a_local_job(value: str) -> None:
    """A variable given with --env reaches the local request unchanged: torchx substitutes no macro."""
    adapter = Adapter()
    executor = adapter.executor("local_persistent", {}, {"WORD": value})
    with launcher() as jobs:
        plan = jobs.plan(adapter.app(executor, "greet", ["env"], {}), executor)
    request = plan.request_as(PopenRequest)
    assert request.role_params["greet"][0].env["WORD"] == value


@pytest.mark.parametrize("value", AWKWARD)
def test_the_cli_keeps_awkward_variables_for_slurm(nemorun_home: Path, value: str) -> None:
    """A variable given with --env has its exact value after the shell of the sbatch script exported it."""
    adapter = Adapter()
    executor = adapter.executor("slurm_tunnel", {"account": "ml", "partition": "debug"}, {"WORD": value})
    assert isinstance(executor, run.SlurmExecutor)
    executor.tunnel = run.LocalTunnel(job_dir=str(nemorun_home / "experiments"))
    executor.packager = run.Packager()
    with launcher() as jobs:
        plan = jobs.plan(adapter.app(executor, "greet", ["env"], {}), executor, backend=SLURM)
    script = plan.info.request.materialize()
    [export] = [line for line in script.splitlines() if line.startswith("export WORD=")]
    shell = ["bash", "-c", f'{export}; printf %s "$WORD"']
    assert subprocess.run(shell, capture_output=True, text=True, check=True).stdout == value


@pytest.mark.parametrize("name", ["a/b", "../up", "a b", "..", "", "a\nb"])
def test_an_app_whose_name_cannot_be_in_a_handle_is_refused_before_there_is_a_job(name: str) -> None:
    """A name that would break the handle, or lead out of the job's folder, is a PlanError."""
    with launcher() as jobs, pytest.raises(PlanError, match="name"):
        jobs.plan(greet(name=name), run.LocalExecutor())


def test_a_slurm_executor_with_an_ssh_tunnel_is_planned(nemorun_home: Path) -> None:
    """An SSH tunnel has a console that cannot be copied; planning shares it and changes nothing."""
    executor = slurm(nemorun_home)
    assert isinstance(executor, run.SlurmExecutor)
    executor.tunnel = run.SSHTunnel(host="127.0.0.1", user="nobody", job_dir=str(nemorun_home / "remote"))
    with launcher() as jobs:
        first, second = jobs.plan(greet(), executor), jobs.plan(greet(), executor)
    assert first.fingerprint == second.fingerprint
    assert "#SBATCH --account=ml" in first.render()
    assert executor.job_dir == ""
    assert executor.tunnel.job_dir == str(nemorun_home / "remote")
