"""torchx's own local scheduler passes launchbind's conformance suite, except for what it lacks."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, ClassVar

import pytest
from torchx.specs import AppDef, CfgVal, Role

from launchbind.testing.conformance import SchedulerConformance
from launchbind_adapters.torchx import launcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from launchbind import Launcher

    Config = Mapping[str, CfgVal]


# torchx (0.7.0) closes neither the log that a reader has left nor the logs of a failed start.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
class TestLocalCwd(SchedulerConformance[AppDef, "Config"]):
    """torchx keeps local jobs in the memory of the process that started them, and ends them when it ends."""

    backend = "local_cwd"
    module = "launchbind_adapters.torchx"
    not_imported = ("nemo_run", "torchx", "click", "rich")
    most_modules = 100
    exempt: ClassVar = {
        "test_another_launcher_finds_the_job": "a job is known to the launcher that submitted it only",
        "test_cancelling_again_changes_nothing": "torchx calls a job CANCELLED even if it had ended before",
        "test_the_list_has_the_job": "torchx keeps no list of local jobs",
    }

    @pytest.fixture(autouse=True)
    def collect_unclosed_files(self) -> Iterator[None]:
        yield
        gc.collect()

    @pytest.fixture
    def make_launcher(self) -> Callable[[], Launcher[AppDef, Config]]:
        return launcher

    @pytest.fixture
    def executor(self, tmp_path: Path) -> Config:
        return {"log_dir": str(tmp_path)}

    def app(self, command: list[str], env: dict[str, str]) -> AppDef:
        program, *arguments = command
        return AppDef("conformance", roles=[Role("main", "", entrypoint=program, args=arguments, env=env)])
