"""explain: one sentence for everything that keeps an object from conforming to a Protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

import launchbind
from launchbind import (
    App,
    AppSpec,
    DryRunScheduler,
    Executor,
    Role,
    RoleSpec,
    Scheduler,
    SupportsAssign,
    SupportsCleanup,
    SupportsList,
    SupportsLogs,
    explain,
)
from launchbind.testing import FakeApp, FakeExecutor, FakeRole, FakeScheduler

if TYPE_CHECKING:
    from collections.abc import Callable


class Cancels(Protocol):
    """A protocol of one method, whose parameters can be passed by name."""

    def cancel(self, app_id: str, force: bool = False) -> None: ...


@pytest.mark.parametrize(
    ("obj", "protocol"),
    [
        (FakeExecutor(), Executor),
        (FakeScheduler(), Scheduler),
        (FakeScheduler(), DryRunScheduler),
        (FakeScheduler, SupportsLogs),
        (FakeScheduler(), SupportsList),
        (FakeRole("main", "true"), Role),
        (RoleSpec, Role),
        (FakeApp("job"), App),
        (AppSpec, App),
        (FakeExecutor, Executor),
    ],
)
def test_what_conforms_needs_no_explanation(obj: object, protocol: type) -> None:
    """The fakes and specs conform, as instances, and as classes where their members are declared."""
    assert explain(obj, protocol) == []


def test_members_that_only_init_sets_are_seen_on_instances() -> None:
    """What ``__init__`` sets is not known from the class, unless it is annotated there."""
    assert explain(FakeScheduler, Scheduler) == ["FakeScheduler has no attribute 'backend'"]


def test_every_missing_member_has_a_sentence() -> None:
    """Methods and attributes are distinguished, and sorted by name."""
    assert explain(object(), Executor) == [
        "object has no attribute 'env_vars'",
        "object has no method 'nnodes'",
        "object has no method 'nproc_per_node'",
        "object has no attribute 'retries'",
    ]


def test_the_members_of_a_protocols_bases_count() -> None:
    """A protocol that extends another asks for what both ask for."""

    class More(SupportsCleanup, SupportsAssign, Protocol):
        extra: int

    assert explain(object(), More) == [
        "object has no method 'assign'",
        "object has no method 'cleanup'",
        "object has no attribute 'extra'",
    ]


def method(function: Callable[..., object]) -> type:
    """A class with this function for its cancel."""
    return type("Mine", (), {"cancel": function})


@pytest.mark.parametrize(
    ("function", "problems"),
    [
        (lambda self, app_id, force=False: None, []),
        (lambda self, app_id, force, also=1: None, []),
        (lambda self, *args: None, []),
        (lambda self, *args, **names: None, []),
        (lambda self, app_id, **names: None, []),
        (lambda self, app_id, *, force=False: None, []),
        (lambda self, app_id, *rest: None, []),
        (
            lambda self: None,
            ["Mine.cancel takes 0 parameters where 2 are passed: add app_id, force"],
        ),
        (lambda self, app_id: None, ["Mine.cancel takes 1 parameters where 2 are passed: add force"]),
        (
            lambda self, job, force=False: None,
            ["Mine.cancel calls parameter 1 'job' where 'app_id' is expected"],
        ),
        (lambda self, job, **names: None, []),
        (
            lambda self, app_id, /, force=False: None,
            ["Mine.cancel calls parameter 1 'app_id' where 'app_id' is expected"],
        ),
        (
            lambda self, app_id, force, reason: None,
            ["Mine.cancel needs a parameter 'reason' that is never passed: give it a default"],
        ),
        (
            lambda self, app_id, force, *, reason: None,
            ["Mine.cancel needs a keyword 'reason' that is never passed: give it a default"],
        ),
    ],
)
def test_a_signature_that_does_not_fit_is_explained(
    function: Callable[..., object], problems: list[str]
) -> None:
    """Number and names of parameters are compared, for the class and for an instance alike."""
    assert explain(method(function), Cancels) == problems
    assert explain(method(function)(), Cancels) == problems


def test_the_name_of_a_positional_only_parameter_is_free() -> None:
    """Where the protocol passes by position, any name will do."""

    class Mine:
        def cleanup(self, whatever: str) -> None: ...

    assert explain(Mine, SupportsCleanup) == []


def test_static_and_class_methods_are_methods() -> None:
    """They take no instance, which is taken into account."""

    class Static:
        @staticmethod
        def cancel(app_id: str, force: bool = False) -> None: ...

    class OfClass:
        @classmethod
        def cancel(cls, app_id: str) -> None: ...

    assert explain(Static, Cancels) == explain(Static(), Cancels) == []
    expected = ["OfClass.cancel takes 1 parameters where 2 are passed: add force"]
    assert explain(OfClass, Cancels) == explain(OfClass(), Cancels) == expected


def test_an_attribute_in_the_place_of_a_method_is_explained() -> None:
    """A value that cannot be called is no method; one that can is."""

    class Mine:
        cancel: object = 3

    mine = Mine()
    assert explain(mine, Cancels) == ["Mine.cancel is int, not a method"]
    mine.cancel = lambda app_id, force: None
    assert explain(mine, Cancels) == []


def test_a_method_that_a_class_only_declares_is_taken_at_its_word() -> None:
    """An annotation says that instances will have it, and nothing about its parameters."""

    class Mine:
        cancel: Callable[[], None]

    assert explain(Mine, Cancels) == []
    assert explain(Mine(), Cancels) == ["Mine has no method 'cancel'"]


def test_a_callable_without_a_signature_is_given_the_benefit_of_the_doubt() -> None:
    """Some builtins cannot be inspected."""
    assert explain(method(iter)(), Cancels) == []


@pytest.mark.parametrize("protocol", [dict, FakeScheduler])
def test_what_is_no_protocol_is_refused(protocol: type) -> None:
    """A concrete class, even one that conforms to a protocol, cannot be explained against."""
    with pytest.raises(TypeError, match="is not a Protocol"):
        explain(object(), protocol)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in launchbind.__all__
        if getattr(getattr(launchbind, name), "_is_protocol", False) and name != "SchedulerFactory"
    ],
)
def test_every_protocol_of_launchbind_can_be_explained(name: str) -> None:
    """An object with nothing lacks something of each of them."""
    assert explain(object(), getattr(launchbind, name))


def test_a_free_name_does_not_excuse_the_next() -> None:
    """After a positional-only parameter, the names of those that follow still count."""

    class Wanted(Protocol):
        def call(self, first: int, /, second: int) -> None: ...

    class Found:
        def call(self, one: int, two: int) -> None: ...

    assert explain(Found(), Wanted) == ["Found.call calls parameter 2 'two' where 'second' is expected"]
