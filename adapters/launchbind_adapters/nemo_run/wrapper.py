"""NemoScheduler: a torchx scheduler that takes NeMo-Run executors, behind the Protocol of core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from launchbind_adapters.nemo_run.prepare import prepare
from launchbind_adapters.torchx.wrapper import WrappedScheduler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nemo_run.core.execution.base import Executor
    from torchx.schedulers.api import Scheduler
    from torchx.specs import AppDef

    from launchbind_adapters.torchx import TorchxInfo


class NemoScheduler(WrappedScheduler["Executor"]):
    """Prepares app and executor, as NeMo-Run's experiments do, before each dry run.

    Parameters
    ----------
    inner
        NeMo-Run's own scheduler, a plugin's, or one that :func:`register` was given.
    session
        Part of the folders that jobs get.
    """

    def __init__(self, inner: Scheduler[Any], session: str) -> None:
        super().__init__(inner)
        self._session = session

    def _dry_run(self, app: AppDef, cfg: Executor) -> tuple[TorchxInfo, Mapping[str, str]]:
        volatile = prepare(app, cfg, self._session)
        return self._inner.submit_dryrun(app, cfg), volatile
