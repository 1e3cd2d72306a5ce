"""What an adapter has to pass: a suite of tests that its author subclasses and feeds with fixtures.

Plain pytest runs it, and nothing of it needs torchx. The author writes two fixtures and a method::

    class TestMyScheduler(SchedulerConformance[MyApp, MyExecutor, MyInfo]):
        @pytest.fixture
        def make_launcher(self):  # called without parameters, it makes a new launcher
            return my_adapter.launcher

        @pytest.fixture
        def executor(self, tmp_path):
            return MyExecutor(folder=tmp_path)

        def app(self, command, env):  # one role of one replica
            return MyApp("conformance", [MyRole("main", command, env)])

The jobs are the commands of ``succeeding``, ``failing``, ``lasting``, ``missing`` and ``printing``, which
run wherever there is a POSIX shell; a backend that runs something else sets these attributes. What a
scheduler does not claim, by having the methods of a ``Supports...`` Protocol, is skipped with a reason, and
so is what ``exempt`` names; what it claims must work. Every failure says what to change in the adapter.
"""

from __future__ import annotations

from launchbind.testing._handle_rules import HandleRules
from launchbind.testing._job_rules import JobRules
from launchbind.testing._log_rules import LogRules
from launchbind.testing._plan_rules import PlanRules
from launchbind.testing._suite import AppT, ExecutorT, InfoT

__all__ = ["PlanConformance", "SchedulerConformance"]


class PlanConformance(PlanRules[AppT, ExecutorT, InfoT]):
    """What an adapter has to pass where nothing can be submitted: the rules of plans."""


class SchedulerConformance(
    PlanRules[AppT, ExecutorT, InfoT],
    HandleRules[AppT, ExecutorT, InfoT],
    JobRules[AppT, ExecutorT, InfoT],
    LogRules[AppT, ExecutorT, InfoT],
):
    """All that an adapter has to pass: the rules of plans, handles, jobs and logs."""
