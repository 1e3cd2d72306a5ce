"""What commands print: tables for people, tab-separated lines for programs, and exit codes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from launchbind.state import JobState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from launchbind.state import JobStatus


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on a terminal, tab-separated lines with a heading anywhere else."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # as it is: a cell may look like rich's markup
    Console().print(table)


def exit_code(status: JobStatus) -> int:
    """The job's exit code, or what stands for it where the backend does not tell."""
    if status.state is JobState.SUCCEEDED:
        return status.exit_code or 0
    return status.exit_code or 1  # a cancelled job may have ended with 0, but what was asked was not done
