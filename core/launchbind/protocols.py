"""Protocols: what launchbind asks of executors, apps and schedulers, and nothing more.

torchx's ``AppDef``, ``Role`` and ``Scheduler`` and NeMo-Run's executors satisfy them as they are
(tests/typing shows it). Type variables carry the concrete app, configuration and dry-run info through,
so that nothing is lost to ``Any`` on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from typing_extensions import Never

AppT_contra = TypeVar("AppT_contra", contravariant=True)
CfgT_contra = TypeVar("CfgT_contra", contravariant=True)
InfoT = TypeVar("InfoT")
InfoT_contra = TypeVar("InfoT_contra", contravariant=True)
InfoT_co = TypeVar("InfoT_co", covariant=True)
SchedulerT_co = TypeVar("SchedulerT_co", covariant=True)


class Executor(Protocol):
    """Typed configuration: where and how a job runs."""

    env_vars: dict[str, str]
    retries: int

    def nnodes(self) -> int:
        """How many nodes the job takes."""
        ...

    def nproc_per_node(self) -> int:
        """How many processes run on each node."""
        ...


class Role(Protocol):
    """One kind of process in an app, run in ``num_replicas`` copies."""

    @property
    def name(self) -> str:
        """Unique within the app; logs are asked for by it."""
        ...

    @property
    def entrypoint(self) -> str:
        """The program."""
        ...

    @property
    def args(self) -> Sequence[str]:
        """Its arguments, one string each."""
        ...

    @property
    def env(self) -> Mapping[str, str]:
        """Environment variables of this role, besides those of the executor."""
        ...

    @property
    def num_replicas(self) -> int:
        """How many copies run."""
        ...

    # Each launcher's roles take that launcher's dry-run info. Never says so without naming it: any
    # method of this shape conforms, and only the pipeline, which checks what comes back, calls it.
    def pre_proc(self, scheduler: str, dryrun_info: Never, /) -> object:
        """Adjust the request for this role, and return the info to go on with."""
        ...


class App(Protocol):
    """A job: a name and the roles it consists of."""

    @property
    def name(self) -> str:
        """What people call the job; backends derive the app id from it."""
        ...

    @property
    def roles(self) -> Sequence[Role]:
        """The kinds of process, in the order they are prepared."""
        ...


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
