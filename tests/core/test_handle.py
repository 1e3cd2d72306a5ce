"""Handles: read from their text, written back the same, and never half right."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchbind import Handle, InvalidHandleError, Registry

BACKENDS = st.text("abcXYZ019_.+-", min_size=1)
PARTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: "/" not in text and not any(letter.isspace() for letter in text)
)


@given(BACKENDS, PARTS, PARTS)
def test_a_handle_survives_its_text(backend: str, session: str, app_id: str) -> None:
    """Parsing the text of a handle gives the same handle, whatever the parts hold."""
    handle = Handle(backend, session, app_id)
    assert str(handle) == f"{backend}://{session}/{app_id}"
    assert Handle.parse(str(handle)) == handle


@given(st.from_regex(r"[a-z+]{0,2}:?/{0,3}[a-z ]{0,2}/{0,2}[a-z\n]{0,2}", fullmatch=True))
def test_a_text_that_parses_is_the_text_of_its_handle(text: str) -> None:
    """What parse accepts, str gives back to the letter; what it refuses is in the error."""
    try:
        seen = str(Handle.parse(text))
    except InvalidHandleError as error:
        seen = error.text
    assert seen == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "slurm",
        "slurm://",
        "slurm://session",
        "slurm://session/",
        "slurm:///app",
        "://session/app",
        "slurm:/session/app",
        "slurm//session/app",
        "slurm://session/app/more",
        "slurm://session/app\n",
        " slurm://session/app",
        "slurm://ses sion/app",
        "slurm://session/a\u00a0b",
        "sl/urm://session/app",
        "slürm://session/app",
        "sl urm://session/app",
    ],
)
def test_a_malformed_text_is_refused_with_the_form_to_write(text: str) -> None:
    """Nothing is guessed: a part that is empty, or holds white space or a slash, is an error."""
    with pytest.raises(InvalidHandleError, match="write it as 'backend://session/app_id'") as caught:
        Handle.parse(text)
    assert caught.value.text == text
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("backend", "session", "app_id"), [("", "s", "a"), ("b", "s/t", "a"), ("b", "s", "a b")]
)
def test_a_handle_that_could_not_be_parsed_back_cannot_be_made(
    backend: str, session: str, app_id: str
) -> None:
    """The parts are checked when a handle is made, not when it is read somewhere else."""
    with pytest.raises(InvalidHandleError) as caught:
        Handle(backend, session, app_id)
    assert caught.value.text == f"{backend}://{session}/{app_id}"


@given(BACKENDS)
def test_every_name_of_a_registry_can_be_the_scheme_of_a_handle(name: str) -> None:
    """Names and schemes obey the same rule."""
    registry: Registry[object] = Registry()
    registry.register(name, dict)
    assert Handle.parse(f"{name}://session/app").backend in registry


def test_a_handle_is_a_value() -> None:
    """Handles compare and hash by their parts, pickle, and cannot be changed."""
    handle = Handle("slurm", "session", "app")
    assert {handle: 1}[Handle.parse("slurm://session/app")] == 1
    assert pickle.loads(pickle.dumps(handle)) == handle
    with pytest.raises(FrozenInstanceError):
        handle.app_id = "other"  # type: ignore[misc]  # frozen, which is the point
