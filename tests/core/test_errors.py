"""Errors: data in attributes, one sentence with the fix, pickles, and the builtins callers catch already."""

from __future__ import annotations

import copy
import pickle
import re

import pytest

import launchbind
from launchbind import errors
from launchbind.errors import LaunchbindError, UnknownBackendError, UnknownNameError

#: One of each; a test fails for an error class that is not among them.
EXAMPLES: list[LaunchbindError] = [
    errors.UnknownNameError("executor", "slrum", ("slurm", "local")),
    errors.UnknownTypeError("executor", "mine.MyExecutor", ("slurm", "local")),
    errors.ConflictError("executor", "a", "m:A", "f.py:1", [("b", "m:B", "f.py:2"), ("c", "m:A", "f.py:3")]),
    errors.InvalidNameError("executor", "a b"),
    errors.InvalidReferenceError("nonsense"),
    errors.InvalidTargetError("executor", "a", "3", "no class but int"),
    errors.MissingDependencyError("executor", "a", "m:A", "m", "launchbind[m]"),
    errors.BrokenTargetError("executor", "a", "m:A", "ImportError: no", "f.py:1"),
    errors.DryRunError("app", "slurm", "trainer", 1, "pre_proc returned None"),
    errors.InvalidHandleError("nonsense"),
    errors.InvalidSettingError("mine.MyExecutor", "nods", "there is no such field", ("nodes", "retries")),
    errors.UnknownBackendError("slrum", ("slurm", "local")),
    errors.UnsupportedError("slurm", "read logs"),
    errors.PlanError("app", "has no roles"),
    errors.SchedulerError("slurm", "cancel x", "OSError: gone"),
    errors.UnknownJobError("slurm://s/1"),
    errors.WaitTimeoutError("slurm://s/1", "RUNNING", 2.5),
    errors.ProfileError("jobs.toml", "slurm.nodes", "is no number"),
    errors.AmbiguousNameError("slurm", ("slurm_tunnel", "torchx:slurm")),
    errors.AdapterError("acme", "checks() raised OSError: gone", "entry point acme = m:A of acme 1.0"),
]

BUILTINS: dict[type[Exception], set[str]] = {
    KeyError: {"UnknownNameError", "UnknownTypeError", "UnknownBackendError", "AmbiguousNameError"},
    ValueError: {
        "ConflictError",
        "InvalidNameError",
        "InvalidReferenceError",
        "InvalidHandleError",
        "InvalidSettingError",
        "PlanError",
        "ProfileError",
    },
    TypeError: {"InvalidTargetError"},
    ImportError: {"MissingDependencyError", "BrokenTargetError"},
    RuntimeError: {"AdapterError", "DryRunError", "SchedulerError", "UnsupportedError"},
    NotImplementedError: {"UnsupportedError"},
    LookupError: {
        "AmbiguousNameError",
        "UnknownNameError",
        "UnknownTypeError",
        "UnknownBackendError",
        "UnknownJobError",
    },
    TimeoutError: {"WaitTimeoutError"},
}


def subclasses(cls: type[LaunchbindError]) -> set[type[LaunchbindError]]:
    """Every error class launchbind defines, however deep."""
    found = {each for each in cls.__subclasses__() if each.__module__.startswith("launchbind.")}
    return found.union(*(subclasses(each) for each in found))


def examples() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("error", EXAMPLES, ids=[type(error).__name__ for error in EXAMPLES])


def test_every_error_class_has_an_example() -> None:
    """A new error class cannot be left out of the tests below."""
    assert {type(example) for example in EXAMPLES} == subclasses(LaunchbindError)


@examples()
def test_the_text_ends_in_one_full_stop(error: LaunchbindError) -> None:
    """Each text is one sentence; only a suggestion ends in a question mark."""
    text = str(error)
    assert re.search(r"[^.]\.$|did you mean '[^']+'\?$", text)


@examples()
def test_an_error_survives_pickling_and_copying(error: LaunchbindError) -> None:
    """Class, data, attributes and text are the same on the other side."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(error, protocol))
        assert type(again) is type(error)
        assert vars(again) == vars(error)
        assert getattr(again, "name", None) == getattr(error, "name", None)
        assert str(again) == str(error)
    assert vars(copy.copy(error)) == vars(error)
    assert vars(copy.deepcopy(error)) == vars(error)


@examples()
def test_an_error_is_the_builtin_that_older_code_catches(error: LaunchbindError) -> None:
    """``except KeyError``, ``except ValueError`` and so on keep working, and catch nothing else."""
    name = type(error).__name__
    assert {builtin for builtin in BUILTINS if isinstance(error, builtin)} == {
        builtin for builtin, names in BUILTINS.items() if name in names
    }
    assert any(name in names for names in BUILTINS.values())


@examples()
def test_the_data_is_in_attributes(error: LaunchbindError) -> None:
    """Everything an error was made from can be read from it without parsing its text."""
    attributes = [value for name, value in vars(error).items() if name != "data"]
    if isinstance(error, errors.MissingDependencyError):
        attributes.append(error.name)  # ImportError keeps this one out of __dict__
    assert sorted(map(repr, attributes)) == sorted(map(repr, error.data))


@examples()
def test_the_text_is_one_line_that_repr_shows_too(error: LaunchbindError) -> None:
    """str is a sentence and not the quoted tuple of KeyError; repr adds the class."""
    text = str(error)
    assert len(text) > 20
    assert "\n" not in text
    assert not text.startswith(('"', "("))
    assert repr(error) == f"{type(error).__name__}({text!r})"


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (EXAMPLES[0], "did you mean 'slurm'?"),
        (EXAMPLES[1], "bind it with register(name, MyExecutor)."),
        (EXAMPLES[2], "choose another name, or pass replace=True to drop the older binding."),
        (EXAMPLES[3], "use one or more of letters, digits, '_', '.', '+' and '-'."),
        (EXAMPLES[4], "write it as 'package.module:Qual.Name'."),
        (EXAMPLES[5], "give a class or a 'package.module:Qual.Name' of one."),
        (EXAMPLES[6], "run python -m pip install 'launchbind[m]'."),
        (EXAMPLES[7], "fix or reinstall what provides it (registered at f.py:1)."),
        (EXAMPLES[9], "write it as 'backend://session/app_id'."),
        (EXAMPLES[11], "did you mean 'slurm'?"),
        (EXAMPLES[16], "wait again or cancel it."),
        (EXAMPLES[19], "fix or reinstall what provides it (entry point acme = m:A of acme 1.0)."),
    ],
)
def test_the_text_ends_with_the_fix(error: LaunchbindError, fix: str) -> None:
    """Where something can be done about an error, its last words say what."""
    assert str(error).endswith(fix)


def test_the_base_puts_its_data_into_words() -> None:
    """An error without a sentence of its own shows what it was made from."""
    assert str(LaunchbindError("a", 1, None)) == "a 1 None"
    assert LaunchbindError("a", 1).data == ("a", 1)


def test_a_conflict_names_every_side_with_its_place() -> None:
    """What is wanted, and each thing in the way, comes with where it was registered."""
    text = str(EXAMPLES[2])
    assert text.startswith("cannot bind executor 'a' to m:A (f.py:1): ")
    assert "'b' is bound to m:B (f.py:2) and 'c' is bound to m:A (f.py:3);" in text


def test_a_dry_run_error_names_the_role_only_if_one_is_to_blame() -> None:
    """The role and its index are there when its pre_proc failed, and not when the scheduler did."""
    assert "role 'trainer' (index 1)" in str(EXAMPLES[8])
    assert "role" not in str(errors.DryRunError("app", "slurm", None, None, "it broke"))
    assert "role '?' (index 0)" in str(errors.DryRunError("app", "slurm", "?", 0, "it broke"))


def test_an_ambiguous_name_lists_what_it_could_mean() -> None:
    """Each meaning can be written instead."""
    assert str(EXAMPLES[18]) == "'slurm' could mean slurm_tunnel or torchx:slurm: write which."


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.InvalidSettingError("mine.E", None, ".x X."), "mine.E cannot be made: .x X."),
        (errors.ProfileError("jobs.toml", "", ".x X."), "jobs.toml: .x X."),
        (errors.ProfileError("jobs.toml", "slurm", ".x X"), "jobs.toml, key slurm: .x X."),
        (
            errors.DryRunError("a", "b", None, None, ".x X."),
            "dry run of app 'a' on backend 'b' failed: .x X.",
        ),
        (errors.PlanError("a", ".x X."), "app 'a' .x X."),
        (errors.SchedulerError("a", "cancel b", ".x X."), "backend 'a' could not cancel b: .x X."),
        (errors.SchedulerError("a", "cancel b", ".x X"), "backend 'a' could not cancel b: .x X."),
        (
            errors.AdapterError("a", ".x X.", "s"),
            "adapter 'a' is broken, .x X: fix or reinstall what provides it (s).",
        ),
        (errors.InvalidSettingError("mine.E", "n", ".x X."), "mine.E cannot take 'n': .x X."),
        (
            errors.InvalidSettingError("mine.E", "n", ".x X.", ("zzz",)),
            "mine.E cannot take 'n': .x X: there are zzz.",
        ),
    ],
)
def test_a_reason_is_kept_as_it_is_up_to_its_full_stop(error: LaunchbindError, text: str) -> None:
    """Whether or not the reason ends a sentence itself, the error ends with one full stop."""
    assert str(error) == text


@pytest.mark.parametrize("name", ["slrum", "SLURM", "slurm_", "Slurm-tunnel"])
def test_a_near_miss_gets_a_suggestion(name: str) -> None:
    """Typing errors and case lead to the registered spelling."""
    known = ("local", "Slurm", "slurm_tunnel")
    suggestion = UnknownNameError("executor", name, known).suggestion
    assert suggestion in ("Slurm", "slurm_tunnel")
    assert f"did you mean {suggestion!r}?" in str(UnknownBackendError(name, known))


def test_a_far_miss_gets_none() -> None:
    """Nothing is suggested when nothing is close, and the sentence ends all the same."""
    assert UnknownNameError("executor", "zzz", ("local",)).suggestion is None
    assert str(UnknownNameError("executor", "zzz", ())).endswith("registered are none.")
    assert str(UnknownBackendError("zzz", ("local", "slurm"))).endswith("there are local, slurm.")


def test_a_setting_that_is_wrong_as_a_whole_blames_no_field() -> None:
    """Without a field there is nothing to suggest; with one, the closest field or all of them are named."""
    error = errors.InvalidSettingError
    assert str(error("mine.E", None, "no dataclass")) == "mine.E cannot be made: no dataclass."
    assert str(error("mine.E", "nods", "no such field", ("nodes",))).endswith("did you mean 'nodes'?")
    assert str(error("mine.E", "zzz", "no such field", ("nodes",))).endswith("there are nodes.")
    assert str(error("mine.E", "nodes", "no number")) == "mine.E cannot take 'nodes': no number."


def test_a_missing_dependency_without_advice_names_the_package_to_install() -> None:
    """Without ``requires`` the absent package itself is what to install."""
    error = errors.MissingDependencyError("executor", "a", "m:A", "m", None)
    assert str(error).endswith("run python -m pip install 'm'.")
    assert error.name == "m"


def test_every_error_is_exported() -> None:
    """All error classes can be imported from launchbind itself."""
    assert {cls.__name__ for cls in subclasses(LaunchbindError)} <= set(launchbind.__all__)
