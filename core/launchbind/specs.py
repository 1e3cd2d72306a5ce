"""AppSpec and RoleSpec: plain apps for launchers that bring no app class of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

InfoT = TypeVar("InfoT")


@dataclass
class RoleSpec(Generic[InfoT]):
    """One kind of process in an app.

    Parameters
    ----------
    name
        Unique within the app; logs are asked for by it.
    entrypoint
        The program.
    args
        Its arguments, one string each; no shell reads them.
    env
        Environment variables of this role.
    num_replicas
        How many copies run.
    adjust
        Called with the backend and the dry-run info; returns the info to go on with.
    """

    name: str
    entrypoint: str
    args: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    num_replicas: int = 1
    adjust: Callable[[str, InfoT], InfoT] | None = None

    def pre_proc(self, scheduler: str, dryrun_info: InfoT, /) -> InfoT:
        """Apply ``adjust``, if there is one."""
        return self.adjust(scheduler, dryrun_info) if self.adjust else dryrun_info


@dataclass
class AppSpec(Generic[InfoT]):
    """A job: a name, the roles it consists of, and notes for the scheduler."""

    name: str
    roles: list[RoleSpec[InfoT]] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
