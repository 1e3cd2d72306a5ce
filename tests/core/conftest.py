"""What the tests of the core share: modules and distributions that exist on disk, for real imports."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# Other work on the same machine must not make a test fail.
settings.register_profile("launchbind", deadline=None)
settings.load_profile("launchbind")


class WriteModule(Protocol):
    """Writes a module that can be imported, and forgotten again with the test."""

    def __call__(self, name: str, source: str) -> None: ...


class WriteDistribution(Protocol):
    """Writes an installed distribution with entry points."""

    def __call__(
        self, name: str, entry_points: str, *, version: str = "1.0", folder: str = "site"
    ) -> None: ...


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WriteModule]:
    """Write ``package.module`` below a folder on sys.path; dotted names make packages."""
    root = tmp_path / "modules"
    root.mkdir()
    monkeypatch.syspath_prepend(str(root))
    tops: set[str] = set()

    def write(name: str, source: str) -> None:
        *packages, module = name.split(".")
        folder = root
        for package in packages:
            folder /= package
            folder.mkdir(exist_ok=True)
            (folder / "__init__.py").touch()
        (folder / f"{module}.py").write_text(source)
        tops.add(name.partition(".")[0])
        importlib.invalidate_caches()

    yield write
    for loaded in [name for name in sys.modules if name.partition(".")[0] in tops]:
        del sys.modules[loaded]


@pytest.fixture
def write_distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteDistribution:
    """Write ``name-version.dist-info`` with METADATA and entry_points.txt into a folder on sys.path."""

    def write(name: str, entry_points: str, *, version: str = "1.0", folder: str = "site") -> None:
        root = tmp_path / folder
        info = root / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(entry_points)
        monkeypatch.syspath_prepend(str(root))
        importlib.invalidate_caches()

    return write


@pytest.fixture
def switch_often() -> Iterator[None]:
    """Make the interpreter switch threads as often as it can, so that races show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)
