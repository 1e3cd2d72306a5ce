"""A state machine compares the registry with two plain dicts, and one more for the aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from registry_machine import MODULES, SOURCE, RegistryMachine, walk

if TYPE_CHECKING:
    from tests.core.conftest import WriteModule


def test_the_registry_agrees_with_two_dicts_whatever_is_done_to_it(write_module: WriteModule) -> None:
    """After every step of every run both directions agree, and a call that raised has changed nothing."""
    for module in MODULES:
        write_module(module, SOURCE)
    run_state_machine_as_test(
        RegistryMachine,
        settings=settings(
            max_examples=200,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_registry_agrees_with_two_dicts_over_thousands_of_random_steps(write_module: WriteModule) -> None:
    """The same ones in every run; ``nox -s soak`` takes a million."""
    for module in MODULES:
        write_module(module, SOURCE)
    assert sum(1 for _ in walk(steps=5_000, seed=11)) == 5_000
