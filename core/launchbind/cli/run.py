"""``launchbind run``: from a command to a finished job."""

from __future__ import annotations

import os
import re
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from launchbind.cli._adapters import find
from launchbind.cli._errors import INTERRUPTED, OWN_FAILURE, say
from launchbind.errors import LaunchbindError
from launchbind.state import JobState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchbind.handle import Handle
    from launchbind.launcher import Launcher
    from launchbind.protocols import App


def _pairs(_: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals and parameter.name == "env" and name in os.environ:
            text = os.environ[name]
        elif not equals or not name:
            raise click.BadParameter(f"{value!r} is not of the form NAME=VALUE")
        pairs[name] = text
    return pairs


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("-b", "--backend", required=True, help="Where to run; see 'launchbind backends'.")
@click.option(
    "-s",
    "--set",
    "settings",
    multiple=True,
    metavar="FIELD=VALUE",
    callback=_pairs,
    help="Set a field of the backend's executor.",
)
@click.option(
    "--env",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_pairs,
    help="Set a variable in the job's environment; NAME alone hands on your own.",
)
@click.option("--name", help="The job's name; by default that of the command.")
@click.option("--detach", is_flag=True, help="Print the job's handle and leave it running.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(
    backend: str,
    settings: dict[str, str],
    env: dict[str, str],
    name: str | None,
    detach: bool,
    command: tuple[str, ...],
) -> None:
    """Run COMMAND as a job, show its output, and exit with its exit code.

    Ctrl-C cancels the job. Exit code 125 means that launchbind itself failed.

    \b
    Examples:
      launchbind run -b local_persistent -- echo hello
      launchbind run -b slurm_tunnel -s account=ml -s nodes=2 -- python train.py
    """
    adapter, backend = find(backend)
    if detach and not adapter.can_detach(backend):
        raise click.UsageError(f"jobs on {backend} end with this command: run it without --detach.")
    name = name or re.sub(r"[^A-Za-z0-9_-]+", "-", os.path.basename(command[0])).strip("-") or "job"
    executor = adapter.executor(backend, settings, env)
    app = adapter.app(executor, name, command, env)
    with adapter.launcher("launchbind") as launcher:
        plan = launcher.plan(app, executor, backend=backend)
        with _interruptible():
            handle = launcher.submit(plan)
            if detach:
                click.echo(handle)
                return
            say(f"submitted {handle}")
            sys.exit(_follow(launcher, handle))


def _follow(launcher: Launcher[App, object, object], handle: Handle) -> int:
    """Show the job's output until it ends, and return the exit code for this process."""
    try:
        for line in launcher.logs(handle, follow=True):
            sys.stdout.write(line)
            sys.stdout.flush()
        status = launcher.wait(handle)
    except (KeyboardInterrupt, BrokenPipeError):
        launcher.cancel(handle)
        say(f"cancelled {handle}")
        return INTERRUPTED
    except LaunchbindError:
        say(f"lost sight of {handle}, which may still be running")
        raise
    code = status.exit_code
    if code is None:
        code = 0 if status.state is JobState.SUCCEEDED else 1
    said = f"{status.state} with exit code {code}" if status.exit_code is not None else str(status.state)
    say(f"{handle} {said}" + (f": {status.message}" if status.message else ""))
    return code


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM cancel the job as Ctrl-C does, whatever handlers a launcher has put in place."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
