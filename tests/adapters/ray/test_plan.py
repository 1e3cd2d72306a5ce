"""Plans for Ray: complete, reproducible, with secrets hidden, and made without contacting a cluster."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from tests.adapters.ray.conftest import app, app_of, role

from launchbind import AppSpec, Executor, InvalidSettingError, PlanError, RoleSpec, UnsupportedError, explain
from launchbind_adapters.ray import EXECUTORS, RayExecutor, RayInfo, RayRequest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adapters.conftest import RunPython
    from tests.adapters.ray.conftest import Jobs

HEAD = "http://head.example:8265"


def full() -> RayExecutor:
    """An executor with every field set."""
    return RayExecutor(
        env_vars={"MODE": "fast", "HF_TOKEN": "hf_not_for_your_eyes"},
        address=HEAD,
        num_cpus=0.5,
        num_gpus=1,
        memory=2**30,
        resources={"tpu": 2},
        working_dir="https://example.org/code.zip",
        py_modules=["https://example.org/module.zip"],
        pip=["numpy>=1,<3"],
        runtime_env={"config": {"setup_timeout_seconds": 60}},
    )


def test_the_plan_is_the_whole_submission(jobs: Jobs) -> None:
    """The plan shows the arguments of Ray's client for each job, under Ray's own names."""
    plan = jobs.plan(app_of(role("echo", "a b", MODE="slow")), full())
    assert json.loads(plan.render(redact=False)) == {
        "address": HEAD,
        "jobs": [
            {
                "submission_id": "<app_id>-main-0",
                "entrypoint": "echo 'Output of <app_id>-main-0:'; exec echo 'a b'",
                "entrypoint_num_cpus": 0.5,
                "entrypoint_num_gpus": 1,
                "entrypoint_memory": 2**30,
                "entrypoint_resources": {"tpu": 2},
                "runtime_env": {
                    "config": {"setup_timeout_seconds": 60},
                    "env_vars": {"MODE": "slow", "HF_TOKEN": "hf_not_for_your_eyes"},
                    "working_dir": "https://example.org/code.zip",
                    "py_modules": ["https://example.org/module.zip"],
                    "pip": ["numpy>=1,<3"],
                },
                "metadata": {
                    "launchbind.app_id": "<app_id>",
                    "launchbind.session": "tests",
                    "launchbind.role": "main",
                    "launchbind.replica": "0",
                    "launchbind.job": "1/1",
                },
            }
        ],
    }


def test_planning_twice_gives_one_fingerprint_and_changes_nothing(jobs: Jobs, records: Path) -> None:
    """App and executor are unchanged, no file is written, and equal plans have equal fingerprints."""
    job, executor = app("echo", "hello", replicas=2), full()
    before = copy.deepcopy((job, executor))
    first, second = jobs.plan(job, executor), jobs.plan(job, executor)
    assert (job, executor) == before
    assert first.fingerprint == second.fingerprint
    assert first.to_json() == second.to_json()
    assert not records.exists()
    executor.num_cpus = 1
    other = jobs.plan(job, executor)
    assert other.fingerprint != first.fingerprint
    assert '-      "entrypoint_num_cpus": 0.5,' in first.diff(other)


def test_planning_does_not_need_ray(run_python: RunPython) -> None:
    """Neither importing the adapter nor planning imports ray."""
    code = """
import sys
from launchbind import AppSpec, RoleSpec
from launchbind_adapters.ray import Adapter, RayExecutor, launcher
assert [entry.name for entry in Adapter().backends()] == ["ray"]
with launcher() as jobs:
    print(jobs.plan(AppSpec("app", [RoleSpec("main", "true")]), RayExecutor()))
assert not {"ray", "torchx", "nemo_run", "submitit", "requests"} & {*sys.modules}
"""
    assert "exec true" in run_python(code)


def test_secrets_are_hidden(jobs: Jobs) -> None:
    """No secret is in any default output, however its value is quoted or encoded for the job."""
    secrets = {"HF_TOKEN": "hf_$HOME ' \" secret", "DB_PASSWORD": "p${A}ss\nword", "api_key": "0123456789"}
    executor = RayExecutor(env_vars=secrets, address=HEAD)
    plan = jobs.plan(app("login", "--password", "hunter2hunter2"), executor)
    for text in (
        str(plan),
        repr(plan),
        plan.render(),
        plan.to_json(),
        plan.diff(jobs.plan(app("x"), executor)),
    ):
        for secret in (*secrets.values(), "hunter2hunter2", "aGZfJEhPTUUg", "cCR7QX1zcwp3b3Jk"):
            assert secret not in text
            assert json.dumps(secret)[1:-1] not in text


def test_an_app_of_another_launcher_is_taken(jobs: Jobs) -> None:
    """Only an app's name and roles are read, so torchx's AppDef works, too."""

    @dataclass
    class Role:
        name: str
        entrypoint: str
        args: list[str] = field(default_factory=list)
        env: dict[str, str] = field(default_factory=dict)
        num_replicas: int = 1

        def pre_proc(self, scheduler: str, dryrun_info: RayInfo) -> RayInfo:
            assert scheduler == "ray"
            dryrun_info.request.jobs[0].num_cpus = 3
            return dryrun_info

    @dataclass
    class App:
        name: str
        roles: list[Role]

    (job,) = jobs.plan(App("app", [Role("main", "echo", ["$x"])]), RayExecutor()).request_as(RayRequest).jobs
    assert job.num_cpus == 3
    assert job.entrypoint.endswith("; exec echo '$x'")


def test_retries_are_refused(jobs: Jobs) -> None:
    """Ray runs an entrypoint once, so retries are an error when planning."""
    with pytest.raises(UnsupportedError, match="cannot retry a job: leave retries at 0"):
        jobs.plan(app("true"), RayExecutor(retries=1))


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (app("true", name="a b"), "needs another name than 'a b'"),
        (app_of(role("true", name="a/b")), "needs another name than 'a/b'"),
        (AppSpec("app", [RoleSpec("main", "true", env={"a.b": "$x"})]), "needs the variable 'a.b' without"),
    ],
    ids=["app", "role", "variable"],
)
def test_what_ray_cannot_run_is_refused(jobs: Jobs, job: AppSpec[RayInfo], said: str) -> None:
    """Names that Ray's ids cannot contain, and similar problems, are errors when planning."""
    with pytest.raises(PlanError, match=said):
        jobs.plan(job, RayExecutor())


@pytest.mark.parametrize(
    ("given", "variables", "found"),
    [
        (None, {}, "http://127.0.0.1:8265"),
        (None, {"RAY_ADDRESS": "auto"}, "http://127.0.0.1:8265"),
        (None, {"RAY_ADDRESS": "http://a:1/"}, "http://a:1"),
        (None, {"RAY_ADDRESS": "http://a:1", "RAY_API_SERVER_ADDRESS": "http://b:1"}, "http://b:1"),
        (HEAD, {"RAY_ADDRESS": "http://a:1", "RAY_API_SERVER_ADDRESS": "http://b:1"}, HEAD),
    ],
)
def test_what_is_given_counts_before_the_environment(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, given: str | None, variables: dict[str, str], found: str
) -> None:
    """A given address is never overridden, unlike in Ray's client; without one, Ray's variables count."""
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    assert jobs.plan(app("true"), RayExecutor(address=given)).request_as(RayRequest).address == found


@pytest.mark.parametrize("address", ["head:6379", "ray://head:10001", "http://me:secret@head:8265"])
def test_an_address_that_is_none_of_the_jobs_api_is_refused(jobs: Jobs, address: str) -> None:
    """Such an address is an error that shows no password, raised before Ray's client would wait for it."""
    with pytest.raises(InvalidSettingError, match="RayExecutor cannot take 'address'") as caught:
        jobs.plan(app("true"), RayExecutor(address=address))
    assert "secret" not in str(caught.value)


def test_a_field_is_not_set_twice(jobs: Jobs) -> None:
    """Setting something in runtime_env that has its own field is an error, so neither value is ignored."""
    with pytest.raises(InvalidSettingError, match="'pip' has a field of its own"):
        jobs.plan(app("true"), RayExecutor(runtime_env={"pip": ["numpy"]}))


def test_local_folders_are_found_from_elsewhere(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan may be submitted from another working directory than it was made in."""
    monkeypatch.chdir(tmp_path)
    (job,) = (
        jobs.plan(app("true"), RayExecutor(working_dir=".", py_modules=["m"])).request_as(RayRequest).jobs
    )
    assert job.runtime_env["working_dir"] == str(tmp_path)
    assert job.runtime_env["py_modules"] == [str(tmp_path / "m")]


def test_the_executor_is_one() -> None:
    """RayExecutor satisfies core's Protocol, and its subclasses belong to the same backend."""

    class Team(RayExecutor):
        pass

    assert explain(RayExecutor(), Executor) == []
    assert EXECUTORS.name_of(Team()) == "ray"
    assert EXECUTORS.type_of("ray") is RayExecutor
    assert (RayExecutor().nnodes(), RayExecutor().nproc_per_node()) == (1, 1)
