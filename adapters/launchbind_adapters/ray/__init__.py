"""Ray Jobs: an executor, a scheduler and a launcher, without torchx.

Importing this module does not import ray.

>>> from launchbind import AppSpec, RoleSpec
>>> from launchbind_adapters.ray import RayExecutor, launcher
>>> with launcher() as jobs:  # doctest: +SKIP
...     handle = jobs.run(AppSpec("hello", [RoleSpec("main", "echo", ["hello"])]), RayExecutor())
...     jobs.wait(handle)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind_adapters.lazy import lazy_exports

if TYPE_CHECKING:
    from launchbind_adapters.ray.adapter import Adapter as Adapter
    from launchbind_adapters.ray.executor import RayExecutor as RayExecutor
    from launchbind_adapters.ray.launching import BINDINGS as BINDINGS
    from launchbind_adapters.ray.launching import EXECUTORS as EXECUTORS
    from launchbind_adapters.ray.launching import RAY as RAY
    from launchbind_adapters.ray.launching import launcher as launcher
    from launchbind_adapters.ray.request import RayInfo as RayInfo
    from launchbind_adapters.ray.request import RayJob as RayJob
    from launchbind_adapters.ray.request import RayRequest as RayRequest
    from launchbind_adapters.ray.scheduler import RayScheduler as RayScheduler
else:
    __getattr__ = lazy_exports(
        __name__,
        adapter="Adapter",
        executor="RayExecutor",
        launching="BINDINGS EXECUTORS RAY launcher",
        request="RayInfo RayJob RayRequest",
        scheduler="RayScheduler",
    )
