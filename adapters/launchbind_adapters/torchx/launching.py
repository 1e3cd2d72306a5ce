"""torchx's dry run, schedulers and launcher; torchx is imported when they are used."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Generic, TypeVar

from launchbind.bindings.bindings import Bindings
from launchbind.errors import MissingDependencyError
from launchbind.planning.dryrun import submit_dryrun
from launchbind_adapters.lazy import Deferred
from launchbind_adapters.torchx.wrapper import WrappedScheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torchx.schedulers import SchedulerFactory
    from torchx.specs import AppDef, AppDryRunInfo

    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import DryRunScheduler
    from launchbind_adapters.torchx.aliases import TorchxConfig as TorchxConfig
    from launchbind_adapters.torchx.aliases import TorchxInfo as TorchxInfo

CfgT = TypeVar("CfgT")
RequestT = TypeVar("RequestT")

#: In place of torchx's own, which fails to describe a job that was cancelled.
_SLURM = "launchbind_adapters.torchx.slurm"


def attach_app(info: AppDryRunInfo[RequestT], app: AppDef) -> None:
    """Store ``app`` on a torchx dry-run info.

    torchx 0.7.0 keeps it as ``_app``, torchx-nightly (2026.10.26) as ``app``, and a snapshot between
    them had both. Every one that exists is set, and ``_app`` when there is none, as NeMo-Run does.
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

        Parameters
        ----------
        app
            Its roles' ``pre_proc`` are called in order.
        cfg
            The run config or executor.

        Raises
        ------
        DryRunError
            When a role's ``pre_proc`` raises or returns something that is no dry-run info.
        """
        return submit_dryrun(self, app, cfg, attach=attach_app)


def schedulers() -> dict[str, SchedulerFactory]:
    """Every torchx scheduler factory by backend: torchx's own, NeMo-Run's and any plugin's.

    With torchx 0.7.0 a single ``torchx.schedulers`` entry point hides all of torchx's own schedulers
    (torchx/util/entrypoints.py, ``load_group``); this adds them back. When a plugin and torchx
    use the same name, the plugin's factory wins, as in torchx-nightly.

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
            found[backend] = Deferred(f"{module}:create_scheduler")
    return found


class _Factories(Mapping[str, "Callable[[str], WrappedScheduler[TorchxConfig]]"]):
    """The factories of :func:`schedulers`, wrapped for core; torchx is imported by the first look-up."""

    @cached_property
    def _raw(self) -> dict[str, SchedulerFactory]:
        return schedulers()

    def __getitem__(self, backend: str) -> Callable[[str], WrappedScheduler[TorchxConfig]]:
        factory = self._raw[backend]
        return lambda session: WrappedScheduler(factory(session))

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


#: torchx's schedulers. It has no executor classes, so nothing is bound, and backends are chosen by name.
BINDINGS: Bindings[AppDef, TorchxConfig] = Bindings(fallback=_Factories())


def launcher(session: str = "launchbind") -> Launcher[AppDef, TorchxConfig]:
    """A launcher for torchx apps and run configs; pass ``backend=`` to ``plan``.

    torchx has no executor classes, so nothing says which backend a run config is for. torchx is imported
    when a backend is first used; where it is not installed, that raises
    :class:`launchbind.MissingDependencyError`, an ``ImportError``.

    Parameters
    ----------
    session
        Groups the jobs; it is part of their handles.
    """
    from launchbind.jobs.launcher import Launcher

    return Launcher(BINDINGS, session=session)
