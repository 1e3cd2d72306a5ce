"""``launchbind plan`` and ``show``: what would be submitted, and what a backend can be told."""

from __future__ import annotations

import json
import sys
from difflib import unified_diff
from pathlib import Path

import click

from launchbind.cli._adapters import find
from launchbind.cli._job import CONTEXT, described, job_options
from launchbind.cli._output import as_json_option, print_rows


@click.command(context_settings=CONTEXT)
@job_options
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON: stable, so that it can be kept and compared."
)
@click.option(
    "--diff",
    "old",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Print what has changed since the plan saved there with --json; exit code 1 if anything has.",
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
    """Print what running COMMAND would submit, secrets hidden, and submit nothing.

    \b
    Examples:
      launchbind plan -b local_persistent -- echo hello
      launchbind plan -b local_persistent --diff saved.json -- echo hello
    """
    saved = None if old is None else _saved(old)
    job = described(backend, profile, settings, env, name, command)
    with job.adapter.launcher("launchbind") as launcher:
        made = launcher.plan(job.app, job.executor, backend=job.backend)
    if saved is not None:
        changes = list(unified_diff(saved, made.to_json().splitlines(), str(old), "now", lineterm=""))
        click.echo("\n".join(changes), nl=bool(changes))
        sys.exit(1 if changes else 0)
    click.echo(made.to_json() if as_json else made.render())


def _saved(file: Path) -> list[str]:
    """The lines of a plan that was saved, in any version of its JSON."""
    try:
        text = file.read_text(encoding="utf-8")
        document: object = json.loads(text)
        if isinstance(document, dict) and "fingerprint" in document:
            return text.splitlines()
    except ValueError:  # it is no text, or no JSON
        pass
    raise click.BadParameter(f"{file} holds no plan: save one with 'launchbind plan --json'.")


@click.command()
@click.argument("backend")
@as_json_option
def show(backend: str, as_json: bool) -> None:
    """Tell what is known of BACKEND, and which fields -s can set.

    The backend's executor is imported for that.

    \b
    Example:
      launchbind show local_persistent
    """
    adapter, name = find(backend)
    entry = next(each for each in adapter.backends() if each.name == name)
    fields = adapter.fields(name)
    facts = {
        "backend": name,
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
