"""Reading a job's logs through the launcher: which replicas, in which order, and what goes wrong."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from fake_jobs import launcher_of, run
from guard import GUARD_SECONDS

from launchbind import (
    InvalidSettingError,
    PlanError,
    SchedulerError,
    UnknownJobError,
    UnsupportedError,
)
from launchbind.testing import FakeApp, FakeRole, FakeScheduler

if TYPE_CHECKING:
    from collections.abc import Iterator


class Talking(FakeScheduler):
    """Each replica says who it is; one of them may fail after its first line."""

    failing: Exception | None = None
    gate: threading.Barrier | None = None

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *, should_tail: bool = False
    ) -> Iterator[str]:
        for line in (f"{role_name}/{k} begins\n", f"{role_name}/{k} ends"):
            yield line
            if self.gate is not None:
                self.gate.wait(timeout=GUARD_SECONDS)
            if self.failing is not None and k == 1:
                raise self.failing


def two_roles() -> FakeApp:
    return FakeApp(
        "two", [FakeRole("head", "true"), FakeRole("worker", "true", num_replicas=2)], metadata={"a": "b"}
    )


def lines_of(*replicas: str) -> list[str]:
    return [line for replica in replicas for line in (f"{replica} begins\n", f"{replica} ends")]


@pytest.mark.parametrize(
    ("role", "replica", "expected"),
    [
        (None, None, ["head/0", "worker/0", "worker/1"]),
        ("worker", None, ["worker/0", "worker/1"]),
        ("worker", 1, ["worker/1"]),
        (None, 0, ["head/0", "worker/0"]),
        (None, 1, ["worker/1"]),
    ],
)
def test_logs_can_be_limited_to_a_role_or_replica(
    role: str | None, replica: int | None, expected: list[str]
) -> None:
    """By default every replica is read, one after the other; lines come as they were written."""
    launcher, handle, _ = run(Talking(), two_roles())
    assert list(launcher.logs(handle, role, replica)) == lines_of(*expected)


@pytest.mark.parametrize(("role", "replica"), [("nobody", None), ("worker", 2), ("head", 1), (None, 7)])
def test_a_replica_that_does_not_exist_is_an_error(role: str | None, replica: int | None) -> None:
    """The roles that there are, with their numbers, are in the error."""
    launcher, handle, _ = run(Talking(), two_roles())
    with pytest.raises(PlanError, match=r"its roles are head \(0-0\), worker \(0-1\)") as caught:
        launcher.logs(handle, role, replica)
    asked = f"{role or 'any'}/{'any' if replica is None else replica}"
    assert str(caught.value).startswith(f"app {handle.app_id!r} has no replica {asked}: ")


def test_a_job_whose_roles_are_forgotten_has_no_replica() -> None:
    """A backend that does not remember the roles makes for an error that says so."""
    scheduler = Talking()
    _, handle, job = run(scheduler)
    job.roles = []
    with pytest.raises(PlanError, match="has no replica any/any: its roles are none"):
        launcher_of(scheduler).logs(handle)


def test_following_several_replicas_merges_them_as_they_come() -> None:
    """No replica waits for another to end: here each goes on only when all have begun."""
    scheduler = Talking()
    scheduler.gate = threading.Barrier(3)
    launcher, handle, _ = run(scheduler, two_roles())
    lines = list(launcher.logs(handle, follow=True))
    assert sorted(lines) == sorted(lines_of("head/0", "worker/0", "worker/1"))
    assert {line.split()[1] for line in lines[:3]} == {"begins"}


def test_following_one_replica_reads_it_as_it_is() -> None:
    """A single stream needs no merging."""
    launcher, handle, _ = run(Talking(), two_roles())
    assert list(launcher.logs(handle, "worker", 1, follow=True)) == lines_of("worker/1")


@pytest.mark.parametrize("follow", [False, True])
def test_an_error_inside_a_stream_is_wrapped_after_what_was_read(follow: bool) -> None:
    """The lines that came are not lost; merged streams go on to their end first."""
    scheduler = Talking()
    scheduler.failing = OSError("stale handle, token=abcdef")
    launcher, handle, _ = run(scheduler, two_roles())
    seen: list[str] = []
    with pytest.raises(SchedulerError, match=r"'fake' could not read the logs of .*OSError: stale") as caught:
        seen.extend(launcher.logs(handle, "worker", follow=follow))
    assert sorted(seen) == sorted([*lines_of("worker/0"), "worker/1 begins\n"])
    assert isinstance(caught.value.__cause__, OSError)
    assert "abcdef" not in str(caught.value)


def test_a_launchbind_error_inside_a_stream_passes_through() -> None:
    """It is not wrapped again."""
    scheduler = Talking()
    launcher, handle, _ = run(scheduler, two_roles())
    scheduler.failing = UnknownJobError(str(handle))
    with pytest.raises(UnknownJobError):
        list(launcher.logs(handle))


@pytest.mark.parametrize("follow", [False, True])
@pytest.mark.parametrize(
    ("regex", "found"),
    [
        ("head.*ends", ["head/0 ends"]),
        ("1 ends$", ["worker/1 ends"]),
        ("d/. b", ["head/0 begins\n"]),
        ("x", []),
    ],
)
def test_a_regex_selects_the_lines_in_which_it_is_found(regex: str, found: list[str], follow: bool) -> None:
    """The launcher filters, so no scheduler has to."""
    launcher, handle, _ = run(Talking(), two_roles())
    assert list(launcher.logs(handle, follow=follow, regex=regex)) == found


NOON = datetime(2020, 1, 2, 12, tzinfo=timezone.utc)


class Dated(FakeScheduler):
    """Can read logs since a point in time, which it repeats."""

    def log_iter(
        self,
        app_id: str,
        role_name: str,
        k: int = 0,
        since: datetime | None = None,
        should_tail: bool = False,
    ) -> Iterator[str]:
        return iter([f"{role_name}/{k} since {since and since.hour}, {should_tail}\n"])


def test_since_is_passed_to_a_scheduler_that_takes_it() -> None:
    """It is passed when it is given, and not otherwise."""
    launcher, handle, _ = run(Dated())
    assert list(launcher.logs(handle, since=NOON)) == ["main/0 since 12, False\n"]
    assert list(launcher.logs(handle, follow=True, since=NOON)) == ["main/0 since 12, True\n"]
    assert list(launcher.logs(handle)) == ["main/0 since None, False\n"]


class Careless(FakeScheduler):
    """Takes any keyword, and ignores it."""

    def log_iter(self, app_id: str, *_: object, **__: object) -> Iterator[str]:
        return iter(["all of it\n"])


@pytest.mark.parametrize("kind", [Talking, Careless])
def test_since_is_refused_where_log_iter_does_not_name_it(kind: type[FakeScheduler]) -> None:
    """At once, and not when the first line comes; the whole log would be the wrong answer."""
    launcher, handle, _ = run(kind())
    with pytest.raises(UnsupportedError, match=r"'fake' cannot read logs since a point in time\."):
        launcher.logs(handle, since=NOON)


def test_logs_that_a_scheduler_only_pretends_to_have_are_unsupported() -> None:
    """torchx's base class has a log_iter that raises NotImplementedError (torchx 0.7.0)."""
    scheduler = Talking()
    scheduler.failing = NotImplementedError()
    launcher, handle, _ = run(scheduler, two_roles())
    with pytest.raises(UnsupportedError, match=f"'fake' cannot read the logs of {handle}[.]") as caught:
        list(launcher.logs(handle, "worker", 1))
    assert isinstance(caught.value, NotImplementedError)


class Endless(FakeScheduler):
    """Replicas that never stop talking; it knows how often they spoke, and how many have been left."""

    def __init__(self) -> None:
        super().__init__()
        self.spoken = 0
        self.left = threading.Semaphore(0)

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *, should_tail: bool = False
    ) -> Iterator[str]:
        try:
            while True:
                self.spoken += 1
                yield f"{role_name}\n"
        finally:
            self.left.release()


@pytest.mark.parametrize("lines", [1, 5000])
def test_a_reader_that_leaves_stops_the_streams(lines: int) -> None:
    """However much was read, little more is read ahead, and every stream is let go with its reader."""
    scheduler = Endless()
    launcher, handle, _ = run(scheduler, FakeApp("pair", [FakeRole("one", "yes"), FakeRole("two", "yes")]))
    stream = launcher.logs(handle, follow=True)
    for _ in range(lines):
        next(stream)
    assert scheduler.spoken <= lines + 2000
    del stream
    for _ in range(2):
        assert scheduler.left.acquire(timeout=30)


class Watched(Talking):
    """Remembers which replicas were asked for, how, and in what kind of thread."""

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *, should_tail: bool = False
    ) -> Iterator[str]:
        thread = threading.current_thread()
        self.asked = [*getattr(self, "asked", []), (role_name, k, should_tail)]
        self.threads = [*getattr(self, "threads", []), (thread is threading.main_thread(), thread.daemon)]
        yield from super().log_iter(app_id, role_name, k)


def test_one_replica_is_asked_after_the_other() -> None:
    """Without following, the next is asked for when the one before has been read, and none is tailed."""
    scheduler = Watched()
    launcher, handle, _ = run(scheduler, two_roles())
    lines = launcher.logs(handle)
    assert next(lines) == "head/0 begins\n"
    assert scheduler.asked == [("head", 0, False)]
    assert list(lines) == lines_of("head/0", "worker/0", "worker/1")[1:]


def test_only_several_streams_that_are_followed_take_threads() -> None:
    """Such threads keep no process alive; a single stream is read in the reader's own thread."""
    scheduler = Watched()
    launcher, handle, _ = run(scheduler, two_roles())
    list(launcher.logs(handle, "worker", 1, follow=True))
    assert (scheduler.asked, scheduler.threads) == ([("worker", 1, True)], [(True, False)])
    list(launcher.logs(handle, "worker", follow=True))
    assert scheduler.threads[1:] == [(False, True), (False, True)]


def test_a_launcher_remembers_the_roles_that_its_backend_forgets() -> None:
    """Logs of a job that it has submitted can be read all the same."""
    launcher, handle, job = run(Talking(), two_roles())
    job.roles = []
    assert list(launcher.logs(handle, "head")) == lines_of("head/0")


def test_what_is_no_regular_expression_is_refused() -> None:
    """At once, and not when the first line comes."""
    launcher, handle, _ = run(FakeScheduler())
    with pytest.raises(InvalidSettingError, match=r"^logs cannot take 'regex': it is no regular"):
        launcher.logs(handle, regex="(")
