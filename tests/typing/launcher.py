"""Launcher and Plan: executors, apps and plans of one launcher do not get into another."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import assert_type

from launchbind import (
    AppSpec,
    Backend,
    Bindings,
    BoundScheduler,
    DryRunInfo,
    DryRunMixin,
    Handle,
    JobState,
    JobStatus,
    Launcher,
    Plan,
)
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo, FakeJob, FakeRequest, FakeScheduler

bindings: Bindings[FakeApp, FakeExecutor] = Bindings()
FAKE = bindings.bind("fake", FakeExecutor, FakeScheduler)
assert_type(FAKE, Backend[FakeApp, FakeExecutor, FakeInfo])
LAZY: Backend[FakeApp, FakeExecutor, FakeInfo] = bindings.bind("lazy", "acme:Executor", "acme:Scheduler")
HALF = bindings.bind("half", "acme:Executor", FakeScheduler)
assert_type(HALF, Backend[FakeApp, FakeExecutor, FakeInfo])
bindings.bind("named", FakeExecutor, lambda session: FakeScheduler(session, backend="named"))


# -- making one: nothing needs to be spelled out ---------------------------------------------------

launcher = Launcher(bindings)
assert_type(launcher, Launcher[FakeApp, FakeExecutor])


def copier(executor: FakeExecutor) -> FakeExecutor:
    raise NotImplementedError


def copier_other(executor: int) -> int:
    raise NotImplementedError


Launcher(bindings, session="nightly", copier=copier, secret_names=["pin"])


# -- through the life of a job ---------------------------------------------------------------------

app = FakeApp("job")
plan = launcher.plan(app, FakeExecutor(), backend=FAKE)
assert_type(plan, Plan[FakeApp, FakeInfo])
assert_type(plan.app, FakeApp)
assert_type(plan.info.request, FakeRequest)
named = launcher.plan(app, FakeExecutor(), backend="fake")
assert_type(named, Plan[FakeApp, object])
assert_type(named.request_as(FakeRequest), FakeRequest)
assert_type(launcher.plan(app, FakeExecutor()), Plan[FakeApp, object])
assert_type(plan.fingerprint, str)
assert_type(plan.render(redact=False), str)
assert_type(plan.to_json(), str)
assert_type(plan.diff(named), str)
assert_type(plan.handle, Handle | None)
assert_type(launcher.submit(plan), Handle)
assert_type(launcher.run(app, FakeExecutor()), Handle)
assert_type(launcher.run(app, FakeExecutor(), backend=FAKE), Handle)

handle = Handle.parse("fake://session/job")
assert_type(handle, Handle)
assert_type(launcher.status(handle), JobStatus)
assert_type(launcher.status("fake://session/job").state, JobState)
assert_type(launcher.status(handle).exit_code, int | None)
assert_type(launcher.statuses([handle, str(handle)]), list[JobStatus])
assert_type(launcher.wait(handle, timeout=3), JobStatus)
assert_type(launcher.logs(handle, role="main", replica=0, follow=True), Iterator[str])
assert_type(launcher.list("fake"), list[JobStatus])
assert_type(launcher.list(FAKE), list[JobStatus])
assert_type(launcher.scheduler("fake"), BoundScheduler[FakeApp, FakeExecutor, object])
assert_type(launcher.scheduler(FAKE), BoundScheduler[FakeApp, FakeExecutor, FakeInfo])
with launcher as entered:
    assert_type(entered, Launcher[FakeApp, FakeExecutor])


# -- another launcher, with types of its own -------------------------------------------------------


class Command(str):
    """What the other scheduler would run."""


class OtherScheduler(DryRunMixin):
    backend = "other"

    def __init__(self, session_name: str) -> None: ...
    def _submit_dryrun(self, app: AppSpec[DryRunInfo[Command]], cfg: int) -> DryRunInfo[Command]:
        raise NotImplementedError

    def schedule(self, dryrun_info: DryRunInfo[Command]) -> str:
        raise NotImplementedError

    def describe(self, app_id: str) -> FakeJob | None:
        raise NotImplementedError

    def cancel(self, app_id: str) -> None: ...
    def close(self) -> None: ...


others: Bindings[AppSpec[DryRunInfo[Command]], int] = Bindings(base=int)
OTHER = others.bind("other", int, OtherScheduler)
other = Launcher(others)
assert_type(other, Launcher[AppSpec[DryRunInfo[Command]], int])
other_plan = other.plan(AppSpec[DryRunInfo[Command]]("job"), 3, backend=OTHER)
assert_type(other_plan.info.request, Command)


# -- what is refused -------------------------------------------------------------------------------

launcher.plan(app, 3)  # type: ignore[call-overload]
launcher.plan(app, FakeExecutor)  # type: ignore[call-overload]
launcher.plan("job", FakeExecutor())  # type: ignore[call-overload]
launcher.plan(AppSpec[DryRunInfo[Command]]("job"), FakeExecutor())  # type: ignore[arg-type]
launcher.run(app, "fake")  # type: ignore[call-overload]
launcher.submit(other_plan)  # type: ignore[arg-type]
launcher.submit(app)  # type: ignore[arg-type]
launcher.submit(plan.info)  # type: ignore[arg-type]
launcher.submit("fake://session/job")  # type: ignore[arg-type]
other.submit(plan)  # type: ignore[arg-type]
plan.info = plan.info  # type: ignore[misc]
plan.app = app  # type: ignore[misc]
named.info.request  # type: ignore[attr-defined]
launcher.status(plan)  # type: ignore[arg-type]
launcher.wait(handle, 10)  # type: ignore[call-arg]
launcher.wait(handle, timeout="10s")  # type: ignore[arg-type]
launcher.logs(handle, 0)  # type: ignore[arg-type]
launcher.plan(app, FakeExecutor(), "fake")  # type: ignore[call-overload]
launcher.plan(app, FakeExecutor(), backend=OTHER)  # type: ignore[misc]
launcher.list(3)  # type: ignore[arg-type]
bindings.bind("other", FakeExecutor, OtherScheduler)  # type: ignore[arg-type]
bindings.bind("fake", FakeExecutor, FakeScheduler())  # type: ignore[arg-type]
Launcher(bindings, copier=copier_other)  # type: ignore[arg-type]
Launcher(bindings, "session")  # type: ignore[call-arg]
handle.backend = "other"  # type: ignore[misc]
