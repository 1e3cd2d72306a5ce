"""Handle: the name of a submitted job, which is all that another process needs to find it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from launchbind.errors import InvalidHandleError

_HANDLE = re.compile(r"(?P<backend>[A-Za-z0-9_.+-]+)://(?P<session>[^/\s]+)/(?P<app_id>[^/\s]+)")


@dataclass(frozen=True)
class Handle:
    """``backend://session/app_id``, the form torchx gives its app handles.

    Parameters
    ----------
    backend
        The registered name of the scheduler that has the job.
    session
        The session that submitted it.
    app_id
        The backend's own id of the job.

    Raises
    ------
    InvalidHandleError
        When a part is empty or contains white space or a slash, so that it could not be parsed back.

    Examples
    --------
    >>> handle = Handle.parse("slurm://nightly/4711")
    >>> handle.backend, handle.session, handle.app_id
    ('slurm', 'nightly', '4711')
    >>> str(handle)
    'slurm://nightly/4711'
    """

    backend: str
    session: str
    app_id: str

    def __post_init__(self) -> None:
        if not _HANDLE.fullmatch(str(self)):
            raise InvalidHandleError(str(self))

    @classmethod
    def parse(cls, text: str) -> Handle:
        """Read ``backend://session/app_id``; any other text is an :class:`InvalidHandleError`."""
        match = _HANDLE.fullmatch(text)
        if match is None:
            raise InvalidHandleError(text)
        return cls(**match.groupdict())

    def __str__(self) -> str:
        return f"{self.backend}://{self.session}/{self.app_id}"
