"""The parsers, given any text: a value or the one documented error; the fuzz session goes on from here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsers import PARSERS, SEEDS

#: Whole and cut seeds, put together with whatever the grammars treat as special, and with any letters.
PIECES = [seed[:length] for seeds in SEEDS.values() for seed in seeds for length in (3, 12, None)]
TEXTS = st.text() | st.lists(st.sampled_from(PIECES) | st.text("[]{}\"'=:/.,\n \\019a", max_size=3)).map(
    "".join
)


@pytest.mark.parametrize("parser", PARSERS)
@given(text=TEXTS)
def test_no_text_breaks_a_parser(parser: str, text: str) -> None:
    """Whatever holds of every text, holds of these."""
    PARSERS[parser](text)


@pytest.mark.parametrize(("parser", "text"), [(parser, text) for parser in SEEDS for text in SEEDS[parser]])
def test_no_seed_breaks_a_parser(parser: str, text: str) -> None:
    """Nor do the texts that the fuzzer begins with, those that it once failed on among them."""
    PARSERS[parser](text)
