"""``launchbind backends``: where jobs can be sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from launchbind.cli._adapters import adapters, disputes, written
from launchbind.cli._errors import sentence
from launchbind.cli._output import as_json_option, print_rows
from launchbind.errors import LaunchbindError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchbind.adapter import Check
    from launchbind.cli._guard import GuardedAdapter

COLUMNS = ("backend", "aliases", "state", "target", "source", "detail")


@click.command()
@as_json_option
@click.option("--probe", is_flag=True, help="Check each backend, which imports the launchers.")
def backends(as_json: bool, probe: bool) -> None:
    """List the backends that jobs can be sent to.

    Without --probe no launcher is imported, and the state "lazy" means: not imported yet.

    \b
    Example:
      launchbind backends
    """
    rows = [row for adapter in adapters() for row in _rows(adapter, probe=probe)]
    rows += [(name, "", "broken", "", "", str(error)) for name, error in disputes().items()]
    if as_json:
        click.echo(json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows], indent=2))
    else:
        print_rows(COLUMNS, rows)


def _rows(adapter: GuardedAdapter, *, probe: bool) -> Iterator[tuple[str, ...]]:
    """A row for each backend of the adapter, or one for the adapter when it cannot list any."""
    found: dict[str, Check] = {}
    error: Exception | None = adapter.error
    if probe and error is None:
        try:
            found = {check.subject: check for check in adapter.checks()}
        except (LaunchbindError, ImportError) as failure:
            error = failure
    if error is not None and not adapter.entries:
        point = adapter.point
        yield adapter.name, "", "broken", point.describe_target(), point.source, sentence(error)
    for name, entry in adapter.entries.items():
        if error is not None:
            state, detail = "broken", sentence(error)
        elif name in found:
            state, detail = found[name].state, found[name].detail
        else:
            state, detail = entry.state, str(entry.error or "")
        aliases = ", ".join(entry.aliases)
        yield written(adapter, name), aliases, state, entry.describe_target(), entry.source, detail
