"""Fakes for tests of code that uses launchbind; they start no processes and write no files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from launchbind.planning.dryrun import DryRunInfo, DryRunMixin
from launchbind.specs import AppSpec, RoleSpec
from launchbind.state import JobState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass
class FakeExecutor:
    """An executor that satisfies :class:`launchbind.Executor` and nothing more.

    Attributes
    ----------
    env_vars
        Variables of every role of the job.
    retries
        Not used.
    nodes
        What ``nnodes`` returns.
    """

    env_vars: dict[str, str] = field(default_factory=dict)
    retries: int = 0
    nodes: int = 1

    def nnodes(self) -> int:
        """``nodes``."""
        return self.nodes

    def nproc_per_node(self) -> int:
        """Always one."""
        return 1


@dataclass
class FakeManagedExecutor(FakeExecutor):
    """An executor with every capability, which records the calls.

    Attributes
    ----------
    assigned
        The arguments of each ``assign``: experiment id and folder, task id and folder.
    cleaned
        The handle of each ``cleanup``.
    """

    assigned: list[tuple[str, str, str, str]] = field(default_factory=list)
    cleaned: list[str] = field(default_factory=list)

    def assign(self, exp_id: str, exp_dir: str, task_id: str, task_dir: str) -> None:
        """Record the folders."""
        self.assigned.append((exp_id, exp_dir, task_id, task_dir))

    def cleanup(self, handle: str, /) -> None:
        """Record the handle."""
        self.cleaned.append(handle)


@dataclass
class FakeRequest:
    """What :class:`FakeScheduler` would submit.

    Attributes
    ----------
    app
        The app's name.
    commands
        The words of each role's command.
    env
        The variables of the executor, and over them those of the roles.
    """

    app: str
    commands: list[list[str]]
    env: dict[str, str]


FakeInfo = DryRunInfo[FakeRequest]
FakeApp = AppSpec[FakeInfo]
FakeRole = RoleSpec[FakeInfo]


@dataclass
class FakeJob:
    """A job of :class:`FakeScheduler`; also its description, and its entry in a listing.

    Attributes
    ----------
    app_id
        The id that ``schedule`` returned.
    request
        What was submitted.
    roles
        The app's roles, without variables.
    state
        Assign to it to move the job on.
    msg, ui_url, exit_code
        As of :class:`launchbind.JobDescription`.
    lines
        What ``log_iter`` returns.
    """

    app_id: str
    request: FakeRequest
    roles: list[FakeRole]
    state: JobState = JobState.RUNNING
    msg: str = ""
    ui_url: str | None = None
    exit_code: int | None = None
    lines: list[str] = field(default_factory=list)


class FakeScheduler(DryRunMixin):
    """A scheduler in memory that satisfies :class:`launchbind.Scheduler`.

    Parameters
    ----------
    session
        As for any scheduler factory.
    backend
        The scheduler's own name.

    Attributes
    ----------
    jobs
        Every job by app id; the test may read and change them.
    closed
        Whether ``close`` was called.
    """

    def __init__(self, session: str = "test", *, backend: str = "fake") -> None:
        self.session = session
        self.backend = backend
        self.jobs: dict[str, FakeJob] = {}
        self.closed: bool = False

    def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
        commands = [[role.entrypoint, *role.args] for role in app.roles]
        env = dict(cfg.env_vars)
        for role in app.roles:
            env.update(role.env)
        return DryRunInfo(FakeRequest(app.name, commands, env))

    def schedule(self, dryrun_info: FakeInfo, /) -> str:
        """Start the job: it is RUNNING at once, and stays so until the test changes that."""
        app_id = f"{dryrun_info.request.app}-{len(self.jobs)}"
        app = dryrun_info.app
        roles = [
            FakeRole(role.name, role.entrypoint, num_replicas=role.num_replicas)
            for role in (app.roles if app else ())
        ]
        self.jobs[app_id] = FakeJob(app_id, dryrun_info.request, roles)
        return app_id

    def describe(self, app_id: str, /) -> FakeJob | None:
        """The job, or None."""
        return self.jobs.get(app_id)

    def cancel(self, app_id: str, /) -> None:
        """Make the job CANCELLED unless it has ended."""
        job = self.jobs.get(app_id)
        if job is not None and not job.state.is_terminal:
            job.state = JobState.CANCELLED

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *, should_tail: bool = False
    ) -> Iterator[str]:
        """The job's ``lines``, the same for every role and replica."""
        return iter(list(self.jobs[app_id].lines))

    def list(self) -> Iterable[FakeJob]:
        """Every job."""
        return list(self.jobs.values())

    def close(self) -> None:
        """Record that it was called."""
        self.closed = True
