"""torchx's dry run, schedulers and launcher, with torchx imported when they are used."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from launchbind.errors import MissingDependencyError
from launchbind.planning.dryrun import submit_dryrun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torchx.schedulers import SchedulerFactory
    from torchx.schedulers.api import Scheduler
    from torchx.specs import AppDef, AppDryRunInfo, CfgVal

    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import DryRunScheduler
    from launchbind.registry import Registry

    TorchxConfig = Mapping[str, CfgVal]
    # torchx types what submit_dryrun returns as AppDryRunInfo[Any] itself; nothing narrower is true
    # of a mapping of all schedulers.
    TorchxInfo = AppDryRunInfo[Any]

CfgT = TypeVar("CfgT")
RequestT = TypeVar("RequestT")

#: What torchx makes anew in every dry run: the end of an app id (torchx/schedulers/ids.py, ``random_id``:
#: no vowels, so no word is taken for one), and the local scheduler's temporary log folder.
_RANDOM = (
    r"(?<=-)[b-df-hj-np-tv-xz][b-df-hj-np-tv-xz0-79]{7,13}(?![a-z0-9])|(?<=/torchx_)[a-z0-9_]{8}(?![a-z0-9_])"
)

#: In place of torchx's own, which fails to describe a job that was cancelled.
_SLURM = "launchbind_adapters.torchx.slurm"


def attach_app(info: AppDryRunInfo[RequestT], app: AppDef) -> None:
    """Store ``app`` on a torchx dry-run info.

    torchx 0.7.0 keeps it as ``_app``, torchx-nightly (2026.10.26) as ``app``, and a snapshot between
    them had both; whatever is there is set, and ``_app`` where neither is, as NeMo-Run does.
    """
    if not hasattr(info, "app"):
        setattr(info, "_app", app)  # noqa: B010 -- which torchx-nightly does not declare
        return
    for name in ("app", "_app"):
        if hasattr(info, name):
            setattr(info, name, app)


class SchedulerMixin(Generic[RequestT]):
    """Gives a torchx scheduler the checked dry run; the type parameter is its request.

    Put it before the torchx class: ``class MyScheduler(SchedulerMixin[MyRequest], Scheduler[...])``.
    The configuration goes to ``_submit_dryrun`` as it is, an executor object included.
    """

    def submit_dryrun(
        self: DryRunScheduler[AppDef, CfgT, AppDryRunInfo[RequestT]], app: AppDef, cfg: CfgT
    ) -> AppDryRunInfo[RequestT]:
        """Run :func:`launchbind.submit_dryrun` on this scheduler, attaching the app as torchx does.

        Raises
        ------
        DryRunError
            When a role's ``pre_proc`` raises or returns something that is no dry-run info.
        """
        return submit_dryrun(self, app, cfg, attach=attach_app)


def schedulers() -> dict[str, SchedulerFactory]:
    """Every scheduler factory by backend: torchx's own, NeMo-Run's and any plugin's.

    With torchx 0.7.0 a single ``torchx.schedulers`` entry point hides all of torchx's own schedulers
    (torchx/util/entrypoints.py, ``load_group``); here they are added back. Where a plugin and torchx
    use the same name the plugin's factory wins, as in torchx-nightly.

    Raises
    ------
    MissingDependencyError
        An ``ImportError``: torchx is not installed.
    """
    if find_spec("torchx") is None:
        raise MissingDependencyError(
            "launcher", "torchx", "torchx.schedulers", "torchx", "launchbind[torchx]"
        )
    from torchx.schedulers import DEFAULT_SCHEDULER_MODULES, get_scheduler_factories

    found: dict[str, SchedulerFactory] = dict(get_scheduler_factories())
    if found.keys() == DEFAULT_SCHEDULER_MODULES.keys():
        found.clear()  # all are torchx's own
    for backend, module in {**DEFAULT_SCHEDULER_MODULES, "slurm": _SLURM}.items():
        if backend not in found:
            found[backend] = _deferred(module)
    return found


def _deferred(module: str) -> SchedulerFactory:
    def create(session_name: str, **parameters: object) -> Scheduler[Any]:
        from importlib import import_module

        made: Scheduler[Any] = import_module(module).create_scheduler(session_name, **parameters)
        return made

    return create


def launcher(session: str = "launchbind") -> Launcher[AppDef, TorchxConfig, TorchxInfo]:
    """A launcher for torchx apps and run configs; ``plan`` is told the backend.

    torchx has no executor classes, so nothing says which backend a run config is for.

    Parameters
    ----------
    session
        Groups the jobs; it is part of their handles.

    Raises
    ------
    ImportError
        When torchx is not installed.
    """
    from launchbind.jobs.launcher import Launcher
    from launchbind.registry import Registry

    configs: Registry[TorchxConfig] = Registry("run config")
    return Launcher(configs, schedulers(), session=session, volatile=_random_parts)


def _random_parts(app: AppDef, config: TorchxConfig, info: TorchxInfo) -> Mapping[str, str]:
    given = f"{app} {dict(config)}"
    return {part: "<random>" for part in re.findall(_RANDOM, f"{info.request} {info}") if part not in given}
