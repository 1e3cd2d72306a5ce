"""WrappedScheduler: what core sees of a torchx scheduler, and which capabilities it claims."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from torchx.schedulers.api import DescribeAppResponse, ListAppResponse, Scheduler
from torchx.schedulers.ids import make_unique
from torchx.specs import AppDef, AppDryRunInfo, AppState, Role

from launchbind import (
    Bindings,
    Launcher,
    SupportsDescribeMany,
    SupportsList,
    SupportsLogs,
    SupportsVolatile,
    UnsupportedError,
    explain,
)
from launchbind import Scheduler as CoreScheduler
from launchbind.protocols import DescribesExitCode
from launchbind_adapters.torchx.wrapper import WrappedScheduler

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

APP = AppDef("app", roles=[Role("main", image="", entrypoint="true")])


class Plain(Scheduler[Any]):
    """A plugin that has what torchx requires, and no more."""

    def __init__(self) -> None:
        super().__init__("plain", "session")
        self.calls: list[object] = []

    def _submit_dryrun(self, app: AppDef, cfg: Any) -> AppDryRunInfo[str]:
        return AppDryRunInfo(make_unique(app.name), str)

    def schedule(self, dryrun_info: AppDryRunInfo[str]) -> str:
        return dryrun_info.request

    def describe(self, app_id: str) -> DescribeAppResponse | None:
        return None if app_id == "unknown" else DescribeAppResponse(app_id, AppState.FAILED)

    def list(self) -> list[ListAppResponse]:
        return [ListAppResponse("one", AppState.RUNNING)]

    def _cancel_existing(self, app_id: str) -> None:
        self.calls.append(("cancel", app_id))

    def close(self) -> None:
        self.calls.append("close")


class Described(DescribeAppResponse):
    """torchx's description with an exit code, as a plugin may add it."""

    exit_code = 7


class Capable(Plain):
    """A plugin that also describes many jobs at once, names volatile values and reads logs."""

    def describe(self, app_id: str) -> DescribeAppResponse | None:
        return Described(app_id, AppState.FAILED, msg="out of memory")

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, DescribeAppResponse | None]:
        self.calls.append(("describe_many", *app_ids))
        return {app_id: super(Capable, self).describe(app_id) for app_id in app_ids}

    def volatile(self, dryrun_info: AppDryRunInfo[str], /) -> Mapping[str, str]:
        return {"app": "<app>"}

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *_: Any, since: datetime | None = None, **others: Any
    ) -> Iterable[str]:
        self.calls.append((since, others))
        return [f"{app_id} {role_name} {k}\n"]


class Timeless(Plain):
    """A plugin whose logs take any keyword and heed none."""

    def log_iter(self, app_id: str, *_: Any, **others: Any) -> Iterable[str]:
        return [f"{app_id}\n"]


def wrap(inner: Scheduler[Any]) -> WrappedScheduler[Mapping[str, Any]]:
    return WrappedScheduler(inner)


@pytest.mark.parametrize("make", [Plain, Capable])
def test_it_satisfies_the_protocols(make: type[Plain]) -> None:
    """The wrapper is a core Scheduler that can list jobs, read logs and name volatile values."""
    for protocol in (CoreScheduler, SupportsList, SupportsLogs, SupportsVolatile):
        assert explain(wrap(make()), protocol) == []


def test_describing_many_is_claimed_only_where_the_scheduler_can() -> None:
    """The wrapper has describe_many only when the inner scheduler has it, and passes one query on."""
    assert not isinstance(wrap(Plain()), SupportsDescribeMany)
    inner = Capable()
    scheduler = wrap(inner)
    assert isinstance(scheduler, SupportsDescribeMany)
    assert explain(scheduler, SupportsDescribeMany) == []
    found = scheduler.describe_many(["one", "unknown"])
    assert {app_id: each and (each.state.name, each.msg) for app_id, each in found.items()} == {
        "one": ("FAILED", ""),
        "unknown": None,
    }
    assert inner.calls == [("describe_many", "one", "unknown")]


def test_torchxs_placeholder_for_no_message_is_removed() -> None:
    """A description without a message has an empty one; a message stays."""
    assert DescribeAppResponse().msg == "<NONE>"
    found = wrap(Plain()).describe("one")
    assert found is not None
    assert (found.state.name, found.msg) == ("FAILED", "")
    assert wrap(Plain()).describe("unknown") is None
    with_message = wrap(Capable()).describe("one")
    assert with_message is not None
    assert with_message.msg == "out of memory"


def test_an_exit_code_is_passed_on_where_there_is_one() -> None:
    """A plugin's exit code reaches core; torchx's own descriptions have none, and claim none."""
    assert not isinstance(wrap(Plain()).describe("one"), DescribesExitCode)
    found = wrap(Capable()).describe("one")
    assert getattr(found, "exit_code", None) == 7


@pytest.mark.parametrize(("make", "own"), [(Plain, {}), (Capable, {"app": "<app>"})])
def test_random_parts_and_the_schedulers_own_are_volatile(make: type[Plain], own: dict[str, str]) -> None:
    """The random end of torchx's app id is volatile, and so is what the inner scheduler names."""
    scheduler = wrap(make())
    info = scheduler.submit_dryrun(APP, {})
    assert scheduler.volatile(info) == {info.request.removeprefix("app-"): "<random>", **own}


def test_what_app_or_config_contains_is_not_random() -> None:
    """A text of the app or the config is not volatile, even if it looks random."""

    class Echo(Plain):
        def _submit_dryrun(self, app: AppDef, cfg: Any) -> AppDryRunInfo[str]:
            return AppDryRunInfo(f"run-{cfg['image']} of {app.name}", str)

    scheduler = wrap(Echo())
    named = AppDef("app-zkxn4bvp7d", roles=APP.roles)
    scheduler.submit_dryrun(named, {"image": "bcdfghjklm"})
    assert scheduler.volatile(scheduler.submit_dryrun(named, {"image": "bcdfghjklm"})) == {}


def test_everything_else_goes_to_the_scheduler() -> None:
    """Submitting, cancelling, listing and closing are the inner scheduler's own."""
    inner = Plain()
    scheduler = wrap(inner)
    info = scheduler.submit_dryrun(APP, {})
    assert scheduler.schedule(info) == info.request
    assert [job.app_id for job in scheduler.list()] == ["one"]
    scheduler.cancel("one")
    scheduler.cancel("unknown")
    scheduler.close()
    assert inner.calls == [("cancel", "one"), "close"]
    assert scheduler.backend == "plain"


def test_logs_are_limited_in_time_only_when_asked() -> None:
    """``since`` reaches the inner scheduler when it is given, and is left out otherwise."""
    inner, since = Capable(), datetime.now(timezone.utc)
    scheduler = wrap(inner)
    assert list(scheduler.log_iter("one", "main", 2)) == ["one main 2\n"]
    assert list(scheduler.log_iter("one", "main", should_tail=True, since=since)) == ["one main 0\n"]
    assert inner.calls == [(None, {"should_tail": False}), (since, {"should_tail": True})]


def test_a_scheduler_that_ignores_points_in_time_is_not_asked_for_one() -> None:
    """When log_iter has no parameter ``since``, asking for it is an error rather than ignored."""
    assert list(wrap(Timeless()).log_iter("one", "main")) == ["one\n"]
    with pytest.raises(UnsupportedError, match="since a point in time"):
        wrap(Timeless()).log_iter("one", "main", since=datetime.now(timezone.utc))


def test_a_scheduler_without_logs_is_unsupported() -> None:
    """torchx's base class raises NotImplementedError, which callers see as UnsupportedError."""
    bindings: Bindings[AppDef, Mapping[str, Any]] = Bindings(fallback={"plain": lambda _: wrap(Plain())})
    with Launcher(bindings) as jobs:
        handle = jobs.run(APP, {}, backend="plain")
        with pytest.raises(UnsupportedError):
            list(jobs.logs(handle))
