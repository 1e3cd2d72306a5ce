"""``launchbind backends``: what jobs can be sent to."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from launchbind.cli._adapters import offers
from launchbind.cli._errors import say

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = ("backend", "aliases", "state", "target", "source")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of a table.")
def backends(as_json: bool) -> None:
    """List the backends that jobs can be sent to.

    No launcher is imported, so a state of "lazy" means: not tried yet.

    \b
    Example:
      launchbind backends
    """
    found, errors = offers()
    rows = [
        (entry.name, ", ".join(entry.aliases), entry.state, entry.describe_target(), entry.source)
        for _, entry in found.values()
    ]
    if as_json:
        click.echo(json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows], indent=2))
    else:
        _print_table(rows)
    for error in errors:
        say(str(error))


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table

        table = Table(*COLUMNS, box=None, header_style="bold")
        for row in rows:
            table.add_row(*row)
        Console().print(table)
    else:
        for row in (COLUMNS, *rows):
            click.echo("\t".join(row))
