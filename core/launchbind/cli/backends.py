"""``launchbind backends``: what jobs can be sent to."""

from __future__ import annotations

import json

import click

from launchbind.cli._adapters import offers
from launchbind.cli._errors import say
from launchbind.cli._output import print_rows

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
        print_rows(COLUMNS, rows)
    for error in errors:
        say(str(error))
