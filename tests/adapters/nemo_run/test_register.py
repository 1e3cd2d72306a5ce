"""register(): a custom executor, its scheduler, and what experiments may do with its jobs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nemo_run as run
import pytest
from nemo_run.core.execution.base import Executor
from nemo_run.run.job import Job, JobGroup
from nemo_run.run.torchx_backend.runner import get_runner
from torchx.schedulers.api import DescribeAppResponse, ListAppResponse, Scheduler
from torchx.specs import AppDef, AppDryRunInfo, Role

from launchbind import ConflictError, InvalidReferenceError, UnknownBackendError, UnknownNameError
from launchbind_adapters.nemo_run import (
    EXECUTORS,
    SchedulerMixin,
    Support,
    executors,
    install,
    installed,
    launcher,
    register,
)
from launchbind_adapters.nemo_run.executors import FACTORIES

if TYPE_CHECKING:
    from tests.adapters.nemo_run.conftest import Place

pytestmark = pytest.mark.usefixtures("as_shipped")


@dataclass(kw_only=True)
class Mine(Executor):
    """Derives from NeMo-Run's base class alone."""

    def assign(self, exp_id: str, exp_dir: str, task_id: str, task_dir: str) -> None:
        self.job_dir = str(Path(exp_dir, task_dir))


@dataclass(kw_only=True)
class Child(Mine):
    """Derives from it."""


class MyScheduler(SchedulerMixin[str], Scheduler[Any]):
    """Makes a request of an app's name; nothing runs."""

    def _submit_dryrun(self, app: AppDef, cfg: Mine) -> AppDryRunInfo[str]:
        return AppDryRunInfo(f"{app.name} for {type(cfg).__name__}", str)

    def schedule(self, dryrun_info: AppDryRunInfo[str]) -> str:
        raise NotImplementedError

    def describe(self, app_id: str) -> DescribeAppResponse | None:
        raise NotImplementedError

    def list(self) -> list[ListAppResponse]:
        raise NotImplementedError

    def _cancel_existing(self, app_id: str) -> None:
        raise NotImplementedError


def create_scheduler(session_name: str, **_: object) -> MyScheduler:
    return MyScheduler("mine", session_name)


def flags(executor: Executor) -> dict[str, bool]:
    """What an experiment may do with the executor, by the checks of Experiment and JobGroup."""
    cls = type(executor)
    exp = run.Experiment
    return {
        "parallel": cls in exp._PARALLEL_SUPPORTED_EXECUTORS,
        "detach": cls in exp._DETACH_SUPPORTED_EXECUTORS,
        "dependencies": cls in exp._DEPENDENCY_SUPPORTED_EXECUTORS,
        "job_groups": cls in JobGroup.SUPPORTED_EXECUTORS,
        "runner_dependent": isinstance(executor, exp._RUNNER_DEPENDENT_EXECUTORS),
    }


NOTHING = dict.fromkeys(("parallel", "detach", "dependencies", "job_groups", "runner_dependent"), False)


# -- flags -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", NOTHING)
def test_each_flag_says_one_thing(flag: str) -> None:
    """Each flag of Support reaches NeMo-Run, and no other does."""
    register("mine", Mine, support=Support(**{**NOTHING, flag: True}))
    with installed():
        assert flags(Mine()) == {**NOTHING, flag: True}


def test_by_default_jobs_only_run_side_by_side() -> None:
    """By default, jobs may run side by side and nothing else."""
    register("mine", Mine)
    with installed():
        assert flags(Mine()) == {**NOTHING, "parallel": True}


def test_an_executor_that_only_an_entry_point_bound_may_run() -> None:
    """An executor that an entry point registers, without Support, has the default one."""
    EXECUTORS.register("mine", Mine)
    with installed():
        assert flags(Mine()) == {**NOTHING, "parallel": True}


def test_flags_follow_the_nearest_registered_ancestor() -> None:
    """A subclass has its parent's flags until it is registered with its own; the parent's stay."""
    register("mine", Mine, support=Support(detach=True, job_groups=True, runner_dependent=True))
    parents = {**NOTHING, "parallel": True, "detach": True, "job_groups": True, "runner_dependent": True}
    with installed():
        assert flags(Child()) == parents
        register("child", Child, support=Support(parallel=False, dependencies=True))
        assert flags(Child()) == {**NOTHING, "dependencies": True}
        assert flags(Mine()) == parents


def test_registering_again_replaces_the_flags() -> None:
    """Registering a pair again, as a notebook cell run twice does, is no conflict; the new flags count."""
    register("mine", Mine, support=Support(detach=True))
    register("mine", Mine, support=Support(dependencies=True))
    with installed():
        assert flags(Mine()) == {**NOTHING, "parallel": True, "dependencies": True}


def test_flags_of_a_registered_subclass_of_a_built_in_are_its_own() -> None:
    """A LocalExecutor subclass with a backend of its own has the flags it was registered with."""

    class Local(run.LocalExecutor):
        pass

    with installed():
        inherited = flags(Local())
        assert inherited == flags(run.LocalExecutor())
        register("own_local", Local, support=Support(detach=True))
        assert flags(Local()) == {**inherited, "detach": True, "job_groups": False}
        assert flags(run.LocalExecutor()) == inherited


# -- executors and schedulers ------------------------------------------------------------------------


def test_as_a_decorator_it_returns_the_class() -> None:
    """Without a class, register() is a decorator that binds and gives back the same class."""
    support = Support(detach=True)
    decorated = register("mine", scheduler=create_scheduler, support=support, aliases=["my"])(Mine)
    assert decorated is Mine
    assert EXECUTORS["my"] is Mine
    with installed():
        assert flags(Mine())["detach"]


def test_what_is_registered_after_an_experiment_was_made_is_found(nemorun_home: Path) -> None:
    """An Experiment takes jobs of a backend that was not registered yet when the Experiment was made."""
    install()
    with run.Experiment("late", executor=run.LocalExecutor()) as exp:
        register("mine", Mine, scheduler=create_scheduler)
        exp.add(run.Script(inline="echo"), executor=Mine(), name="one")
        exp.add(run.Script(inline="echo"), executor=Child(), name="two")
        exp.dryrun(log=False)
    infos = [job._dryrun_info for job in exp.jobs if isinstance(job, Job)]
    assert [(info._scheduler, info.request) for info in infos if info] == [
        ("mine", "one for Mine"),
        ("mine", "two for Child"),
    ]


def test_launchers_see_what_is_registered_later() -> None:
    """launchbind's own launcher plans for a backend that was registered after it was made."""
    app = AppDef("greet", roles=[Role("greet", image="", entrypoint="echo")])
    with launcher() as jobs:
        register("mine", Mine, scheduler=create_scheduler)
        assert jobs.plan(app, Mine()).request_as(str) == "greet for Mine"


def test_the_scheduler_stays_with_its_executor() -> None:
    """Registering the executor again keeps its scheduler; another executor in its place does not get it."""
    register("mine", Mine, scheduler=create_scheduler)
    register("mine", Mine)
    assert FACTORIES["mine"] is create_scheduler
    with launcher() as jobs:
        assert jobs.scheduler("mine").backend == create_scheduler("any").backend
    register("mine", Child, replace=True)
    assert "mine" not in FACTORIES
    with launcher() as jobs, pytest.raises(UnknownBackendError):
        jobs.scheduler("mine")


def test_lazy_targets_are_imported_when_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Executor and scheduler can be given as references; their module is imported on first use."""
    (tmp_path / "lazy_acme.py").write_text(
        "from nemo_run.core.execution.base import Executor\n"
        "class LazyExecutor(Executor): pass\n"
        "def create(session_name, **parameters): return session_name, sorted(parameters)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    register("lazy", "lazy_acme:LazyExecutor", scheduler="lazy_acme:create")
    with installed():
        factories = get_runner()._scheduler_factories
        assert "lazy" in factories
        assert "lazy_acme" not in sys.modules
        made: object = factories["lazy"]("session", experiment=None)
        assert made == ("session", ["experiment"])
        assert EXECUTORS["lazy"] is sys.modules["lazy_acme"].LazyExecutor
    del sys.modules["lazy_acme"]


def test_built_in_schedulers_stay_without_a_factory() -> None:
    """NeMo-Run's runner still offers every scheduler it offered before."""
    before = set(get_runner()._scheduler_factories)
    with installed():
        assert "slurm_tunnel" in before
        assert set(get_runner()._scheduler_factories) == before


# -- what cannot be registered -----------------------------------------------------------------------


def test_a_name_that_is_taken_changes_nothing() -> None:
    """A bound backend keeps its executor, flags and scheduler; the error names the places of both calls."""
    register("mine", Mine, scheduler=create_scheduler, support=Support(detach=True))
    with pytest.raises(ConflictError) as conflict:
        register("mine", Child, scheduler="no.such:factory")
    assert str(conflict.value).count(f"{__file__}:") == 2
    assert EXECUTORS["mine"] is Mine
    assert executors.SUPPORT["mine"].detach
    assert executors.FACTORIES["mine"] is create_scheduler


def test_a_built_in_backend_cannot_be_taken() -> None:
    """NeMo-Run's own backends, by name or alias, are not given away unless replace=True says so."""
    for name in ("slurm_tunnel", "slurm"):
        with pytest.raises(ConflictError, match="SlurmExecutor"):
            register(name, Mine)
    assert EXECUTORS.name_of(run.SlurmExecutor) == "slurm_tunnel"
    register("slurm_tunnel", Mine, replace=True)
    assert EXECUTORS.name_of(Mine) == "slurm_tunnel"


def test_a_scheduler_that_is_no_reference_binds_nothing() -> None:
    """A malformed scheduler is refused before the executor is bound."""
    with pytest.raises(InvalidReferenceError):
        register("mine", Mine, scheduler="create_scheduler")
    with pytest.raises(UnknownNameError):
        EXECUTORS.entry("mine")


# -- two packages ------------------------------------------------------------------------------------


@pytest.fixture
def rivals(acme_place: Place) -> Place:
    """The example package, and a second one that claims the same backend and one of NeMo-Run's."""
    site = acme_place.folder / "rivals"
    info = site / "rival_executor-2.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rival-executor\nVersion: 2.0\n")
    (info / "RECORD").write_text("rival_executor.py,,\nrival_executor-2.0.dist-info/METADATA,,\n")
    (info / "entry_points.txt").write_text(
        "[launchbind.executors]\nacme = rival_executor:RivalExecutor\n"
        "slurm_tunnel = rival_executor:RivalExecutor\n"
        "[torchx.schedulers]\nacme = rival_executor:create\nslurm_tunnel = rival_executor:create\n"
    )
    (site / "rival_executor.py").write_text(
        "from nemo_run import Executor\n"
        "from launchbind_adapters.nemo_run import register\n"
        "class RivalExecutor(Executor): pass\n"
        "register('acme', RivalExecutor)\n"
    )
    path = acme_place.environment["PYTHONPATH"]
    acme_place.environment["PYTHONPATH"] = f"{site}:{path}"
    return acme_place


def test_a_backend_that_two_packages_claim_belongs_to_neither(rivals: Place) -> None:
    """Asking for it, or its scheduler, gives an error with both distributions; built-ins are untouched."""
    printed = rivals.python(
        """
from launchbind import LaunchbindError
from launchbind_adapters.nemo_run import EXECUTOR_MAPPING, EXECUTORS, install
from nemo_run import SlurmExecutor
from nemo_run.run.torchx_backend.runner import get_runner
from nemo_run.run.torchx_backend.schedulers import api

before = dict(api.EXECUTOR_MAPPING)
install()
runner = get_runner()
for ask in (lambda: EXECUTORS["acme"], lambda: runner._scheduler("acme")):
    try:
        ask()
    except LaunchbindError as error:
        print("error:", error)
assert dict(api.EXECUTOR_MAPPING) == before and EXECUTORS["slurm_tunnel"] is SlurmExecutor
print(type(runner._scheduler("slurm_tunnel")).__name__)
"""
    )
    *errors, scheduler = printed.splitlines()
    assert len(errors) == 2
    for error in errors:
        assert error.startswith("error: ")
        assert "acme-executor 1.0" in error
        assert "rival-executor 2.0" in error
    assert scheduler == "SlurmTunnelScheduler"


def test_packages_that_both_register_a_backend_are_named(rivals: Place) -> None:
    """The second module that registers the backend gets an error that names both distributions."""
    printed = rivals.python(
        """
from launchbind import ConflictError
from launchbind_adapters.nemo_run import EXECUTORS
from acme_executor import AcmeExecutor
try:
    import rival_executor
except ConflictError as error:
    print(error)
assert EXECUTORS["acme"] is AcmeExecutor
"""
    )
    assert "acme-executor 1.0" in printed
    assert "rival-executor 2.0" in printed
    assert "rival_executor.py:4" in printed
