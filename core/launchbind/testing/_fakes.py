"""Fakes for tests of code that uses launchbind: no launcher, no processes, no files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from launchbind.planning.dryrun import DryRunInfo, DryRunMixin
from launchbind.specs import AppSpec, RoleSpec
from launchbind.state import JobState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime


@dataclass
class FakeExecutor:
    """An executor that satisfies :class:`launchbind.Executor` and nothing more."""

    env_vars: dict[str, str] = field(default_factory=dict)
    retries: int = 0
    nodes: int = 1

    def nnodes(self) -> int:
        """As many as ``nodes`` says."""
        return self.nodes

    def nproc_per_node(self) -> int:
        """Always one."""
        return 1


@dataclass
class FakeManagedExecutor(FakeExecutor):
    """An executor with every capability: it notes what it is told.

    Attributes
    ----------
    assigned
        The arguments of every ``assign``: experiment id and folder, task id and folder.
    cleaned
        The handle of every ``cleanup``.
    """

    assigned: list[tuple[str, str, str, str]] = field(default_factory=list)
    cleaned: list[str] = field(default_factory=list)

    def assign(self, exp_id: str, exp_dir: str, task_id: str, task_dir: str) -> None:
        """Note where the job's files go."""
        self.assigned.append((exp_id, exp_dir, task_id, task_dir))

    def cleanup(self, handle: str, /) -> None:
        """Note whose files are to go."""
        self.cleaned.append(handle)


@dataclass
class FakeRequest:
    """What :class:`FakeScheduler` would submit."""

    app: str
    commands: list[list[str]]
    env: dict[str, str]


FakeInfo = DryRunInfo[FakeRequest]
FakeApp = AppSpec[FakeInfo]
FakeRole = RoleSpec[FakeInfo]


@dataclass
class FakeJob:
    """A job of :class:`FakeScheduler`; a test moves it through its states by assigning ``state``."""

    app_id: str
    request: FakeRequest
    roles: list[FakeRole]
    state: JobState = JobState.RUNNING
    msg: str = ""
    ui_url: str | None = None
    lines: list[str] = field(default_factory=list)


class FakeScheduler(DryRunMixin):
    """A scheduler in memory that satisfies :class:`launchbind.Scheduler`.

    Parameters
    ----------
    session
        As any scheduler factory is given it.
    backend
        The name it answers to.

    Attributes
    ----------
    jobs
        Every job by app id, to be looked at and moved on by the test.
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
        """Start the job: it is RUNNING at once, and stays so until the test says otherwise."""
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
        self,
        app_id: str,
        role_name: str,
        k: int = 0,
        regex: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        should_tail: bool = False,
    ) -> Iterator[str]:
        """The job's ``lines``, the same for every role and replica."""
        return iter(list(self.jobs[app_id].lines))

    def list(self) -> Iterable[FakeJob]:
        """Every job."""
        return list(self.jobs.values())

    def close(self) -> None:
        """Note that it was called."""
        self.closed = True
