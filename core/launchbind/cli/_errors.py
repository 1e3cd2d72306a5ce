"""Errors on the command line: one sentence with the fix, and an exit code."""

from __future__ import annotations

import sys
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from launchbind.errors import LaunchbindError

if TYPE_CHECKING:
    from collections.abc import Generator

#: launchbind itself failed. ``docker run`` and ``env`` use this code too, since few programs exit with it.
OWN_FAILURE = 125
#: Ctrl-C: what shells report for a program that SIGINT ended.
INTERRUPTED = 130


def echo_err(text: str) -> None:
    """Print a line of launchbind's own to standard error; the job's output is on standard output."""
    click.echo(f"launchbind: {text}", err=True)


@contextmanager
def exit_on_error(*, debug: bool) -> Generator[None]:
    """Turn launchbind's errors, and failed imports of launchers, into one line and an exit code."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever reads the output has stopped; click ends quietly
    except (LaunchbindError, ImportError, OSError, UnicodeError) as error:
        if debug:
            traceback.print_exc()
        echo_err(sentence(error))
        sys.exit(OWN_FAILURE)
    except KeyboardInterrupt:  # before there was a job to cancel
        echo_err("interrupted")
        sys.exit(INTERRUPTED)


def sentence(error: Exception) -> str:
    """Say what went wrong and, when a launcher's import found no such package, how to install it."""
    if type(error) is ModuleNotFoundError and error.name:
        package = error.name.partition(".")[0]
        return f"the package {package!r} is not installed: run python -m pip install '{package}'."
    return str(error)
