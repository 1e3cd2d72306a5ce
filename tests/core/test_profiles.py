"""Profiles: named settings from the user's and the project's TOML files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from launchbind import ProfileError, Registry, UnknownNameError
from launchbind.profiles import load

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Cluster:
    """An executor with fields of several types."""

    account: str
    nodes: int = 1
    partition: str | None = None
    env_vars: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def registry() -> Registry[Cluster]:
    executors: Registry[Cluster] = Registry("executor")
    executors.register("cluster", Cluster)
    return executors


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder, with a user's configuration folder beside it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config" / "launchbind").mkdir(parents=True)
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def user_file(project: Path) -> Path:
    return project.parent / "config" / "launchbind" / "profiles.toml"


def test_a_profile_makes_its_backends_executor(project: Path, registry: Registry[Cluster]) -> None:
    """A profile's typed settings make an executor of the registered class."""
    (project / "launchbind.toml").write_text(
        '[profiles.a]\nbackend = "cluster"\naccount = "ml"\nnodes = 2\nenv_vars = {HF_HOME = "/hf"}\n'
    )
    made = load(project)["a"].executor(registry)
    assert made == Cluster("ml", nodes=2, env_vars={"HF_HOME": "/hf"})


def test_several_profiles_may_share_a_backend(project: Path, registry: Registry[Cluster]) -> None:
    """Two clusters reached through one backend are two profiles."""
    (project / "launchbind.toml").write_text(
        '[profiles.a]\nbackend = "cluster"\naccount = "x"\n[profiles.b]\nbackend = "cluster"\naccount = "y"\n'
    )
    assert [load(project)[name].executor(registry).account for name in "ab"] == ["x", "y"]


def test_the_project_wins_over_the_user(project: Path) -> None:
    """A profile of both files is the project's; one of the user's file alone is there too."""
    user_file(project).write_text(
        '[profiles.a]\nbackend = "user"\naccount = "u"\n[profiles.mine]\nbackend = "user"\n'
    )
    (project / "launchbind.toml").write_text('[profiles.a]\nbackend = "project"\n')
    found = load(project)
    assert {name: profile.backend for name, profile in found.items()} == {"a": "project", "mine": "user"}
    assert found["a"].settings == {}


def test_pyproject_holds_profiles_too(project: Path) -> None:
    """The table in pyproject.toml is found from a folder below it, past one that has none."""
    (project / "pyproject.toml").write_text('[tool.launchbind.profiles.a]\nbackend = "cluster"\n')
    below = project / "below"
    below.mkdir()
    (below / "pyproject.toml").write_text('[project]\nname = "inner"\n')
    assert load(below)["a"].file == project / "pyproject.toml"


def test_launchbind_toml_wins_over_pyproject_beside_it(project: Path) -> None:
    """In one folder launchbind.toml is the project's file."""
    (project / "launchbind.toml").write_text('[profiles.a]\nbackend = "x"\n')
    (project / "pyproject.toml").write_text('[tool.launchbind.profiles.b]\nbackend = "y"\n')
    assert set(load(project)) == {"a"}


def test_no_file_means_no_profiles(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any file there are no profiles, from the working directory as well."""
    monkeypatch.chdir(project)
    assert load() == {}


def test_overrides_take_precedence_and_are_read_as_text(project: Path, registry: Registry[Cluster]) -> None:
    """What is set by hand replaces the profile's value and is converted like it."""
    (project / "launchbind.toml").write_text('[profiles.a]\nbackend = "cluster"\naccount = "ml"\n')
    assert load(project)["a"].executor(registry, {"nodes": "4"}) == Cluster("ml", nodes=4)


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ("nodez = 2", "profiles.a.nodez", "did you mean 'nodes'?"),
        ('nodes = "two"', "profiles.a.nodes", "expected int, got 'two'"),
        ("nodes = true", "profiles.a.nodes", "expected int, got True"),
    ],
)
def test_a_wrong_field_names_the_file_and_the_key(
    project: Path, registry: Registry[Cluster], line: str, key: str, words: str
) -> None:
    """A field that does not exist or has another type names the file, the key and what was expected."""
    file = project / "launchbind.toml"
    file.write_text(f'[profiles.a]\nbackend = "cluster"\naccount = "ml"\n{line}\n')
    with pytest.raises(ProfileError) as caught:
        load(project)["a"].executor(registry)
    assert caught.value.file == str(file)
    assert caught.value.key == key
    assert words in str(caught.value)


def test_a_missing_required_field_names_the_profile(project: Path, registry: Registry[Cluster]) -> None:
    """A profile without a required field says which field of which profile."""
    (project / "launchbind.toml").write_text('[profiles.a]\nbackend = "cluster"\n')
    with pytest.raises(ProfileError, match=r"profiles\.a\.account: .*it is required"):
        load(project)["a"].executor(registry)


def test_a_wrong_override_is_not_blamed_on_the_file(project: Path, registry: Registry[Cluster]) -> None:
    """A wrong value given by hand is an error of its own, not one of the profile's file."""
    (project / "launchbind.toml").write_text('[profiles.a]\nbackend = "cluster"\naccount = "ml"\n')
    with pytest.raises(ValueError, match="expected int") as caught:
        load(project)["a"].executor(registry, {"nodes": "many"})
    assert not isinstance(caught.value, ProfileError)


def test_an_unknown_backend_is_the_registrys_error(project: Path, registry: Registry[Cluster]) -> None:
    """A profile for a backend that is not registered lists those that are."""
    (project / "launchbind.toml").write_text('[profiles.a]\nbackend = "clutser"\n')
    with pytest.raises(UnknownNameError, match="did you mean 'cluster'"):
        load(project)["a"].executor(registry)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[profiles", "it is not valid TOML"),
        ("[profile.a]\nnodes = 3", "key profile: nothing reads it: write [profiles.NAME]"),
        ("[profiles]\n[b]\n[a]", "key a: nothing reads it"),
        ("profiles = 3", "key profiles: it must be a table of profiles"),
        ("[profiles]\na = 3", "key profiles.a: it must be a table with a backend"),
        ("[profiles.a]\nnodes = 3", "key profiles.a: it must be a table with a backend"),
        ("[profiles.a]\nbackend = 3", "key profiles.a: it must be a table with a backend"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(project: Path, text: str, words: str) -> None:
    """Broken TOML and misplaced values name the file and what belongs there."""
    file = project / "launchbind.toml"
    file.write_text(text)
    with pytest.raises(ProfileError) as caught:
        load(project)
    assert str(caught.value).startswith(str(file))
    assert words in str(caught.value)


def test_a_pyproject_whose_tool_table_is_odd_has_no_profiles(project: Path) -> None:
    """A value where a table is expected on the way to the profiles means there are none."""
    (project / "pyproject.toml").write_text('[tool]\nlaunchbind = "odd"\n')
    assert load(project) == {}


def test_a_misspelt_table_of_a_pyproject_is_named_in_full(project: Path) -> None:
    """A profile that would be missed in silence is an error; the tables of other tools are theirs."""
    (project / "pyproject.toml").write_text("[tool.other.profile]\n[tool.launchbind.profile.a]\n")
    with pytest.raises(ProfileError) as caught:
        load(project)
    assert caught.value.key == "tool.launchbind.profile"
    assert "write [tool.launchbind.profiles.NAME]" in str(caught.value)


def test_without_a_configuration_folder_it_is_that_of_the_home(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the XDG specification has it: ~/.config."""
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(project.parent / "home"))
    folder = project.parent / "home" / ".config" / "launchbind"
    folder.mkdir(parents=True)
    (folder / "profiles.toml").write_text('[profiles.a]\nbackend = "x"\n')
    assert list(load(project)) == ["a"]


def test_an_empty_launchbind_toml_hides_what_is_above(project: Path) -> None:
    """Unlike a pyproject.toml, which most projects have for other reasons."""
    (project / "launchbind.toml").write_text('[profiles.a]\nbackend = "x"\n')
    (project / "inner").mkdir()
    (project / "inner" / "pyproject.toml").touch()
    assert list(load(project / "inner")) == ["a"]
    (project / "inner" / "launchbind.toml").touch()
    assert load(project / "inner") == {}


def test_broken_toml_blames_no_key(project: Path) -> None:
    """There is none before the file can be read, as UTF-8 whatever the locale."""
    (project / "launchbind.toml").write_text("[profiles")
    with pytest.raises(ProfileError) as caught:
        load(project)
    assert caught.value.key == ""
