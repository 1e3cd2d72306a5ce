"""Launchers and executors with one defect each, their name, which the conformance suite has to notice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fake_jobs import FakeBindings, FakeLauncher

from launchbind import Handle, JobStatus, Plan, PlanError, WaitTimeoutError
from launchbind.testing import FakeApp, FakeExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime


class HasANumberForAMethod(FakeExecutor):
    """``nproc_per_node`` is a number."""

    nproc_per_node = 1  # type: ignore[assignment]


class TakesOneFolder(FakeExecutor):
    """Claims SupportsAssign, and cannot be called as that says."""

    def assign(self, folder: str) -> None: ...


class DoesNotCopy(FakeLauncher):
    """Plans with the executor it is given."""

    def __init__(self, bindings: FakeBindings) -> None:
        super().__init__(bindings, copier=lambda executor: executor)


class UnredactedPlan(Plan[FakeApp, object]):
    """Its repr is the whole request."""

    def __repr__(self) -> str:
        return self.render(redact=False)


class ShowsSecretsInPlans(FakeLauncher):
    """The repr of its plans shows secrets."""

    def plan(self, app: Any, executor: Any, *, backend: Any = None) -> Any:
        plan = super().plan(app, executor, backend=backend)
        plan.__class__ = UnredactedPlan
        return plan


class IgnoresTheBackend(FakeLauncher):
    """Plans for another backend where it does not know the one that is given."""

    def plan(self, app: Any, executor: Any, *, backend: Any = None) -> Any:
        return super().plan(app, executor)


class SubmitsAChangedPlan(FakeLauncher):
    """Submits a plan as it is now."""

    def submit(self, plan: Plan[FakeApp, object]) -> Handle:
        plan.fingerprint = plan.current_fingerprint()
        return super().submit(plan)


class SubmitsAPlanTwice(FakeLauncher):
    """Submits a plan as often as it is called."""

    def submit(self, plan: Plan[FakeApp, object]) -> Handle:
        plan.handle = None
        return super().submit(plan)


class CancelsAfterATimeout(FakeLauncher):
    """Cancels a job that has not ended in time."""

    def wait(
        self,
        handle: Handle | str,
        *,
        timeout: float | None = None,
        poll: float = 2.0,
        progress: Callable[[JobStatus], None] | None = None,
    ) -> JobStatus:
        try:
            return super().wait(handle, timeout=timeout, poll=poll, progress=progress)
        except WaitTimeoutError:
            self.cancel(handle)
            raise


class MatchesFromTheStart(FakeLauncher):
    """Finds a regex only where a line begins."""

    def logs(
        self,
        handle: Handle | str,
        role: str | None = None,
        replica: int | None = None,
        follow: bool = False,
        *,
        regex: str | None = None,
        since: datetime | None = None,
    ) -> Iterator[str]:
        lines = super().logs(handle, role, replica, follow, since=since)
        return (line for line in lines if re.match(regex or "", line))


class IgnoresAMissingReplica(FakeLauncher):
    """Has no lines where there is no such replica."""

    def logs(
        self,
        handle: Handle | str,
        role: str | None = None,
        replica: int | None = None,
        follow: bool = False,
        *,
        regex: str | None = None,
        since: datetime | None = None,
    ) -> Iterator[str]:
        try:
            return super().logs(handle, role, replica, follow, regex=regex, since=since)
        except PlanError:
            return iter(())
