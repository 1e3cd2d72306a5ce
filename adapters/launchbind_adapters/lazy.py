"""What is loaded on first use: the public names of a package, and the factories of schedulers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

MadeT = TypeVar("MadeT")


def lazy_exports(package: str, **exports: str) -> Callable[[str], object]:
    """Make a package's ``__getattr__`` (PEP 562) from its submodules, each with its public names."""
    homes = {name: module for module, names in exports.items() for name in names.split()}

    def get(name: str) -> object:
        if name == "__all__":
            return sorted(homes)
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{package}.{homes[name]}"), name)
        setattr(import_module(package), name, value)  # __getattr__ is not called for it again
        return value

    return get


class Deferred(Generic[MadeT]):
    """A factory of schedulers that imports the one named ``"package.module:factory"`` when it is called."""

    def __init__(self, reference: str) -> None:
        from launchbind.registry import parse_reference  # which no import of a public package needs

        self._module, self._name = parse_reference(reference)

    def __call__(self, session_name: str, **parameters: object) -> MadeT:
        """Import the factory, and let it make the scheduler."""
        made: MadeT = getattr(import_module(self._module), self._name)(session_name, **parameters)
        return made

    def __eq__(self, other: object) -> bool:
        """Equal where the reference is, so that registering it again is no conflict."""
        mine = self._module, self._name
        return isinstance(other, Deferred) and mine == (other._module, other._name)

    def __hash__(self) -> int:
        return hash((self._module, self._name))

    def __repr__(self) -> str:
        return f"{self._module}:{self._name}"
