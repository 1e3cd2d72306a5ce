"""The rule for registered names, which are also the schemes of handles."""

from __future__ import annotations

from launchbind.errors import InvalidNameError

_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-")


def check_name(kind: str, name: object) -> None:
    """Raise :class:`InvalidNameError` unless ``name`` is letters, digits, ``_``, ``.``, ``+``, ``-``."""
    if not isinstance(name, str) or not name or not _ALLOWED.issuperset(name):
        raise InvalidNameError(kind, name)
