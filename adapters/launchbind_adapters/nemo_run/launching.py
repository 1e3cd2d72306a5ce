"""The launcher for NeMo-Run's executors, which imports nothing of NeMo-Run before a backend needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind_adapters.nemo_run.bindings import BINDINGS
from launchbind_adapters.nemo_run.executors import copy_executor
from launchbind_adapters.torchx import SchedulerMixin as SchedulerMixin

if TYPE_CHECKING:
    from nemo_run.core.execution.base import Executor
    from torchx.specs import AppDef

    from launchbind.jobs.launcher import Launcher


def launcher(session: str = "launchbind") -> Launcher[AppDef, Executor]:
    """A launcher for NeMo-Run executors and torchx apps.

    Local jobs run under a supervisor, so they outlive this process and can be followed from any other.
    An executor without a ``job_dir`` gets one below ``$NEMORUN_HOME/experiments``, its ``env_vars``
    and ``retries`` reach every role, and an app's command runs as it is: NeMo-Run's local scheduler strips
    quotes from the argument of ``-c``, so they are added first.

    nemo_run is imported when a job is planned or a backend needs it. Where it is not installed, that raises
    :class:`launchbind.MissingDependencyError`, an ``ImportError`` that says what to install. Following a
    local or Slurm job does not import it.

    Parameters
    ----------
    session
        Groups the jobs; it is part of their handles.
    """
    from launchbind.jobs.launcher import Launcher

    return Launcher(BINDINGS, session=session, copier=copy_executor)
