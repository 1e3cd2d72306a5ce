"""``launchbind profiles``: the named settings for ``-p``."""

from __future__ import annotations

import json

import click

from launchbind import profiles as _profiles
from launchbind.cli._output import as_json_option, print_rows
from launchbind.planning.canonical import canonical, dump
from launchbind.redaction import Redactor


@click.command()
@as_json_option
def profiles(as_json: bool) -> None:
    """List your profiles and those of this project, with secrets hidden.

    \b
    Example:
      launchbind profiles
    """
    redactor = Redactor()
    found = _profiles.load().values()
    shown = [
        {
            "name": profile.name,
            "backend": profile.backend,
            "settings": redactor.tree(canonical(profile.settings)),
            "file": str(profile.file),
        }
        for profile in found
    ]
    if as_json:
        click.echo(json.dumps(shown, indent=2))
    else:
        columns = ("name", "backend", "settings", "file")
        rows = [
            [str(each[key]) if key != "settings" else dump(each[key]) for key in columns] for each in shown
        ]
        print_rows(columns, rows)
