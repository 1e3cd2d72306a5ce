"""Lazy exports: a package's public names, each loaded from its module on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lazy_exports(package: str, exports: Mapping[str, str]) -> Callable[[str], object]:
    """Make a package's ``__getattr__`` (PEP 562).

    Parameters
    ----------
    package
        The package's ``__name__``.
    exports
        Public name to the submodule that defines it.

    Returns
    -------
    A function that loads a name, or raises AttributeError; ``__all__`` is the sorted names.
    """

    def get(name: str) -> object:
        if name == "__all__":
            return sorted(exports)
        if name not in exports:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{package}.{exports[name]}"), name)
        setattr(import_module(package), name, value)  # __getattr__ is not called for it again
        return value

    return get
