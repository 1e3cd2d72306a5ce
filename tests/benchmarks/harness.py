"""How things are measured: sides take turns in random order, and the ratios of each turn are kept.

Seconds are those of the processor, not of the clock on the wall, so that other work on the same machine
counts as little as it can.
"""

from __future__ import annotations

import gc
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from resource import RUSAGE_CHILDREN, getrusage
from time import process_time as clock
from timeit import Timer
from typing import TypeVar

#: How often a short statement is written out, so that the loop around it does not count.
UNROLLED = 10
#: A measurement of a repeated statement takes about this long, in seconds.
SAMPLE_SECONDS = 0.01

Label = TypeVar("Label", int, str)
#: Makes one measurement; what it returns is compared with what those beside it do, mostly seconds.
Sample = Callable[[], float]


@dataclass(frozen=True)
class Comparison:
    """One row of the table: what launchbind's side costs, in multiples of what a peer's side does.

    Parameters
    ----------
    mine, peer
        Labels of two sides.
    target
        The ratio that is aimed at, None where there is none.
    note
        What a reader must know to understand the ratio.
    """

    mine: str
    peer: str
    target: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Group:
    """Sides that are measured in turns, and the rows that come of them.

    Parameters
    ----------
    what
        The work that all sides do.
    sides
        Label to measurement.
    seconds
        How long a full run may take over it.
    least
        How many rounds there are even if that takes longer.
    """

    what: str
    sides: Mapping[str, Sample]
    comparisons: Sequence[Comparison]
    seconds: float = 7.0
    least: int = 5


@dataclass(frozen=True)
class Growth:
    """The cost of one thing as its work grows.

    Parameters
    ----------
    what
        The thing, and what the cost is divided by: a lookup, an entry, a role.
    samples
        Size to measurement, of the cost of one lookup, entry or role.
    """

    what: str
    samples: Mapping[int, Sample]
    seconds: float = 7.0
    least: int = 5


@dataclass(frozen=True)
class Spread:
    """The median of some ratios, and the quartiles around it, which tell how noisy they were."""

    median: float
    low: float
    high: float
    rounds: int


def take_turns(sides: Mapping[Label, Sample], seconds: float, least: int) -> dict[Label, list[float]]:
    """Measure every side once per round, in random order, for ``seconds`` and at least ``least`` rounds."""
    measured: dict[Label, list[float]] = {label: [] for label in sides}
    order = list(sides)
    for sample in sides.values():
        sample()  # caches are warm, and loops are calibrated, before anything counts
    end = time.perf_counter() + seconds
    rounds = 0
    while rounds < least or time.perf_counter() < end:
        random.shuffle(order)
        for label in order:
            measured[label].append(sides[label]())
        rounds += 1
    return measured


def ratio(mine: Sequence[float], peer: Sequence[float]) -> Spread:
    """The ratio of each round, and their median."""
    ratios = [one / other for one, other in zip(mine, peer, strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return Spread(median, low, high, len(ratios))


def statement(code: str, setup: str = "pass", /, **names: object) -> Sample:
    """Seconds that one execution of ``code`` takes, which may use ``names`` and what ``setup`` makes."""
    timer, loops, times = Timer(code, setup, clock, names), 0, 1

    def sample() -> float:
        nonlocal timer, loops, times
        if not loops:
            timer.timeit(1)  # what only the first time does is no part of it
            trial = 1
            while (taken := timer.timeit(trial)) < SAMPLE_SECONDS / UNROLLED:
                trial *= 10
            if trial > 1:
                timer, times = Timer("\n".join([code] * UNROLLED), setup, clock, names), UNROLLED
            loops = max(1, round(SAMPLE_SECONDS / times * trial / taken))
        return timer.timeit(loops) / loops / times

    return sample


def fresh(code: str, setup: str, per: int, /, **names: object) -> Sample:
    """Seconds that ``code`` takes after ``setup``, which is run anew each time, divided by ``per``."""
    timer = Timer(code, setup, clock, names)

    def sample() -> float:
        gc.collect()
        return timer.timeit(1) / per

    return sample


def process(code: str, **environment: str) -> Sample:
    """What ``code`` prints last in an interpreter of its own."""

    def sample() -> float:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return float(done.stdout.split()[-1])

    return sample


def command(*words: str) -> Sample:
    """Seconds that a command works from its start to its end, whatever its exit code."""

    def sample() -> float:
        before = getrusage(RUSAGE_CHILDREN)
        subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = getrusage(RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return sample
