"""Backend keys: immutable values that stand for a name, equal when name and scheduler are."""

from __future__ import annotations

import copy
import pickle
from functools import partial
from importlib import import_module, reload
from typing import TYPE_CHECKING, Any

import pytest

from launchbind import Backend
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo, FakeScheduler

if TYPE_CHECKING:
    from tests.core.conftest import WriteModule

Key = Backend[FakeApp, FakeExecutor, FakeInfo]


def module_level(session: str) -> FakeScheduler:
    """A factory that is a function."""
    return FakeScheduler(session)


class Maker:
    """Makes schedulers with a method."""

    def make(self, session: str) -> FakeScheduler:
        return FakeScheduler(session)


def test_the_text_of_a_key_is_the_name() -> None:
    """Its repr also shows the scheduler."""
    key: Key = Backend("fake", FakeScheduler)
    assert (key.name, str(key), f"{key}") == ("fake", "fake", "fake")
    assert repr(key) == "<Backend 'fake' of launchbind.testing._fakes:FakeScheduler>"
    assert repr(Backend("lazy", "acme:Scheduler")) == "<Backend 'lazy' of acme:Scheduler>"
    assert "functools.partial" in repr(Backend("partial", partial(FakeScheduler, backend="x")))


def test_a_key_is_immutable() -> None:
    """It has no attribute that could be set, nor room for another one."""
    key: Any = Backend("fake", FakeScheduler)
    for name in ("name", "scheduler", "other"):
        with pytest.raises(AttributeError):
            setattr(key, name, "other")


def test_keys_with_the_same_name_and_scheduler_are_equal() -> None:
    """A lazy reference to a factory counts as the factory; a text is no key."""
    key: Key = Backend("fake", module_level)
    assert key == Backend("fake", module_level) == Backend("fake", f"{__name__}:module_level")
    assert len({key, Backend("fake", module_level)}) == 1
    assert key != Backend("other", module_level)
    assert key != Backend("fake", FakeScheduler)
    assert key != "fake"
    assert copy.deepcopy(key) == copy.copy(key) == key


def test_a_key_can_be_pickled() -> None:
    """Where its factory can."""
    key: Key = Backend("fake", FakeScheduler)
    assert pickle.loads(pickle.dumps(key)) == key


def test_factories_without_a_name_of_their_own_are_equal_to_themselves_only() -> None:
    """Lambdas, inner functions, bound methods and partials may share a name, and do different things."""

    def made() -> Any:
        return lambda session: FakeScheduler(session)

    for one, other in (
        (made(), made()),
        (Maker().make, Maker().make),
        (partial(FakeScheduler, backend="x"), partial(FakeScheduler, backend="y")),
    ):
        assert Backend("fake", one) == Backend("fake", one)
        assert Backend("fake", one) != Backend("fake", other)


def test_a_reloaded_factory_is_the_same(write_module: WriteModule) -> None:
    """As for the classes of a registry, a module that is imported again makes no other binding."""
    write_module("reloaded_factory", "class Scheduler: pass")
    module = import_module("reloaded_factory")
    before = module.Scheduler
    assert before is not reload(module).Scheduler
    assert Backend("fake", before) == Backend("fake", module.Scheduler)
