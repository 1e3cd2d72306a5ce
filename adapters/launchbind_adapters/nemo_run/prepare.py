"""What NeMo-Run's experiments do to an app and its executor before they dry-run it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from nemo_run.core.execution.local import LocalExecutor
from nemo_run.core.execution.slurm import SlurmExecutor
from nemo_run.core.packaging.base import Packager
from nemo_run.core.packaging.git import GitArchivePackager
from nemo_run.core.tunnel.client import LocalTunnel

from launchbind.errors import PlanError
from launchbind_adapters.nemo_run.home import nemorun_home

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nemo_run.core.execution.base import Executor
    from torchx.specs import AppDef, Role

    ExecutorT = TypeVar("ExecutorT", bound=Executor)


_NAME = re.compile(r"(?!\.+$)[^/\s]+")


def prepare(app: AppDef, executor: Executor, session: str) -> Mapping[str, str]:
    """Fill in, on copies, what NeMo-Run's schedulers expect: variables, retries and the job's folder.

    It returns each value made for this plan alone, with the placeholder for it in fingerprints and diffs.
    """
    if not _NAME.fullmatch(app.name):
        # Refused before there is a job: its folder would lie elsewhere, and no handle could carry its id.
        raise PlanError(app.name, "needs another name: one without '/' and white space")
    for role in app.roles:
        # As nemo_run/run/torchx_backend/packaging.py builds roles (0.11.1).
        role.env = {**executor.env_vars, **role.env}
        role.max_retries = role.max_retries or executor.retries
        if isinstance(executor, LocalExecutor):
            _quote_inline_script(role)
    if isinstance(executor, SlurmExecutor):
        _check_packager(app, executor)
        if len(app.roles) > 1 and not executor.run_as_group:
            # As a JobGroup: otherwise they run one after the other, and only the last exit code counts.
            type(executor).merge([executor], num_tasks=len(app.roles))
        return {} if executor.experiment_id else _assign_folder(app, executor, session)
    return {} if executor.job_dir else _assign_folder(app, executor, session)


def _assign_folder(app: AppDef, executor: Executor, session: str) -> Mapping[str, str]:
    # A folder for each plan, as for each run.Experiment: packagers leave an archive there, and reuse one that
    # they find, even when the code has changed since.
    unique = uuid4().hex[:12]
    experiment = f"{app.name}_{unique}"
    base = nemorun_home() / "experiments"
    if isinstance(executor, SlurmExecutor):
        # Its tunnel makes a path of its own from the id, <job_dir>/<id up to the last _>/<id>, and the script
        # refers to that one. On this machine both paths have to be the same.
        experiment = f"{session}_{unique}"
        if isinstance(executor.tunnel, LocalTunnel):
            base = Path(executor.tunnel.job_dir or executor.job_dir or base).absolute()
            executor.tunnel.job_dir = str(base)
    folder = base / session / experiment
    executor.assign(experiment, str(folder), app.name, app.name)
    if not isinstance(executor, LocalExecutor):
        # The others write scripts there in their dry run; local jobs make their folders when they start.
        Path(executor.job_dir).mkdir(parents=True, exist_ok=True)
    return {unique: "<plan>"}


def with_packager(executor: ExecutorT, settings: Mapping[str, object]) -> ExecutorT:
    """The executor of the command line, able to run a Slurm job from any folder.

    NeMo-Run's default is to send along the git repository of the working directory. Outside a repository
    nothing is sent, unless the settings name a ``packager``.
    """
    if "packager" not in settings and isinstance(executor, SlurmExecutor) and not _in_git_repository():
        executor.packager = Packager()
    return executor


def _check_packager(app: AppDef, executor: SlurmExecutor) -> None:
    packager = executor.packager
    archives = isinstance(packager, GitArchivePackager) and not packager.symlink_from_remote_dir
    if archives and not _in_git_repository():
        reason = f"is to be packaged by {type(packager).__name__}, and {Path.cwd()} is in no git repository"
        raise PlanError(app.name, f"{reason}: set packager=run.Packager() to send no files along")


def _in_git_repository() -> bool:
    git = ["git", "rev-parse", "--show-toplevel"]  # as SlurmExecutor.package asks
    try:
        return subprocess.run(git, capture_output=True, check=False).returncode == 0  # noqa: S603
    except FileNotFoundError:
        return False


def _quote_inline_script(role: Role) -> None:
    # PersistentLocalScheduler._submit_dryrun takes the first and the last character off the argument of
    # -c (nemo_run/run/torchx_backend/schedulers/local.py, 0.11.1), as if it were always quoted.
    if len(role.args) == 2 and role.args[0] == "-c":
        role.args[1] = f'"{role.args[1]}"'
