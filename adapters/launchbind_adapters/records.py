"""Records: what is kept on disk about a job, so that another process finds it by its id alone."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RecordT = TypeVar("RecordT", bound="DataclassInstance")


class Records(Generic[RecordT]):
    """One JSON file per job in a folder, never half written; ``kind`` is a dataclass of JSON's types."""

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
        """The job's record, or None; a ValueError when the file holds no such record."""
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

    def all(self) -> list[RecordT]:
        """The records of all jobs, oldest first; one that cannot be read is left out, with a warning."""
        found: list[tuple[float, RecordT]] = []
        for path in self.folder.glob("*.json"):
            try:
                record = self.read(path.stem)
                if record is not None:
                    found.append((path.stat().st_mtime, record))
            except FileNotFoundError:  # removed since the folder was read
                continue
            except ValueError as error:
                logging.getLogger("launchbind").warning("launchbind: %s", error)
        return [record for _, record in sorted(found, key=lambda each: each[0])]

    def _path(self, app_id: str) -> Path:
        return self.folder / f"{app_id}.json"


def state_home() -> Path:
    """launchbind's folder below ``$XDG_STATE_HOME``, by default ``~/.local/state/launchbind``."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state", "launchbind")
