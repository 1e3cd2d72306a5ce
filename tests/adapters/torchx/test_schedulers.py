"""torchx's schedulers: all are available, each is imported when it is used, and options are checked."""

from __future__ import annotations

from importlib.metadata import entry_points
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from torchx.schedulers import DEFAULT_SCHEDULER_MODULES
from torchx.schedulers.local_scheduler import LocalScheduler, PopenRequest
from torchx.specs import AppDef, AppDryRunInfo, Resource, Role

from launchbind import InvalidSettingError, JobState, UnknownBackendError
from launchbind_adapters.torchx import Adapter, attach_app, launcher, schedulers
from launchbind_adapters.torchx.adapter import default_modules

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adapters.conftest import RunPython

NEMO_RUN = {
    point.name for point in entry_points(group="torchx.schedulers") if point.value.startswith("nemo_run.")
}


def test_no_scheduler_is_hidden() -> None:
    """schedulers() has all of torchx's own schedulers, and every entry point of NeMo-Run's."""
    assert len(NEMO_RUN) == 8
    assert {*DEFAULT_SCHEDULER_MODULES} | NEMO_RUN <= {*schedulers()}


def test_a_scheduler_that_torchx_hides_can_be_made() -> None:
    """local_cwd, which NeMo-Run's entry points hide, is torchx's local scheduler with the given session."""
    made = schedulers()["local_cwd"]("session")
    assert isinstance(made, LocalScheduler)
    assert made.session_name == "session"


def test_the_default_modules_are_torchxs_own() -> None:
    """The names read from torchx's source are those of the imported torchx."""
    assert default_modules() == DEFAULT_SCHEDULER_MODULES


def test_listing_the_backends_imports_no_launcher(run_python: RunPython) -> None:
    """The adapter's backends are those of schedulers() that take a run config; torchx is not imported."""
    code = """
import sys
from launchbind_adapters.torchx import Adapter
names = [entry.name for entry in Adapter().backends()]
assert not {"torchx", "nemo_run"} & {*sys.modules}
print(*sorted(names))
"""
    assert run_python(code).split() == sorted({*schedulers()} - NEMO_RUN)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"_app": None}, {"_app"}),
        ({"app": None}, {"app"}),
        ({"_app": None, "app": None}, {"_app", "app"}),
        ({}, {"_app"}),
    ],
    ids=["torchx 0.7.0", "torchx-nightly", "both", "neither"],
)
def test_attach_app_sets_what_is_there(before: dict[str, None], after: set[str]) -> None:
    """Each generation's attribute gets the app: both if both exist, and _app if neither does."""
    info, app = SimpleNamespace(**before), AppDef("app")
    attach_app(cast("AppDryRunInfo[object]", info), app)
    assert vars(info) == dict.fromkeys(after, app)


def test_options_are_read_as_their_types() -> None:
    """Texts are converted to the types of the scheduler's own options."""
    config = Adapter().executor("local_cwd", {"prepend_cwd": "True", "log_dir": "/logs"}, {})
    assert config == {"prepend_cwd": True, "log_dir": "/logs"}


@pytest.mark.parametrize(
    ("backend", "option", "text", "said"),
    [
        ("local_cwd", "prepend_cwd", "maybe", "expected bool, got 'maybe'"),
        ("local_cwd", "prepent_cwd", "true", "did you mean 'prepend_cwd'"),
        ("aws_batch", "priority", "high", "expected int, got 'high'"),
    ],
)
def test_an_option_that_cannot_be_read_is_an_error(backend: str, option: str, text: str, said: str) -> None:
    """An unknown option and an unreadable value are errors; torchx would read "maybe" as False."""
    with pytest.raises(InvalidSettingError, match=said):
        Adapter().executor(backend, {option: text}, {})


def test_one_setting_sets_one_option() -> None:
    """A comma in a value belongs to it; torchx would read another option after it."""
    text = "/logs,prepend_cwd=true"
    assert Adapter().executor("local_cwd", {"log_dir": text}, {}) == {"log_dir": text}


@pytest.mark.parametrize(
    ("backend", "config"),
    [
        ("local_cwd", {}),
        ("lsf", {"image_repo": "x"}),
        ("aws_batch", {"queue": "q", "image_repo": "x"}),
    ],
)
def test_two_plans_have_one_fingerprint(backend: str, config: dict[str, str]) -> None:
    """The random ids of a dry run do not change the fingerprint; the app's command does."""

    def app(word: str) -> AppDef:
        needs = Resource(cpu=1, gpu=0, memMB=64)
        return AppDef(
            "greet", roles=[Role("main", image="busybox", entrypoint="echo", args=[word], resource=needs)]
        )

    with launcher() as jobs:
        plans = [jobs.plan(app(word), config, backend=backend) for word in ("a", "a", "b")]
    assert plans[0].fingerprint == plans[1].fingerprint
    assert plans[0].diff(plans[1]) == ""
    assert plans[0].fingerprint != plans[2].fingerprint


def test_a_job_runs_on_torchxs_own_local_scheduler(tmp_path: Path) -> None:
    """The launcher runs a torchx app on local_cwd to its end, and reads its output."""
    app = AppDef("greet", roles=[Role("main", image="", entrypoint="echo", args=["hello"])])
    with launcher() as jobs:
        plan = jobs.plan(app, {"log_dir": str(tmp_path)}, backend="local_cwd")
        handle = jobs.submit(plan)
        assert jobs.wait(handle).state is JobState.SUCCEEDED
        assert [line.rstrip("\n") for line in jobs.logs(handle)] == ["hello"]
    assert handle.backend == "local_cwd"
    assert isinstance(plan.info, AppDryRunInfo)
    assert plan.info._app is plan.app


def test_the_cli_keeps_awkward_words_and_variables(tmp_path: Path) -> None:
    """Command and --env reach torchx's request unchanged: no macro is substituted."""
    words = ["$$", "${app_id}", "'q'", '"q"', "a b", ""]
    adapter = Adapter()
    config = {"log_dir": str(tmp_path)}
    app = adapter.app(config, "greet", ["$prog", *words], {"WORD": "$$ ${app_id}"})
    with launcher() as jobs:
        request = jobs.plan(app, config, backend="local_cwd").request_as(PopenRequest)
    replica = request.role_params["greet"][0]
    assert replica.args == ["$prog", *words]
    assert replica.env["WORD"] == "$$ ${app_id}"


def test_an_unknown_backend_never_falls_through_to_another() -> None:
    """An unknown backend is an error that lists the known ones and suggests one."""
    with launcher() as jobs, pytest.raises(UnknownBackendError, match="did you mean 'local_cwd'") as caught:
        jobs.plan(AppDef("app", roles=[Role("main", image="")]), {}, backend="local_cdw")
    assert {*caught.value.known} == {*schedulers()}
