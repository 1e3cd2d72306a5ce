"""Ray Jobs pass launchbind's conformance suite for adapters, on a head that the tests start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from launchbind import App, AppSpec, RoleSpec
from launchbind.testing.conformance import SchedulerConformance
from launchbind_adapters import ray
from launchbind_adapters.ray import RayExecutor, RayInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from ray_head import RayHead
    from tests.adapters.ray.conftest import Jobs


class TestRayJobs(SchedulerConformance[App, RayExecutor]):
    """Also from another process, which finds the head by RAY_ADDRESS."""

    module = "launchbind_adapters.ray"
    not_imported = ("ray", "torchx", "nemo_run", "submitit", "click", "rich")
    most_modules = 100
    elsewhere = "launchbind_adapters.ray:launcher"

    @pytest.fixture
    def make_launcher(self, head: RayHead) -> Callable[[], Jobs]:
        return ray.launcher

    @pytest.fixture
    def executor(self) -> RayExecutor:
        return RayExecutor()

    def app(self, command: list[str], env: dict[str, str]) -> App:
        program, *arguments = command
        return AppSpec[RayInfo]("conformance", [RoleSpec("main", program, arguments, env)])
