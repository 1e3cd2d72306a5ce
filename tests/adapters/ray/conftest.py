"""Fixtures for the tests of the Ray adapter: a head, and a folder for records."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from ray_head import RayHead, ray_head

from launchbind import AppSpec, RoleSpec
from launchbind_adapters.ray import RayInfo, launcher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from launchbind import App, Launcher
    from launchbind_adapters.ray import RayExecutor

    Jobs = Launcher[App, RayExecutor]


@pytest.fixture(autouse=True)
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new folder for launchbind's records, and no variables that lead to another Ray."""
    for name in [name for name in os.environ if name.startswith("RAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "launchbind" / "ray"


@pytest.fixture(scope="session")
def running_head() -> Iterator[RayHead]:
    """A head for all tests that do not change it."""
    with ray_head(cpus=4) as head:
        yield head


@pytest.fixture
def head(running_head: RayHead, monkeypatch: pytest.MonkeyPatch) -> RayHead:
    """The head, which this process and its children find by the environment."""
    for name, text in running_head.environment.items():
        monkeypatch.setenv(name, text)
    return running_head


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    """A launcher."""
    with launcher("tests") as made:
        yield made


def app(*words: str, name: str = "app", replicas: int = 1) -> AppSpec[RayInfo]:
    """An app of one role that runs these words."""
    return AppSpec(name, [role(*words, replicas=replicas)])


def app_of(*roles: RoleSpec[RayInfo], name: str = "app") -> AppSpec[RayInfo]:
    """An app of these roles."""
    return AppSpec(name, list(roles))


def role(*words: str, name: str = "main", replicas: int = 1, **env: str) -> RoleSpec[RayInfo]:
    """A role that runs these words, with these variables."""
    return RoleSpec(name, words[0], list(words[1:]), env, replicas)
