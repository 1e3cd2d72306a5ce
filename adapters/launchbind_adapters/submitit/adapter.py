"""submitit's adapter for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind.adapter import BaseAdapter
from launchbind_adapters.submitit.launching import EXECUTORS, launcher

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchbind.adapter import Check
    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import App
    from launchbind_adapters.submitit.executors import SubmititExecutor


class Adapter(BaseAdapter["SubmititExecutor"]):
    """submitit's engines on the command line: ``submitit_local``, ``submitit_debug``, ``submitit_slurm``."""

    executors = EXECUTORS

    def can_detach(self, backend: str, /) -> bool:
        """Tell whether jobs go on when this process ends: debug jobs run in it, all others do."""
        return backend != "submitit_debug"

    def checks(self) -> Iterable[Check]:
        """Check that submitit imports, and that Slurm's commands are on ``PATH``."""
        from launchbind_adapters.submitit.checks import submitit_checks

        return submitit_checks()

    def launcher(self, session: str, /) -> Launcher[App, SubmititExecutor]:
        """See :func:`launchbind_adapters.submitit.launcher`."""
        return launcher(session)
