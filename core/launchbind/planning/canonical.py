"""Canonical form: any request as plain JSON values, the same for equal requests in every process."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from os import PathLike, fspath
from types import MemberDescriptorType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from launchbind.redaction import Json

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def canonical(value: object, _above: tuple[int, ...] = ()) -> Json:
    """Any object as plain JSON values.

    Objects become their fields, functions and classes their names, and other opaque objects their repr
    without memory addresses. An object that contains itself is replaced by ``<recursion>`` where it recurs.

    >>> from pathlib import Path
    >>> canonical({"files": {"b", "a"}, "root": Path("/tmp"), 1: (None, True)})
    {'files': ['a', 'b'], 'root': '/tmp', '1': [None, True]}
    """
    if value is None or (isinstance(value, (bool, int, float, str)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, PathLike):
        return str(fspath(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if id(value) in _above:
        return "<recursion>"
    above = (*_above, id(value))
    if isinstance(value, Mapping):
        mapping = cast("Mapping[object, object]", value)
        return {_key(key, mapping, above): canonical(item, above) for key, item in mapping.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        found = [canonical(item, above) for item in cast("Collection[object]", value)]
        return found if isinstance(value, (list, tuple)) else sorted(found, key=dump)
    if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
        return f"{value.__module__}:{value.__qualname__}"
    named: dict[str, Json] = {"<type>": f"{type(value).__module__}:{type(value).__qualname__}"}
    members = _members(value)
    if not members:  # a date, a Decimal, an array: only the repr shows its value
        named["<repr>"] = _ADDRESS.sub("", repr(value))
    return named | {name: canonical(member, above) for name, member in members.items()}


def _key(key: object, mapping: Mapping[object, object], above: tuple[int, ...]) -> str:
    if isinstance(key, str):
        return key
    text = dump(canonical(key, above))
    return f"{text} ({type(key).__qualname__})" if text in mapping else text  # keeps 1 and "1" apart


def _members(value: object) -> dict[str, object]:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name, None) for field in fields(value)}
    slots = {
        name: getattr(value, name, None)
        for base in reversed(type(value).__mro__)
        for name, member in vars(base).items()
        if isinstance(member, MemberDescriptorType) and not name.startswith("__")
    }
    return {**slots, **getattr(value, "__dict__", {})}


def dump(value: Json, indent: int | None = None) -> str:
    """JSON text with sorted keys, on one line unless ``indent`` is given."""
    return json.dumps(value, sort_keys=True, indent=indent, ensure_ascii=False)
