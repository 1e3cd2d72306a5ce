"""Optional capabilities of schedulers, descriptions and executors: having the member claims it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from launchbind.protocols.scheduler import Description, StateLike

InfoT_contra = TypeVar("InfoT_contra", contravariant=True)


@runtime_checkable
class SupportsLogs(Protocol):
    """A scheduler that can read a job's output.

    One that can also start at a point in time takes an additional keyword ``since: datetime | None``.
    launchbind passes it only when a caller asks for it, and refuses that where the signature of
    ``log_iter`` does not name it. Lines are filtered by launchbind itself.
    """

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *, should_tail: bool = False
    ) -> Iterable[str]:
        """The output of one replica.

        Parameters
        ----------
        app_id
            What ``schedule`` returned.
        role_name
            A name of the description's roles.
        k
            The replica's number, from 0.
        should_tail
            Go on until the job has ended; else end where the output ends by now.

        Returns
        -------
        Its lines in order, each with its newline.
        """
        ...


class Listed(Protocol):
    """One job of a listing; it may carry an exit code, see :class:`DescribesExitCode`."""

    @property
    def app_id(self) -> str:
        """The backend's own id of the job."""
        ...

    @property
    def state(self) -> StateLike:
        """The job's state."""
        ...


@runtime_checkable
class SupportsList(Protocol):
    """A scheduler that can list its jobs."""

    def list(self) -> Iterable[Listed]:
        """The jobs the backend knows."""
        ...


@runtime_checkable
class SupportsDescribeMany(Protocol):
    """A scheduler that describes many jobs in one query."""

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, Description | None]:
        """The description of each job, None for those the backend does not know."""
        ...


@runtime_checkable
class DescribesExitCode(Protocol):
    """A description, or a job of a listing, that carries the job's exit code.

    It is read only once the state is terminal.
    """

    @property
    def exit_code(self) -> int | None:
        """The first non-zero exit code of the job's processes, else 0; None while it is not known."""
        ...


@runtime_checkable
class SupportsVolatile(Protocol[InfoT_contra]):
    """A scheduler whose requests hold values that every dry run makes anew, such as a random id."""

    def volatile(self, dryrun_info: InfoT_contra, /) -> Mapping[str, str]:
        """Each such value, with the placeholder that replaces it in fingerprints and diffs."""
        ...


@runtime_checkable
class SupportsAssign(Protocol):
    """An executor that is given the folders of its job, as NeMo-Run's experiments do."""

    def assign(self, exp_id: str, exp_dir: str, task_id: str, task_dir: str) -> None:
        """Take the folders of the job.

        Parameters
        ----------
        exp_id, exp_dir
            The experiment's id and its folder.
        task_id, task_dir
            The task's id, and its folder inside ``exp_dir``.
        """
        ...


@runtime_checkable
class SupportsCleanup(Protocol):
    """An executor that cleans up after its job."""

    def cleanup(self, handle: str, /) -> None:
        """Remove what the job with this handle left behind."""
        ...
