"""torchx's own Slurm scheduler, with the status of a job told as for NeMo-Run's executors.

torchx 0.7.0 looks the words of ``sacct`` up as they are, and "CANCELLED by 0" is not among them; a job that
``sacct`` has not recorded yet is in no state at all for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torchx.schedulers.api import DescribeAppResponse, ListAppResponse, Stream
from torchx.schedulers.slurm_scheduler import SlurmScheduler as UpstreamScheduler
from torchx.specs import AppState, Role

from launchbind_adapters.slurm import JobQuery, SlurmClient

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from torchx.specs import CfgVal

    from launchbind_adapters.slurm import SlurmStatus


@dataclass
class SlurmDescription(DescribeAppResponse):
    """torchx's description of a job, with its exit code."""

    exit_code: int | None = None


@dataclass(eq=False)  # torchx's own __eq__ and __hash__ stay
class ListedSlurmJob(ListAppResponse):
    """torchx's listed job, with its exit code."""

    exit_code: int | None = None


class SlurmScheduler(UpstreamScheduler):
    """Follows jobs through :class:`~launchbind_adapters.slurm.SlurmClient`; submitting is torchx's."""

    def __init__(self, session_name: str) -> None:
        super().__init__(session_name)
        self._slurm = SlurmClient()

    def describe(self, app_id: str) -> SlurmDescription | None:
        """The job's state; a RuntimeError when Slurm has forgotten the job and not recorded how it ended."""
        found = self.describe_many([app_id])[app_id]
        self._slurm.check_remembered(app_id)
        return found

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, SlurmDescription | None]:
        """The state of each job, by one ``sacct`` for all, and one ``squeue`` for those that go on."""
        # No other id is one of Slurm's.
        known = self._slurm.ask(JobQuery(app_id) for app_id in app_ids if app_id.isdecimal())
        return {app_id: _described(app_id, known[app_id]) if app_id in known else None for app_id in app_ids}

    def list(self, cfg: Mapping[str, CfgVal] | None = None) -> list[ListAppResponse]:
        """The jobs that ``sacct`` knows, each once; torchx lists tasks of arrays, and requeued jobs twice.

        ``cfg`` is a parameter of torchx-nightly's, and not used.
        """
        return [
            ListedSlurmJob(app_id, AppState[status.state.name], exit_code=status.exit_code)
            for app_id, status in self._slurm.ask(map(JobQuery, self._slurm.known_jobs())).items()
        ]

    def log_iter(
        self,
        app_id: str,
        role_name: str,
        k: int = 0,
        regex: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        should_tail: bool = False,
        streams: Stream | None = None,
    ) -> Iterable[str]:
        """A replica's output, and after it, once that has ended, its errors: they are in two files.

        torchx reads the errors alone by default, and ignores ``since`` and ``until``. They are refused here:
        the files hold no times.
        """
        if since is not None or until is not None:
            raise NotImplementedError
        for stream in (Stream.STDOUT, Stream.STDERR) if streams is None else (streams,):
            yield from super().log_iter(app_id, role_name, k, regex, should_tail=should_tail, streams=stream)

    def _cancel_existing(self, app_id: str) -> None:
        self._slurm.cancel([app_id])


def create_scheduler(session_name: str, **_: object) -> SlurmScheduler:
    """The scheduler factory for torchx's backend ``slurm``."""
    return SlurmScheduler(session_name)


def _described(app_id: str, status: SlurmStatus) -> SlurmDescription:
    return SlurmDescription(
        app_id=app_id,
        state=AppState[status.state.name],
        msg=status.message,
        roles=_roles(status),
        exit_code=status.exit_code,
    )


def _roles(status: SlurmStatus) -> list[Role]:
    """torchx names each replica "role-number", which ``sacct`` learns some seconds late."""
    replicas: dict[str, int] = {}
    for row in status.rows:
        role, _, number = row.name.rpartition("-")
        if not row.id.step and role and number.isdecimal():
            replicas[role] = replicas.get(role, 0) + 1
    return [Role(role, image="", num_replicas=count) for role, count in replicas.items()]
