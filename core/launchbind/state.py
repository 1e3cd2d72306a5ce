"""The states of a job, and what is known of one: its description and its status."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from launchbind.handle import Handle
    from launchbind.protocols import Role


class JobState(IntEnum):
    """The state of a job.

    Names and values are those of ``torchx.specs.AppState`` (torchx 0.7.0), so that states of either kind
    compare equal.

    Notes
    -----
    States of two kinds can be equal, so ty does not narrow a state by ``==`` or ``match``. Compare with
    ``is`` where a checker has to know that every state is handled.

    Examples
    --------
    >>> [str(state) for state in JobState if state.is_terminal]
    ['SUCCEEDED', 'FAILED', 'CANCELLED']
    """

    UNSUBMITTED = 0
    SUBMITTED = 1
    PENDING = 2
    RUNNING = 3
    SUCCEEDED = 4
    FAILED = 5
    CANCELLED = 6
    UNKNOWN = 7

    @property
    def is_terminal(self) -> bool:
        """Whether the job has ended: SUCCEEDED, FAILED or CANCELLED."""
        return self in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)

    def __str__(self) -> str:
        return self.name

    # What int has anyway. With a definition here, mypy accepts the comparison with a state of another enum.
    def __eq__(self, other: object, /) -> bool:
        return int(self) == other

    def __hash__(self) -> int:
        return hash(int(self))


@dataclass(frozen=True)
class JobDescription:
    """What a scheduler says about a job; for schedulers that have no such class of their own.

    Attributes
    ----------
    app_id
        The backend's own id of the job.
    state
        The job's state.
    roles
        The job's roles, as far as the backend remembers them; only names and replicas are read.
    msg
        The backend's message about the job; often empty.
    ui_url
        The address of the job's web page, if it has one.
    exit_code
        The first non-zero exit code of the job's processes, else 0; None while the job has not ended,
        and where the backend does not know it.
    """

    app_id: str
    state: JobState
    roles: Sequence[Role] = ()
    msg: str = ""
    ui_url: str | None = None
    exit_code: int | None = None


@dataclass(frozen=True)
class JobStatus:
    """The status of a job when its scheduler was asked.

    Attributes
    ----------
    handle
        The job, under its backend's canonical name.
    state
        The job's state.
    exit_code
        The first non-zero exit code of the job's processes, else 0; None while the job has not ended,
        and where the backend does not know it.
    message
        The backend's message about the job; often empty.
    ui_url
        The address of the job's web page, if it has one.
    """

    handle: Handle
    state: JobState
    exit_code: int | None = None
    message: str = ""
    ui_url: str | None = None
