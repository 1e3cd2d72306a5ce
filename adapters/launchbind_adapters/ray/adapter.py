"""Ray's adapter for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind.adapter import BaseAdapter
from launchbind_adapters.ray.launching import EXECUTORS, launcher

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchbind.adapter import Check
    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import App
    from launchbind_adapters.ray.executor import RayExecutor


class Adapter(BaseAdapter["RayExecutor"]):
    """Ray Jobs on the command line: the backend ``ray``."""

    executors = EXECUTORS

    def checks(self) -> Iterable[Check]:
        """Check that Ray's client imports, and that a head answers where ``RAY_ADDRESS`` says."""
        from launchbind_adapters.ray.checks import ray_check

        return [ray_check()]

    def launcher(self, session: str, /) -> Launcher[App, RayExecutor]:
        """See :func:`launchbind_adapters.ray.launcher`."""
        return launcher(session)
