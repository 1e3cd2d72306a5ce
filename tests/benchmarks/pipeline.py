"""The dry run, plans made of it, and asking how many jobs fare."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from nemo_run.core.execution.local import LocalExecutor
from nemo_run.run.torchx_backend.schedulers import api
from nemo_run.run.torchx_backend.schedulers.local import create_scheduler
from tests.benchmarks.harness import Comparison, Group, Growth, fresh, statement
from torchx.specs import AppDef, AppDryRunInfo, Role

from launchbind import Bindings, Launcher
from launchbind.testing import FakeApp, FakeExecutor, FakeJob, FakeRole, FakeScheduler
from launchbind_adapters.nemo_run import SchedulerMixin
from launchbind_adapters.nemo_run import launcher as nemo_launcher

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.benchmarks.harness import Sample

SIZES = (10, 1_000, 100_000)
#: Plans of more roles take minutes, and what NeMo-Run's own scheduler does grows as they do.
PLANNED = (10, 100, 1_000)


class Scheduler:
    """Makes an empty request, so that what is measured is the pipeline around it."""

    backend = "bench"

    def _submit_dryrun(self, app: AppDef, cfg: LocalExecutor) -> AppDryRunInfo[str]:
        return AppDryRunInfo("request", str)


class Mine(SchedulerMixin[str], Scheduler): ...


class Theirs(api.SchedulerMixin, Scheduler): ...


def app_of(roles: int) -> AppDef:
    """An app of so many small roles."""
    app = AppDef("bench")
    for number in range(roles):
        arguments = ["train.py", "--rank", str(number)]
        app.roles.append(Role(f"role-{number}", image="", entrypoint="python", args=arguments))
    return app


def divided(sample: Sample, by: int) -> Sample:
    """The cost of one of so many."""
    return lambda: sample() / by


def dry_run(scheduler: Mine | Theirs, roles: int, per: int = 1) -> Sample:
    """Seconds of one dry run, divided by ``per``."""
    app, cfg = app_of(roles), LocalExecutor()
    sample = statement("s.submit_dryrun(app, cfg)", s=scheduler, app=app, cfg=cfg)
    return divided(sample, per)


def dry_runs() -> Group:
    sides: dict[str, Sample] = {}
    rows: list[Comparison] = []
    for roles in (1, 10, 1_000):
        mine, theirs = f"SchedulerMixin, roles: {roles:,}", f"NeMo-Run's SchedulerMixin, roles: {roles:,}"
        sides[mine] = dry_run(Mine(), roles)
        sides[theirs] = dry_run(Theirs(), roles)
        rows.append(Comparison(mine, theirs, 1.25))
    return Group("dry run pipeline", sides, rows)


def planning(roles: int, per: int = 1) -> dict[str, Sample]:
    """A plan for NeMo-Run's local scheduler, and the parts of the work that are not launchbind's."""
    jobs, scheduler = nemo_launcher("bench"), create_scheduler("bench")
    app, executor = app_of(roles), LocalExecutor(job_dir=tempfile.mkdtemp())
    names = {"jobs": jobs, "scheduler": scheduler, "app": app, "executor": executor}
    info = jobs.plan(app, executor).info
    return {
        "Launcher.plan": divided(statement("jobs.plan(app, executor)", **names), per),
        # On a copy, since NeMo-Run's local scheduler changes the app that it is given.
        "the scheduler's own dry run": fresh(
            "scheduler.submit_dryrun(copied, executor)",
            "import copy; copied = copy.deepcopy(app)",
            per,
            **names,
        ),
        "rendering the request": divided(statement("str(info)", info=info), per),
    }


def plans() -> Group:
    sides = planning(PLANNED[-1])
    rows = [
        Comparison("Launcher.plan", "rendering the request", 1.0),
        Comparison("Launcher.plan", "the scheduler's own dry run"),
    ]
    return Group(f"plan on copies, {PLANNED[-1]:,} roles", sides, rows)


class OneByOne(FakeScheduler):
    """A backend that has to be asked about each job, and counts how often it is."""

    queries = 0

    def describe(self, app_id: str, /) -> FakeJob | None:
        self.queries += 1
        return super().describe(app_id)


class AllAtOnce(OneByOne):
    """A backend that can be asked about many jobs."""

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, FakeJob | None]:
        self.queries += 1
        return {app_id: self.jobs.get(app_id) for app_id in app_ids}


def asking(scheduler: OneByOne, jobs: int) -> Callable[[], object]:
    """Asks for the statuses of so many jobs."""
    bindings: Bindings[FakeApp, FakeExecutor] = Bindings()
    fake = bindings.bind("fake", FakeExecutor, lambda _: scheduler)
    launcher = Launcher(bindings)
    plan = launcher.plan(FakeApp("bench", [FakeRole("main", "true")]), FakeExecutor(), backend=fake)
    handles = [f"fake://launchbind/{scheduler.schedule(plan.info)}" for _ in range(jobs)]
    return lambda: launcher.statuses(handles)


def statuses() -> Group:
    count = 1_000

    def queries(scheduler: OneByOne) -> Sample:
        ask = asking(scheduler, count)

        def sample() -> float:
            before = scheduler.queries
            ask()
            return scheduler.queries - before

        return sample

    sides = {
        "statuses, asked at once": statement("ask()", ask=asking(AllAtOnce(), count)),
        "statuses, asked one by one": statement("ask()", ask=asking(OneByOne(), count)),
        "queries, asked at once": queries(AllAtOnce()),
        "queries, asked one by one": queries(OneByOne()),
    }
    rows = [
        Comparison("queries, asked at once", "queries, asked one by one", 1 / count, "one query per backend"),
        Comparison("statuses, asked at once", "statuses, asked one by one", note="of a backend in memory"),
    ]
    return Group(f"statuses of {count:,} handles", sides, rows)


def groups() -> list[Group]:
    """What is compared."""
    return [dry_runs(), plans(), statuses()]


def growth() -> list[Growth]:
    """What grows with the number of roles or jobs."""
    return [
        Growth("dry run, per role", {size: dry_run(Mine(), size, size) for size in SIZES}),
        Growth("plan, per role", {size: planning(size, size)["Launcher.plan"] for size in PLANNED}),
        Growth(
            "statuses, per job",
            {size: divided(statement("ask()", ask=asking(AllAtOnce(), size)), size) for size in SIZES},
        ),
    ]
