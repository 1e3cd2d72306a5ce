"""AppSpec and RoleSpec: plain apps for launchers that have no app class of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import TypeVar

    from launchbind.protocols import HasRequest

    # With a default, so that an app whose roles adjust nothing needs no parameter.
    InfoT_contra = TypeVar("InfoT_contra", bound=HasRequest, contravariant=True, default=HasRequest)
else:
    from typing import TypeVar

    InfoT_contra = TypeVar("InfoT_contra", contravariant=True)


@dataclass
class RoleSpec(Generic[InfoT_contra]):
    """One kind of process in an app.

    Parameters
    ----------
    name
        Unique within the app; logs are read by it.
    entrypoint
        The program.
    args
        Its arguments, one string each; no shell interprets them.
    env
        Environment variables of this role.
    num_replicas
        How many copies run.
    adjust
        Called with the backend and the dry-run info; returns the same info, or a new one to use instead.
    """

    name: str
    entrypoint: str
    args: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    num_replicas: int = 1
    adjust: Callable[[str, InfoT_contra], HasRequest] | None = None

    def pre_proc(self, scheduler: str, dryrun_info: InfoT_contra, /) -> HasRequest:
        """Call ``adjust``, if there is one; see :class:`launchbind.Role`."""
        return self.adjust(scheduler, dryrun_info) if self.adjust else dryrun_info


@dataclass
class AppSpec(Generic[InfoT_contra]):
    """A job, as a name and the roles it consists of.

    Parameters
    ----------
    name
        The job's name for people; backends derive the app id from it.
    roles
        The kinds of process; a plan needs at least one.
    metadata
        Notes for the scheduler; launchbind does not read them.

    Examples
    --------
    >>> app = AppSpec("fit", [RoleSpec("main", "python", ["train.py"], num_replicas=2)])
    >>> [(role.name, role.num_replicas) for role in app.roles]
    [('main', 2)]
    """

    name: str
    roles: Sequence[RoleSpec[InfoT_contra]] = ()
    metadata: dict[str, str] = field(default_factory=dict)
