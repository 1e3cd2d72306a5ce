"""Local jobs of NeMo-Run pass launchbind's conformance suite for adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from nemo_run import LocalExecutor
from nemo_run.core.execution.base import Executor
from torchx.specs import AppDef, Role

from launchbind.testing.conformance import SchedulerConformance
from launchbind_adapters.nemo_run import launcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from launchbind import Launcher


class TestLocalJobs(SchedulerConformance[AppDef, Executor]):
    """All capabilities are tested, also from another process."""

    module = "launchbind_adapters.nemo_run"
    not_imported = ("nemo_run", "torchx", "click", "rich")
    most_modules = 100
    elsewhere = "launchbind_adapters.nemo_run:launcher"

    @pytest.fixture
    def make_launcher(self, nemorun_home: Path) -> Callable[[], Launcher[AppDef, Executor]]:
        return launcher

    @pytest.fixture
    def executor(self) -> Executor:
        return LocalExecutor()

    def app(self, command: list[str], env: dict[str, str]) -> AppDef:
        program, *arguments = command
        return AppDef("conformance", roles=[Role("main", "", entrypoint=program, args=arguments, env=env)])
