"""The examples in the docstrings of the core: each prints what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import launchbind

#: The command line needs click and rich, which the core's tests do without.
WITHOUT_EXTRAS = [
    module.name
    for module in pkgutil.walk_packages(launchbind.__path__, "launchbind.", onerror=lambda name: None)
    if not module.name.startswith(("launchbind.cli", "launchbind.__main__"))
]


@pytest.mark.parametrize("name", ["launchbind", *WITHOUT_EXTRAS])
def test_the_examples_of_a_module_print_what_they_say(name: str) -> None:
    """With an ellipsis for what differs from run to run."""
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert found.failed == 0


def test_the_registry_has_examples() -> None:
    """So that the test above runs something."""
    assert doctest.testmod(importlib.import_module("launchbind.registry.registry")).attempted > 5
