"""What can be registered: names that may be the schemes of handles, and classes that are no metaclasses."""

from __future__ import annotations

from launchbind.errors import InvalidNameError, InvalidTargetError
from launchbind.registry import reference

_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-")


def check_name(kind: str, name: object) -> None:
    """Raise :class:`InvalidNameError` unless ``name`` is letters, digits, ``_``, ``.``, ``+``, ``-``."""
    if not isinstance(name, str) or not name or not _ALLOWED.issuperset(name):
        raise InvalidNameError(kind, name)


def check_class(kind: str, name: str, target: object) -> type:
    """Return ``target``, or raise :class:`InvalidTargetError` when it is no class, or a metaclass."""
    if reference.is_class(target):
        return target
    problem = "a metaclass" if isinstance(target, type) else f"no class but {type(target).__name__}"
    raise InvalidTargetError(kind, name, repr(target), problem)
