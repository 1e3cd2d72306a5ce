"""The suite that every adapter has to pass, on the engines of submitit that run here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from launchbind import AppSpec, RoleSpec
from launchbind.protocols import App
from launchbind.testing.conformance import PlanConformance, SchedulerConformance
from launchbind_adapters import submitit
from launchbind_adapters.submitit import (
    DebugExecutor,
    LocalExecutor,
    SlurmExecutor,
    SubmititExecutor,
    SubmititInfo,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.adapters.submitit.conftest import Jobs


def one_role(command: list[str], env: dict[str, str]) -> App:
    program, *arguments = command
    return AppSpec[SubmititInfo]("conformance", [RoleSpec("main", program, arguments, env=env)])


@pytest.fixture
def make_launcher() -> Callable[[], Jobs]:
    return submitit.launcher


class TestLocal(SchedulerConformance[App, SubmititExecutor]):
    """Jobs in processes of their own."""

    module = "launchbind_adapters.submitit"
    elsewhere = "launchbind_adapters.submitit:launcher"

    @pytest.fixture
    def executor(self) -> SubmititExecutor:
        return LocalExecutor()

    def app(self, command: list[str], env: dict[str, str]) -> App:
        return one_role(command, env)


class TestDebug(SchedulerConformance[App, SubmititExecutor]):
    """Jobs that have ended when they are submitted."""

    module = "launchbind_adapters.submitit"
    lasting = ("true",)  # nothing lasts longer than submit
    exempt = dict.fromkeys(
        (
            "test_exit_codes_are_told",
            "test_a_running_job_has_not_ended",
            "test_cancelling_ends_the_job",
            "test_cancelling_again_changes_nothing",
            "test_another_process_finds_the_job",
        ),
        "a debug job has ended when it is submitted",
    )

    @pytest.fixture
    def executor(self) -> SubmititExecutor:
        return DebugExecutor()

    def app(self, command: list[str], env: dict[str, str]) -> App:
        return one_role(command, env)


class TestSlurmPlans(PlanConformance[App, SubmititExecutor]):
    """Scripts; they are submitted in tests/e2e, where there is a cluster."""

    module = "launchbind_adapters.submitit"

    @pytest.fixture
    def executor(self) -> SubmititExecutor:
        return SlurmExecutor(partition="debug")

    def app(self, command: list[str], env: dict[str, str]) -> App:
        return one_role(command, env)
