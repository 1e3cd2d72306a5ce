"""Executors of one's own: what they have in common, and what each adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from typing_extensions import assert_type, override

from launchbind import Executor, Registry, SupportsAssign, SupportsCleanup


@dataclass
class TeamExecutor:
    """What the executors of the team have in common."""

    env_vars: dict[str, str] = field(default_factory=dict[str, str])
    retries: int = 0

    def nnodes(self) -> int:
        return 1

    def nproc_per_node(self) -> int:
        return 1


@dataclass
class DeskExecutor(TeamExecutor):
    """Runs on the machine it is used on."""

    nice: int = 0

    def assign(self, exp_id: str, exp_dir: str, task_id: str, task_dir: str) -> None:
        self.env_vars["TASK_DIR"] = task_dir

    def cleanup(self, handle: str, /) -> None: ...


@dataclass
class QueueExecutor(TeamExecutor):
    """Runs on the cluster."""

    queue: str = "short"
    nodes: int = 1

    @override
    def nnodes(self) -> int:
        return self.nodes


@dataclass(frozen=True)
class FrozenExecutor:
    """An executor that nothing can change."""

    env_vars: Mapping[str, str] = field(default_factory=dict[str, str])
    retries: int = 0

    def nnodes(self) -> int:
        return 1

    def nproc_per_node(self) -> int:
        return 1


# -- a registry: the call form, the decorator, and a lazy one --------------------------------------------

EXECUTORS: Registry[TeamExecutor] = Registry("executor", group="team.executors", base=TeamExecutor)
EXECUTORS.register("desk", DeskExecutor, aliases=["local"])
EXECUTORS.register("lazy", "team.lazy:LazyExecutor", requires="team[lazy]")


@EXECUTORS.register("night")
@dataclass
class NightExecutor(QueueExecutor):
    """A class that a decorator registers is still itself."""

    after: int = 22


assert_type(NightExecutor(after=23).after, int)
assert_type(EXECUTORS["desk"], type[TeamExecutor])
assert_type(EXECUTORS.type_of("desk")().retries, int)
assert_type(EXECUTORS.name_of(NightExecutor()), str)
assert_type(EXECUTORS.name_of(DeskExecutor), str)
assert_type(EXECUTORS.find_type("lazy"), type[TeamExecutor] | None)
assert_type(EXECUTORS.find_name(3), str | None)
assert_type(EXECUTORS.entry("desk").aliases, tuple[str, ...])
assert_type(dict(EXECUTORS.by_name), dict[str, type[TeamExecutor]])
assert_type(EXECUTORS.by_type[DeskExecutor], str)
assert_type([name.upper() for name in EXECUTORS], list[str])

with EXECUTORS.override("desk", QueueExecutor) as overridden:
    assert_type(overridden, Registry[TeamExecutor])

ANY_EXECUTOR = Registry("executor", base=Executor)
assert_type(ANY_EXECUTOR, Registry[Executor])
ANY_EXECUTOR.register("frozen", FrozenExecutor)
ANY_EXECUTOR.register("queue", QueueExecutor)


def total_processes(executor: Executor) -> int:
    """Reads any executor."""
    assert_type(executor.env_vars["HOME"], str)
    return executor.nnodes() * executor.nproc_per_node()


total_processes(DeskExecutor())
total_processes(FrozenExecutor())


def prepare(executor: TeamExecutor) -> None:
    """Asks for capabilities; what is claimed can be called."""
    if isinstance(executor, SupportsAssign):
        executor.assign("exp", "/exp", "task", "/exp/task")
        assert_type(executor.retries, int)
    if isinstance(executor, SupportsCleanup):
        executor.cleanup("desk://team/1")
