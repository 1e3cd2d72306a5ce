"""What must hold of every text given to the parsers of the core; hypothesis and the fuzzer supply texts.

Each function raises when something else happens than a value or the one documented error.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Optional, Protocol, TypedDict, Union, get_type_hints
from unittest import mock

from launchbind import (
    Handle,
    InvalidHandleError,
    InvalidNameError,
    InvalidReferenceError,
    InvalidSettingError,
    LaunchbindError,
    Registry,
    UnknownNameError,
)
from launchbind.profiles import load
from launchbind.settings import build, convert

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class Colour(Enum):
    """Named members, of which one has the name of another's value."""

    RED = "GREEN"
    GREEN = "green"


class Closer(Protocol):
    """A class that isinstance refuses."""

    def close(self) -> None: ...


class Labels(TypedDict):
    """Another."""

    team: str


@dataclass
class Tunnel:
    """A dataclass within a dataclass."""

    host: str
    port: int = 22


@dataclass
class Example:
    """One field of every kind that the core reads."""

    account: str = "ml"
    nodes: int = 1
    fraction: float = 1.0
    exclusive: bool = False
    partition: Optional[str] = None
    memory: Union[int, list[int], str, None] = None
    mounts: list[str] = field(default_factory=list)
    unique: set[Any] = field(default_factory=set)
    either: Union[frozenset[object], str] = ""
    env_vars: dict[str, str] = field(default_factory=dict)
    by_port: dict[int, Tunnel] = field(default_factory=dict)
    by_list: Mapping[object, Sequence[float]] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    pair: tuple[int, str] = (0, "")
    tunnel: Optional[Tunnel] = None
    labels: Optional[Labels] = None
    closer: Optional[Closer] = None
    colour: Colour = Colour.RED
    folder: Path = Path()
    speed: Literal["fast", 2] = "fast"
    api_token: int = 0


HINTS: tuple[object, ...] = (
    *get_type_hints(Example).values(),
    list,
    set,
    dict[Colour, bool],
    object,
)


@contextmanager
def only(kind: type[Exception]) -> Generator[None]:
    """Let errors of one kind pass, if they have a text; any other breaks the parser."""
    try:
        yield
    except kind as error:
        if not str(error):
            raise


def handle(text: str) -> None:
    """A handle parses to what prints as the same text, or not at all."""
    with only(InvalidHandleError):
        parsed = Handle.parse(text)
        assert str(parsed) == text
        assert Handle(parsed.backend, parsed.session, parsed.app_id) == parsed


def name(text: str) -> None:
    """A name is registered, and is then the scheme of a handle, or is refused and leaves no trace."""
    registry: Registry[object] = Registry("executor")
    registry.register("slurm", Tunnel)
    with only(UnknownNameError):
        registry.type_of(f"{text}?")
    with only(InvalidNameError):
        registry.register(text, Example, aliases=("other",))
        assert registry.type_of(text) is registry.type_of("other") is Example
        assert Handle.parse(f"{text}://session/app").backend == text
    assert text in registry or list(registry) == ["slurm"]


def reference(text: str) -> None:
    """A reference is kept as it is, importing nothing, or is refused and leaves no trace."""
    registry: Registry[object] = Registry("executor")
    before = set(sys.modules)
    with only(InvalidReferenceError):
        registry.register("lazy", text)
        assert registry.entry("lazy").target == text
    assert registry.find_name(Example) is None
    assert "lazy" in registry or not list(registry)
    assert set(sys.modules) == before


def setting(text: str) -> None:
    """A text is a value of the field's type or an error of one kind; a field's name likewise."""
    for hint in HINTS:
        with only(ValueError):
            convert(text, hint)
    for each in (*Example.__annotations__, text):
        with only(InvalidSettingError):
            build(Example, {each: text})


def profiles(text: str) -> None:
    """A file's profiles make executors, or an error says which file and why."""
    registry: Registry[object] = Registry("executor")
    registry.register("slurm", Example)
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, XDG_CONFIG_HOME=folder):
        Path(folder, "launchbind.toml").write_text(text, encoding="utf-8", errors="surrogateescape")
        with only(LaunchbindError):
            for profile in load(Path(folder)).values():
                profile.executor(registry)


PARSERS: dict[str, Callable[[str], None]] = {
    "handle": handle,
    "name": name,
    "reference": reference,
    "setting": setting,
    "profiles": profiles,
}

_PROFILE = '[profiles.a]\nbackend = "slurm"\n'
#: Texts to begin with: the words of the grammars, and what has broken a parser before.
SEEDS: dict[str, tuple[str, ...]] = {
    "handle": ("slurm://session/app-1", "a+b.c_d://s/\u00fc"),
    "name": ("slurm_tunnel", "a+b-c.d"),
    "reference": ("package.module:Qual.Name", "a._b:\u00fc.C"),
    "setting": (
        *("12", "1e999", "true", "none", "GREEN", "a,b", '{"host": "h", "port": "1"}'),
        '["a", [1, {}]]',  # cannot be hashed
        "9" * 5000,  # more digits than int() reads
        "[" * 5000,
    ),
    "profiles": (
        _PROFILE + 'nodes = 2\ntunnel = {host = "h"}\nunique = [[1]]\n',
        _PROFILE + "folder = 1979-05-27T07:32:00Z\nshape = [1, 0x2]\n",
        _PROFILE + "nodes = " + "9" * 5000,
        _PROFILE + "mounts = " + "[" * 5000,
    ),
}
