"""The examples in the documentation of what adapters share."""

from __future__ import annotations

import doctest
from typing import TYPE_CHECKING

import pytest

from launchbind_adapters import processes, tail
from launchbind_adapters.slurm import rows

if TYPE_CHECKING:
    from types import ModuleType


@pytest.mark.parametrize("module", [processes, tail, rows], ids=lambda module: module.__name__)
def test_examples_are_true(module: ModuleType) -> None:
    """Each gives what it says."""
    results = doctest.testmod(module)
    assert results.failed == 0
    assert results.attempted > 0
