"""For tests: a fake of every Protocol, and the suite of tests that an adapter has to pass.

Read in this order:

1. ``_fakes``: an executor, and a scheduler whose jobs the test moves on.
2. ``_cluster``: a scheduler with every capability, whose jobs go on by themselves.
3. ``conformance``: the suite for adapters, and how to use it.
4. ``_suite``: what the author of an adapter provides, and how the suite runs jobs.
5. ``_plan_rules``, ``_handle_rules``, ``_job_rules``, ``_log_rules``: the tests.

Importing any of it does not need pytest.
"""

from __future__ import annotations

from launchbind.testing._cluster import FakeCluster as FakeCluster
from launchbind.testing._cluster import FakeProgram as FakeProgram
from launchbind.testing._fakes import FakeApp as FakeApp
from launchbind.testing._fakes import FakeExecutor as FakeExecutor
from launchbind.testing._fakes import FakeInfo as FakeInfo
from launchbind.testing._fakes import FakeJob as FakeJob
from launchbind.testing._fakes import FakeManagedExecutor as FakeManagedExecutor
from launchbind.testing._fakes import FakeRequest as FakeRequest
from launchbind.testing._fakes import FakeRole as FakeRole
from launchbind.testing._fakes import FakeScheduler as FakeScheduler

__all__ = [
    "FakeApp",
    "FakeCluster",
    "FakeExecutor",
    "FakeInfo",
    "FakeJob",
    "FakeManagedExecutor",
    "FakeProgram",
    "FakeRequest",
    "FakeRole",
    "FakeScheduler",
]
