"""Errors on the command line: one sentence with the fix, and a documented exit code."""

from __future__ import annotations

import sys
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from launchbind.errors import LaunchbindError

if TYPE_CHECKING:
    from collections.abc import Generator

#: launchbind itself failed; a code that jobs seldom end with, as ``docker run`` and ``env`` have it.
OWN_FAILURE = 125
#: Ctrl-C, as shells report it.
INTERRUPTED = 130


def say(text: str) -> None:
    """launchbind's own words, kept apart from the job's output."""
    click.echo(f"launchbind: {text}", err=True)


@contextmanager
def reported(*, debug: bool) -> Generator[None]:
    """Turn launchbind's errors, and failed imports of launchers, into one line and an exit code."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read the output has enough; click ends quietly
    except (LaunchbindError, ImportError, OSError, UnicodeError) as error:
        if debug:
            traceback.print_exc()
        say(_sentence(error))
        sys.exit(OWN_FAILURE)
    except KeyboardInterrupt:  # before there was a job to cancel
        say("interrupted")
        sys.exit(INTERRUPTED)


def _sentence(error: Exception) -> str:
    if type(error) is ModuleNotFoundError and error.name:  # a launcher's own, which names no remedy
        package = error.name.partition(".")[0]
        return f"the package {package!r} is not installed: run python -m pip install '{package}'."
    return str(error)
