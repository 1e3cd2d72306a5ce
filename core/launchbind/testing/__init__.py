"""For tests: fakes of every port, and in :mod:`launchbind.testing.conformance` what an adapter has to pass.

None of it needs pytest to be imported.
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
