"""The conformance suite as README has it, and with the types of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from typing_extensions import assert_type, override

from launchbind import App, AppSpec, Launcher, RoleSpec
from launchbind.profiles import load
from launchbind.testing.conformance import PlanConformance, SchedulerConformance

from .bindings import BINDINGS
from .executors import EXECUTORS, DeskExecutor, TeamExecutor


class TestPlain(SchedulerConformance):
    """Without parameters: any app, any executor."""

    backend = "desk"

    def make_launcher(self) -> Callable[[], Launcher[AppSpec, TeamExecutor]]:
        return lambda: Launcher(BINDINGS)

    def executor(self) -> DeskExecutor:
        return DeskExecutor()

    @override
    def app(self, command: list[str], env: dict[str, str]) -> App:
        return AppSpec("job", [RoleSpec("main", command[0], command[1:], env)])


class TestTyped(PlanConformance[AppSpec, TeamExecutor]):
    """With parameters: the app of ``app`` is checked."""

    succeeding = ("true",)

    @override
    def app(self, command: list[str], env: dict[str, str]) -> AppSpec:
        return AppSpec("job", [RoleSpec("main", command[0], command[1:], env)])


def profiles() -> None:
    """An executor of a profile is what the registry is of."""
    profile = load(Path())["night"]
    assert_type(profile.backend, str)
    assert_type(profile.executor(EXECUTORS, {"nodes": "2"}), TeamExecutor)
    assert_type(profile.executor(BINDINGS.executors).env_vars, dict[str, str])
