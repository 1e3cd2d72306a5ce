"""Run the benchmarks: ``python -m tests.benchmarks [--quick] [--json FILE] [--plot FILE] [--only WORD]``."""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks import lookups, pipeline, processes, writes
from tests.benchmarks.harness import Group, Growth, ratio, take_turns
from tests.benchmarks.report import Line, Row, growth_table, table, write_json, write_plot


def effort(work: Group | Growth, quick: bool) -> tuple[float, int]:
    """How many seconds and rounds to spend at least; a quick run only tells the order of magnitude."""
    return (work.seconds / 20, 2) if quick else (work.seconds, work.least)


def compare(group: Group, quick: bool) -> list[Row]:
    """Measure a group, and make its rows."""
    measured = take_turns(group.sides, *effort(group, quick))
    rows = []
    for row in group.comparisons:
        found = ratio(measured[row.mine], measured[row.peer])
        met = None if row.target is None else found.median <= row.target
        spread = (found.median, found.low, found.high, found.rounds)
        rows.append(Row(group.what, row.mine, row.peer, *spread, row.target, met, row.note))
    return rows


def grow(growth: Growth, quick: bool) -> Line:
    """Measure a cost at each size."""
    measured = take_turns(growth.samples, *effort(growth, quick))
    smallest = min(growth.samples)
    ratios = {
        size: statistics.median(each / base for each, base in zip(taken, measured[smallest], strict=True))
        for size, taken in measured.items()
    }
    return Line(growth.what, ratios)


def measure(word: str, quick: bool) -> tuple[list[Row], list[Line]]:
    """Measure what has ``word`` in its name, in random order; return it in the order it is declared."""
    began = time.monotonic()
    groups = [*lookups.groups(), *writes.groups(), *processes.groups(), *pipeline.groups()]
    growths = [*lookups.growth(), *writes.growth(), *pipeline.growth()]
    work: list[Group | Growth] = [*groups, *growths]
    random.shuffle(work)
    gc.freeze()  # or the collections between rounds would go through all that was made for later ones
    rows: dict[str, list[Row]] = {}
    lines: dict[str, Line] = {}
    for each in work:
        if word in each.what:
            print(f"{time.monotonic() - began:4.0f} s  {each.what}", file=sys.stderr, flush=True)
            if isinstance(each, Group):
                rows[each.what] = compare(each, quick)
            else:
                lines[each.what] = grow(each, quick)
    return (
        [row for group in groups for row in rows.get(group.what, [])],
        [lines[growth.what] for growth in growths if growth.what in lines],
    )


def main() -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="take two minutes, not a quarter of an hour")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the ratios go")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="where the growth goes, as SVG")
    parser.add_argument("--only", default="", metavar="WORD", help="only what has this in its name")
    asked = parser.parse_args()
    file = asked.json or Path(tempfile.mkdtemp(), "benchmarks.json")

    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        rows, lines = measure(asked.only, asked.quick)

    aimed = [row for row in rows if row.target is not None]
    others = [row for row in rows if row.target is None]
    print(table(aimed), table(others), growth_table(lines), sep="\n\n")
    write_json(file, rows, lines, asked.quick)
    print(f"\nRatios: {file}")
    if asked.plot:
        write_plot(asked.plot, lines)
        print(f"Growth: {asked.plot}")


if __name__ == "__main__":
    main()
