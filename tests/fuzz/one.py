"""``python -m tests.fuzz.one PARSER [OPTION ...]``: fuzz one parser, with options of libFuzzer."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["launchbind", "parsers", "tomllib"]):
    from parsers import PARSERS

if __name__ == "__main__":
    name, *options = sys.argv[1:]
    parser = PARSERS[name]

    def once(text: bytes) -> None:
        """One text; whatever is no UTF-8 in it becomes lone surrogates."""
        parser(text.decode("utf-8", "surrogateescape"))

    atheris.Setup([sys.argv[0], *options], once)
    atheris.Fuzz()
