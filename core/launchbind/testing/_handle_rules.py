"""The rules of handles: a plan becomes one job, and its handle is enough to find it from anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from unittest import SkipTest

from launchbind.errors import PlanError, UnknownJobError
from launchbind.handle import Handle
from launchbind.protocols import SupportsList, SupportsLogs
from launchbind.testing._suite import AppT, ExecutorT, Suite, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from launchbind.testing._suite import MakeLauncher

#: Prints a job's state in another process, and cancels the job there.
_ELSEWHERE = """
import sys
from importlib import import_module
module, _, name = sys.argv[1].partition(":")
with getattr(import_module(module), name)() as jobs:
    print(jobs.status(sys.argv[2]).state)
    jobs.cancel(sys.argv[2])
"""


class HandleRules(Suite[AppT, ExecutorT]):
    """The part of the suite that submits plans and finds their jobs again.

    Attributes
    ----------
    elsewhere
        ``"package.module:launcher"``, a function without parameters that makes a launcher in another
        process; None skips the test that a job can be followed from there.
    """

    elsewhere: ClassVar[str | None] = None

    def test_a_changed_plan_is_refused(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """A plan whose request was replaced is not submitted."""
        with make_launcher() as jobs:
            plan = self._plan(jobs, executor, self.succeeding)
            other = self._plan(jobs, executor, self.failing)
            # An info holds its request, and takes attributes, since the app is attached to it.
            setattr(plan.info, "request", getattr(other.info, "request", None))  # noqa: B010
            error = refusal(lambda: jobs.submit(plan))
        assert isinstance(error, PlanError), (
            f"a plan whose request was replaced gave {error!r}, not a PlanError: the request must be part of "
            "the dry-run info, and submit() must compare fingerprints"
        )

    def test_a_plan_is_submitted_once(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """Submitting a plan again is refused."""
        with make_launcher() as jobs:
            plan = self._plan(jobs, executor, self.succeeding)
            handle = jobs.submit(plan)
            error = refusal(lambda: jobs.submit(plan))
            self._end(jobs, handle)
        assert isinstance(error, PlanError), (
            f"submitting one plan twice gave {error!r}, not a PlanError: submit() must keep plan.handle"
        )

    def test_another_launcher_finds_the_job(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """The text of its handle is enough to get its status and its roles."""
        with make_launcher() as jobs:
            plan = self._plan(jobs, executor, self.succeeding)
            handle = jobs.submit(plan)
            assert Handle.parse(str(handle)) == handle
            with make_launcher() as others:
                found = self._status(others, str(handle))
                description = others.scheduler(handle.backend).describe(handle.app_id)
            self._end(jobs, handle)
        assert found.handle == handle, f"{handle} was found as {found.handle}"
        planned = {role.name: role.num_replicas for role in plan.app.roles}
        roles = {role.name: role.num_replicas for role in description.roles} if description else {}
        assert roles == planned, (
            f"describe() of another launcher returns the roles {roles}, not {planned}: logs are read by "
            "their names and numbers of replicas, so keep them with the job"
        )

    def test_another_process_finds_the_job(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """Another process gets the job's state, and cancels it."""
        if self.elsewhere is None:
            raise SkipTest("elsewhere names no launcher for another process")
        with make_launcher() as jobs, self._job(jobs, executor, self.lasting) as handle:
            self._running(jobs, handle)
            done = self._python(_ELSEWHERE, self.elsewhere, str(handle))
            assert done.returncode == 0, f"another process cannot follow {handle}: {done.stderr}"
            state = done.stdout.split()[-1]
            assert state == "RUNNING", f"{handle} is RUNNING, and {state} in another process"
            self._end(jobs, handle)

    def test_an_unknown_job_is_an_error(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """Status, wait, cancel and logs of a job that never existed are errors."""
        with make_launcher() as jobs:
            backend = self._plan(jobs, executor).backend
            handle = Handle(backend, jobs.session, self.unknown_id)
            asked: dict[str, Callable[[], object]] = {
                "status": lambda: jobs.status(handle),
                "statuses": lambda: jobs.statuses([handle]),
                "wait": lambda: jobs.wait(handle, timeout=0),
                "cancel": lambda: jobs.cancel(handle),
                "logs": lambda: list(jobs.logs(handle)),
            }
            for name, ask in asked.items():
                if name == "logs" and not isinstance(jobs.scheduler(backend), SupportsLogs):
                    continue
                error = refusal(ask)
                assert isinstance(error, UnknownJobError), (
                    f"{name} of a job that never existed gave {error!r}, not an UnknownJobError: describe() "
                    "and describe_many() must return None for ids they do not know"
                )

    def test_the_list_has_the_job(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """A listing has the job once, with the id that schedule() returned and its current state."""
        with make_launcher() as jobs:
            backend = self._plan(jobs, executor).backend
            if not isinstance(jobs.scheduler(backend), SupportsList):
                raise SkipTest(f"the scheduler of {backend!r} does not claim SupportsList")
            with self._job(jobs, executor, self.succeeding) as handle:
                ended = self._end(jobs, handle)
                states = [job.state for job in jobs.list(backend) if job.handle.app_id == handle.app_id]
        assert states == [ended.state], (
            f"list() has {handle} {len(states)} times, as {states}: it must have each job once, by the id "
            f"that schedule() returned, and as {ended.state!s}, as describe() says"
        )
