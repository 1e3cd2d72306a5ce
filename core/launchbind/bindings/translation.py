"""The errors of a scheduler, translated into launchbind's: every call of a scheduler goes through here."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from launchbind.errors import LaunchbindError, SchedulerError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Generator

    from launchbind.redaction import Redactor


def redacted_reason(error: Exception, redactor: Redactor) -> str:
    """The type and text of an error, with secrets hidden.

    Parameters
    ----------
    error
        What the scheduler, or code of a user, raised.
    redactor
        Knows the secrets that the text could repeat.

    Returns
    -------
    ``"TypeName: text"``.
    """
    return redactor.text(f"{type(error).__name__}: {error}")


@contextmanager
def scheduler_errors(backend: str, action: str, redactor: Redactor) -> Generator[None]:
    """Translate whatever is raised inside the ``with`` block; launchbind's own errors pass through.

    Parameters
    ----------
    backend
        The registered name of the scheduler that is called.
    action
        What it is asked to do, to follow "could not": ``"cancel slurm://nightly/17"``.
    redactor
        Hides secrets in the reason that :class:`SchedulerError` repeats.

    Raises
    ------
    UnsupportedError
        In place of a NotImplementedError.
    SchedulerError
        In place of any other Exception, which is kept as its ``__cause__``.

    Examples
    --------
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
