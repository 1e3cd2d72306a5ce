"""torchx's own Slurm scheduler, which can tell how a job ended that was cancelled.

torchx 0.7.0 looks the words of ``sacct`` up as they are, and "CANCELLED by 0" is not among them; it takes
a job that ``sacct`` has not recorded yet for one in no state at all.
"""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

from torchx.schedulers.api import DescribeAppResponse, ListAppResponse, Stream
from torchx.schedulers.slurm_scheduler import SlurmScheduler
from torchx.specs import AppState, Role

from launchbind_adapters.slurm import state as slurm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from torchx.specs import CfgVal


class TellingSlurmScheduler(SlurmScheduler):
    """Asks Slurm as the scheduler of NeMo-Run's executors does; all else is torchx's."""

    def __init__(self, session_name: str) -> None:
        super().__init__(session_name)
        self._codes: dict[str, int | None] = {}

    def describe(self, app_id: str) -> DescribeAppResponse | None:
        """The job's state; None when Slurm knows no such job.

        Raises
        ------
        RuntimeError
            When Slurm cannot be asked.
        """
        return self.describe_many([app_id])[app_id]

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, DescribeAppResponse | None]:
        """The jobs' states, by one ``sacct`` for all, and one ``squeue`` for those that go on."""
        numbers = [app_id for app_id in app_ids if app_id.isdigit()]  # no other id is one of Slurm's
        rows = slurm.accounted(_run(slurm.sacct(numbers))) if numbers else {}
        going_on = [app_id for app_id in numbers if not slurm.all_ended(rows.get(app_id, ()))]
        queue = slurm.queued(_run(slurm.squeue(going_on))) if going_on else {}
        found: dict[str, DescribeAppResponse | None] = dict.fromkeys(app_ids)
        for app_id in numbers:
            of_job = rows.get(app_id, ())
            seen = slurm.judge(of_job, queue.get(app_id, ()), tasks=1)
            if seen is not None:
                self._codes[app_id] = seen.code
                found[app_id] = DescribeAppResponse(
                    app_id=app_id, state=AppState[seen.state], msg=seen.message, roles=_roles(of_job)
                )
        return found

    def list(self, cfg: Mapping[str, CfgVal] | None = None) -> list[ListAppResponse]:  # as in torchx-nightly
        """The jobs that ``sacct`` knows, each once; torchx lists tasks of arrays, and requeued jobs twice."""
        rows = _run("sacct --noheader --parsable2 --allocations --starttime=1970-01-01 --format=JobID")
        numbers = [row.partition("_")[0].partition("+")[0] for row in rows.split()]
        described = self.describe_many(list(dict.fromkeys(numbers)))
        return [ListAppResponse(app_id, found.state) for app_id, found in described.items() if found]

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

        torchx reads the errors alone, unless it is told otherwise.
        """
        for stream in (Stream.STDOUT, Stream.STDERR) if streams is None else (streams,):
            yield from super().log_iter(app_id, role_name, k, regex, since, until, should_tail, stream)

    def exit_code(self, app_id: str, /) -> int | None:
        """The first non-zero exit code, else 0; None while the job goes on, or when Slurm has none."""
        if app_id not in self._codes:
            self.describe(app_id)
        return self._codes.get(app_id)


def create_scheduler(session_name: str, **_: object) -> TellingSlurmScheduler:
    """The scheduler factory for torchx's backend ``slurm``."""
    return TellingSlurmScheduler(session_name)


def _roles(rows: Sequence[slurm.Row]) -> list[Role]:
    """torchx calls each replica "role-number", and ``sacct`` learns that some seconds late."""
    replicas: dict[str, int] = {}
    for row in rows:
        role, _, number = row.name.rpartition("-")
        if not row.step and role and number.isdigit():
            replicas[role] = replicas.get(role, 0) + 1
    return [Role(role, image="", num_replicas=count) for role, count in replicas.items()]


def _run(command: str) -> str:
    done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode and slurm.NO_SUCH_JOB not in done.stderr:
        raise RuntimeError(f"{command.split()[0]} failed: {' '.join(done.stderr.split())}")
    return done.stdout
