"""``launchbind completion``: a script for a shell that completes commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script for SHELL that completes launchbind's commands and options.

    \b
    Example:
      eval "$(launchbind completion bash)"
    """
    maker = get_completion_class(shell)
    if maker is None:  # a newer click may drop a shell
        raise click.UsageError(f"click cannot complete for {shell}: update click.")
    root = context.find_root().command
    click.echo(maker(root, {}, "launchbind", "_LAUNCHBIND_COMPLETE").source())
