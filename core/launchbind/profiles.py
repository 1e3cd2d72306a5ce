"""Profiles: named settings of an executor in a TOML file, such as one for each cluster.

.. code-block:: toml

    [profiles.cluster-a]
    backend = "slurm_tunnel"
    account = "ml"
    nodes = 2

The user's profiles are in ``$XDG_CONFIG_HOME/launchbind/profiles.toml`` (by default in ``~/.config``). The
project's take precedence. They are in the nearest ``launchbind.toml`` or ``pyproject.toml`` at or above the
working directory; in ``pyproject.toml`` the table is ``[tool.launchbind.profiles.NAME]``.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from launchbind.errors import InvalidSettingError, ProfileError
from launchbind.settings import build

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover  (Python 3.10 only)
    import tomli as tomllib  # comes with launchbind[cli]

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeGuard

    from launchbind.registry import Registry

T = TypeVar("T")


@dataclass(frozen=True)
class Profile:
    """Named settings of a backend's executor.

    Attributes
    ----------
    name
        The profile's name, the last part of its table's.
    backend
        A name or alias of the backend.
    settings
        Field of the executor to value, as TOML has it.
    file
        The file that defines the profile.
    """

    name: str
    backend: str
    settings: Mapping[str, object]
    file: Path

    def executor(self, registry: Registry[T], overrides: Mapping[str, object] | None = None) -> T:
        """Make the executor.

        Parameters
        ----------
        registry
            Backend to executor class.
        overrides
            Settings that take precedence, converted as :func:`launchbind.settings.build` does.

        Raises
        ------
        ProfileError
            When a field of the profile does not exist or cannot take its value.
        InvalidSettingError
            When that is so of an override.
        UnknownNameError, MissingDependencyError, BrokenTargetError
            When the backend is not registered, or its executor cannot be imported.
        """
        overrides = overrides or {}
        try:
            return build(registry.type_of(self.backend), {**self.settings, **overrides})
        except InvalidSettingError as error:
            if error.field in overrides:
                raise
            raise self.as_profile_error(error) from error

    def as_profile_error(self, error: InvalidSettingError) -> ProfileError:
        """Turn ``error`` into one that names this file and the key in it."""
        key = ".".join(filter(None, ("profiles", self.name, error.field)))
        return ProfileError(str(self.file), key, str(error))


def load(start: Path | None = None) -> dict[str, Profile]:
    """Read the profiles of the user and of the project.

    Parameters
    ----------
    start
        The folder where the search for the project's file begins; by default the working directory.

    Returns
    -------
    Name to profile. The project's profile replaces the user's of the same name.

    Raises
    ------
    ProfileError
        When a file is not valid TOML, has a table that nothing reads, or a profile without a backend.
    """
    return {**_read(_user_file()), **_read(_project_file(start or Path.cwd()))}


def _user_file() -> Path | None:
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    file = Path(home, "launchbind", "profiles.toml")
    return file if file.is_file() else None


def _project_file(start: Path) -> Path | None:
    for folder in (start.resolve(), *start.resolve().parents):
        for name in ("launchbind.toml", "pyproject.toml"):
            file = folder / name
            # A pyproject.toml without profiles does not hide those of a folder above it.
            if file.is_file() and (name == "launchbind.toml" or _table(file)):
                return file
    return None


def _table(file: Path) -> Mapping[str, object]:
    try:
        found: object = tomllib.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # bad TOML or UTF-8, 4301 digits, brackets without end
        raise ProfileError(str(file), "", f"it is not valid TOML ({error})") from error
    outer = ("tool", "launchbind") if file.name == "pyproject.toml" else ()
    for key in outer:
        found = found.get(key, {}) if _is_table(found) else {}
    if not _is_table(found):
        return {}
    unread = sorted(found.keys() - {"profiles"})
    if unread:  # probably a misspelt "profiles"
        table = ".".join((*outer, "profiles", "NAME"))
        raise ProfileError(str(file), ".".join((*outer, unread[0])), f"nothing reads it: write [{table}]")
    profiles = found.get("profiles", {})
    if not _is_table(profiles):
        raise ProfileError(str(file), "profiles", "it must be a table of profiles")
    return profiles


def _is_table(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)


def _read(file: Path | None) -> dict[str, Profile]:
    profiles: dict[str, Profile] = {}
    if file is None:
        return profiles
    for name, settings in _table(file).items():
        backend = settings.get("backend") if _is_table(settings) else None
        if not _is_table(settings) or not isinstance(backend, str):
            problem = 'it must be a table with a backend, such as backend = "slurm_tunnel"'
            raise ProfileError(str(file), f"profiles.{name}", problem)
        fields = {field: value for field, value in settings.items() if field != "backend"}
        profiles[name] = Profile(name, backend, fields, file)
    return profiles
