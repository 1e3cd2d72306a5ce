"""The errors of a scheduler, translated into launchbind's: every call of a scheduler goes through here."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from launchbind.errors import LaunchbindError, SchedulerError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Generator

    from launchbind.redaction import Redactor


def redacted_reason(error: Exception, redactor: Redactor) -> str:
    """The type and text of an error, with secrets hidden."""
    return redactor.text(f"{type(error).__name__}: {error}")


@contextmanager
def scheduler_errors(backend: str, action: str, redactor: Redactor) -> Generator[None]:
    """Raise what is raised inside the ``with`` block as launchbind's error; ``action`` follows "could not".

    A NotImplementedError becomes an UnsupportedError, any other Exception a SchedulerError.

    >>> from launchbind import Redactor
    >>> with scheduler_errors("slurm", "list its jobs", Redactor()):
    ...     raise OSError("401, token=abc")
    Traceback (most recent call last):
    launchbind.errors.SchedulerError: backend 'slurm' could not list its jobs: OSError: 401, token=<redacted>.
    """
    try:
        yield
    except LaunchbindError:
        raise
    except NotImplementedError as error:
        raise UnsupportedError(backend, action) from error
    except Exception as error:
        raise SchedulerError(backend, action, redacted_reason(error, redactor)) from error
