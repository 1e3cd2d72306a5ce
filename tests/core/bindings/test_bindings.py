"""Bindings: executor class, scheduler and name stay together, whatever happens to the entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from fake_jobs import FakeBindings, FakeLauncher, bindings, hello

from launchbind import (
    Backend,
    Bindings,
    BrokenTargetError,
    ConflictError,
    DryRunInfo,
    DryRunMixin,
    InvalidReferenceError,
    InvalidTargetError,
    JobState,
    Launcher,
    MissingDependencyError,
    PlanError,
    SupportsLogs,
    UnknownBackendError,
)
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo, FakeRequest, FakeScheduler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.core.conftest import WriteDistribution, WriteModule

    from launchbind import BoundScheduler, SchedulerFactory

Key = Backend[FakeApp, FakeExecutor, FakeInfo]


class OtherScheduler(FakeScheduler):
    """Another scheduler."""


class OtherExecutor(FakeExecutor):
    """An executor of another scheduler."""


@dataclass(frozen=True)
class Frozen:
    """An executor that cannot be changed."""

    queue: str = "short"


class FrozenScheduler(DryRunMixin):
    """A scheduler that takes another executor than the others, and makes another request."""

    backend = "frozen"

    def __init__(self, session: str) -> None:
        self._fake = FakeScheduler(session)
        self.describe, self.cancel, self.close = self._fake.describe, self._fake.cancel, self._fake.close

    def _submit_dryrun(self, app: FakeApp, cfg: Frozen) -> DryRunInfo[str]:
        return DryRunInfo(f"{app.name} in {cfg.queue}")

    def schedule(self, dryrun_info: DryRunInfo[str], /) -> str:
        return self._fake.schedule(DryRunInfo(FakeRequest(dryrun_info.request.split()[0], [], {})))


def unbound() -> FakeBindings:
    """Bindings of nothing."""
    return Bindings()


# -- binding and using ---------------------------------------------------------------------------------


def test_a_key_can_be_used_wherever_a_name_can() -> None:
    """In plan, run, list and scheduler; an alias leads to the same scheduler."""
    made = unbound()
    fake = made.bind("fake", FakeExecutor, FakeScheduler, aliases=("pretend",))
    assert fake == Backend("fake", FakeScheduler)
    jobs = Launcher(made, session="tests")
    plan = jobs.plan(hello(), FakeExecutor(), backend=fake)
    assert plan.backend == "fake"
    assert plan.info.request.commands == [["echo", "hello", "world"]]
    handle = jobs.run(hello(), FakeExecutor(), backend=fake)
    assert [status.handle for status in jobs.list(fake)] == [handle]
    assert jobs.scheduler(fake) is jobs.scheduler("fake") is jobs.scheduler("pretend")
    assert isinstance(jobs.scheduler(fake), SupportsLogs)


def test_schedulers_may_each_take_an_executor_of_their_own() -> None:
    """The executor's class decides, and each plan has the request of its own scheduler."""
    made: Bindings[FakeApp, object] = Bindings()
    fake = made.bind("fake", FakeExecutor, FakeScheduler)
    frozen = made.bind("frozen", Frozen, FrozenScheduler)
    with Launcher(made) as jobs:
        assert jobs.plan(hello(), Frozen("long"), backend=frozen).info.request == "hello in long"
        assert jobs.plan(hello(), FakeExecutor(), backend=fake).info.request.app == "hello"
        assert jobs.plan(hello(), Frozen()).backend == "frozen"
        handle = jobs.run(hello(), Frozen())
        assert jobs.status(handle).state is JobState.RUNNING


def test_the_executors_are_a_registry() -> None:
    """What is bound can be looked up there, with its key for a companion, and the line that bound it."""
    made = unbound()
    made.bind("fake", FakeExecutor, FakeScheduler, aliases=("pretend",))
    assert made.executors.name_of(FakeExecutor()) == "fake"
    assert made.executors["pretend"] is FakeExecutor
    assert made.executors.entry("fake").companion == Backend("fake", FakeScheduler)
    assert __file__ in made.executors.entry("fake").source


def test_a_base_refuses_other_executors() -> None:
    """The parameter is the registry's."""
    made: Bindings[FakeApp, Any] = Bindings(base=FakeExecutor)
    with pytest.raises(InvalidTargetError, match="which is no FakeExecutor"):
        made.bind("frozen", Frozen, FrozenScheduler)


def test_what_cannot_be_called_is_no_factory() -> None:
    """Nothing is bound; a text has to be a reference."""
    made: Any = unbound()
    with pytest.raises(InvalidTargetError, match="scheduler 'fake' cannot be bound to 3"):
        made.bind("fake", FakeExecutor, 3)
    with pytest.raises(InvalidReferenceError):
        made.bind("fake", FakeExecutor, "launchbind.testing")
    assert list(made.executors) == []


def test_binding_a_class_to_another_scheduler_is_a_conflict() -> None:
    """Binding the same again is not; ``replace`` binds the other one."""
    made = bindings()
    assert made.bind("fake", FakeExecutor, FakeScheduler) == made.executors.entry("fake").companion
    with pytest.raises(ConflictError, match=r"FakeExecutor with <Backend 'fake' of .*:OtherScheduler>"):
        made.bind("fake", FakeExecutor, OtherScheduler)
    made.bind("fake", FakeExecutor, OtherScheduler, replace=True)
    assert isinstance(Launcher(made).scheduler("fake"), OtherScheduler)


# -- what goes with an entry ---------------------------------------------------------------------------


def test_a_scheduler_goes_with_its_executor() -> None:
    """Removing or replacing the class removes the scheduler, for launchers that used it too."""
    made = bindings()
    jobs = Launcher(made)
    first = jobs.scheduler("fake")
    with made.executors.override("fake", OtherExecutor), pytest.raises(UnknownBackendError):
        jobs.plan(hello(), OtherExecutor())
    assert jobs.scheduler("fake") is first
    made.executors.unregister("fake")
    for ask in (lambda: jobs.scheduler("fake"), lambda: jobs.list("fake")):
        with pytest.raises(UnknownBackendError, match="'fake': there are none"):
            ask()
    made.bind("fake", OtherExecutor, OtherScheduler)
    assert isinstance(jobs.scheduler("fake"), OtherScheduler)


def test_a_scheduler_that_was_replaced_is_closed_with_the_others() -> None:
    """Until then its logs can be read to their end."""
    made = bindings()
    jobs: FakeLauncher = Launcher(made)
    old = jobs.scheduler("fake")
    made.bind("fake", OtherExecutor, OtherScheduler, replace=True)
    new = jobs.scheduler("fake")
    assert isinstance(old, FakeScheduler)
    assert isinstance(new, FakeScheduler)
    assert (old.closed, new.closed) == (False, False)
    jobs.close()
    assert (old.closed, new.closed) == (True, True)


def test_a_key_that_was_replaced_is_refused() -> None:
    """Its types are not those of what is bound now; neither are those of other bindings."""
    made = unbound()
    old = made.bind("fake", FakeExecutor, FakeScheduler)
    made.bind("fake", FakeExecutor, OtherScheduler, replace=True)
    jobs = Launcher(made)
    foreign: Key = Backend("foreign", FakeScheduler)
    for key in (old, foreign):
        with pytest.raises(UnknownBackendError, match=f"<Backend '{key}' of .*FakeScheduler>\".* are fake"):
            jobs.plan(hello(), FakeExecutor(), backend=key)
    same: Key = Backend("fake", OtherScheduler)
    assert jobs.plan(hello(), FakeExecutor(), backend=same).backend == "fake"


# -- which executors a backend takes -------------------------------------------------------------------


def test_a_backend_refuses_the_executors_of_another() -> None:
    """Where it is named in a text, which no type checker sees; subclasses of its class are fine."""
    made = bindings()
    made.bind("other", OtherExecutor, OtherScheduler)
    jobs = Launcher(made)
    message = "app 'hello' cannot run on other with a FakeExecutor: it takes a OtherExecutor"
    with pytest.raises(PlanError, match=message):
        jobs.plan(hello(), FakeExecutor(), backend="other")
    assert jobs.plan(hello(), OtherExecutor(), backend="fake").backend == "fake"


def test_a_backend_that_no_class_is_bound_to_takes_what_its_scheduler_takes() -> None:
    """It comes from the fallback, and has no executor of its own."""
    jobs = Launcher(bindings(others={"other": OtherScheduler}))
    assert jobs.plan(hello(), FakeExecutor(), backend="other").backend == "other"


# -- lazy references -----------------------------------------------------------------------------------

SCHEDULER = """
from launchbind.testing import FakeExecutor, FakeScheduler
class Executor(FakeExecutor): pass
class Scheduler(FakeScheduler): pass
NUMBER = 3
"""


def test_a_lazy_scheduler_is_imported_when_its_backend_is_used(write_module: WriteModule) -> None:
    """Binding and listing import nothing."""
    import sys

    write_module("lazy_launcher", SCHEDULER)
    made = unbound()
    lazy: Key = made.bind("lazy", "lazy_launcher:Executor", "lazy_launcher:Scheduler")
    jobs = Launcher(made)
    assert jobs.scheduler is not None
    assert "lazy_launcher" not in sys.modules
    assert type(jobs.scheduler(lazy)).__name__ == "Scheduler"
    executor = made.executors["lazy"]()
    assert jobs.plan(hello(), executor, backend=lazy).info.request.app == "hello"
    assert jobs.plan(hello(), executor).backend == "lazy"


@pytest.mark.parametrize(
    ("scheduler", "error", "message"),
    [
        (
            "no_such_package:Scheduler",
            MissingDependencyError,
            r"scheduler 'lazy' needs the package 'no_such_package', .* 'acme\[extra\]'",
        ),
        ("lazy_launcher:Missing", BrokenTargetError, "scheduler 'lazy' is broken, .*AttributeError"),
        ("lazy_launcher:NUMBER", InvalidTargetError, "scheduler 'lazy' cannot be bound to 3"),
    ],
)
def test_a_lazy_scheduler_that_cannot_be_imported_is_an_error_of_its_own(
    scheduler: str, error: type[Exception], message: str, write_module: WriteModule
) -> None:
    """Missing, broken and wrong are told apart, as they are for executors."""
    write_module("lazy_launcher", SCHEDULER)
    made = unbound()
    made.bind("lazy", FakeExecutor, scheduler, requires="acme[extra]")
    with pytest.raises(error, match=message):
        Launcher(made).plan(hello(), FakeExecutor())


# -- the fallback --------------------------------------------------------------------------------------


class Lazily(Mapping[str, "SchedulerFactory[BoundScheduler[FakeApp, FakeExecutor, object]]"]):
    """Makes a new factory each time it is asked, and says what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> SchedulerFactory[FakeScheduler]:
        self.asked.append(name)
        if name not in ("plugin", "spare"):
            raise KeyError(name)
        return lambda session: FakeScheduler(session, backend=name)

    def __iter__(self) -> Iterator[str]:
        return iter(("plugin", "spare"))

    def __len__(self) -> int:
        return 2


def test_the_fallback_has_the_schedulers_of_what_is_bound_to_none(
    write_distribution: WriteDistribution,
) -> None:
    """It is looked up by key when needed, and a bound backend is not asked of it."""
    write_distribution("acme", "[test.executors]\nplugin = launchbind.testing:FakeExecutor\n")
    fallback = Lazily()
    made: FakeBindings = Bindings(group="test.executors", fallback=fallback)
    made.bind("other", OtherExecutor, OtherScheduler)
    jobs = Launcher(made)
    assert fallback.asked == []
    assert jobs.plan(hello(), FakeExecutor()).backend == "plugin"
    assert jobs.scheduler("plugin") is jobs.scheduler("plugin")
    jobs.plan(hello(), OtherExecutor())
    assert set(fallback.asked) == {"plugin"}
    assert jobs.scheduler("spare").backend == "spare"
    with pytest.raises(UnknownBackendError, match="'spar': there are other, plugin, spare; did you mean"):
        jobs.scheduler("spar")


# -- plans ---------------------------------------------------------------------------------------------


def test_a_plan_of_other_bindings_is_refused() -> None:
    """Its info comes from other schedulers; a launcher with the same bindings submits it."""
    made = bindings()
    plan = Launcher(made).plan(hello(), FakeExecutor())
    with pytest.raises(PlanError, match="'hello' was planned with another binding of fake: plan it again"):
        Launcher(bindings()).submit(plan)
    assert plan.handle is None
    assert Launcher(made).submit(plan) == plan.handle


def test_a_plan_whose_backend_was_bound_anew_is_refused() -> None:
    """The new scheduler did not make its info; bound back, it can be submitted."""
    made = bindings()
    jobs = Launcher(made)
    plan = jobs.plan(hello(), FakeExecutor())
    with made.executors.temporary():
        made.bind("fake", FakeExecutor, OtherScheduler, replace=True)
        with pytest.raises(PlanError, match="was planned with another binding"):
            jobs.submit(plan)
    assert jobs.submit(plan) == plan.handle


def test_a_request_can_be_asked_for_by_its_type() -> None:
    """The error names both types and the backend; an info without a request stands for itself."""
    plan = Launcher(bindings()).plan(hello(), FakeExecutor())
    assert plan.request_as(FakeRequest).app == "hello"
    assert plan.request_as(object) is plan.request_as(FakeRequest)
    message = "app 'hello' has a request of type FakeRequest on fake, not FakeExecutor"
    with pytest.raises(PlanError, match=message):
        plan.request_as(FakeExecutor)
