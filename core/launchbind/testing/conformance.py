"""The contract for adapters is this pytest suite; an author subclasses it and provides fixtures.

It needs neither torchx nor a pytest plugin. The author writes two fixtures and a method::

    class TestMyScheduler(SchedulerConformance):
        @pytest.fixture
        def make_launcher(self):  # called without parameters, it makes a new launcher
            return my_adapter.launcher

        @pytest.fixture
        def executor(self, tmp_path):
            return MyExecutor(folder=tmp_path)

        def app(self, command, env):  # one role of one replica
            return MyApp("conformance", [MyRole("main", command, env)])

The jobs are the commands ``succeeding``, ``failing``, ``lasting``, ``missing`` and ``printing``, which run
wherever there is a POSIX shell; for another kind of backend, set these attributes. Having the methods of a
``Supports...`` Protocol claims that capability: what is claimed must work, and the tests of what is not
claimed are skipped with a reason, as are the tests that ``exempt`` names. Every failure says what to change
in the adapter.
"""

from __future__ import annotations

from launchbind.testing._handle_rules import HandleRules
from launchbind.testing._job_rules import JobRules
from launchbind.testing._log_rules import LogRules
from launchbind.testing._plan_rules import PlanRules
from launchbind.testing._suite import AppT, ExecutorT

__all__ = ["PlanConformance", "SchedulerConformance"]


class PlanConformance(PlanRules[AppT, ExecutorT]):
    """The rules of plans, for adapters of backends to which a test cannot submit."""


class SchedulerConformance(
    PlanConformance[AppT, ExecutorT],
    HandleRules[AppT, ExecutorT],
    JobRules[AppT, ExecutorT],
    LogRules[AppT, ExecutorT],
):
    """The whole contract: the rules of plans, handles, jobs and logs."""
