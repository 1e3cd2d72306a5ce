"""SchedulerMixin: upstream's behaviour where upstream defines one, and a specific error elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from nemo_run.core.execution.local import LocalExecutor
from nemo_run.core.execution.slurm import SlurmExecutor
from nemo_run.run.torchx_backend.schedulers.api import SchedulerMixin as UpstreamMixin
from torchx.schedulers.local_scheduler import CWDImageProvider, LocalScheduler, PopenRequest
from torchx.specs import AppDef, AppDryRunInfo, Role

from launchbind import DryRunError
from launchbind_adapters.nemo_run import SchedulerMixin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Info = AppDryRunInfo[str]
    PreProc = Callable[[str, Info], Any]

MIXINS = [pytest.param(UpstreamMixin, id="upstream"), pytest.param(SchedulerMixin, id="launchbind")]
both = pytest.mark.parametrize("mixin", MIXINS)


class Recording:
    """The rest of a scheduler; it records its calls."""

    def __init__(self) -> None:
        self.backend_reads = 0
        self.asked: list[tuple[object, object]] = []
        self.info: Info = make_info("first")

    @property
    def backend(self) -> str:
        self.backend_reads += 1
        return "recording"

    def _submit_dryrun(self, app: AppDef, cfg: object) -> Info:
        self.asked.append((app, cfg))
        return self.info


class Custom(Role):
    """A role with its own pre_proc."""

    def __init__(self, name: str, pre_proc: PreProc) -> None:
        super().__init__(name, image="")
        self._pre_proc = pre_proc

    def pre_proc(self, scheduler: str, dryrun_info: AppDryRunInfo[Any]) -> AppDryRunInfo[Any]:
        result: AppDryRunInfo[Any] = self._pre_proc(scheduler, dryrun_info)
        return result


class Untouchable:
    """An executor whose attributes must not be read."""

    def __getattribute__(self, name: str) -> object:
        raise AssertionError(f"{name} was read")


class Skipping(LocalExecutor):
    """An executor without any of its fields."""

    def __init__(self) -> None:
        pass


def make_info(request: str) -> Info:
    return AppDryRunInfo(request, repr)


def make_scheduler(mixin: type, *bases: type) -> Any:
    """A scheduler class with the mixin and these bases, in this order."""
    return type("Made", (mixin, *(bases or (Recording,))), {})


@both
def test_pre_proc_runs_in_the_order_of_the_roles(mixin: type) -> None:
    """Each role's pre_proc is called once, in order, with the scheduler's own name for itself."""
    calls: list[tuple[str, str]] = []

    def noting(name: str) -> PreProc:
        def pre_proc(scheduler: str, info: Info) -> Info:
            calls.append((name, scheduler))
            return info

        return pre_proc

    names = ["c", "a", "b"]
    made = make_scheduler(mixin)()
    made.submit_dryrun(AppDef("app", roles=[Custom(name, noting(name)) for name in names]), None)
    assert calls == [(name, "recording") for name in names]


@both
def test_what_pre_proc_returns_is_gone_on_with(mixin: type) -> None:
    """Each role gets the info that the one before it returned, and the last one's info is the result."""
    second, third = make_info("second"), make_info("third")
    got: list[str] = []

    def answering(answer: Info) -> PreProc:
        def pre_proc(_: str, info: Info) -> Info:
            got.append(info.request)
            return answer

        return pre_proc

    app = AppDef("app", roles=[Custom("one", answering(second)), Custom("two", answering(third))])
    assert make_scheduler(mixin)().submit_dryrun(app, None) is third
    assert got == ["first", "second"]
    assert third._app is app
    assert second._app is None


@both
@pytest.mark.parametrize("roles", [0, 1, 3])
def test_the_backend_is_read_once_per_role(mixin: type, roles: int) -> None:
    """Without roles the scheduler's backend is never read, so it need not have one."""
    made = make_scheduler(mixin)()
    made.submit_dryrun(AppDef("app", roles=[Role(str(number), image="") for number in range(roles)]), None)
    assert made.backend_reads == roles


@both
def test_the_app_is_attached_and_the_config_is_not(mixin: type) -> None:
    """The info has the app itself as _app; _cfg and _scheduler, which the Runner sets, are unchanged."""
    app = AppDef("app", roles=[Role("main", image="")])
    info = make_scheduler(mixin)().submit_dryrun(app, LocalExecutor())
    assert info._app is app
    assert info._cfg == {}
    assert info._scheduler is None


@both
def test_the_executor_is_handed_on_unread(mixin: type) -> None:
    """The executor reaches _submit_dryrun as the same object, and none of its attributes is read."""
    executor = Untouchable()
    made = make_scheduler(mixin)()
    made.submit_dryrun(AppDef("app", roles=[Role("main", image="")]), executor)
    assert len(made.asked) == 1
    assert made.asked[0][1] is executor


@both
def test_an_executor_without_its_fields_is_accepted(mixin: type) -> None:
    """The same holds for an executor whose __init__ never called its parent's."""
    made = make_scheduler(mixin)()
    assert made.submit_dryrun(AppDef("app", roles=[Role("main", image="")]), Skipping()) is made.info


@both
def test_stand_ins_are_accepted(mixin: type) -> None:
    """Mocks made with spec= work as app, role and executor."""
    role = Mock(spec=Role)
    role.pre_proc.side_effect = lambda _, info: info
    app, executor = Mock(spec=AppDef), Mock(spec=SlurmExecutor)
    app.roles = [role]
    made = make_scheduler(mixin)()
    assert made.submit_dryrun(app, executor)._app is app
    role.pre_proc.assert_called_once_with("recording", made.info)


@both
def test_the_mixin_goes_before_a_scheduler_of_torchx(mixin: type, tmp_path: Path) -> None:
    """Before LocalScheduler, the mixin uses that scheduler's own _submit_dryrun and real request."""
    made = make_scheduler(mixin, LocalScheduler)("session", CWDImageProvider)
    app = AppDef("app", roles=[Role("main", image="", entrypoint="echo", args=["hello"])])
    info = made.submit_dryrun(app, {"log_dir": str(tmp_path)})
    assert isinstance(info.request, PopenRequest)
    assert info.request.role_params["main"][0].args == ["echo", "hello"]
    assert info._app is app


def nothing(_: str, __: Info) -> None:
    """Forget to return the info."""


def text(_: str, __: Info) -> str:
    """Return something else."""
    return "info"


def failing(_: str, __: Info) -> None:
    """Fail."""
    raise ValueError("no such queue")


UNUSABLE = [
    pytest.param(nothing, "None", type(None), id="None"),
    pytest.param(text, "str", type(None), id="str"),
    pytest.param(failing, "ValueError: no such queue", ValueError, id="raises"),
]


@pytest.mark.parametrize(("pre_proc", "said", "cause"), UNUSABLE)
def test_where_upstream_raises_the_error_names_what_failed(
    pre_proc: PreProc, said: str, cause: type[object]
) -> None:
    """The error has app, role, its index, backend and cause, as attributes and in its text."""
    app = AppDef("train", roles=[Role("first", image=""), Custom("second", pre_proc)])
    with pytest.raises((AttributeError, ValueError)):
        make_scheduler(UpstreamMixin)().submit_dryrun(app, None)
    with pytest.raises(DryRunError) as caught:
        make_scheduler(SchedulerMixin)().submit_dryrun(app, None)
    error = caught.value
    assert (error.app, error.role, error.index, error.backend) == ("train", "second", 1, "recording")
    assert isinstance(error.__cause__, cause)
    for part in ("'train'", "'second'", "index 1", "'recording'", said):
        assert part in str(error)


@both
def test_what_submit_dryrun_itself_raises_passes_through(mixin: type) -> None:
    """An error of the scheduler's own _submit_dryrun passes through unchanged."""

    class Refusing(Recording):
        def _submit_dryrun(self, app: AppDef, cfg: object) -> Info:
            raise LookupError("no partition")

    with pytest.raises(LookupError, match="no partition"):
        make_scheduler(mixin, Refusing)().submit_dryrun(AppDef("app"), None)
