"""Asking one cluster about its jobs, and telling it to end them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from launchbind_adapters.slurm.commands import NO_SUCH_JOB, run_slurm, sacct, sacct_ids, scancel, squeue
from launchbind_adapters.slurm.rows import RowId, Rows, parse_sacct, parse_sbatch, parse_squeue
from launchbind_adapters.slurm.status import is_recorded, reconcile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from launchbind_adapters.slurm.commands import Runner
    from launchbind_adapters.slurm.status import SlurmStatus

#: The most job ids in one command: Linux takes 128 KiB in one argument (MAX_ARG_STRLEN, execve(2)).
JOBS_AT_ONCE = 5000
#: How long an ended job may wait for its accounting, which lags by seconds, before that is an error: a
#: controller that crashed may have lost the job, and then nobody will ever say how it ended.
FORGOTTEN_SECONDS = 120.0


@dataclass(frozen=True)
class JobQuery:
    """A question about one job."""

    #: A whole job, ``12``, or one task of an array, ``12_3``.
    job_id: str
    #: How many commands its script runs; see :func:`~launchbind_adapters.slurm.status.reconcile`.
    commands: int = 1
    #: Whether it is a whole array: ``sacct`` shows one as ended while some of its tasks still run.
    array: bool = False


class SlurmClient:
    """Asks a cluster about its jobs, through ``run``, and remembers since when it has forgotten one.

    Every method raises FileNotFoundError when the cluster has no such command, RuntimeError when the command
    fails or does not answer in time, and ValueError when it prints something that is not understood.
    """

    def __init__(self, run: Runner = run_slurm) -> None:
        self.run = run
        #: Since when, on the monotonic clock, jobs have waited for their accounting.
        self._waiting: dict[str, float] = {}

    def submit(self, sbatch: Sequence[str]) -> str:
        """Run ``sbatch --parsable``, given as its words, and return the job's id."""
        return parse_sbatch(self.run(sbatch))

    def ask(self, queries: Iterable[JobQuery]) -> dict[str, SlurmStatus]:
        """The status of each job that the cluster knows, by the id that was asked for.

        This takes one ``sacct``, and one ``squeue`` for the jobs whose end that does not show.
        """
        queries = list(queries)
        rows = Rows(parse_sacct(self._run_for(sacct, queries)))
        open_queries = [each for each in queries if each.array or not is_recorded(rows.of(each.job_id))]
        queue = Rows(parse_squeue(self._run_for(squeue, open_queries)))
        found: dict[str, SlurmStatus] = {}
        for each in queries:
            status = reconcile(rows.of(each.job_id), queue.of(each.job_id), each.commands)
            if status is not None:
                found[each.job_id] = status
            if status is not None and status.unrecorded is not None:
                self._waiting.setdefault(each.job_id, time.monotonic())
            else:
                self._waiting.pop(each.job_id, None)
        return found

    def check_remembered(self, job_id: str) -> None:
        """Raise RuntimeError when a job ended ``FORGOTTEN_SECONDS`` ago and its end is still not recorded.

        Call it after :meth:`ask` where somebody waits for this one job: it must not spoil the status of many.
        """
        since = self._waiting.get(job_id)
        if since is not None and time.monotonic() - since > FORGOTTEN_SECONDS:
            raise RuntimeError(
                f"Slurm has forgotten job {job_id} and has not recorded its end: ask sacct -j {job_id}"
            )

    def known_jobs(self) -> list[str]:
        """The ids of all jobs that ``sacct`` shows to this user, an array being one job."""
        return list(dict.fromkeys(RowId.parse(line).job for line in self.run(sacct_ids()).split()))

    def cancel(self, job_ids: Sequence[str]) -> None:
        """Tell Slurm to end these jobs, or tasks of arrays; one that it has forgotten is left alone."""
        self._run_in_chunks(scancel, job_ids)

    def _run_for(self, command: Callable[[Sequence[str]], list[str]], queries: Sequence[JobQuery]) -> str:
        jobs = dict.fromkeys(each.job_id.partition("_")[0] for each in queries)
        return self._run_in_chunks(command, list(jobs))

    def _run_in_chunks(self, command: Callable[[Sequence[str]], list[str]], job_ids: Sequence[str]) -> str:
        printed = []
        for start in range(0, len(job_ids), JOBS_AT_ONCE):
            try:
                printed.append(self.run(command(job_ids[start : start + JOBS_AT_ONCE])))
            except RuntimeError as error:
                if NO_SUCH_JOB not in str(error):  # said only about the one job that a command names
                    raise
        return "\n".join(printed)
