"""What can be registered: names that may be the schemes of handles, and classes that fit the registry."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING

from launchbind.errors import InvalidNameError, InvalidTargetError
from launchbind.registry import reference

if TYPE_CHECKING:
    from typing import TypeGuard

_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-")


def check_name(kind: str, name: object) -> None:
    """Raise :class:`InvalidNameError` unless ``name`` is letters, digits, ``_``, ``.``, ``+``, ``-``."""
    if not isinstance(name, str) or not name or not _ALLOWED.issuperset(name):
        raise InvalidNameError(kind, name)


def check_class(kind: str, name: str, target: object, base: object) -> type:
    """Return ``target`` if it :func:`fits` ``base``; else raise :class:`InvalidTargetError`."""
    if fits(target, base):
        return target
    if reference.is_class(target):
        problem = f"no {getattr(base, '__qualname__', base)}"
    else:
        problem = "a metaclass" if isinstance(target, type) else f"no class but {type(target).__name__}"
    raise InvalidTargetError(kind, name, repr(target), problem)


def fits(target: object, base: object) -> TypeGuard[type]:
    """Whether ``target`` is a class, no metaclass, and derives from ``base`` or has its methods."""
    if not reference.is_class(target):
        return False
    if base is None:
        return True
    if not getattr(base, "_is_protocol", False):
        return isinstance(base, type) and issubclass(target, base)
    # Attributes can be set by __init__, so a class alone does not show whether they are there. No getattr:
    # it would find the methods of the metaclass, such as __call__.
    return _methods(base) <= {name for cls in target.__mro__ for name in vars(cls)}


def _methods(protocol: object) -> set[str]:
    made_by_typing = {"__init__", "__subclasshook__"}
    mro: tuple[type, ...] = getattr(protocol, "__mro__", ())
    return {
        name
        for cls in mro
        if getattr(cls, "_is_protocol", False)
        for name, member in vars(cls).items()
        if isinstance(member, FunctionType) and name not in made_by_typing
    }
