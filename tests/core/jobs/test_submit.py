"""Submitting exactly what was planned, once, to schedulers that are made when they are needed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from fake_jobs import FakeBindings, bindings, hello, launcher_of, request_of

from launchbind import (
    Bindings,
    Handle,
    InvalidHandleError,
    JobState,
    Launcher,
    Plan,
    PlanError,
    SchedulerError,
    UnsupportedError,
)
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo, FakeJob, FakeRole, FakeScheduler

if TYPE_CHECKING:
    from launchbind import SchedulerFactory


class Subclass(FakeExecutor):
    """An executor that nobody registered."""


def test_submit_submits_what_was_planned() -> None:
    """The scheduler gets the very info of the plan, and the plan gets the handle."""
    scheduler = FakeScheduler()
    launcher = launcher_of(lambda session: scheduler)
    plan = launcher.plan(hello(), FakeExecutor())
    handle = launcher.submit(plan)
    assert scheduler.jobs[handle.app_id].request is request_of(plan)
    assert plan.handle == handle == Handle("fake", "tests", "hello-0")


def test_run_is_plan_and_submit() -> None:
    """One call does both, on the same terms."""
    assert str(launcher_of().run(hello(), FakeExecutor())) == "fake://tests/hello-0"
    unbound: FakeBindings = Bindings(fallback={"fake": FakeScheduler})
    assert str(Launcher(unbound).run(hello(), FakeExecutor(), backend="fake")) == "fake://launchbind/hello-0"


def test_a_plan_that_was_changed_is_refused() -> None:
    """What is submitted is what was shown, or nothing."""
    scheduler = FakeScheduler()
    launcher = launcher_of(lambda session: scheduler)
    plan = launcher.plan(hello(), FakeExecutor())
    request_of(plan).commands[0].append("; rm -rf /")
    with pytest.raises(PlanError, match="app 'hello' was changed after it was planned"):
        launcher.submit(plan)
    assert scheduler.jobs == {}
    request_of(plan).commands[0].pop()
    assert launcher.submit(plan) == plan.handle


def test_a_plan_for_another_backend_is_refused() -> None:
    """The backend is part of what was planned."""
    launcher = Launcher(bindings(others={"other": FakeScheduler}))
    plan = launcher.plan(hello(), FakeExecutor())
    plan.backend = "other"
    with pytest.raises(PlanError, match="was changed"):
        launcher.submit(plan)


def test_a_plan_is_submitted_once() -> None:
    """A second submit is refused, and says which job the plan became."""
    scheduler = FakeScheduler()
    launcher = launcher_of(lambda session: scheduler)
    plan = launcher.plan(hello(), FakeExecutor())
    handle = launcher.submit(plan)
    with pytest.raises(PlanError, match=f"app 'hello' was submitted already, as {handle}: plan it again"):
        launcher.submit(plan)
    assert list(scheduler.jobs) == [handle.app_id]


def test_a_launcher_has_its_session() -> None:
    """It is the session of the handles."""
    assert launcher_of(session="nightly").session == "nightly"


def test_the_scheduler_of_a_backend_can_be_used_directly() -> None:
    """It is the one that the launcher uses, by name or alias."""
    scheduler = FakeScheduler()
    launcher = launcher_of(scheduler)
    assert launcher.scheduler("pretend") is launcher.scheduler("fake") is scheduler


def test_of_many_threads_one_submits() -> None:
    """Racing submits of one plan give one job."""
    scheduler = FakeScheduler()
    launcher = launcher_of(lambda session: scheduler)
    plan = launcher.plan(hello(), FakeExecutor())
    begin, refused = threading.Barrier(4), []

    def submit() -> None:
        begin.wait()
        try:
            launcher.submit(plan)
        except PlanError as error:
            refused.append(error)

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3
    assert len(scheduler.jobs) == 1


def test_a_plan_is_not_submitted_while_it_is_being_submitted() -> None:
    """A second thread waits until the scheduler has answered the first, and is refused then."""
    refused: list[PlanError] = []
    threads: list[threading.Thread] = []

    def submit() -> None:
        try:
            launcher.submit(plan)
        except PlanError as error:
            refused.append(error)

    class Slow(FakeScheduler):
        def schedule(self, dryrun_info: FakeInfo, /) -> str:
            if not threads:
                threads.append(threading.Thread(target=submit))
                threads[0].start()
                threads[0].join(timeout=0.2)  # it cannot end before this does
            return super().schedule(dryrun_info)

    scheduler = Slow()
    launcher = launcher_of(lambda session: scheduler)
    plan = launcher.plan(hello(), FakeExecutor())
    launcher.submit(plan)
    threads[0].join()
    assert (len(refused), len(scheduler.jobs)) == (1, 1)


def test_a_refused_submission_can_be_repeated() -> None:
    """The scheduler's error is wrapped and redacted, with its cause, and the plan stays good."""

    class Full(FakeScheduler):
        full = True

        def schedule(self, dryrun_info: FakeInfo, /) -> str:
            if self.full:
                raise ConnectionError(f"HTTP 503 for {dryrun_info.request.env}")
            return super().schedule(dryrun_info)

    scheduler = Full()
    launcher = launcher_of(lambda session: scheduler)
    plan = launcher.plan(hello(), FakeExecutor({"HF_TOKEN": "key-of-executor"}))
    with pytest.raises(
        SchedulerError, match="'fake' could not submit app 'hello': ConnectionError: HTTP 503"
    ) as caught:
        launcher.submit(plan)
    assert "key-of-executor" not in str(caught.value)
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert plan.handle is None
    scheduler.full = False
    assert launcher.submit(plan) == plan.handle


# -- schedulers and sessions ---------------------------------------------------------------------------


def test_a_scheduler_is_made_once_when_first_used_and_told_the_session() -> None:
    """Making a launcher makes no scheduler."""
    made: list[FakeScheduler] = []

    def factory(session: str, /) -> FakeScheduler:
        made.append(FakeScheduler(session))
        return made[-1]

    launcher = launcher_of(factory)
    assert made == []
    launcher.run(hello(), FakeExecutor())
    launcher.run(hello(), FakeExecutor())
    assert [scheduler.session for scheduler in made] == ["tests"]


def test_threads_that_need_a_scheduler_at_once_share_it() -> None:
    """Who asks while it is being made waits for it, rather than make another."""
    made: list[FakeScheduler] = []
    threads: list[threading.Thread] = []

    def factory(session: str) -> FakeScheduler:
        made.append(FakeScheduler())
        if len(made) == 1:
            threads.append(threading.Thread(target=launcher.scheduler, args=("fake",)))
            threads[0].start()
            threads[0].join(timeout=0.2)  # it cannot end before this does
        return made[-1]

    launcher = launcher_of(factory)
    assert launcher.scheduler("fake") is made[0]
    threads[0].join()
    assert len(made) == 1


def test_a_scheduler_that_cannot_be_made_is_a_scheduler_error() -> None:
    """The cause is kept, and the next use tries again."""
    failures = [OSError("no config")]

    def factory(session: str, /) -> FakeScheduler:
        if failures:
            raise failures.pop()
        return FakeScheduler(session)

    launcher = launcher_of(factory)
    with pytest.raises(SchedulerError, match="'fake' could not create its scheduler: OSError: no config"):
        launcher.plan(hello(), FakeExecutor())
    assert launcher.plan(hello(), FakeExecutor()).backend == "fake"


@pytest.mark.parametrize("session", ["", "my session", "a/b"])
def test_a_session_that_no_handle_can_carry_is_refused_before_any_job(session: str) -> None:
    """Otherwise a job would run that could not be found again."""
    with pytest.raises(InvalidHandleError):
        launcher_of(session=session)


def test_close_closes_every_scheduler_once() -> None:
    """As a context manager the launcher closes what it made, and nothing that it did not make."""
    schedulers = {"fake": FakeScheduler(), "other": FakeScheduler(), "unused": FakeScheduler()}
    made = bindings(give(schedulers["fake"]), {"unused": give(schedulers["unused"])})
    made.bind("other", Subclass, give(schedulers["other"]))
    with Launcher(made) as launcher:
        launcher.run(hello(), FakeExecutor())
        launcher.run(hello(), Subclass())
        assert not any(scheduler.closed for scheduler in schedulers.values())
    assert {name for name, scheduler in schedulers.items() if scheduler.closed} == {"fake", "other"}
    schedulers["fake"].closed = False
    launcher.close()
    assert not schedulers["fake"].closed


def give(scheduler: FakeScheduler) -> SchedulerFactory[FakeScheduler]:
    return lambda session: scheduler


class BadIds(FakeScheduler):
    """Gives its jobs ids that no handle can carry."""

    def schedule(self, dryrun_info: FakeInfo, /) -> str:
        job = self.jobs.pop(super().schedule(dryrun_info))
        job.app_id = "a job"
        self.jobs[job.app_id] = job
        return job.app_id


def test_a_job_whose_id_fits_no_handle_is_cancelled() -> None:
    """Nobody could follow such a job, so it is ended, and the error names its id."""
    scheduler = BadIds()
    message = "'fake' could not keep the job of app 'a': no handle can carry its id 'a job', so it was"
    with pytest.raises(SchedulerError, match=message):
        launcher_of(scheduler).run(hello("a"), FakeExecutor())
    assert scheduler.jobs["a job"].state is JobState.CANCELLED


class Unclosable(FakeScheduler):
    """A scheduler whose close fails."""

    def close(self) -> None:
        super().close()
        raise OSError("still busy")


def test_a_scheduler_that_fails_to_close_keeps_no_other_open() -> None:
    """Every scheduler is closed, and the failure is raised afterwards."""
    made = [Unclosable(), FakeScheduler(), Unclosable()]
    factories = {f"backend{number}": give(each) for number, each in enumerate(made)}
    launcher = Launcher(bindings(others=factories))
    for backend in factories:
        launcher.scheduler(backend)
    with pytest.raises(SchedulerError, match="'backend2' could not close its scheduler: OSError: still busy"):
        launcher.close()
    assert all(scheduler.closed for scheduler in made)


def test_a_scheduler_that_does_not_implement_close_keeps_no_other_open() -> None:
    """It is an error like any other failure, raised once all are closed."""

    class Incomplete(FakeScheduler):
        def close(self) -> None:
            raise NotImplementedError

    made = [FakeScheduler(), Incomplete()]
    factories = {f"backend{number}": give(each) for number, each in enumerate(made)}
    launcher = Launcher(bindings(others=factories))
    for backend in factories:
        launcher.scheduler(backend)
    with pytest.raises(UnsupportedError, match="'backend1' cannot close its scheduler"):
        launcher.close()
    assert made[0].closed


class Uncancellable(BadIds):
    """A scheduler that cannot even end such a job, and says so in too many words."""

    def cancel(self, app_id: str, /) -> None:
        raise OSError(" ".join(["busy with", *self.jobs[app_id].request.env.values()]))


def test_a_job_whose_id_fits_no_handle_and_that_cannot_be_cancelled_is_told_of() -> None:
    """The error says what failed, without the secrets that only the request holds."""
    launcher = launcher_of(Uncancellable)
    plan = launcher.plan(hello(), FakeExecutor())
    request_of(plan).env["HF_TOKEN"] = "hf_s3cr3t"
    message = "'fake' could not cancel the job 'a job': OSError: busy with .*<redacted>"
    with pytest.raises(SchedulerError, match=message):
        launcher.submit(Plan("fake", plan.app, plan.info, origin=plan.origin))


class Refusing(FakeScheduler):
    """A scheduler that refuses every job, and repeats the values of its environment."""

    def schedule(self, dryrun_info: FakeInfo, /) -> str:
        raise ConnectionError(" ".join(dryrun_info.request.env.values()))


def test_a_plan_knows_secrets_of_its_own() -> None:
    """Refusing a plan that another launcher made shows none of what only that plan knows to be secret."""
    info = FakeScheduler().submit_dryrun(hello(), FakeExecutor({"HF_TOKEN": "hf_s3cr3t"}))
    made = bindings(Refusing)
    with pytest.raises(SchedulerError, match="ConnectionError: <redacted> 1"):
        Launcher(made).submit(Plan("fake", hello(), info, origin=made.origin("fake")))


class Talkative(FakeScheduler):
    """A scheduler whose errors repeat what it was given."""

    def describe(self, app_id: str, /) -> FakeJob | None:
        raise RuntimeError(f"401 for {self.jobs[app_id].request.env}")


def test_errors_about_a_job_hide_what_its_plan_knew_to_be_secret() -> None:
    """A scheduler's error that repeats a value of the job's environment does not show it."""
    launcher = launcher_of(Talkative)
    executor = FakeExecutor(env_vars={"HF_TOKEN": "hf_s3cr3t", "MIRROR": "hf_s3cr3t"})
    handle = launcher.run(hello(), executor)
    launcher.plan(hello(), FakeExecutor({"HF_TOKEN": "another-one"}))  # does not make it forget the first
    with pytest.raises(SchedulerError) as caught:
        launcher.status(handle)
    assert "hf_s3cr3t" not in str(caught.value)


class Uncopyable(FakeExecutor):
    """An executor that cannot be copied, and says why in too many words."""

    def __deepcopy__(self, memo: object) -> Uncopyable:
        raise TypeError(f"cannot copy {self.env_vars}")


def test_an_executor_that_cannot_be_copied_is_an_error_without_its_secrets() -> None:
    """The error has the reason without its secrets; a launcher with another copier plans the executor."""
    executor = Uncopyable(env_vars={"HF_TOKEN": "hf_s3cr3t"})
    app = FakeApp("a", [FakeRole("main", "echo", env={"API_KEY": "abc-role-key"})])
    executor.env_vars["MIRROR"] = "hf_s3cr3t and abc-role-key"
    with pytest.raises(PlanError, match="app 'a' or its executor cannot be copied") as caught:
        launcher_of().plan(app, executor)
    assert "hf_s3cr3t" not in str(caught.value)
    assert "abc-role-key" not in str(caught.value)
    own = Launcher(bindings(), copier=lambda each: FakeExecutor(dict(each.env_vars)))
    assert own.plan(app, executor).backend == "fake"
