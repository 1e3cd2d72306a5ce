"""Schedulers with one defect each, their name, which the conformance suite has to notice."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from guard import GUARD_SECONDS

from launchbind import JobState, SchedulerError
from launchbind.testing import FakeApp, FakeCluster, FakeExecutor, FakeInfo, FakeJob, FakeRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# -- plans -----------------------------------------------------------------------------------------------


class WritesIntoTheExecutor(FakeCluster):
    """Changes the executor it is given."""

    def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
        cfg.env_vars["SEEN"] = "1"
        return super()._submit_dryrun(app, cfg)


class OmitsTheCommand(FakeCluster):
    """Keeps the command out of the request."""

    def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
        info = super()._submit_dryrun(app, cfg)
        info.request.commands.clear()
        return info


class OmitsTheExecutorsVariables(FakeCluster):
    """Does not pass the executor's variables on."""

    def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
        return super()._submit_dryrun(app, replace(cfg, env_vars={}))


class NamesNoVolatileValue(FakeCluster):
    """Does not say which part of a request is made anew."""

    def volatile(self, dryrun_info: FakeInfo, /) -> Mapping[str, str]:
        return {}


class NamesAnAbsentVolatileValue(FakeCluster):
    """Names a value that is not in the request."""

    def volatile(self, dryrun_info: FakeInfo, /) -> Mapping[str, str]:
        return {**super().volatile(dryrun_info), f"no-{uuid4().hex}": "<nothing>"}


class NamesAStableValueVolatile(FakeCluster):
    """Names a value that every plan has."""

    def volatile(self, dryrun_info: FakeInfo, /) -> Mapping[str, str]:
        return {**super().volatile(dryrun_info), "echo": "<command>"}


# -- descriptions and listings ---------------------------------------------------------------------------


class ForgetsTheRoles(FakeCluster):
    """Does not remember the roles of its jobs."""

    def describe(self, app_id: str, /) -> FakeJob | None:
        job = super().describe(app_id)
        return job and replace(job, roles=[])


class KnowsEveryJob(FakeCluster):
    """Describes jobs that never existed."""

    def describe(self, app_id: str, /) -> FakeJob | None:
        unknown = FakeJob(app_id, FakeRequest("", [], {}), [], JobState.UNKNOWN)
        return super().describe(app_id) or unknown


class KnowsNoJob(FakeCluster):
    """Does not find the jobs that it has."""

    def describe(self, app_id: str, /) -> FakeJob | None:
        return None


class ListsNothing(FakeCluster):
    """Lists no job."""

    def list(self) -> Iterable[FakeJob]:
        return []


class MixesUpDescriptions(FakeCluster):
    """Describes each of several jobs as another one."""

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, FakeJob | None]:
        found = super().describe_many(app_ids)
        return dict(zip(found, reversed([*found.values()]), strict=True))


class DescribesManyWithoutExitCodes(FakeCluster):
    """Gives an exit code only where one job is described."""

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, FakeJob | None]:
        found = super().describe_many(app_ids)
        return {app_id: job and replace(job, exit_code=None) for app_id, job in found.items()}


# -- states and exit codes -------------------------------------------------------------------------------


class Redescribing(FakeCluster):
    """What the schedulers with wrong descriptions share."""

    def describe(self, app_id: str, /) -> FakeJob | None:
        job = super().describe(app_id)
        if job is not None:
            self.change(job)
        return job

    def change(self, job: FakeJob) -> None:
        """Change what was found out of a job."""
        raise NotImplementedError


class CallsSuccessFailed(Redescribing):
    """A job that has succeeded is FAILED."""

    def change(self, job: FakeJob) -> None:
        if job.state is JobState.SUCCEEDED and job.roles[0].entrypoint == "succeed":
            job.state = JobState.FAILED


class CallsFailureSucceeded(Redescribing):
    """A job that has failed is SUCCEEDED."""

    def change(self, job: FakeJob) -> None:
        if job.state is JobState.FAILED and job.roles[0].entrypoint == "fail":
            job.state = JobState.SUCCEEDED


class EndsTooEarly(Redescribing):
    """A job is SUCCEEDED once it has begun."""

    def change(self, job: FakeJob) -> None:
        job.state = JobState.SUCCEEDED


class RevivesAnEndedJob(FakeCluster):
    """A job that has succeeded is RUNNING once more, the second time it is described after its end."""

    def describe(self, app_id: str, /) -> FakeJob | None:
        job = self.jobs.get(app_id)
        if job is not None and job.msg == "ended":
            job.state, job.msg = JobState.RUNNING, "running again"
            return job
        job = super().describe(app_id)
        if job is not None and job.state is JobState.SUCCEEDED and not job.msg:
            job.msg = "ended"
        return job

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, FakeJob | None]:
        return {app_id: self.jobs.get(app_id) for app_id in app_ids}


class NeverStarts(FakeCluster):
    """Its jobs stay PENDING."""

    def describe(self, app_id: str, /) -> FakeJob | None:
        return self.jobs.get(app_id)

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *, should_tail: bool = False
    ) -> Iterator[str]:
        return iter(())


class RoundsTheExitCode(Redescribing):
    """Every failure has the exit code 1."""

    def change(self, job: FakeJob) -> None:
        job.exit_code = job.exit_code and 1


class GivesAnExitCodeTooEarly(Redescribing):
    """A job that runs has the exit code 0."""

    def change(self, job: FakeJob) -> None:
        job.exit_code = job.exit_code or 0


# -- cancelling ------------------------------------------------------------------------------------------


class CallsCancelledSucceeded(FakeCluster):
    """A cancelled job is SUCCEEDED."""

    def cancel(self, app_id: str, /) -> None:
        job = self.jobs.get(app_id)
        if job is not None and not job.state.is_terminal:
            job.state = JobState.SUCCEEDED


class RaisesForAnUnknownJob(FakeCluster):
    """Cancelling a job that does not exist is an error."""

    def cancel(self, app_id: str, /) -> None:
        super().cancel(self.jobs[app_id].app_id)


class CancelsAnEndedJob(FakeCluster):
    """A job that has ended becomes CANCELLED."""

    def cancel(self, app_id: str, /) -> None:
        if app_id in self.jobs:
            self.jobs[app_id].state = JobState.CANCELLED


# -- secrets ---------------------------------------------------------------------------------------------


class ShowsSecretsWhenItRefuses(FakeCluster):
    """Its own launchbind error, which is not redacted again, has the environment of the job."""

    def schedule(self, dryrun_info: FakeInfo, /) -> str:
        if dryrun_info.request.commands == [["no-such-program"]]:
            raise SchedulerError(self.backend, "start it", f"not found with {dryrun_info.request.env}")
        return super().schedule(dryrun_info)


class RefusesAMissingProgram(FakeCluster):
    """Not a defect: its plain error, which the launcher redacts, has the environment of the job."""

    def schedule(self, dryrun_info: FakeInfo, /) -> str:
        if dryrun_info.request.commands == [["no-such-program"]]:
            raise FileNotFoundError(f"no-such-program with {dryrun_info.request.env}")
        return super().schedule(dryrun_info)


class ShowsSecretsInAMessage(Redescribing):
    """The message of a job that failed has its environment."""

    def change(self, job: FakeJob) -> None:
        if job.state is JobState.FAILED:
            job.msg = f"failed with {job.request.env}"


# -- logs ------------------------------------------------------------------------------------------------


class Relogging(FakeCluster):
    """What the schedulers with wrong logs share."""

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *, should_tail: bool = False
    ) -> Iterator[str]:
        lines = super().log_iter(app_id, role_name, k, should_tail=should_tail)
        return self.change(app_id, lines, should_tail)

    def change(self, app_id: str, lines: Iterator[str], follow: bool) -> Iterator[str]:
        """Change the lines of a job."""
        raise NotImplementedError


class LosesALine(Relogging):
    """Has not the first line, unless it is followed."""

    def change(self, app_id: str, lines: Iterator[str], follow: bool) -> Iterator[str]:
        return (line for line in lines if follow or line != "one\n")


class RepeatsALine(Relogging):
    """Has the first line twice, unless it is followed."""

    def change(self, app_id: str, lines: Iterator[str], follow: bool) -> Iterator[str]:
        return (line for line in lines for _ in range(2 if line == "one\n" and not follow else 1))


class StopsFollowing(FakeCluster):
    """Follows only to what is written by now."""

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *, should_tail: bool = False
    ) -> Iterator[str]:
        return super().log_iter(app_id, role_name, k)


class FollowsBeyondTheEnd(Relogging):
    """Follows until ``over`` is set, although the job has ended."""

    over = threading.Event()

    def change(self, app_id: str, lines: Iterator[str], follow: bool) -> Iterator[str]:
        yield from lines
        if follow:
            self.over.wait(GUARD_SECONDS)


class CancelsWhenAReaderLeaves(Relogging):
    """Cancels the job when its log is closed."""

    def change(self, app_id: str, lines: Iterator[str], follow: bool) -> Iterator[str]:
        try:
            yield from lines
        except GeneratorExit:
            self.cancel(app_id)
            raise


class CannotReadLogs(Relogging):
    """Every log is an error."""

    def change(self, app_id: str, lines: Iterator[str], follow: bool) -> Iterator[str]:
        raise OSError("the disk is gone")
