"""Apps: without a parameter, adjusted for one scheduler, and classes of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from typing_extensions import assert_type

from launchbind import App, AppSpec, DryRunInfo, Role, RoleSpec

from .schedulers import Batch

driver = RoleSpec("driver", "echo", ["hello"])
pair = AppSpec("pair", [driver, RoleSpec("worker", "sleep", ["1"], env={"A": "1"}, num_replicas=2)])
assert_type(pair.name, str)
assert_type(pair.roles[0].args, list[str])
assert_type(pair.metadata, dict[str, str])


def on_queue(backend: str, info: DryRunInfo[Batch]) -> DryRunInfo[Batch]:
    """Adjusts the request of one scheduler, whose type is known."""
    info.request.tasks.append(backend)
    return info


queued: AppSpec[DryRunInfo[Batch]] = AppSpec("queued", [RoleSpec("main", "train", adjust=on_queue), driver])


@dataclass
class TeamRole:
    """A role of one's own."""

    name: str
    entrypoint: str = "true"
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    num_replicas: int = 1

    def pre_proc(self, scheduler: str, dryrun_info: DryRunInfo[Batch], /) -> DryRunInfo[Batch]:
        return dryrun_info


@dataclass
class TeamApp:
    """An app of one's own."""

    name: str
    roles: list[TeamRole]
    owner: str = ""


def names(app: App) -> list[str]:
    """Reads any app."""
    roles: Sequence[Role] = app.roles
    return [app.name, *(role.name for role in roles)]


names(pair)
names(queued)
names(TeamApp("team", [TeamRole("main")]))
