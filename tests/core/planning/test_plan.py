"""Plans: what can be read from them, and a fingerprint that follows everything a request holds."""

from __future__ import annotations

import enum
import functools
import json
import subprocess
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import TYPE_CHECKING, ClassVar

import pytest

import launchbind
from launchbind import DryRunInfo, Plan, Redactor
from launchbind.planning.canonical import canonical, dump
from launchbind.planning.plan import SCHEMA
from launchbind.testing import FakeApp

if TYPE_CHECKING:
    from collections.abc import Mapping


def plan_of(
    request: object,
    *,
    name: str = "job",
    volatile: Mapping[str, str] | None = None,
    secret_names: tuple[str, ...] = (),
) -> Plan[FakeApp, DryRunInfo[object]]:
    info = DryRunInfo(request)
    return Plan("fake", FakeApp(name), info, redactor=Redactor(secret_names), volatile=volatile)


# -- reading a plan ------------------------------------------------------------------------------------


def test_render_is_the_text_of_the_info() -> None:
    """The scheduler's own rendering is shown whole; str and format are the redacted one."""
    plan = plan_of({"script": "#!/bin/sh\necho hello", "API_KEY": "abcdefgh"})
    assert plan.render(redact=False) == str(plan.info)
    assert plan.render() == str(plan) == f"{plan}" == str(plan.info).replace("'abcdefgh'", "<redacted>")


def test_json_has_sorted_keys_and_a_schema_version() -> None:
    """It holds schema, backend, app, fingerprint and request, each mapping in order."""
    plan = plan_of({"b": 1, "a": [None, True, 2.5, "ü"], "token": "abcdefgh"})
    read = json.loads(plan.to_json())
    assert read == {
        "schema": SCHEMA,
        "backend": "fake",
        "app": "job",
        "fingerprint": plan.fingerprint,
        "request": {"b": 1, "a": [None, True, 2.5, "ü"], "token": "<redacted>"},
    }
    assert plan.to_json() == json.dumps(read, sort_keys=True, indent=2, ensure_ascii=False)
    assert json.loads(plan.to_json(redact=False))["request"]["token"] == "abcdefgh"


def test_repr_is_one_line() -> None:
    """It has app, backend and the start of the fingerprint, and nothing of the request."""
    plan = plan_of({"secret": "abcdefgh", "script": "one\ntwo"})
    assert repr(plan) == f"<Plan of app 'job' on fake, {plan.fingerprint[:12]}>"


def test_diff_is_unified_and_redacted() -> None:
    """Lines that differ are shown with - and +; secrets of either side are hidden on both."""
    one, two = (
        plan_of({"token": "first-secret", "n": 1}),
        plan_of({"token": "second-secret", "n": 2}, name="other"),
    )
    lines = one.diff(two).splitlines()
    assert lines[:2] == ["--- fake/job", "+++ fake/other"]
    assert [line[0] for line in lines[3:]] == ["-", "+"]
    assert "first-secret" not in "".join(lines)
    assert "second-secret" not in "".join(lines)


def test_the_diff_of_equal_plans_is_empty() -> None:
    """The same request differs in nothing."""
    assert plan_of({"n": 1}).diff(plan_of({"n": 1})) == ""


def test_a_secret_of_the_other_plan_is_hidden_too() -> None:
    """A value that only the other plan knows to be secret does not show in a diff, whichever way round."""
    one, two = plan_of({"x": "the-value"}), plan_of({"token": "the-value"})
    assert "the-value" not in one.diff(two) + two.diff(one)


def test_volatile_values_are_left_out_of_fingerprint_and_diff() -> None:
    """A placeholder stands for them, in the JSON too; the rendering has the values themselves."""
    one = plan_of({"id": "a1"}, volatile={"a1": "{id}"})
    two = plan_of({"id": "b2"}, volatile={"b2": "{id}"})
    assert one.fingerprint == two.fingerprint
    assert one.diff(two) == ""
    assert "a1" in one.render()
    assert one.to_json() == two.to_json()
    assert json.loads(two.to_json())["request"] == {"id": "{id}"}
    assert plan_of({"id": "a1"}).fingerprint != plan_of({"id": "b2"}).fingerprint


def test_an_info_without_a_request_is_the_request() -> None:
    """Launchers whose dry-run info is the request itself are served as well."""
    info = SimpleNamespace(command=["echo"])
    plan = Plan("fake", FakeApp("job"), info)
    assert json.loads(plan.to_json())["request"]["command"] == ["echo"]
    info.command.append("more")
    assert plan.current_fingerprint() != plan.fingerprint


def test_secret_names_are_heeded() -> None:
    """A plan hides the values of the names it was given, in addition to the usual ones."""
    assert "abcdefgh" not in str(plan_of({"LICENSE": "abcdefgh"}, secret_names=("license",)))


def test_bytes_of_the_environment_that_are_no_text_can_be_planned() -> None:
    """os.environ holds such bytes as lone surrogates, which have a fingerprint like anything else."""
    odd = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert plan_of({"X": odd}).fingerprint != plan_of({"X": "cafe"}).fingerprint
    assert plan_of({"TOKEN": odd}).to_json().count("<redacted>") == 1


# -- the canonical form --------------------------------------------------------------------------------


class Colour(enum.Enum):
    RED = 1


class Number(enum.IntEnum):
    ONE = 1


@dataclass
class Point:
    x: int
    hidden: list[str] = field(default_factory=list, repr=False, compare=False)
    shared: ClassVar[int] = 1


@dataclass
class Sized:
    __slots__ = ("x",)
    x: int


class Slotted:
    __slots__ = ("__private", "unset", "x")

    def __init__(self, x: int) -> None:
        self.x = x
        self.__private = x


class Mixed(Slotted):
    def __init__(self, x: int, y: int) -> None:
        super().__init__(x)
        self.y = y


class Plain:
    def __init__(self, **members: object) -> None:
        vars(self).update(members)


class Quiet:
    """Nothing to see, not even in its repr."""


def some_function() -> None: ...


def kind(value: object) -> str:
    """The id of a parameter: a repr may hold addresses, or a set in any order."""
    return type(value).__name__


HERE = __name__


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (1, 1),
        (1.5, 1.5),
        ("text", "text"),
        (Colour.RED, "RED"),
        (Number.ONE, "ONE"),
        (PurePosixPath("/a/b"), "/a/b"),
        (b"caf\xc3\xa9 \xff", "café \\xff"),
        ((1, [2, (3,)]), [1, [2, [3]]]),
        ({"b", "a"}, ["a", "b"]),
        (frozenset({2, 10}), [10, 2]),
        (OrderedDict(a=1), {"a": 1}),
        ({1: "one", Colour.RED: 2, None: 3, ("a", 1): 4}, {"1": "one", '"RED"': 2, "null": 3, '["a", 1]': 4}),
        (Point(1, ["h"]), {"<type>": f"{HERE}:Point", "x": 1, "hidden": ["h"]}),
        (Sized(1), {"<type>": f"{HERE}:Sized", "x": 1}),
        (Plain(a=1, b=[Colour.RED]), {"<type>": f"{HERE}:Plain", "a": 1, "b": ["RED"]}),
        (
            Slotted(1),
            {"<type>": f"{HERE}:Slotted", "_Slotted__private": None, "unset": None, "x": 1},
        ),
        (
            Mixed(1, 2),
            {"<type>": f"{HERE}:Mixed", "_Slotted__private": None, "unset": None, "x": 1, "y": 2},
        ),
        (Point, f"{HERE}:Point"),
        (some_function, f"{HERE}:some_function"),
        (len, "builtins:len"),
        (Decimal("1.5"), {"<type>": "decimal:Decimal", "<repr>": "Decimal('1.5')"}),
        (date(2020, 1, 2), {"<type>": "datetime:date", "<repr>": "datetime.date(2020, 1, 2)"}),
        (Quiet(), {"<type>": f"{HERE}:Quiet", "<repr>": f"<{HERE}.Quiet object>"}),
    ],
    ids=kind,
)
def test_anything_becomes_plain_json(value: object, expected: object) -> None:
    """Objects become their fields, functions and classes their names, and what is opaque its repr."""
    result = canonical(value)
    if isinstance(expected, dict) and "_Slotted__private" in expected:
        expected = {**expected, "_Slotted__private": 1}
    assert result == expected
    assert json.loads(dump(result)) == expected


def test_an_object_that_contains_itself_is_cut_off() -> None:
    """Cycles through lists, mappings and objects end where they recur; sharing is no cycle."""
    loop: list[object] = [1]
    loop.append({"again": loop})
    assert canonical(loop) == [1, {"again": "<recursion>"}]
    plain = Plain()
    vars(plain)["me"] = plain
    assert canonical(plain) == {"<type>": f"{HERE}:Plain", "me": "<recursion>"}
    shared = [1]
    assert canonical([shared, shared]) == [[1], [1]]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (1, "1"),
        (1, 1.0),
        (None, "null"),
        ([1, 2], [2, 1]),
        ({"a": None}, {}),
        (Slotted(1), Slotted(2)),
        (Sized(1), Sized(2)),
        (Point(1), Plain(x=1, hidden=[])),
        (Decimal(1), Decimal(2)),
        (timedelta(1), timedelta(2)),
        (functools.partial(print, 1), functools.partial(print, 2)),
        (range(3), range(4)),
        (1 + 2j, 1 + 3j),
        ({some_function: 1}, {test_an_object_that_contains_itself_is_cut_off: 1}),
    ],
    ids=kind,
)
def test_requests_that_differ_have_different_fingerprints(one: object, two: object) -> None:
    """No value is lost on the way into the fingerprint."""
    assert plan_of({"v": one}).fingerprint != plan_of({"v": two}).fingerprint


@pytest.mark.parametrize(
    "make",
    [
        lambda: {"x", "y", "z"},
        Quiet,
        lambda: Plain(lock=threading.Lock(), inner=Quiet()),
        lambda: {some_function: Quiet},
        lambda: functools.partial(print, Quiet()),
    ],
)
def test_equal_requests_have_equal_fingerprints(make: object) -> None:
    """The addresses of objects do not matter."""
    assert callable(make)
    kept = make()  # so that the second one has another address
    assert plan_of(make()).fingerprint == plan_of(kept).fingerprint


def test_keys_that_look_alike_are_kept_apart() -> None:
    """1 and "1" in one mapping are two keys, so a change under either shows."""
    assert canonical({1: "a", "1": "b"}) == {"1 (int)": "a", "1": "b"}
    assert canonical({1: "a", "2": "b"}) == {"1": "a", "2": "b"}


def test_the_order_of_keys_does_not_matter() -> None:
    """Mappings are compared as mappings."""
    assert plan_of({"a": 1, "b": 2}).fingerprint == plan_of({"b": 2, "a": 1}).fingerprint


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    """Hash seeds differ between interpreters; fingerprints do not."""
    core = str(Path(str(launchbind.__file__)).parents[1])
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from launchbind import DryRunInfo, Plan\n"
        "from launchbind.testing import FakeApp\n"
        "request = {'s': {'a', 'b', 'c'}, 'o': object(), 'f': len}\n"
        "print(Plan('fake', FakeApp('job'), DryRunInfo(request)).fingerprint)\n"
    )
    there = subprocess.run(
        [sys.executable, "-I", "-c", code, core], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert plan_of({"f": len, "o": object(), "s": {"c", "b", "a"}}).fingerprint == there


def test_the_name_of_the_app_is_shown_in_clear_on_request() -> None:
    """Only what is asked for unredacted shows a secret that the app's name holds."""
    plan = plan_of({"token": "abcdefgh"}, name="job-abcdefgh")
    assert json.loads(plan.to_json())["app"] == "job-<redacted>"
    assert json.loads(plan.to_json(redact=False))["app"] == "job-abcdefgh"


def test_a_key_that_holds_its_own_mapping_is_cut_off() -> None:
    """Recursion is found through keys as well as through values."""
    key = SimpleKey()
    mapping: dict[object, object] = {}
    key.mapping = mapping
    mapping[key] = 1
    assert "<recursion>" in dump(canonical(mapping))


class SimpleKey:
    """A key that compares by identity."""

    mapping: object = None


def test_a_dataclass_is_its_fields() -> None:
    """What else was put on it does not count, and a field that was deleted is None."""

    @dataclass
    class Holder:
        kept: int = 1
        gone: list[int] = field(default_factory=list)

    holder = Holder()
    holder.__dict__["cache"] = object()
    del holder.gone
    named = canonical(holder)
    assert isinstance(named, dict)
    assert (named["kept"], named["gone"], "cache" in named) == (1, None, False)
