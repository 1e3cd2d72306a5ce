"""Job states, in the terms and with the numbers of torchx's ``AppState``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from launchbind.handle import Handle
    from launchbind.protocols import Role


class JobState(IntEnum):
    """Where a job is in its life.

    Names and values are those of ``torchx.specs.AppState`` (torchx 0.7.0), so states of either kind
    compare equal.
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


@dataclass(frozen=True)
class JobDescription:
    """What a scheduler says about a job, for schedulers that bring no such class of their own.

    Attributes
    ----------
    app_id
        What the backend calls the job.
    roles
        The job's roles, as far as the backend remembers them; their names and replicas count.
    msg
        What the backend has to say about the job, often nothing.
    ui_url
        Where the job can be looked at, if anywhere.
    exit_code
        The first non-zero exit code of the job's processes, else 0; None where the backend does not
        tell, or the job has not ended.
    """

    app_id: str
    state: JobState
    roles: Sequence[Role] = ()
    msg: str = ""
    ui_url: str | None = None
    exit_code: int | None = None


@dataclass(frozen=True)
class JobStatus:
    """How a job fared when its scheduler was asked.

    Attributes
    ----------
    exit_code
        The first non-zero exit code of the job's processes, else 0; None where the backend does not
        tell, or the job has not ended.
    message
        What the backend has to say, often nothing.
    ui_url
        Where the job can be looked at, if anywhere.
    """

    handle: Handle
    state: JobState
    exit_code: int | None = None
    message: str = ""
    ui_url: str | None = None
