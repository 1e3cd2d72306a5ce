"""The conformance suite on fakes, run as pytest would, to see what it says of a defect."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from unittest import SkipTest

from fake_jobs import FakeLauncher, bindings

from launchbind import Launcher
from launchbind.testing import FakeApp, FakeCluster, FakeExecutor, FakeProgram, FakeRole
from launchbind.testing.conformance import PlanConformance, SchedulerConformance

if TYPE_CHECKING:
    from collections.abc import Callable

ExecutorT = TypeVar("ExecutorT")

PROGRAMS = {
    "fail": FakeProgram(exit_code=3),
    "last": FakeProgram(exit_code=None),
    "no-such-program": FakeProgram(exit_code=127),
    "talk": FakeProgram(["one\n", "two\n", "three\n", "four\n"], polls=4),
}


class FakeSuite(SchedulerConformance[FakeApp, FakeExecutor]):
    """The suite as the author of the fakes subclasses it."""

    succeeding = ("succeed",)
    failing = ("fail",)
    lasting = ("last",)
    missing = ("no-such-program",)
    printing = ("talk",)
    printed = ("one", "two", "three", "four")
    poll_seconds = 0.01
    guard_seconds = 30

    def app(self, command: list[str], env: dict[str, str]) -> FakeApp:
        return FakeApp("job", [FakeRole("main", command[0], command[1:], env)])


@dataclass
class Verdict:
    """The result of a suite: test to the message of its failure, or to the reason why it was skipped."""

    failed: dict[str, str]
    skipped: dict[str, str]


def verdict(
    suite: type[PlanConformance[FakeApp, ExecutorT]],
    make_launcher: Callable[[], Launcher[FakeApp, ExecutorT]],
    executor: Callable[[], ExecutorT],
) -> Verdict:
    """Run every test of a suite, as pytest would."""
    found = Verdict({}, {})
    for name, test in inspect.getmembers(suite, inspect.isfunction):
        if name.startswith("test_"):
            given = {"make_launcher": make_launcher, "executor": executor()}
            wanted = inspect.signature(test).parameters
            instance = suite()
            try:
                instance.setup_method(test)
                test(instance, **{each: value for each, value in given.items() if each in wanted})
            except SkipTest as error:
                found.skipped[name] = str(error)
            except Exception as error:
                found.failed[name] = f"{type(error).__name__}: {error}"
    return found


def launchers_of(
    cluster: FakeCluster, kind: Callable[..., FakeLauncher] = Launcher
) -> Callable[[], FakeLauncher]:
    """A function that makes launchers which all have this one cluster."""
    return lambda: kind(bindings(lambda session: cluster))


def judge(*defects: type, **attributes: object) -> Verdict:
    """What the suite says of the fakes when these classes take the place of theirs.

    Parameters
    ----------
    defects
        Schedulers, launchers and executors.
    attributes
        Set on the suite.
    """
    chosen: dict[type, type] = {
        base: next((defect for defect in defects if issubclass(defect, base)), base)
        for base in (FakeCluster, Launcher, FakeExecutor)
    }
    cluster = chosen[FakeCluster](programs=PROGRAMS)
    suite: type[FakeSuite] = type("Suite", (FakeSuite,), attributes)
    return verdict(suite, launchers_of(cluster, chosen[Launcher]), chosen[FakeExecutor])
