"""What launchbind asks of a scheduler; torchx's and NeMo-Run's conform as they are.

Type variables carry the concrete types of app, executor and dry-run info through, so none becomes ``Any``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Never

    from launchbind.protocols.app import Role

AppT_contra = TypeVar("AppT_contra", contravariant=True)
CfgT_contra = TypeVar("CfgT_contra", contravariant=True)
InfoT = TypeVar("InfoT")
InfoT_co = TypeVar("InfoT_co", covariant=True)
SchedulerT_co = TypeVar("SchedulerT_co", covariant=True)


class StateLike(Protocol):
    """A job state of any launcher; only its name is read: RUNNING, FAILED, ..."""

    @property
    def name(self) -> str:
        """A name of :class:`launchbind.JobState`."""
        ...


class Description(Protocol):
    """What a scheduler says about a job; it may carry an exit code, see :class:`DescribesExitCode`."""

    @property
    def state(self) -> StateLike:
        """The job's state."""
        ...

    @property
    def msg(self) -> str:
        """The backend's message about the job; often empty."""
        ...

    @property
    def ui_url(self) -> str | None:
        """The address of the job's web page, if it has one."""
        ...

    @property
    def roles(self) -> Sequence[Role]:
        """The job's roles, as far as the backend remembers them; logs are read by their names."""
        ...


class DryRunScheduler(Protocol[AppT_contra, CfgT_contra, InfoT_co]):
    """What :func:`launchbind.submit_dryrun` needs of a scheduler."""

    @property
    def backend(self) -> str:
        """The name passed to each role's ``pre_proc``."""
        ...

    def _submit_dryrun(self, app: AppT_contra, cfg: CfgT_contra) -> InfoT_co: ...


class BoundScheduler(Protocol[AppT_contra, CfgT_contra, InfoT_co]):
    """A :class:`Scheduler` as a launcher gives it to others: every scheduler is one.

    What it makes can be read, but only :meth:`launchbind.Launcher.submit` knows that an info comes from this
    very scheduler, so no type of info can be passed to ``schedule``.
    """

    @property
    def backend(self) -> str:
        """The scheduler's own name, which may differ from the name it is registered under."""
        ...

    def submit_dryrun(self, app: AppT_contra, cfg: CfgT_contra, /) -> InfoT_co:
        """The request that ``schedule`` would submit; nothing is submitted or written.

        Parameters
        ----------
        app, cfg
            Copies of app and executor, which the scheduler may change.
        """
        ...

    def schedule(self, dryrun_info: Never, /) -> str:
        """See :class:`Scheduler`; for launchers alone."""
        ...

    def describe(self, app_id: str, /) -> Description | None:
        """The job's description, or None when the backend knows no such job."""
        ...

    def cancel(self, app_id: str, /) -> None:
        """Cancel the job; does nothing when it has ended or never existed."""
        ...

    def close(self) -> None:
        """Release connections, threads and the like; the jobs go on."""
        ...


class Scheduler(BoundScheduler[AppT_contra, CfgT_contra, InfoT], Protocol[AppT_contra, CfgT_contra, InfoT]):
    """Turns apps into requests, submits them, and follows and cancels the jobs.

    Whatever a method raises reaches the caller as a :class:`launchbind.SchedulerError`, a
    NotImplementedError as an :class:`launchbind.UnsupportedError`.
    """

    def schedule(self, dryrun_info: InfoT, /) -> str:
        """Submit the request.

        Returns
        -------
        The app id: the backend's own id of the job, without white space or slashes.
        """
        ...


class SchedulerFactory(Protocol[SchedulerT_co]):
    """Creates the scheduler of a backend for one session."""

    def __call__(self, session_name: str, /) -> SchedulerT_co:
        """Create the scheduler; it keeps the jobs of its session apart from those of others."""
        ...
