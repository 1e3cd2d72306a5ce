"""References: classes named as ``package.module:Qual.Name``, matched without an import, or loaded."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from launchbind.errors import InvalidReferenceError

if TYPE_CHECKING:
    from typing import TypeGuard


def parse(reference: str) -> tuple[str, str]:
    """Split ``package.module:Qual.Name`` in two, or raise :class:`InvalidReferenceError`; import nothing.

    >>> parse("collections.abc:Mapping.get")
    ('collections.abc', 'Mapping.get')
    """
    module, _, qualname = reference.partition(":")
    for side in (module, qualname):
        if not all(part.isidentifier() for part in side.split(".")):
            raise InvalidReferenceError(reference)
    return module, qualname


def of(cls: type) -> str:
    """The reference under which ``cls`` was defined."""
    return f"{cls.__module__}:{cls.__qualname__}"


def peek(module: str, qualname: str) -> type | None:
    """The class a reference names, if its module is imported already; no code is run.

    ``__dict__`` rather than ``getattr``: a module ``__getattr__`` (PEP 562) could import something.
    """
    found: object = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    return found if is_class(found) else None


def is_class(target: object) -> TypeGuard[type]:
    """Whether ``target`` can be registered: a class, and not a metaclass.

    A class is an instance of its metaclass, so with a metaclass registered ``name_of(cls)`` would have
    two answers.
    """
    return isinstance(target, type) and not issubclass(target, type)


def load(module: str, qualname: str) -> object:
    """Import ``module`` and return what ``qualname`` leads to in it; raises whatever the import raises."""
    found: object = import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    return found


def absent_package(error: BaseException) -> str | None:
    """The top-level package whose absence caused ``error``, or None when the error has another cause.

    A submodule that an installed package lacks (leptonai 0.47 dropped ``leptonai.api.v1``) is a broken
    installation, not an absent package.

    >>> absent_package(ModuleNotFoundError(name="no_such_package.part"))
    'no_such_package'
    >>> absent_package(ModuleNotFoundError(name="json.no_such_part")) is None
    True
    """
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    package = error.name.partition(".")[0]
    return None if _installed(package) else package


def _installed(package: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(package) is not None
    except ValueError:  # a stand-in without __spec__ was put into sys.modules
        return True
