"""Discovery: entry points of installed distributions, read on the first miss or listing only."""

from __future__ import annotations

import importlib
import importlib.metadata
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import launchbind
from launchbind import (
    BrokenTargetError,
    ConflictError,
    Entry,
    InvalidNameError,
    InvalidReferenceError,
    MissingDependencyError,
    Registry,
    UnknownNameError,
)
from launchbind.registry import discover

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.core.conftest import WriteDistribution, WriteModule

GROUP = "launchbind.tests.executors"
CLASSES = "class Target: ...\nclass Second(Target): ...\n"


@pytest.fixture
def registry() -> Registry[object]:
    return Registry("executor", group=GROUP)


@pytest.fixture
def plugin(write_distribution: WriteDistribution, write_module: WriteModule) -> str:
    """A distribution with one good entry point."""
    write_module("lb_plugin", CLASSES)
    write_distribution("plug-in", f"[{GROUP}]\nplugged = lb_plugin:Target\n", version="2.5")
    return "lb_plugin"


# -- when --------------------------------------------------------------------------------------------


def undiscovered(registry: Registry[object]) -> bool:
    """Whether the entry points have not been read; asks for what can be said without reading them."""
    return "plugged" not in repr(registry)


def test_nothing_is_discovered_before_it_is_needed(registry: Registry[object], plugin: str) -> None:
    """Making a registry, registering, and finding what is registered read no entry points."""
    registry.register("dict", dict)
    assert registry.type_of("dict") is dict
    assert registry.name_of({}) == "dict"
    assert undiscovered(registry)


def test_the_constructor_does_not_even_import_what_discovery_needs() -> None:
    """In a new interpreter, importlib.metadata comes with the first miss, not with the registry."""
    core = str(next(iter(launchbind.__path__))).rpartition("launchbind")[0]
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from launchbind import Registry\n"
        "registry = Registry('executor', group='some.group')\n"
        "registry.register('dict', dict)\n"
        "assert registry['dict'] is dict\n"
        "assert 'importlib.metadata' not in sys.modules\n"
        "assert 'list' not in registry\n"
        "assert 'importlib.metadata' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", code, core], check=True)


@pytest.mark.parametrize(
    "look",
    [
        lambda r: r.find_type("no such name"),
        lambda r: r.find_name(int),
        lambda r: list(r),
        len,
        lambda r: "no such name" in r,
        lambda r: list(r.by_name),
        lambda r: int in r.by_type,
        lambda r: r.entry("plugged"),
        lambda r: r.unregister("plugged") or r.register("plugged", dict),
    ],
)
def test_the_first_miss_or_listing_discovers(
    registry: Registry[object], plugin: str, look: Callable[[Registry[object]], object]
) -> None:
    """Every look that could be answered by a plugin reads the entry points, and imports no plugin."""
    look(registry)
    assert not undiscovered(registry)


def test_entry_points_are_read_once(
    registry: Registry[object], plugin: str, write_distribution: WriteDistribution
) -> None:
    """A distribution that appears after the first miss is not looked for by every further miss."""
    assert "other" not in registry
    write_distribution("late", f"[{GROUP}]\nother = lb_plugin:Second\n")
    assert "other" not in registry
    assert "other" in Registry[object]("executor", group=GROUP)


def test_a_registry_without_a_group_discovers_nothing(plugin: str) -> None:
    """Entry points join a registry of their group only."""
    assert list(Registry[object]("executor")) == []
    assert list(Registry[object]("executor", group="another.group")) == []


# -- what is found -----------------------------------------------------------------------------------


def test_an_entry_point_becomes_a_lazy_entry(registry: Registry[object], plugin: str) -> None:
    """It is known by name with its distribution and version, and imported on need."""
    entry = registry.entry("plugged")
    assert (entry.state, entry.discovered, entry.target) == ("lazy", True, "lb_plugin:Target")
    assert entry.source == "entry point plugged = lb_plugin:Target of plug-in 2.5"
    assert plugin not in sys.modules
    cls = registry.type_of("plugged")
    assert registry.name_of(cls()) == "plugged"
    assert registry.entry("plugged").discovered


def test_the_class_of_a_plugin_leads_to_its_name(registry: Registry[object], plugin: str) -> None:
    """An executor of a class that only a plugin knows is found on the first look."""
    assert registry.name_of(importlib.import_module(plugin).Target()) == "plugged"


def test_a_plugin_may_know_a_class_better_than_its_parent(
    registry: Registry[object], plugin: str, write_distribution: WriteDistribution
) -> None:
    """A discovered entry for the class itself wins over the registered entry of an ancestor."""
    write_distribution("second", f"[{GROUP}]\nsecond = lb_plugin:Second\n")
    module = importlib.import_module(plugin)
    registry.register("parent", module.Target)
    assert registry.name_of(module.Second()) == "second"


def test_extras_of_an_entry_point_are_no_part_of_the_reference(
    registry: Registry[object], write_distribution: WriteDistribution
) -> None:
    """What is not 'module:Qual.Name' is malformed, the old extras syntax included."""
    write_distribution("extras", f"[{GROUP}]\nextra = lb_plugin:Target [extra]\n")
    assert registry.entry("extra").state == "broken"


# -- what spoils only itself -------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["no reference", "lb_plugin", "lb_plugin:", "lb plugin:Target", ":Target"])
def test_a_malformed_value_spoils_only_itself(
    registry: Registry[object], plugin: str, write_distribution: WriteDistribution, value: str
) -> None:
    """It is a broken entry with the reason, and its neighbours work."""
    write_distribution("bad", f"[{GROUP}]\nbad = {value}\ngood = lb_plugin:Second\n")
    assert registry.type_of("good").__name__ == "Second"
    assert registry.type_of("plugged").__name__ == "Target"
    entry = registry.entry("bad")
    assert (entry.state, entry.unusable) == ("broken", True)
    assert "of bad 1.0" in entry.source
    with pytest.raises(InvalidReferenceError):
        registry.type_of("bad")
    assert registry.probe("bad").error is entry.error


def test_a_malformed_name_spoils_only_itself(
    registry: Registry[object], plugin: str, write_distribution: WriteDistribution
) -> None:
    """A name that no handle could carry is listed as broken."""
    write_distribution("bad", f"[{GROUP}]\nbad name = lb_plugin:Second\n")
    assert sorted(registry) == ["bad name", "plugged"]
    with pytest.raises(InvalidNameError):
        registry.type_of("bad name")
    assert list(registry.by_name) == ["plugged"]


def test_a_distribution_whose_entry_points_cannot_be_read_spoils_only_itself(
    registry: Registry[object], plugin: str, write_distribution: WriteDistribution
) -> None:
    """A line without '=' in one entry_points.txt is a broken entry, if it concerns the group, and no more."""
    write_distribution("unreadable", f"[{GROUP}]\nno equals sign\n")
    write_distribution("unrelated", "[another.group]\nno equals sign\n")
    assert sorted(registry) == ["plugged", "unreadable"]
    assert registry.type_of("plugged").__name__ == "Target"
    assert registry.entry("unreadable").source == "entry_points.txt of unreadable 1.0"
    with pytest.raises(InvalidReferenceError, match="'no equals sign' is not a reference"):
        registry.type_of("unreadable")


@pytest.mark.parametrize(
    ("target", "error"),
    [("lb_raises:Target", BrokenTargetError), ("lb_absent:Target", MissingDependencyError)],
)
def test_a_target_that_fails_spoils_only_itself(
    registry: Registry[object],
    plugin: str,
    write_distribution: WriteDistribution,
    write_module: WriteModule,
    target: str,
    error: type[Exception],
) -> None:
    """A plugin whose import fails is an error when it is asked for, and left out of the views."""
    write_module("lb_raises", "1 / 0")
    write_distribution("failing", f"[{GROUP}]\nfailing = {target}\n")
    assert list(registry.by_name) == ["plugged"]
    assert sorted(registry) == ["failing", "plugged"]
    with pytest.raises(error, match="failing"):
        registry.type_of("failing")


def test_a_name_of_two_distributions_is_given_to_neither(
    registry: Registry[object], plugin: str, write_distribution: WriteDistribution
) -> None:
    """The error names both, and asking again does not make it longer."""
    write_distribution("one", f"[{GROUP}]\ndisputed = lb_plugin:Second\n", version="1.1")
    write_distribution("two", f"[{GROUP}]\ndisputed = lb_plugin:Third\n", version="2.2")
    lengths = set()
    for _ in range(3):
        with pytest.raises(ConflictError) as caught:
            registry.type_of("disputed")
        assert "of one 1.1" in str(caught.value)
        assert "of two 2.2" in str(caught.value)
        lengths.add(len(caught.traceback))
    assert len(lengths) == 1
    assert registry.entry("disputed").state == "broken"
    assert registry.type_of("plugged").__name__ == "Target"


def test_the_same_distribution_twice_on_the_path_is_one_claim(
    registry: Registry[object], plugin: str, write_distribution: WriteDistribution
) -> None:
    """The copy that comes first on sys.path counts, as it does for imports."""
    write_distribution("plug-in", f"[{GROUP}]\nplugged = lb_plugin:Second\n", version="3.0", folder="first")
    assert registry.type_of("plugged").__name__ == "Second"
    assert registry.entry("plugged").source.endswith("of plug-in 3.0")


def test_two_names_for_one_target_leave_it_to_the_first(
    registry: Registry[object], plugin: str, write_distribution: WriteDistribution
) -> None:
    """A class has one name; the second discovered name is broken and says who has the class."""
    write_distribution("twice", f"[{GROUP}]\nfirst = lb_plugin:Second\nagain = lb_plugin:Second\n")
    cls = registry.type_of("first")
    assert registry.name_of(cls) == "first"
    assert registry.entry("again").state == "broken"
    with pytest.raises(ConflictError, match="'first' is bound to lb_plugin:Second"):
        registry.type_of("again")


def test_a_broken_entry_point_can_be_replaced(
    registry: Registry[object], write_distribution: WriteDistribution
) -> None:
    """Registering the name explicitly mends it."""
    write_distribution("bad", f"[{GROUP}]\nbad = no reference\n")
    assert registry.entry("bad").state == "broken"
    registry.register("bad", dict)
    assert registry.type_of("bad") is dict
    registry.unregister("bad")
    assert "bad" not in registry


# -- explicit registrations win ----------------------------------------------------------------------


def test_an_explicit_name_wins_over_one_discovered_later(registry: Registry[object], plugin: str) -> None:
    """The entry stays as registered, and records what it shadows."""
    registry.register("plugged", dict)
    assert len(registry) == 1
    entry = registry.entry("plugged")
    assert (entry.target, entry.discovered) == (dict, False)
    assert entry.shadowed == ("entry point plugged = lb_plugin:Target of plug-in 2.5",)


def test_an_explicit_name_wins_over_one_discovered_before(registry: Registry[object], plugin: str) -> None:
    """Registering over a discovered entry needs no replace, and records it."""
    source = registry.entry("plugged").source
    registry.register("plugged", dict)
    assert registry.type_of("plugged") is dict
    assert registry.entry("plugged").shadowed == (source,)


@pytest.mark.parametrize("discover_first", [True, False])
def test_an_explicit_class_wins_over_a_discovered_name(
    registry: Registry[object], plugin: str, discover_first: bool
) -> None:
    """The class keeps the one name it was given explicitly, in whichever order the two came."""
    if discover_first:
        assert "plugged" in registry
    registry.register("mine", f"{plugin}:Target")
    assert list(registry) == ["mine"]
    assert registry.name_of(registry.type_of("mine")) == "mine"
    assert len(registry.entry("mine").shadowed) == 1


def test_an_explicit_alias_wins_over_a_discovered_name(registry: Registry[object], plugin: str) -> None:
    """A name that is an alias already is taken."""
    registry.register("mine", dict, aliases=("plugged",))
    assert list(registry) == ["mine"]
    assert registry.type_of("plugged") is dict
    assert len(registry.entry("mine").shadowed) == 1


def test_what_was_shadowed_is_remembered_when_a_class_is_made_anew(
    registry: Registry[object], plugin: str
) -> None:
    """A reload of the explicit class does not forget the plugin it stands before."""
    registry.register("plugged", type("X", (), {"__module__": "m", "__qualname__": "X"}))
    assert len(registry) == 1
    registry.register("plugged", type("X", (), {"__module__": "m", "__qualname__": "X"}))
    assert len(registry.entry("plugged").shadowed) == 1


def test_a_re_export_that_shows_during_discovery_is_shadowed(
    registry: Registry[object], plugin: str, write_module: WriteModule
) -> None:
    """An explicit reference to where a class is exported wins over the entry point of where it is defined."""
    write_module("lb_export", f"from {plugin} import Target")
    registry.register("mine", "lb_export:Target")
    importlib.import_module("lb_export")
    assert list(registry) == ["mine"]
    assert len(registry.entry("mine").shadowed) == 1


def test_temporary_undoes_discovery_too(registry: Registry[object], plugin: str) -> None:
    """After the block the entry points are unread again, and are read on the next miss."""
    with registry.temporary():
        registry.unregister("plugged")
        assert len(registry) == 0
    assert undiscovered(registry)
    assert list(registry) == ["plugged"]


def test_an_unknown_name_lists_what_was_discovered(registry: Registry[object], plugin: str) -> None:
    """The suggestion may be a plugin."""
    with pytest.raises(UnknownNameError, match="did you mean 'plugged'"):
        registry.type_of("pluged")


def test_a_distribution_without_metadata_is_described_as_far_as_it_goes(
    registry: Registry[object], plugin: str, tmp_path: Path
) -> None:
    """A folder with entry points and no METADATA, is read as far as it goes."""
    (tmp_path / "site" / "plug-in-2.5.dist-info" / "METADATA").unlink()
    assert registry.entry("plugged").source == "entry point plugged = lb_plugin:Target of ? ?"
    assert registry.type_of("plugged").__name__ == "Target"


# -- whose --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (None, ["plugged", "shared", "own"]),
        ("0", ["own"]),
        ("", ["own"]),
        ("plug-in", ["plugged", "own"]),
        (" Plug.In , other_one ", ["plugged", "shared", "own"]),
        ("other-one", ["shared", "own"]),
    ],
)
def test_plugins_can_be_restricted(
    registry: Registry[object],
    plugin: str,
    write_distribution: WriteDistribution,
    monkeypatch: pytest.MonkeyPatch,
    listed: str | None,
    found: list[str],
) -> None:
    """LAUNCHBIND_PLUGINS lists whose entry points count; launchbind's own always do."""
    write_distribution("other_one", f"[{GROUP}]\nshared = {plugin}:Second\n")
    write_distribution("launchbind", f"[{GROUP}]\nown = collections:OrderedDict\n")
    if listed is None:
        monkeypatch.delenv("LAUNCHBIND_PLUGINS", raising=False)
    else:
        monkeypatch.setenv("LAUNCHBIND_PLUGINS", listed)
    assert sorted(registry) == sorted(found)


def test_a_plugin_that_is_left_out_disputes_nothing(
    registry: Registry[object],
    plugin: str,
    write_distribution: WriteDistribution,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of two distributions that claim a name, the one that is allowed has it."""
    write_distribution("rival", f"[{GROUP}]\nplugged = {plugin}:Second\n")
    monkeypatch.setenv("LAUNCHBIND_PLUGINS", "rival")
    assert registry["plugged"].__name__ == "Second"


def test_a_restriction_may_be_written_without_blanks(
    registry: Registry[object],
    plugin: str,
    write_distribution: WriteDistribution,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Commas alone separate the distributions, and what other launchers load from is not restricted."""
    write_distribution("other", f"[{GROUP}]\nshared = {plugin}:Second\n")
    monkeypatch.setenv("LAUNCHBIND_PLUGINS", "none-such,plug-in")
    assert list(registry) == ["plugged"]
    monkeypatch.setenv("LAUNCHBIND_PLUGINS", "0")
    found: list[Entry[object]] = discover("executor", GROUP, restricted=False)
    assert sorted(entry.name for entry in found) == ["plugged", "shared"]


def test_an_entry_point_of_no_distribution_is_one_all_the_same(
    registry: Registry[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Import hooks and zip files may give entry points that do not say whose they are."""
    point = importlib.metadata.EntryPoint("loose", "collections:OrderedDict", GROUP)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [point])
    origin = "entry point loose = collections:OrderedDict of an unknown distribution"
    assert registry.entry("loose").source == origin
    assert registry["loose"].__name__ == "OrderedDict"


def test_an_unreadable_file_gives_way_to_what_is_registered(
    registry: Registry[object], write_distribution: WriteDistribution
) -> None:
    """Its comments, headings and good lines are not what is blamed, and its name can still be taken."""
    lines = ["# of the group", f"[{GROUP}]", "good = collections:deque", "", "no equals sign"]
    write_distribution("unreadable", "\n".join(lines) + "\n")
    with pytest.raises(InvalidReferenceError) as caught:
        registry.type_of("unreadable")
    assert caught.value.reference == "no equals sign"
    registry.register("unreadable", dict)
    assert registry["unreadable"] is dict


def test_errors_of_entry_points_say_of_what_kind_they_are(
    registry: Registry[object], plugin: str, write_distribution: WriteDistribution
) -> None:
    """Kind, name and target are in the errors of a malformed and of a disputed name."""
    write_distribution("one", f"[{GROUP}]\nplugged = lb_plugin:Second\nodd name = lb_plugin:Second\n")
    with pytest.raises(InvalidNameError) as malformed:
        registry.type_of("odd name")
    assert malformed.value.data == ("executor", "odd name")
    with pytest.raises(ConflictError) as disputed:
        registry.type_of("plugged")
    error = disputed.value
    assert (error.kind, error.name) == ("executor", "plugged")
    assert {error.target, error.held[0][1]} == {"lb_plugin:Target", "lb_plugin:Second"}
