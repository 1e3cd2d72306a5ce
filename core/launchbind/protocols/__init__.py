"""Protocols: what launchbind asks of apps, executors and schedulers, and nothing more."""

from __future__ import annotations

from launchbind.protocols.app import App as App
from launchbind.protocols.app import Executor as Executor
from launchbind.protocols.app import Role as Role
from launchbind.protocols.capabilities import Listed as Listed
from launchbind.protocols.capabilities import SupportsAssign as SupportsAssign
from launchbind.protocols.capabilities import SupportsCleanup as SupportsCleanup
from launchbind.protocols.capabilities import SupportsDescribeMany as SupportsDescribeMany
from launchbind.protocols.capabilities import SupportsExitCode as SupportsExitCode
from launchbind.protocols.capabilities import SupportsList as SupportsList
from launchbind.protocols.capabilities import SupportsLogs as SupportsLogs
from launchbind.protocols.capabilities import SupportsVolatile as SupportsVolatile
from launchbind.protocols.scheduler import Description as Description
from launchbind.protocols.scheduler import DryRunScheduler as DryRunScheduler
from launchbind.protocols.scheduler import Scheduler as Scheduler
from launchbind.protocols.scheduler import SchedulerFactory as SchedulerFactory
from launchbind.protocols.scheduler import StateLike as StateLike
