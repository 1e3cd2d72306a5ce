"""Records: what is kept on disk about a job, so that another process finds it by its id alone."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from dataclasses import Field


class Record(Protocol):
    """A dataclass whose fields are values that JSON has too."""

    __dataclass_fields__: ClassVar[dict[str, Field[object]]]


RecordT = TypeVar("RecordT", bound=Record)


class Records(Generic[RecordT]):
    """One JSON file per job in a folder; a file is never half written.

    Parameters
    ----------
    folder
        Where the files are; made when the first one is written.
    kind
        The dataclass of the records.
    """

    def __init__(self, folder: Path, kind: type[RecordT]) -> None:
        self.folder = folder
        self.kind = kind

    def write(self, app_id: str, record: RecordT) -> None:
        """Write the job's record, in place of an earlier one."""
        path = self._path(app_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(record)))
        partial.replace(path)

    def read(self, app_id: str) -> RecordT | None:
        """The job's record, or None.

        Raises
        ------
        ValueError
            When the file holds no such record.
        """
        path = self._path(app_id)
        try:
            return self.kind(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} is no record of a job, so remove it ({error})") from error

    def remove(self, app_id: str) -> None:
        """Remove the job's record, if there is one."""
        with suppress(OSError):
            self._path(app_id).unlink()

    def app_ids(self) -> list[str]:
        """The ids of all jobs, oldest record first; one that cannot be read is left out, with a warning."""
        ages: dict[str, float] = {}
        for path in self.folder.glob("*.json"):
            app_id = path.name.removesuffix(".json")
            try:
                self.read(app_id)
                ages[app_id] = path.stat().st_mtime
            except FileNotFoundError:  # removed since the folder was read
                continue
            except ValueError as error:
                logging.getLogger("launchbind").warning("launchbind: %s", error)
        return sorted(ages, key=lambda app_id: ages[app_id])

    def _path(self, app_id: str) -> Path:
        return self.folder / f"{app_id}.json"


def state_home() -> Path:
    """launchbind's folder below ``$XDG_STATE_HOME``, by default ``~/.local/state/launchbind``."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state", "launchbind")
