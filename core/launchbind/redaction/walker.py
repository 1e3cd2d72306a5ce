"""The walker: every part of a JSON value, with whether it stands under the name of a secret.

:class:`~launchbind.redaction.redactor.Redactor` learns from it and masks by it, so both see the same secrets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Leaf = Union[None, bool, int, float, str]
"""A JSON value that holds no others."""

Json = Union[Leaf, list["Json"], dict[str, "Json"]]
"""Plain JSON values."""


def members(
    mapping: dict[str, Json], is_secret: Callable[[str], bool], hidden: bool
) -> Iterator[tuple[str, Json, bool]]:
    """Each key and value of a mapping, and if the value is secret, as all in a ``hidden`` mapping are."""
    # {"name": "HF_TOKEN", "value": ...} is how Kubernetes and others write a variable.
    name = mapping.get("name")
    names_secret = isinstance(name, str) and is_secret(name)
    for key, value in mapping.items():
        yield key, value, hidden or is_secret(key) or (names_secret and key == "value")


def items(values: list[Json], is_secret: Callable[[str], bool], hidden: bool) -> Iterator[tuple[Json, bool]]:
    """Each item of a list, and whether it is secret, as all items of a ``hidden`` list are."""
    # ["--api-key", ...] is how a command takes a secret. -p is not known: it may be a port or a folder.
    for before, value in zip([None, *values], values, strict=False):
        is_flag = isinstance(before, str) and before.startswith("-") and "=" not in before
        yield value, hidden or (is_flag and is_secret(str(before)))


def leaves(
    value: Json, is_secret: Callable[[str], bool], hidden: bool = False
) -> Iterator[tuple[Leaf, bool]]:
    """Each key and leaf of a JSON value, and whether it is secret.

    >>> list(leaves({"env": {"HF_TOKEN": "abc"}}, lambda name: name == "HF_TOKEN"))
    [('env', False), ('HF_TOKEN', False), ('abc', True)]
    """
    if isinstance(value, dict):
        for key, member, secret in members(value, is_secret, hidden):
            yield key, False
            yield from leaves(member, is_secret, secret)
    elif isinstance(value, list):
        for item, secret in items(value, is_secret, hidden):
            yield from leaves(item, is_secret, secret)
    else:
        yield value, hidden
