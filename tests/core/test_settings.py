"""Settings: fields of a dataclass, set from text as the command line has it, or from plain values."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NewType, Optional, Protocol, TypedDict, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchbind import InvalidSettingError
from launchbind.settings import build, convert, fields

if TYPE_CHECKING:
    from decimal import Decimal

TEXTS = st.text(st.characters(codec="utf-8"))


class Colour(Enum):
    RED = "r"
    GREEN = "g"


class Labels(TypedDict):
    team: str


class Closer(Protocol):
    def close(self) -> None: ...


Account = NewType("Account", str)


@dataclass
class Tunnel:
    host: str
    port: int = 22


@dataclass(kw_only=True)
class Example:
    account: str
    nodes: int = 1
    fraction: float = 1.0
    exclusive: bool = False
    partition: Optional[str] = None
    memory: Union[int, str, None] = None
    mounts: list[str] = field(default_factory=list)
    env_vars: dict[str, str] = field(default_factory=dict)
    tunnel: Optional[Tunnel] = None
    colour: Colour = Colour.RED
    derived: int = field(init=False, default=0)


@dataclass
class Unreadable:
    price: Decimal


@dataclass
class Picky:
    nodes: int

    def __post_init__(self) -> None:
        if self.nodes < 1:
            raise ValueError("nodes must be positive.")


# -- text round trips --------------------------------------------------------------------------------


@given(st.integers())
def test_an_integer_is_read_back_from_its_text(value: int) -> None:
    """str and convert are inverse for integers of any size, also where a text would do as well."""
    assert convert(str(value), int) == value
    assert convert(str(value), Union[str, int]) == value
    assert convert(str(value), Optional[int]) == value


@given(st.floats(allow_nan=False))
def test_a_float_is_read_back_from_its_text(value: float) -> None:
    """So they are for floats, infinities included."""
    assert convert(str(value), float) == value


@given(TEXTS)
def test_a_text_is_taken_as_it_is(value: str) -> None:
    """A field that is a text takes every text unchanged, blanks, quotes and all."""
    assert convert(value, str) == value


@given(TEXTS.filter(lambda text: text.lower() not in ("none", "null")))
def test_an_optional_text_is_taken_as_it_is(value: str) -> None:
    """So does one that may be None, unless the text says none."""
    assert convert(value, Optional[str]) == value


@given(st.text("/abc. ", min_size=1))
def test_a_path_is_read_back_from_its_text(value: str) -> None:
    """A path's text gives that path."""
    assert convert(str(Path(value)), Path) == Path(value)


@given(st.lists(TEXTS))
def test_a_list_is_read_back_from_its_json(value: list[str]) -> None:
    """JSON writes a list of any texts in a way that is read back, into each kind of collection."""
    text = json.dumps(value)
    assert convert(text, list[str]) == value
    assert convert(text, Sequence[str]) == value
    assert convert(text, tuple[str, ...]) == tuple(value)
    assert convert(text, set[str]) == set(value)
    assert convert(text, frozenset[str]) == frozenset(value)


@given(st.lists(st.integers()))
def test_a_list_is_read_back_from_its_short_form(value: list[int]) -> None:
    """Commas between the items do for a list whose items have none."""
    assert convert(",".join(map(str, value)), list[int]) == value


@given(st.dictionaries(TEXTS, st.integers()))
def test_a_mapping_is_read_back_from_its_json(value: dict[str, int]) -> None:
    """JSON does for mappings, whichever way the field is annotated."""
    assert convert(json.dumps(value), dict[str, int]) == value
    assert convert(json.dumps(value), Mapping[str, int]) == value


@given(
    st.builds(
        Example,
        account=TEXTS,
        nodes=st.integers(),
        fraction=st.floats(allow_nan=False, allow_infinity=False),
        exclusive=st.booleans(),
        partition=TEXTS.filter(lambda text: text.lower() not in ("none", "null")) | st.none(),
        memory=st.integers() | st.just("64G") | st.none(),
        mounts=st.lists(TEXTS),
        env_vars=st.dictionaries(TEXTS, TEXTS),
        tunnel=st.builds(Tunnel, host=TEXTS, port=st.integers()) | st.none(),
        colour=st.sampled_from(Colour),
    )
)
def test_a_dataclass_is_read_back_from_the_texts_of_its_fields(value: Example) -> None:
    """Every field written as text, plainly or as JSON, gives an equal object; so do the plain values."""
    plain = {key: item for key, item in dataclasses.asdict(value).items() if key != "derived"}
    plain["colour"] = value.colour.name
    texts = {
        key: json.dumps(item) if isinstance(item, (list, dict)) else str(item) for key, item in plain.items()
    }
    assert build(Example, texts) == value
    assert build(Example, plain) == value


@given(st.text("abc123.,[]{}\"'-: \\", max_size=8) | TEXTS)
def test_no_text_breaks_it(text: str) -> None:
    """Any text for any field gives a value of the field's type, or the one error that names the field."""
    expected: dict[str, type | tuple[type, ...]] = {
        "nodes": int,
        "fraction": float,
        "exclusive": bool,
        "memory": (int, str, type(None)),
        "mounts": list,
        "env_vars": dict,
        "tunnel": (Tunnel, type(None)),
        "colour": Colour,
    }
    for name, kinds in expected.items():
        made: Example | InvalidSettingError
        try:
            made = build(Example, {"account": "ml", name: text})
        except InvalidSettingError as error:
            made = error
        if isinstance(made, InvalidSettingError):
            assert (made.executor, made.field) == ("Example", name)
        else:
            assert isinstance(getattr(made, name), kinds)


# -- what a text means -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        ("true", bool, True),
        ("Yes", bool, True),
        ("on", bool, True),
        ("1", bool, True),
        ("FALSE", bool, False),
        ("no", bool, False),
        ("off", bool, False),
        ("0", bool, False),
        ("none", Optional[str], None),
        ("NULL", Optional[int], None),
        (None, Optional[int], None),
        ("3", Union[int, list[int]], 3),
        ("3,4", Union[int, list[int]], [3, 4]),
        ("3", int | str, 3),
        ("3G", int | str, "3G"),
        ("fast", Literal["fast", "slow"], "fast"),
        ("2", Literal[1, 2], 2),
        ("GREEN", Colour, Colour.GREEN),
        (Colour.GREEN, Colour, Colour.GREEN),
        ("", list[str], []),
        ("a", list[str], ["a"]),
        ("a,b", list, ["a", "b"]),
        (("a", "b"), list[str], ["a", "b"]),
        ("1,a", tuple[int, str], (1, "a")),
        ('{"host": "h"}', Tunnel, Tunnel("h")),
        ('{"host": "h", "port": "2222"}', Optional[Tunnel], Tunnel("h", 2222)),
        (Tunnel("h"), Tunnel, Tunnel("h")),
        ('{"a": [1, null]}', dict, {"a": [1, None]}),
        ('{"a": [1, null]}', dict[str, Any], {"a": [1, None]}),
        ("anything", Any, "anything"),
        (" [1]", list[int], [1]),
        ("1,2", Sequence[int], [1, 2]),
        ('{"1": "2"}', Mapping[int, int], {1: 2}),
        ("1,2,3", tuple[int, int, int], (1, 2, 3)),
        ("7", tuple[int], (7,)),
        ('{"team": "ml"}', Labels, {"team": "ml"}),
        ("taken as it is", Closer, "taken as it is"),
        ("anything", Account, "anything"),
        (2, float, 2.0),
    ],
)
def test_what_a_text_means(value: object, hint: object, expected: object) -> None:
    """The texts the documentation promises, and plain values, give the value and the type expected."""
    found = convert(value, hint)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "hint", "said"),
    [
        ("two", int, "expected int, got 'two'"),
        ("2.5", int, "expected int, got '2.5'"),
        (2.5, int, "expected int, got 2.5"),
        (True, int, "expected int, got True"),
        (True, float, "expected float, got True"),
        (10**400, float, "expected float, got 1000"),
        ("maybe", bool, "expected bool, got 'maybe'"),
        (1, bool, "expected bool, got 1"),
        (1, str, "expected str, got 1"),
        ("some", type(None), "expected none, got 'some'"),
        ("two", Union[int, list[int], None], r"expected int or list\S* or NoneType, got 'two'"),
        ("medium", Literal["fast", "slow"], "expected one of fast, slow, got 'medium'"),
        ("r", Colour, "expected Colour, got 'r'"),
        ("[1,", list[int], r"expected JSON, got '\[1,'"),
        ("[" * 100_000, list[int], r"expected JSON, got '\["),
        (3, list[int], "expected a list, as a,b or as JSON, got 3"),
        ("[true]", list[int], "expected int, got True"),
        ("[[1]]", set[object], r"expected items that can be hashed, got \[\[1\]\]"),
        ("a=b", dict[str, str], "expected JSON, got 'a=b'"),
        ("[1]", dict[str, str], r"expected a mapping, as JSON, got \[1\]"),
        ("1,a,b", tuple[int, str], "expected 2 values, got '1,a,b'"),
        ('{"port": 1}', Tunnel, "Tunnel cannot take 'host': it is required"),
    ],
)
def test_what_a_text_cannot_mean(value: object, hint: object, said: str) -> None:
    """Anything else is a ValueError that says what was expected and what was given."""
    with pytest.raises(ValueError, match=said):
        convert(value, hint)


# -- building ----------------------------------------------------------------------------------------


def test_fields_that_are_not_given_keep_their_defaults() -> None:
    """Only what is required must be given."""
    assert build(Example, {"account": "ml"}) == Example(account="ml")


@pytest.mark.parametrize(
    ("settings", "name", "said"),
    [
        ({}, "account", "Example cannot take 'account': it is required: give it a value."),
        (
            {"account": "ml", "node": 2},
            "node",
            "Example cannot take 'node': there is no such field; did you mean 'nodes'?",
        ),
        ({"account": "ml", "derived": 1}, "derived", "there is no such field"),
        ({"account": "ml", "nodes": "two"}, "nodes", "Example cannot take 'nodes': expected int, got 'two'."),
        ({"account": 3}, "account", "Example cannot take 'account': expected str, got 3."),
        ({"account": "ml", "tunnel": '{"hots": "h"}'}, "tunnel", "expected Tunnel or NoneType"),
    ],
)
def test_a_setting_that_cannot_be_is_named(settings: dict[str, object], name: str, said: str) -> None:
    """A missing, unknown or unreadable field is an error that names the class, the field and the fix."""
    with pytest.raises(InvalidSettingError) as caught:
        build(Example, settings)
    assert (caught.value.executor, caught.value.field) == ("Example", name)
    assert said in str(caught.value)


def test_the_classs_own_checks_are_reported() -> None:
    """What the class raises when it is made becomes one sentence, and stays the cause."""
    with pytest.raises(InvalidSettingError) as caught:
        build(Picky, {"nodes": "0"})
    assert str(caught.value) == "Picky cannot be made: ValueError: nodes must be positive."
    assert isinstance(caught.value.__cause__, ValueError)


def test_annotations_that_cannot_be_read_are_reported() -> None:
    """A dataclass annotated with a name that only type checkers see is an error, not a NameError."""
    with pytest.raises(InvalidSettingError, match=r"Unreadable cannot be made: its annotations.*'Decimal'"):
        build(Unreadable, {"price": "1"})
    with pytest.raises(InvalidSettingError, match="its annotations cannot be read"):
        fields(Unreadable)


def test_a_class_without_fields_is_refused() -> None:
    """A class that is no dataclass does not say what it takes."""
    with pytest.raises(InvalidSettingError, match="Path cannot be made: it is no dataclass"):
        build(Path, {})
    with pytest.raises(InvalidSettingError, match="it is no dataclass"):
        fields(Path)


def test_fields_are_listed_with_type_and_default() -> None:
    """What can be set is listed as it is annotated; what is derived is not, and required says so."""
    listed = {name: (kind, default) for name, kind, default in fields(Example)}
    assert list(listed) == [each.name for each in dataclasses.fields(Example) if each.init]
    assert listed["account"] == ("str", "required")
    assert listed["nodes"] == ("int", "1")
    assert listed["env_vars"] == ("dict[str, str]", "")
    assert listed["partition"][1] == "None"
    assert listed["partition"][0] in ("Optional[str]", "str | None")  # the latter since Python 3.14


@dataclass
class Guarded:
    """An executor with a field that is a secret, and one that may hold some."""

    client_secret: str = ""
    api_key: int = 0
    env_vars: dict[str, str] = field(default_factory=dict)


@pytest.mark.parametrize("settings", [{"client_secret": 12345678}, {"env_vars": "HF_TOKEN=12345678"}])
def test_an_error_about_a_secret_does_not_show_it(settings: dict[str, object]) -> None:
    """A value that cannot be read is not repeated where it is, or holds, a secret."""
    with pytest.raises(InvalidSettingError) as caught:
        build(Guarded, settings)
    assert "12345678" not in str(caught.value)
    with pytest.raises(InvalidSettingError, match=r"'api_key': expected int, got <redacted>\."):
        build(Guarded, {"api_key": "s3cr3t"})
