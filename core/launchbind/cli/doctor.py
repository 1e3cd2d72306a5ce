"""``launchbind doctor``: what works here, what does not, and how to fix it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click

from launchbind.adapter import Check, failed_check
from launchbind.cli._adapters import adapters, disputes, written
from launchbind.cli._output import as_json_option, print_rows
from launchbind.errors import LaunchbindError

if TYPE_CHECKING:
    from launchbind.cli._guard import GuardedAdapter

COLUMNS = ("subject", "state", "import", "detail", "fix")


@click.command()
@as_json_option
def doctor(as_json: bool) -> None:
    """Check every backend, and show what is missing or broken and the command that fixes it.

    Exit code 1 means that something is installed but broken. Launchers are imported, which takes seconds.

    \b
    Example:
      launchbind doctor
    """
    found = [check for adapter in adapters() for check in _checks(adapter)]
    found += [Check(name, "broken", str(error)) for name, error in disputes().items()]
    if as_json:
        click.echo(json.dumps([asdict(check) for check in found], indent=2))
    else:
        rows = [
            (each.subject, each.state, f"{each.seconds:.2f} s" if each.seconds else "", each.detail, each.fix)
            for each in found
        ]
        print_rows(COLUMNS, rows)
    sys.exit(1 if any(check.state == "broken" for check in found) else 0)


def _checks(adapter: GuardedAdapter) -> list[Check]:
    """The adapter's checks, or one that says why there are none."""
    try:
        return [replace(check, subject=written(adapter, check.subject)) for check in adapter.checks()]
    except (LaunchbindError, ImportError) as error:
        return [failed_check(adapter.name, error)]
