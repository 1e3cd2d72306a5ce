"""``launchbind doctor``: what works here, what does not, and the command that mends it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from launchbind.adapter import Check
from launchbind.cli._adapters import ADAPTERS
from launchbind.cli._output import as_json_option, print_rows
from launchbind.errors import LaunchbindError

COLUMNS = ("subject", "state", "import", "detail", "fix")


@click.command()
@as_json_option
def doctor(as_json: bool) -> None:
    """Try every backend, and say what is missing or broken and the command that mends it.

    Exit code 1 means that something is installed but broken. Launchers are imported, which takes seconds.

    \b
    Example:
      launchbind doctor
    """
    by_subject: dict[str, Check] = {}
    for name in ADAPTERS:
        try:
            for check in ADAPTERS.type_of(name)().checks():
                by_subject.setdefault(check.subject, check)  # the adapter that has the backend comes first
        except LaunchbindError as error:
            by_subject[name] = Check(name, ADAPTERS.entry(name).state, str(error))
    found = list(by_subject.values())
    if as_json:
        click.echo(json.dumps([asdict(check) for check in found], indent=2))
    else:
        rows = [
            (each.subject, each.state, f"{each.seconds:.2f} s" if each.seconds else "", each.detail, each.fix)
            for each in found
        ]
        print_rows(COLUMNS, rows)
    sys.exit(1 if any(check.state == "broken" for check in found) else 0)
