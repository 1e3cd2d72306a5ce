"""``launchbind plan`` and ``show``: what would be submitted, and which settings a backend takes."""

from __future__ import annotations

import json
import sys
from difflib import unified_diff
from pathlib import Path

import click

from launchbind.cli._adapters import find
from launchbind.cli._job import CONTEXT, build_job, job_options
from launchbind.cli._output import as_json_option, print_rows


@click.command(context_settings=CONTEXT)
@job_options
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, which is stable: keep it to compare with --diff."
)
@click.option(
    "--diff",
    "old",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Print what has changed since this plan, saved with --json; exit code 1 if anything has.",
)
def plan(
    backend: str | None,
    profile: str | None,
    settings: dict[str, str],
    env: dict[str, str],
    name: str | None,
    as_json: bool,
    old: Path | None,
    command: tuple[str, ...],
) -> None:
    """Show what 'run' would submit for COMMAND, with secrets hidden, and submit nothing.

    \b
    Examples:
      launchbind plan -b local_persistent -- echo hello
      launchbind plan -b local_persistent --diff saved.json -- echo hello
    """
    saved = None if old is None else _saved(old)
    job = build_job(backend, profile, settings, env, name, command)
    with job.adapter.launcher("launchbind") as launcher:
        made = launcher.plan(job.app, job.executor, backend=job.backend)
    if saved is not None:
        changes = list(unified_diff(saved, made.to_json().splitlines(), str(old), "now", lineterm=""))
        click.echo("\n".join(changes), nl=bool(changes))
        sys.exit(1 if changes else 0)
    click.echo(made.to_json() if as_json else made.render())


def _saved(file: Path) -> list[str]:
    """Read the lines of a saved plan, in any version of its JSON."""
    try:
        text = file.read_text(encoding="utf-8")
        document: object = json.loads(text)
        if isinstance(document, dict) and "fingerprint" in document:
            return text.splitlines()
    except ValueError:  # not UTF-8, or not JSON
        pass
    raise click.BadParameter(f"{file} holds no plan: save one with 'launchbind plan --json'.")


@click.command()
@click.argument("backend")
@as_json_option
def show(backend: str, as_json: bool) -> None:
    """Show a backend, and the fields that -s can set.

    This imports the backend's executor.

    \b
    Example:
      launchbind show local_persistent
    """
    adapter, entry = find(backend)
    fields = adapter.fields(entry.name)
    facts = {
        "backend": entry.name,
        "aliases": list(entry.aliases),
        "target": entry.describe_target(),
        "source": entry.source,
        "requires": entry.requires,
    }
    if as_json:
        named = [dict(zip(("field", "type", "default"), field, strict=True)) for field in fields]
        click.echo(json.dumps({**facts, "fields": named}, indent=2))
        return
    for fact, value in facts.items():
        click.echo(f"{fact}: {', '.join(value) if isinstance(value, list) else value or ''}")
    click.echo()
    print_rows(("field", "type", "default"), fields)
