"""What commands print: tables for people, tab-separated lines for programs, JSON, and exit codes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from launchbind.state import JobState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from launchbind.state import JobStatus

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

_WIDEST = 10_000  # characters


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on a terminal, and tab-separated lines with a heading elsewhere."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # Text: a cell may look like rich's markup
    # Print full lines, which the terminal folds: rich would cut handles off.
    console = Console()
    needed = console.measure(table, options=console.options.update(max_width=_WIDEST)).maximum
    Console(width=max(console.width, needed), height=console.height).print(table)


def print_statuses(statuses: Iterable[JobStatus], *, as_json: bool) -> None:
    """Print the status of each job."""
    if as_json:
        click.echo(json.dumps([_document(status) for status in statuses], indent=2))
        return
    rows: list[tuple[str, ...]] = []
    for status in statuses:
        code = "" if status.exit_code is None else str(status.exit_code)
        rows.append((str(status.handle), str(status.state), code, status.message))
    print_rows(("handle", "state", "exit code", "message"), rows)


def _document(status: JobStatus) -> dict[str, object]:
    return {
        "handle": str(status.handle),
        "state": str(status.state),
        "exit_code": status.exit_code,
        "message": status.message,
        "ui_url": status.ui_url,
    }


def exit_code(status: JobStatus) -> int:
    """Return the job's exit code, or 0 or 1 where the backend does not report one."""
    if status.state is JobState.SUCCEEDED:
        return status.exit_code or 0
    return status.exit_code or 1  # never 0: a job that was cancelled may have exited with 0
