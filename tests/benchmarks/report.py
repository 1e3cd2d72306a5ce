"""What a run found: a table to read, JSON to keep, a picture to show."""

from __future__ import annotations

import json
import math
import platform
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One ratio; ``low`` and ``high`` are the quartiles over the rounds."""

    what: str
    mine: str
    peer: str
    ratio: float
    low: float
    high: float
    rounds: int
    target: float | None
    met: bool | None
    note: str


@dataclass(frozen=True)
class Line:
    """How a cost grows: by size, in multiples of what it is at the smallest."""

    what: str
    ratios: dict[int, float]


def number(value: float) -> str:
    """Three digits, as many as a noisy machine has to tell."""
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| what | launchbind | against | ratio | quartiles | target | |",
        "|---|---|---|--:|--:|--:|---|",
    ]
    for row in rows:
        target = "" if row.target is None else f"<= {number(row.target)}"
        verdict = {True: "met", False: "missed", None: ""}[row.met]
        verdict = ": ".join(part for part in (verdict, row.note) if part)
        spread = f"{number(row.low)}-{number(row.high)}"
        cells = (row.what, row.mine, row.peer, f"{number(row.ratio)}x", spread, target, verdict)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def growth_table(lines: Sequence[Line]) -> str:
    """The lines as a Markdown table, a column for each size."""
    sizes = sorted({size for line in lines for size in line.ratios})
    rows = [f"| cost at | {' | '.join(f'{size:,}' for size in sizes)} |", "|---|" + "--:|" * len(sizes)]
    for line in lines:
        cells = (f"{number(line.ratios[size])}x" if size in line.ratios else "" for size in sizes)
        rows.append(f"| {line.what} | {' | '.join(cells)} |")
    return "\n".join(rows)


def write_json(file: Path, rows: Sequence[Row], lines: Sequence[Line], quick: bool) -> None:
    """Everything that was found, ratios only."""
    found = {
        "python": platform.python_version(),
        "quick": quick,
        "rows": [asdict(row) for row in rows],
        "growth": [asdict(line) for line in lines],
    }
    file.write_text(json.dumps(found, indent=1) + "\n")


_COLOURS = (
    "#1b6ca8",
    "#c0392b",
    "#27894f",
    "#8e5aa8",
    "#c77f12",
    "#137f86",
    "#a03b6e",
    "#5c6b1e",
    "#555555",
    "#000000",
    "#b5517a",
)


def write_plot(file: Path, lines: Sequence[Line]) -> None:
    """The growth lines as an SVG: both axes are logarithmic, a flat line is a cost that does not grow."""
    sizes = sorted({size for line in lines for size in line.ratios})
    top = max(2.0, *(ratio for line in lines for ratio in line.ratios.values()))
    bottom = min(0.5, *(ratio for line in lines for ratio in line.ratios.values()))

    def x(size: float) -> float:
        return 60 + 360 * math.log(size / sizes[0]) / math.log(sizes[-1] / sizes[0])

    def y(ratio: float) -> float:
        return 290 - 250 * math.log(ratio / bottom) / math.log(top / bottom)

    space = 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 330"'
    parts = [
        f'<svg {space} font-family="sans-serif" font-size="12">',
        '<rect width="680" height="330" fill="white"/>',
        '<text x="60" y="22">cost of one operation, in multiples of its cost at the smallest size</text>',
        *(f'<text x="{x(size):.0f}" y="312" text-anchor="middle">{size:,}</text>' for size in sizes),
    ]
    for ratio in (0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000):
        if bottom <= ratio <= top:
            parts.append(f'<path d="M60 {y(ratio):.1f}H420" stroke="#ddd"/>')
            parts.append(f'<text x="52" y="{y(ratio) + 4:.1f}" text-anchor="end">{ratio:g}x</text>')
    for place, (line, colour) in enumerate(zip(lines, cycle(_COLOURS))):
        points = " ".join(f"{x(size):.1f},{y(ratio):.1f}" for size, ratio in sorted(line.ratios.items()))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="440" y="{60 + 24 * place}" fill="{colour}">{line.what}</text>')
    file.write_text("\n".join([*parts, "</svg>", ""]))
