"""What NeMo-Run's experiments do to an app and its executor before they dry-run it."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from nemo_run.config import get_nemorun_home
from nemo_run.core.execution.local import LocalExecutor

from launchbind._canonical import canonical, dump
from launchbind.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nemo_run.core.execution.base import Executor
    from torchx.specs import AppDef, Role


_NAME = re.compile(r"(?!\.+$)[^/\s]+")


def prepare(session: str) -> Callable[[AppDef, Executor, str], None]:
    """The launcher's hook; it is only ever given copies."""

    def fill_in(app: AppDef, executor: Executor, backend: str) -> None:
        if not _NAME.fullmatch(app.name):
            # Found before there is a job: its folder would lie elsewhere, and its handle not be readable.
            raise PlanError(app.name, "needs another name: one without '/' and white space")
        for role in app.roles:
            # As nemo_run/run/torchx_backend/packaging.py builds roles (0.11.1).
            role.env = {**executor.env_vars, **role.env}
            role.max_retries = role.max_retries or executor.retries
            if isinstance(executor, LocalExecutor):
                _keep_inline_script(role)
        if not executor.job_dir:
            _assign(app, executor, session)

    return fill_in


def _assign(app: AppDef, executor: Executor, session: str) -> None:
    # From what is planned, not from a clock: equal plans have equal folders, and equal fingerprints.
    digest = sha256(dump([canonical(app), canonical(executor)]).encode()).hexdigest()
    experiment = f"{app.name}_{digest[:12]}"
    folder = Path(get_nemorun_home(), "experiments", session, experiment)
    executor.assign(experiment, str(folder), app.name, app.name)
    if not isinstance(executor, LocalExecutor):
        # The others write scripts there in their dry run; local jobs make their folders when they start.
        Path(executor.job_dir).mkdir(parents=True, exist_ok=True)


def _keep_inline_script(role: Role) -> None:
    # PersistentLocalScheduler._submit_dryrun takes the first and the last character off the argument of
    # -c (nemo_run/run/torchx_backend/schedulers/local.py, 0.11.1), as if it were always quoted.
    if len(role.args) == 2 and role.args[0] == "-c":
        role.args[1] = f'"{role.args[1]}"'
