"""What launchbind asks of a scheduler; torchx's and NeMo-Run's conform as they are.

Type variables carry the concrete app, configuration and dry-run info through, so that nothing is lost to
``Any`` on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from launchbind.protocols.app import Role

AppT_contra = TypeVar("AppT_contra", contravariant=True)
CfgT_contra = TypeVar("CfgT_contra", contravariant=True)
InfoT = TypeVar("InfoT")
InfoT_co = TypeVar("InfoT_co", covariant=True)
SchedulerT_co = TypeVar("SchedulerT_co", covariant=True)


class StateLike(Protocol):
    """A job state of any launcher, known by its name: RUNNING, FAILED, ..."""

    @property
    def name(self) -> str:
        """A name of :class:`launchbind.JobState`."""
        ...


class Description(Protocol):
    """What a scheduler says about a job."""

    @property
    def state(self) -> StateLike:
        """Where the job is in its life."""
        ...

    @property
    def msg(self) -> str:
        """What the backend has to say about it, often nothing."""
        ...

    @property
    def ui_url(self) -> str | None:
        """Where the job can be looked at, if anywhere."""
        ...

    @property
    def roles(self) -> Sequence[Role]:
        """The job's roles, as far as the backend remembers them."""
        ...


class DryRunScheduler(Protocol[AppT_contra, CfgT_contra, InfoT_co]):
    """What the dry-run pipeline needs of a scheduler."""

    @property
    def backend(self) -> str:
        """The name that is passed to each role's ``pre_proc``."""
        ...

    def _submit_dryrun(self, app: AppT_contra, cfg: CfgT_contra) -> InfoT_co: ...


class Scheduler(Protocol[AppT_contra, CfgT_contra, InfoT]):
    """A backend that turns apps into requests, submits them and knows how they fare."""

    @property
    def backend(self) -> str:
        """What the scheduler calls itself, which need not be the name it is registered under."""
        ...

    def submit_dryrun(self, app: AppT_contra, cfg: CfgT_contra, /) -> InfoT:
        """The request that ``schedule`` would submit."""
        ...

    def schedule(self, dryrun_info: InfoT, /) -> str:
        """Submit the request and return the app id."""
        ...

    def describe(self, app_id: str, /) -> Description | None:
        """How the job fares, or None when the backend knows no such job."""
        ...

    def cancel(self, app_id: str, /) -> None:
        """End the job; a job that has ended, or never was, is left alone."""
        ...

    def close(self) -> None:
        """Free what the scheduler holds."""
        ...


class SchedulerFactory(Protocol[SchedulerT_co]):
    """Makes the scheduler of a backend for one session."""

    def __call__(self, session_name: str, /) -> SchedulerT_co:
        """Make the scheduler; jobs of one session are told apart from those of another."""
        ...
