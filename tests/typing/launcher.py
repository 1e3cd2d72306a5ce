"""Launcher and Plan: executors, apps and plans of one launcher do not get into another."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import assert_type

from launchbind import (
    AppSpec,
    DryRunInfo,
    DryRunMixin,
    Handle,
    JobState,
    JobStatus,
    Launcher,
    Plan,
    Registry,
    Scheduler,
    SchedulerFactory,
)
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo, FakeJob, FakeRequest, FakeScheduler

registry = Registry[FakeExecutor]("executor")


# -- making one: nothing needs to be spelled out ---------------------------------------------------

launcher = Launcher(registry, {"fake": FakeScheduler})
assert_type(launcher, Launcher[FakeApp, FakeExecutor, FakeInfo])


def copier(executor: FakeExecutor) -> FakeExecutor:
    raise NotImplementedError


def copier_other(executor: int) -> int:
    raise NotImplementedError


Launcher(registry, {"fake": FakeScheduler}, session="nightly", copier=copier, secret_names=["pin"])


# -- through the life of a job ---------------------------------------------------------------------

app = FakeApp("job")
plan = launcher.plan(app, FakeExecutor(), backend="fake")
assert_type(plan, Plan[FakeInfo])
assert_type(plan.info.request, FakeRequest)
assert_type(plan.fingerprint, str)
assert_type(plan.render(redact=False), str)
assert_type(plan.to_json(), str)
assert_type(plan.diff(plan), str)
assert_type(plan.handle, Handle | None)
assert_type(launcher.submit(plan), Handle)
assert_type(launcher.run(app, FakeExecutor()), Handle)

handle = Handle.parse("fake://session/job")
assert_type(handle, Handle)
assert_type(launcher.status(handle), JobStatus)
assert_type(launcher.status("fake://session/job").state, JobState)
assert_type(launcher.status(handle).exit_code, int | None)
assert_type(launcher.statuses([handle, str(handle)]), list[JobStatus])
assert_type(launcher.wait(handle, timeout=3), JobStatus)
assert_type(launcher.logs(handle, role="main", replica=0, follow=True), Iterator[str])
assert_type(launcher.list("fake"), list[JobStatus])
assert_type(launcher.scheduler("fake"), Scheduler[FakeApp, FakeExecutor, FakeInfo])
with launcher as entered:
    assert_type(entered, Launcher[FakeApp, FakeExecutor, FakeInfo])


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


other = Launcher(Registry[int](), {"other": OtherScheduler})
assert_type(other, Launcher[AppSpec[DryRunInfo[Command]], int, DryRunInfo[Command]])
other_plan = other.plan(AppSpec("job"), 3)
assert_type(other_plan.info.request, Command)


def factories_may_be_mixed(
    schedulers: dict[str, SchedulerFactory[Scheduler[FakeApp, FakeExecutor, FakeInfo]]],
) -> None:
    schedulers["plain"] = FakeScheduler
    schedulers["named"] = lambda session: FakeScheduler(session, backend="named")
    schedulers["other"] = OtherScheduler  # type: ignore[assignment]
    Launcher(registry, schedulers)


# -- what is refused -------------------------------------------------------------------------------

launcher.plan(app, 3)  # type: ignore[arg-type]
launcher.plan(app, FakeExecutor)  # type: ignore[arg-type]
launcher.plan("job", FakeExecutor())  # type: ignore[arg-type]
launcher.plan(AppSpec[DryRunInfo[Command]]("job"), FakeExecutor())  # type: ignore[arg-type]
launcher.run(app, "fake")  # type: ignore[arg-type]
launcher.submit(other_plan)  # type: ignore[arg-type]
launcher.submit(app)  # type: ignore[arg-type]
launcher.submit(plan.info)  # type: ignore[arg-type]
launcher.submit("fake://session/job")  # type: ignore[arg-type]
other.submit(plan)  # type: ignore[arg-type]
plan.diff(other_plan)  # type: ignore[arg-type]
launcher.status(plan)  # type: ignore[arg-type]
launcher.wait(handle, 10)  # type: ignore[call-arg]
launcher.wait(handle, timeout="10s")  # type: ignore[arg-type]
launcher.logs(handle, 0)  # type: ignore[arg-type]
launcher.plan(app, FakeExecutor(), "fake")  # type: ignore[call-arg]
Launcher(registry, {"other": OtherScheduler})  # type: ignore[misc]
Launcher(registry, {"fake": FakeScheduler()})  # type: ignore[arg-type]
Launcher(registry, {"fake": FakeScheduler}, copier=copier_other)  # type: ignore[arg-type]
Launcher(registry, {"fake": FakeScheduler}, "session")  # type: ignore[call-arg]
handle.backend = "other"  # type: ignore[misc]
