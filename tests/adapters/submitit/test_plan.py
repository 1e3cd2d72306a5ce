"""Plans: complete, pure, and what is then submitted."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.adapters.submitit.conftest import app, sh

from launchbind import PlanError, RoleSpec, UnknownTypeError
from launchbind_adapters.submitit import (
    DebugExecutor,
    LocalExecutor,
    SlurmExecutor,
    SubmititExecutor,
    SubmititRequest,
)

if TYPE_CHECKING:
    from tests.adapters.submitit.conftest import Jobs

    from launchbind_adapters.submitit import SubmititInfo

EXECUTORS = [LocalExecutor(), DebugExecutor(), SlurmExecutor()]


@pytest.mark.parametrize("executor", EXECUTORS, ids=lambda each: type(each).__name__)
def test_planning_is_pure(jobs: Jobs, executor: SubmititExecutor, state_home: Path, tmp_path: Path) -> None:
    """Nothing is written, app and executor stay as they are, and equal plans have equal fingerprints."""
    executor = replace(executor, folder=str(tmp_path / "logs"))
    work = app(sh("echo hello", replicas=2), sh("echo there", "other"))
    before = copy.deepcopy((work, executor))
    plans = [jobs.plan(work, executor) for _ in range(2)]
    assert (work, executor) == before
    assert plans[0].fingerprint == plans[1].fingerprint
    assert plans[0].diff(plans[1]) == ""
    assert plans[0].to_json() == plans[1].to_json()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LocalExecutor(), LocalExecutor(timeout_min=7)),
        (LocalExecutor(), LocalExecutor(env_vars={"A": "1"})),
        (LocalExecutor(), LocalExecutor(setup=["ulimit -c 0"])),
        (DebugExecutor(), DebugExecutor(retries=1)),
        (SlurmExecutor(), SlurmExecutor(partition="long")),
        (SlurmExecutor(), SlurmExecutor(additional_parameters={"reservation": "ml"})),
    ],
)
def test_a_changed_field_shows(jobs: Jobs, one: SubmititExecutor, other: SubmititExecutor) -> None:
    """Executors that differ in a field have plans that differ, visibly."""
    plans = [jobs.plan(app(sh("true")), executor) for executor in (one, other)]
    assert plans[0].fingerprint != plans[1].fingerprint
    assert plans[0].diff(plans[1]) != ""


def test_the_plan_shows_the_sbatch_script(jobs: Jobs, tmp_path: Path) -> None:
    """All of it, as submitit writes it, on a machine that need not have Slurm."""
    executor = SlurmExecutor(
        folder=str(tmp_path),
        timeout_min=30,
        nodes=2,
        tasks_per_node=4,
        cpus_per_task=3,
        gpus_per_node=1,
        mem_gb=1.5,
        partition="long",
        account="ml",
        exclusive=True,
        setup=["module load cuda"],
        teardown=["echo bye"],
        additional_parameters={"reservation": "night", "requeue": True},
        srun_args=["--cpu-bind=none"],
        python="/opt/python",
    )
    plan = jobs.plan(app(sh("true", replicas=5), name="train"), executor)
    lines = plan.render().splitlines()
    folder = plan.request_as(SubmititRequest).folder
    assert Path(folder).parent == tmp_path
    for flag in (
        "array=0-4%5", "job-name=train", "time=30", "nodes=2", "ntasks-per-node=4", "cpus-per-task=3",
        "gpus-per-node=1", "mem=1536MB", "partition=long", "account=ml", "exclusive", "reservation=night",
        "requeue", "signal=USR2@90", "wckey=submitit", f"output={folder}/%A_%a_0_log.out",
    ):  # fmt: skip
        assert f"#SBATCH --{flag}" in lines
    assert "module load cuda" in lines
    assert (
        f"srun --unbuffered --output {folder}/%A_%a_%t_log.out --cpu-bind=none "
        f"/opt/python -u -m submitit.core._submit {folder}"
    ) in lines
    # The exit code of a script is that of its last line: it must not be that of the teardown.
    assert lines[-3:] == ["launchbind_code=$?", "echo bye", 'exit "$launchbind_code"']


def test_a_job_that_would_be_ended_as_it_starts_is_refused(jobs: Jobs) -> None:
    """submitit's signal, 90 s before the limit by default, comes at once where the limit is a minute."""
    with pytest.raises(PlanError, match=r"would be ended as it starts, signal_delay_s=90 before .* 60 s"):
        jobs.plan(app(sh("true")), SlurmExecutor(timeout_min=1))
    plan = jobs.plan(app(sh("true")), SlurmExecutor(timeout_min=1, signal_delay_s=30))
    assert plan.request_as(SubmititRequest).timeout_min == 1


def test_the_time_field_wins(jobs: Jobs) -> None:
    """``time``, as submitit has it for Slurm, comes before the general ``timeout_min``."""
    plan = jobs.plan(app(sh("true")), SlurmExecutor(timeout_min=5, time=7))
    assert "#SBATCH --time=7" in plan.render()
    assert plan.request_as(SubmititRequest).timeout_min == 7


def test_the_name_in_slurm(jobs: Jobs) -> None:
    """The app's, with the role's where there are several, unless the executor gives another."""
    roles = (sh("true", "one"), sh("true", "two"))
    assert "--job-name=job-one" in jobs.plan(app(*roles), SlurmExecutor()).render()
    assert "--job-name=mine" in jobs.plan(app(*roles), SlurmExecutor(name="mine")).render()


@pytest.mark.parametrize("executor", EXECUTORS, ids=lambda each: type(each).__name__)
def test_the_plan_shows_commands_and_environment(jobs: Jobs, executor: SubmititExecutor) -> None:
    """Each role's command line, and its variables over those of the executor."""
    executor = replace(executor, env_vars={"A": "executor", "B": "executor"})
    work = app(RoleSpec("main", "echo", ["a b", "$HOME"], env={"B": "role"}))
    text = jobs.plan(work, executor).render()
    assert "echo 'a b' '$HOME'" in text
    assert "A=executor" in text
    assert "B=role" in text


@pytest.mark.parametrize("executor", EXECUTORS, ids=lambda each: type(each).__name__)
def test_secrets_are_hidden(jobs: Jobs, executor: SubmititExecutor) -> None:
    """A token of the executor's or the role's is in no text but the one that is asked for openly."""
    executor = replace(executor, env_vars={"HF_TOKEN": "not-for-you"})
    plan = jobs.plan(app(sh("echo neither-this", API_KEY="neither-this")), executor)
    for text in (str(plan), repr(plan), plan.render(), plan.to_json()):
        assert "not-for-you" not in text
        assert "neither-this" not in text
    assert "not-for-you" in plan.render(redact=False)


@pytest.mark.parametrize(
    ("executor", "problem"),
    [
        (LocalExecutor(retries=1, tasks_per_node=2), "cannot be retried"),
        (SlurmExecutor(retries=1, nodes=2), "cannot be retried"),
        (SlurmExecutor(nodes=2, use_srun=False), "srun"),
        (LocalExecutor(tasks_per_node=0), "no tasks"),
        (LocalExecutor(gpus_per_node=2, visible_gpus=[0]), "2 GPUs"),
        (LocalExecutor(folder="logs/%j"), "folder of its own"),
    ],
)
def test_what_cannot_be_done_is_refused(jobs: Jobs, executor: SubmititExecutor, problem: str) -> None:
    """Before anything is submitted, and in one sentence, instead of being ignored."""
    with pytest.raises(PlanError, match=problem):
        jobs.plan(app(sh("true")), executor)


@pytest.mark.parametrize("name", ["a/b", "a b", "a%j", ".."])
def test_names_that_cannot_be_folders_are_refused(jobs: Jobs, name: str) -> None:
    """The name becomes part of the handle and of a folder."""
    with pytest.raises(PlanError, match="another name"):
        jobs.plan(app(sh("true"), name=name), DebugExecutor())


def test_another_engines_executor_is_refused(jobs: Jobs) -> None:
    """An executor goes to no backend but its own, and the base class to none."""
    with pytest.raises(
        PlanError, match="cannot run on submitit_slurm with a LocalExecutor: it takes a SlurmExecutor"
    ):
        jobs.plan(app(sh("true")), LocalExecutor(), backend="submitit_slurm")
    with pytest.raises(UnknownTypeError):
        jobs.plan(app(sh("true")), SubmititExecutor())


def test_what_a_role_adjusts_is_planned_and_submitted(jobs: Jobs) -> None:
    """pre_proc changes the request, which the plan shows and the job then is."""

    def adjust(backend: str, info: SubmititInfo) -> SubmititInfo:
        info.request.roles[0].command = ["echo", "adjusted", "for", backend]
        return info

    role: RoleSpec[SubmititInfo] = RoleSpec("main", "false", adjust=adjust)
    plan = jobs.plan(app(role), LocalExecutor())
    assert "echo adjusted for submitit_local" in plan.render()
    assert list(jobs.logs(jobs.submit(plan), follow=True)) == ["adjusted for submitit_local\n"]


def test_a_tampered_plan_is_refused(jobs: Jobs) -> None:
    """What was changed after planning is not what was looked at."""
    plan = jobs.plan(app(sh("true")), LocalExecutor())
    plan.request_as(SubmititRequest).roles[0].command.append("more")
    with pytest.raises(PlanError, match="changed"):
        jobs.submit(plan)
