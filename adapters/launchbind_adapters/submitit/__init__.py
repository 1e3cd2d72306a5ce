"""submitit: its local, debug and Slurm engines as backends, for apps of any launcher, without torchx.

Importing this module does not import submitit.

>>> from launchbind import AppSpec, RoleSpec
>>> from launchbind_adapters.submitit import LocalExecutor, launcher
>>> with launcher() as jobs:  # doctest: +SKIP
...     handle = jobs.run(AppSpec("hello", [RoleSpec("main", "echo", ["hello"])]), LocalExecutor())
...     jobs.wait(handle)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind_adapters.lazy import lazy_exports

if TYPE_CHECKING:
    from launchbind_adapters.submitit.adapter import Adapter as Adapter
    from launchbind_adapters.submitit.executors import DebugExecutor as DebugExecutor
    from launchbind_adapters.submitit.executors import LocalExecutor as LocalExecutor
    from launchbind_adapters.submitit.executors import SlurmExecutor as SlurmExecutor
    from launchbind_adapters.submitit.executors import SubmititExecutor as SubmititExecutor
    from launchbind_adapters.submitit.launching import BINDINGS as BINDINGS
    from launchbind_adapters.submitit.launching import DEBUG as DEBUG
    from launchbind_adapters.submitit.launching import EXECUTORS as EXECUTORS
    from launchbind_adapters.submitit.launching import LOCAL as LOCAL
    from launchbind_adapters.submitit.launching import SLURM as SLURM
    from launchbind_adapters.submitit.launching import jobs as jobs
    from launchbind_adapters.submitit.launching import launcher as launcher
    from launchbind_adapters.submitit.request import RoleRequest as RoleRequest
    from launchbind_adapters.submitit.request import SubmititInfo as SubmititInfo
    from launchbind_adapters.submitit.request import SubmititRequest as SubmititRequest
else:
    __getattr__ = lazy_exports(
        __name__,
        adapter="Adapter",
        executors="DebugExecutor LocalExecutor SlurmExecutor SubmititExecutor",
        launching="BINDINGS DEBUG EXECUTORS LOCAL SLURM jobs launcher",
        request="RoleRequest SubmititInfo SubmititRequest",
    )
