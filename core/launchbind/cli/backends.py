"""``launchbind backends``: what jobs can be sent to."""

from __future__ import annotations

import json

import click

from launchbind.cli._adapters import offers
from launchbind.cli._errors import say
from launchbind.cli._output import as_json_option, print_rows

COLUMNS = ("backend", "aliases", "state", "target", "source")


@click.command()
@as_json_option
@click.option("--probe", is_flag=True, help="Try each backend, which imports the launchers.")
def backends(as_json: bool, probe: bool) -> None:
    """List the backends that jobs can be sent to.

    Without --probe no launcher is imported, and a state of "lazy" means: not tried yet.

    \b
    Example:
      launchbind backends
    """
    found, errors = offers()
    states: dict[str, str] = {}
    if probe:
        for adapter in {id(adapter): adapter for adapter, _ in found.values()}.values():
            for check in adapter.checks():
                states.setdefault(check.subject, check.state)
    rows = [
        (
            entry.name,
            ", ".join(entry.aliases),
            states.get(entry.name, entry.state),
            entry.describe_target(),
            entry.source,
        )
        for _, entry in found.values()
    ]
    if as_json:
        click.echo(json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows], indent=2))
    else:
        print_rows(COLUMNS, rows)
    for error in errors:
        say(str(error))
