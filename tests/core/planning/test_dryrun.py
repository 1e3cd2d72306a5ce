"""The dry-run pipeline: the order of its steps, and whom the error of a step names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from launchbind import AppSpec, DryRunError, DryRunInfo, DryRunMixin, RoleSpec, submit_dryrun

if TYPE_CHECKING:
    from collections.abc import Callable

Info = DryRunInfo[list[str]]
Spec = AppSpec[Info]


class ListScheduler(DryRunMixin):
    """Its request is a list of words, to which each role can add."""

    backend = "words"

    def _submit_dryrun(self, app: Spec, cfg: str) -> Info:
        return DryRunInfo([app.name, cfg])


def adding(word: str) -> RoleSpec[Info]:
    """A role that adds a word, and the backend it was given, to the request."""

    def adjust(backend: str, info: Info) -> Info:
        info.request.append(f"{word}@{backend}")
        return info

    return RoleSpec(word, "true", adjust=adjust)


def returning(value: object) -> RoleSpec[Info]:
    """A role whose pre_proc returns just this."""

    def adjust(backend: str, info: Info) -> Info:
        return value  # type: ignore[return-value]  # what the pipeline must find out

    return RoleSpec("faulty", "true", adjust=adjust)


def test_roles_adjust_the_request_in_order_and_the_app_is_attached_last() -> None:
    """The scheduler makes the request, each role in turn gets what the last one returned, then the app."""
    app: Spec = AppSpec("job", [adding("a"), RoleSpec("plain", "true"), adding("b")])
    info = submit_dryrun(ListScheduler(), app, "cfg")
    assert info.request == ["job", "cfg", "a@words", "b@words"]
    assert info.app is app


def test_a_role_may_return_another_info() -> None:
    """The info a role returns is the one that goes on, to the next role and to the caller."""
    other: Info = DryRunInfo(["other"])
    info = submit_dryrun(ListScheduler(), AppSpec("job", [returning(other), adding("b")]), "cfg")
    assert info is other
    assert info.request == ["other", "b@words"]


def test_a_role_may_return_anything_that_holds_a_request() -> None:
    """An info of another class is accepted when it has a request."""

    @dataclass
    class Foreign:
        request: list[str] = field(default_factory=list)
        app: object = None

    foreign = Foreign(["foreign"])
    info = submit_dryrun(ListScheduler(), AppSpec("job", [returning(foreign)]), "cfg")
    assert info.request is foreign.request


def test_a_role_may_return_the_same_kind_of_info_without_a_request() -> None:
    """What the scheduler itself calls a dry-run info is one, whatever it holds."""

    class Bare:
        app: object = None

    class BareScheduler(DryRunMixin):
        backend = "bare"

        def _submit_dryrun(self, app: Spec, cfg: str) -> Bare:
            return Bare()

    other = Bare()
    app: Spec = AppSpec("job", [returning(other)])
    info = submit_dryrun(BareScheduler(), app, "cfg", attach=lambda info, app: None)
    assert info is other


def test_the_mixin_runs_the_pipeline() -> None:
    """A scheduler that derives from DryRunMixin has submit_dryrun, with its own types."""
    info = ListScheduler().submit_dryrun(AppSpec("job", [adding("a")]), "cfg")
    assert info.request == ["job", "cfg", "a@words"]
    assert repr(info) == "DryRunInfo(['job', 'cfg', 'a@words'])"


def test_the_app_is_attached_the_way_the_caller_says() -> None:
    """A launcher whose infos keep the app elsewhere passes its own attach."""
    attached: list[tuple[Info, Spec]] = []
    app: Spec = AppSpec("job")
    info = submit_dryrun(ListScheduler(), app, "cfg", attach=lambda info, app: attached.append((info, app)))
    assert attached == [(info, app)]
    assert info.app is None


@pytest.mark.parametrize(
    ("value", "kind"), [(None, "None"), (3, "an object of type int"), (["words"], "an object of type list")]
)
def test_a_role_that_returns_no_info_is_named(value: object, kind: str) -> None:
    """The error has the app, the role with its index, the backend and what came back."""
    app: Spec = AppSpec("job", [adding("a"), returning(value)])
    with pytest.raises(DryRunError, match=f"returned {kind}, not the dry-run info") as caught:
        submit_dryrun(ListScheduler(), app, "cfg")
    error = caught.value
    assert (error.app, error.role, error.index, error.backend) == ("job", "faulty", 1, "words")


def test_a_role_that_raises_is_named_and_its_error_kept() -> None:
    """What pre_proc raised is in the text and is the cause."""

    def adjust(backend: str, info: Info) -> Info:
        raise LookupError("no such mount")

    app: Spec = AppSpec("job", [RoleSpec("trainer", "true", adjust=adjust)])
    with pytest.raises(DryRunError, match=r"'trainer' .index 0.*LookupError: no such mount") as caught:
        submit_dryrun(ListScheduler(), app, "cfg")
    assert (caught.value.app, caught.value.backend) == ("job", "words")
    assert isinstance(caught.value.__cause__, LookupError)


@pytest.mark.parametrize("roles", [[], [adding("a")]])
@pytest.mark.parametrize(("value", "kind"), [(None, "None"), (3, "an object of type int")])
def test_the_error_of_a_scheduler_that_returns_no_info_names_no_role(
    roles: list[RoleSpec[Info]], value: object, kind: str
) -> None:
    """The scheduler failed, not a role, whether or not there are roles."""

    class Faulty(ListScheduler):
        def _submit_dryrun(self, app: Spec, cfg: str) -> Info:
            return value  # type: ignore[return-value]  # what the pipeline must find out

    app: Spec = AppSpec("job", [] if value == 3 else roles)
    with pytest.raises(DryRunError, match=f": _submit_dryrun returned {kind}, not a .*info[.]") as caught:
        submit_dryrun(Faulty(), app, "cfg")
    error = caught.value
    assert (error.app, error.role, error.index, error.backend) == ("job", None, None, "words")


def test_what_the_scheduler_raises_passes_through() -> None:
    """The pipeline adds nothing to an error of _submit_dryrun; the launcher does."""

    class Failing(ListScheduler):
        def _submit_dryrun(self, app: Spec, cfg: str) -> Info:
            raise PermissionError(cfg)

    with pytest.raises(PermissionError, match="cfg"):
        submit_dryrun(Failing(), AppSpec("job"), "cfg")


def test_errors_of_stand_ins_without_names_are_readable() -> None:
    """Apps, roles and schedulers that lack what the Protocols ask for do not cause other errors."""

    class Nameless:
        roles = (returning(None),)

    class Backendless:
        def _submit_dryrun(self, app: object, cfg: object) -> object:
            return cfg

    untyped: Callable[..., object] = submit_dryrun
    with pytest.raises(DryRunError, match=r"app '\?' on backend '\?'"):
        untyped(Backendless(), Nameless(), None)
    Backendless.backend = "late"  # type: ignore[attr-defined]  # as untyped code may
    with pytest.raises(DryRunError, match=r"app '\?' on backend 'late', role 'faulty'"):
        untyped(Backendless(), Nameless(), DryRunInfo([]))
