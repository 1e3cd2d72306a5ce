"""Protocols: what launchbind asks of apps, executors and schedulers, and nothing more.

Read in this order:

1. ``app``: executors, apps and roles.
2. ``scheduler``: schedulers, and what they say about a job.
3. ``capabilities``: what a scheduler or an executor may support in addition.
4. ``explaining``: :func:`explain`, which says in words what a class still lacks.
"""

from __future__ import annotations

from launchbind.protocols.app import App as App
from launchbind.protocols.app import Executor as Executor
from launchbind.protocols.app import HasRequest as HasRequest
from launchbind.protocols.app import Role as Role
from launchbind.protocols.capabilities import DescribesExitCode as DescribesExitCode
from launchbind.protocols.capabilities import Listed as Listed
from launchbind.protocols.capabilities import SupportsAssign as SupportsAssign
from launchbind.protocols.capabilities import SupportsCleanup as SupportsCleanup
from launchbind.protocols.capabilities import SupportsDescribeMany as SupportsDescribeMany
from launchbind.protocols.capabilities import SupportsList as SupportsList
from launchbind.protocols.capabilities import SupportsLogs as SupportsLogs
from launchbind.protocols.capabilities import SupportsVolatile as SupportsVolatile
from launchbind.protocols.scheduler import BoundScheduler as BoundScheduler
from launchbind.protocols.scheduler import Description as Description
from launchbind.protocols.scheduler import DryRunScheduler as DryRunScheduler
from launchbind.protocols.scheduler import Scheduler as Scheduler
from launchbind.protocols.scheduler import SchedulerFactory as SchedulerFactory
from launchbind.protocols.scheduler import StateLike as StateLike
