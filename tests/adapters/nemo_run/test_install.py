"""install, uninstall, installed: what they change in NeMo-Run, what they refuse, and what they restore."""

from __future__ import annotations

import importlib.metadata
import pickle
import sys
from typing import TYPE_CHECKING

import nemo_run as run
import pytest
from nemo_run.core.execution.base import Executor
from nemo_run.run import experiment, job
from nemo_run.run.torchx_backend import runner
from nemo_run.run.torchx_backend.schedulers import api

from launchbind_adapters.nemo_run import InstallError, install, installed, register, uninstall
from launchbind_adapters.nemo_run import patches as installing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.adapters.nemo_run.conftest import Place

FLAGS = [
    "_PARALLEL_SUPPORTED_EXECUTORS",
    "_DETACH_SUPPORTED_EXECUTORS",
    "_DEPENDENCY_SUPPORTED_EXECUTORS",
    "_RUNNER_DEPENDENT_EXECUTORS",
]
BUILT_IN = dict(api.REVERSE_EXECUTOR_MAPPING)


class TeamLocal(run.LocalExecutor):
    """Not registered itself; its nearest registered class is LocalExecutor."""


class TeamSlurm(run.SlurmExecutor):
    """A subclass of SlurmExecutor."""


class TeamDocker(run.DockerExecutor):
    """A subclass of DockerExecutor."""


class Stranger(Executor):
    """Neither it nor any class that it derives from is registered."""


@pytest.fixture(autouse=True)
def nothing_is_left(as_shipped: None) -> Iterator[None]:
    """Restore NeMo-Run after each test."""
    before = attributes()
    yield
    uninstall()
    assert unchanged(before)


def attributes() -> list[object]:
    """The object at each place that install changes, read as NeMo-Run's own code reads it."""
    found = []
    for patch in installing.PATCHES:
        owner: object = sys.modules[patch.module]
        owner = owner if patch.owner is None else getattr(owner, patch.owner)
        found.append(vars(owner)[patch.attribute])
    return found


def backend_of(executor: Executor) -> object:
    """The backend that a job of the executor would be launched on."""
    return vars(job)["get_executor_str"](executor)


def unchanged(before: list[object]) -> bool:
    """Whether the objects are identical."""
    return all(now is then for now, then in zip(attributes(), before, strict=True))


# -- installing and uninstalling -----------------------------------------------------------------------


def test_install_changes_every_place_and_uninstall_puts_the_same_objects_back() -> None:
    """Each patched attribute is another object while installed, and the original itself afterwards."""
    before = attributes()
    install()
    assert all(now is not then for now, then in zip(attributes(), before, strict=True))
    uninstall()
    assert unchanged(before)


def test_a_second_install_does_nothing() -> None:
    """Installing twice patches once, so one uninstall is enough."""
    before = attributes()
    install()
    once = attributes()
    install()
    assert unchanged(once)
    uninstall()
    assert unchanged(before)


def test_uninstall_without_install_does_nothing() -> None:
    """Uninstalling without having installed changes nothing."""
    before = attributes()
    uninstall()
    assert unchanged(before)


def test_installed_puts_back_even_after_an_error() -> None:
    """The end of the with block uninstalls, also after an exception, which passes through."""
    before = attributes()

    def fail() -> None:
        assert not unchanged(before)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), installed():
        fail()
    assert unchanged(before)


def test_installed_inside_installed_leaves_the_outer_one() -> None:
    """The end of an inner block does not uninstall what the outer one installed."""
    before = attributes()
    with installed():
        during = attributes()
        with installed():
            assert unchanged(during)
        assert unchanged(during)
    assert unchanged(before)


def test_installed_after_install_leaves_it() -> None:
    """The end of a with block does not undo an install() before it."""
    install()
    during = attributes()
    with installed():
        pass
    assert unchanged(during)


@pytest.mark.parametrize("imported", [True, False], ids=["after", "before"])
def test_install_comes_before_or_after_the_import_of_nemo_run(place: Place, imported: bool) -> None:
    """install() works whether or not nemo_run is imported and an Experiment exists already."""
    printed = place.python(
        f"""
import sys
from launchbind_adapters.nemo_run import install
assert "nemo_run" not in sys.modules

def make_experiment():
    import nemo_run as run
    return run.Experiment("made", executor=run.LocalExecutor())

if {imported}:
    exp = make_experiment()
install()
if not {imported}:
    exp = make_experiment()

import nemo_run as run

class Team(run.LocalExecutor):
    pass

with exp:
    exp.add(run.Script(inline="echo hello"), executor=Team(), name="one")
    exp.dryrun(log=False)
print("backend:", exp.jobs[0]._dryrun_info._scheduler)
"""
    )
    assert printed.endswith("backend: local_persistent\n")


# -- refused versions ----------------------------------------------------------------------------------------


def test_an_untested_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version is an error that names it, the tested ones and the workaround; nothing is changed."""
    before = attributes()
    monkeypatch.setattr(importlib.metadata, "version", {"nemo-run": "0.99.0"}.__getitem__)
    with pytest.raises(InstallError) as refusal:
        install()
    assert unchanged(before)
    assert refusal.value.installed == "0.99.0"
    for part in ("nemo-run 0.99.0", "0.11.1", "install(untested=True)"):
        assert part in str(refusal.value)


def test_an_untested_version_can_be_insisted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """With untested=True, install and installed accept the same version."""
    monkeypatch.setattr(importlib.metadata, "version", {"nemo-run": "0.99.0"}.__getitem__)
    with installed(untested=True):
        assert backend_of(TeamLocal()) == "local_persistent"
    install(untested=True)
    assert backend_of(TeamLocal()) == "local_persistent"


@pytest.mark.parametrize("untested", [False, True])
@pytest.mark.parametrize(
    ("owner", "attribute", "name"),
    [
        (experiment.Experiment, FLAGS[1], f"nemo_run.run.experiment.Experiment.{FLAGS[1]}"),
        (job, "JobGroup", "nemo_run.run.job.JobGroup.SUPPORTED_EXECUTORS"),
        (runner, "get_scheduler_factories", "runner.get_scheduler_factories"),
    ],
    ids=["class attribute", "class", "module attribute"],
)
def test_a_missing_attribute_is_refused_whole(
    monkeypatch: pytest.MonkeyPatch, owner: object, attribute: str, name: str, untested: bool
) -> None:
    """If NeMo-Run lacks one of the places, the error names it and no other place is changed."""
    before = attributes()
    with monkeypatch.context() as lacking:
        lacking.delattr(owner, attribute)
        with pytest.raises(InstallError) as refusal:
            install(untested=untested)
        assert name in str(refusal.value)
    assert unchanged(before)


def test_a_missing_module_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that has moved is reported as a missing place, not as a plain ImportError."""
    moved = installing.PATCHES[-1]._replace(module="nemo_run.run.moved")
    monkeypatch.setattr(installing, "PATCHES", (*installing.PATCHES[:-1], moved))
    with pytest.raises(InstallError, match=r"nemo_run\.run\.moved\.get_scheduler_factories"):
        install()
    monkeypatch.undo()
    install()
    assert backend_of(TeamLocal()) == "local_persistent"


def test_the_error_survives_pickling() -> None:
    """InstallError can be pickled with its text and its data."""
    error = InstallError("0.99.0", "it has no engine")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.installed, copy.problem) == (str(error), "0.99.0", "it has no engine")


# -- built-in executors ------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", FLAGS)
def test_built_in_executors_keep_their_flags(flag: str) -> None:
    """What an experiment may do with each of NeMo-Run's executors stays the same."""
    original = getattr(run.Experiment, flag)
    before = {backend: cls in original for backend, cls in BUILT_IN.items()}
    assert any(before.values())
    with installed():
        replaced = getattr(run.Experiment, flag)
        assert replaced is not original
        assert {backend: cls in replaced for backend, cls in BUILT_IN.items()} == before
        assert tuple(replaced)[: len(original)] == original


def test_the_mappings_equal_the_originals() -> None:
    """The two mappings compare equal to NeMo-Run's own, and agree on every pair."""
    forward, backward = api.EXECUTOR_MAPPING, api.REVERSE_EXECUTOR_MAPPING
    with installed():
        assert api.EXECUTOR_MAPPING is not forward
        assert dict(api.EXECUTOR_MAPPING) == forward
        assert dict(api.REVERSE_EXECUTOR_MAPPING) == backward


def test_the_list_of_group_executors_can_still_grow() -> None:
    """JobGroup's list equals the original, and accepts a class that a caller appends."""
    original = job.JobGroup.SUPPORTED_EXECUTORS
    with installed():
        replaced: list[type] = job.JobGroup.SUPPORTED_EXECUTORS
        assert replaced == original
        assert Stranger not in replaced
        replaced.append(Stranger)
        assert Stranger in replaced
    assert Stranger not in original


def test_a_flag_that_a_caller_gave_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A subclass that someone added to NeMo-Run's tuple keeps the support that its parent lacks."""
    monkeypatch.setattr(run.Experiment, FLAGS[1], (*getattr(run.Experiment, FLAGS[1]), TeamLocal))
    with installed():
        detaching = getattr(run.Experiment, FLAGS[1])
        assert TeamLocal in detaching
        assert run.LocalExecutor not in detaching


# -- other executors ---------------------------------------------------------------------------------


def test_what_nobody_registered_is_named() -> None:
    """An executor without a backend is still a KeyError, with its class and the known backends."""
    with installed(), pytest.raises(KeyError) as unknown:
        backend_of(Stranger())
    assert "Stranger" in str(unknown.value)
    assert "slurm_tunnel" in str(unknown.value)


@pytest.mark.parametrize("flag", FLAGS[:3])
def test_subclasses_have_the_flags_of_their_parents(flag: str) -> None:
    """An unregistered subclass has the support of the nearest registered class."""
    with installed():
        supporting = getattr(run.Experiment, flag)
        assert (TeamLocal in supporting) is (run.LocalExecutor in supporting)
        assert (TeamSlurm in supporting) is (run.SlurmExecutor in supporting) is True
        assert Stranger not in supporting


def slurm(cls: type[run.SlurmExecutor]) -> Executor:
    return cls(account="team", heterogeneous=True)


def docker(cls: type[run.DockerExecutor]) -> Executor:
    return cls(container_image="busybox")


def local(cls: type[run.LocalExecutor]) -> Executor:
    return cls()


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(
    ("make", "child", "parent", "merged"),
    [
        (slurm, TeamSlurm, run.SlurmExecutor, True),
        (docker, TeamDocker, run.DockerExecutor, True),
        (local, TeamLocal, run.LocalExecutor, False),
    ],
)
def test_groups_of_a_subclass_are_merged_as_their_parents_are(
    make: Callable[[type], Executor], child: type[Executor], parent: type[Executor], merged: bool, number: int
) -> None:
    """A JobGroup of a subclass has the same executors as one of its parent, except for their class."""

    def group(cls: type) -> job.JobGroup:
        tasks = [run.Script(inline="a"), run.Script(inline="b")]
        return job.JobGroup("group", tasks, [make(cls) for _ in range(number)])

    with installed():
        mine, theirs = group(child), group(parent)
    assert type(mine.executor) is child
    assert (mine._merge, theirs._merge) == (merged, merged)
    assert repr(mine.executors).replace(child.__name__, parent.__name__) == repr(theirs.executors)


def test_a_group_of_what_supports_none_is_refused() -> None:
    """A registered executor without Support(job_groups=True) gets NeMo-Run's own refusal."""
    register("stranger", Stranger)
    with installed(), pytest.raises(AssertionError, match="Unsupported executor type"):
        job.JobGroup("group", [run.Script(inline="a")], [Stranger()])
