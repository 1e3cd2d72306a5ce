"""Following a log over connections that break: no line is lost or repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from launchbind import JobState
from launchbind_adapters.ray import logs
from launchbind_adapters.ray.jobs import Replica
from launchbind_adapters.ray.logs import follow_output, lines, read_output

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from launchbind_adapters.ray.client import RayClient

SETUP = "2026-11-22 18:00:00,000\tINFO job_manager.py:581 -- Runtime env is setting up.\n"
ENTRYPOINT = "echo 'Output of id:'; exec echo 'a\r\nb' R"
ANNOUNCEMENT = "Running entrypoint for job id: echo 'Output of id:'; exec echo 'a\nb' R\n"
BEGIN = "Output of id:\n"


class Cluster:
    """A head whose connections yield these pieces and then break; the log is complete when the job ends."""

    def __init__(
        self, log: str, connections: Sequence[Sequence[str | None]], end: JobState = JobState.SUCCEEDED
    ) -> None:
        self._log = log
        self._connections = list(connections)
        self._end = end

        #: How many pieces were taken.
        self.told = 0

    def ask(self) -> Replica:
        state = JobState.RUNNING if self._connections else self._end
        return Replica("id", "app", "main", 0, 1, 1, state, None, "", ENTRYPOINT)

    def tail(self, submission_id: str) -> Iterator[str | None]:
        assert submission_id == "id"
        for piece in self._connections.pop(0):
            self.told += 1
            yield piece

    def log(self, submission_id: str) -> str:
        assert submission_id == "id"
        return self._log


def read(cluster: Cluster) -> list[str]:
    """All lines of a followed log."""
    return list(lines(follow_output(cast("RayClient", cluster), cluster.ask)))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between connections."""
    monkeypatch.setattr(logs, "RECONNECT_SECONDS", 0)


PLAIN = SETUP + ANNOUNCEMENT + BEGIN + "one\ntwo\x0c\u2028 Running\nthree"
OUTPUT = ["one\n", "two\x0c\u2028 Running\n", "three"]


@pytest.mark.parametrize("size", [1, 7, len(SETUP), 1000])
@pytest.mark.parametrize(
    "log",
    [
        PLAIN,
        SETUP + BEGIN + "on" + ANNOUNCEMENT + PLAIN.rpartition(BEGIN + "on")[2],
        SETUP + BEGIN + PLAIN.rpartition(BEGIN)[2] + ANNOUNCEMENT,
        PLAIN.replace(ANNOUNCEMENT, ""),
    ],
    ids=["announced", "amid a line", "at the end", "Ray 2.40"],
)
def test_each_connection_begins_at_the_beginning(log: str, size: int) -> None:
    """The job's output is read wherever connections break, pieces are cut, and Ray's lines are."""
    pieces = [log[at : at + size] for at in range(0, len(log), size)]
    connections = [pieces[:until] for until in range(0, len(pieces), 3)]
    assert read(Cluster(log, connections)) == OUTPUT


def test_a_line_is_there_as_soon_as_it_is_written() -> None:
    """A whole line is yielded at once, unless it may be one of Ray's."""
    cluster = Cluster(PLAIN, [[PLAIN[: -len("three")], None]])
    stream = lines(follow_output(cast("RayClient", cluster), cluster.ask))
    assert [next(stream), next(stream)] == OUTPUT[:2]
    assert cluster.told == 1


def test_a_stream_that_ends_early_loses_nothing() -> None:
    """What a stream did not deliver is read from the complete log when the job has ended."""
    assert read(Cluster(PLAIN, [])) == OUTPUT
    assert read(Cluster(PLAIN, [[PLAIN[:-4]]])) == OUTPUT


def test_silence_is_not_the_end() -> None:
    """When a job writes nothing for a while, its state is queried, and following goes on while it runs."""
    half = len(PLAIN) // 2
    assert read(Cluster(PLAIN, [[None, PLAIN[:half], None, PLAIN[half:]], []])) == OUTPUT


def test_what_ray_says_of_a_job_that_never_ran_is_shown() -> None:
    """For a job that never ran, Ray's own lines are shown."""
    cluster = Cluster(SETUP, [], JobState.FAILED)
    assert read(cluster) == [SETUP]
    pending = Cluster(SETUP, [[]])
    assert list(lines(read_output(cast("RayClient", pending), pending.ask()))) == []
