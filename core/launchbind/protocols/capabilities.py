"""What a scheduler or an executor may be able to do besides: it says so by having the method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from launchbind.protocols.scheduler import Description, StateLike

InfoT_contra = TypeVar("InfoT_contra", contravariant=True)


@runtime_checkable
class SupportsLogs(Protocol):
    """A scheduler that can read a job's output."""

    def log_iter(
        self,
        app_id: str,
        role_name: str,
        k: int = 0,
        *,
        regex: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        should_tail: bool = False,
    ) -> Iterable[str]:
        """The output of replica ``k`` of a role, each line with its newline."""
        ...


class Listed(Protocol):
    """One job of a listing."""

    @property
    def app_id(self) -> str:
        """What the backend calls the job."""
        ...

    @property
    def state(self) -> StateLike:
        """Where the job is in its life."""
        ...


@runtime_checkable
class SupportsList(Protocol):
    """A scheduler that can list its jobs."""

    def list(self) -> Iterable[Listed]:
        """The jobs the backend knows."""
        ...


@runtime_checkable
class SupportsDescribeMany(Protocol):
    """A scheduler that tells of many jobs in one query."""

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, Description | None]:
        """The description of each job, None for those the backend does not know."""
        ...


@runtime_checkable
class SupportsExitCode(Protocol):
    """A scheduler that knows with which code a job ended.

    It is asked after ``describe``, ``describe_many`` or ``list`` has said that the job has ended, job by
    job: where that would be a query each, the scheduler keeps what those have found.
    """

    def exit_code(self, app_id: str, /) -> int | None:
        """The first non-zero exit code of its replicas, else 0; None while it is not known."""
        ...


@runtime_checkable
class SupportsVolatile(Protocol[InfoT_contra]):
    """A scheduler whose requests carry values made anew in every dry run, such as a random id."""

    def volatile(self, dryrun_info: InfoT_contra, /) -> Mapping[str, str]:
        """Each such value, with the placeholder that stands for it in fingerprints and diffs."""
        ...


@runtime_checkable
class SupportsAssign(Protocol):
    """An executor that is told where its job's files go, as NeMo-Run's experiments do."""

    def assign(self, exp_id: str, exp_dir: str, task_id: str, task_dir: str) -> None:
        """Take the experiment's id and folder, and the task's id and folder inside that."""
        ...


@runtime_checkable
class SupportsCleanup(Protocol):
    """An executor that tidies up after its job."""

    def cleanup(self, handle: str, /) -> None:
        """Remove what the job with this handle left behind."""
        ...
