"""``python -m tests.fuzz [--seconds N] [PARSER ...]``: fuzz one parser after another, for N seconds in all.

A text that breaks one ends the run with an error; the traceback and the text, in base64, are above it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from parsers import PARSERS, SEEDS

#: Characters: enough for brackets to nest deep, and few enough for hundreds of texts a second.
LONGEST = 8192


def main() -> int:
    """Fuzz every parser in a process of its own, since that is what libFuzzer ends with."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz")
    options.add_argument("--seconds", type=int, default=60, help="for the whole run, by default 60")
    options.add_argument("parsers", nargs="*", metavar="PARSER", help=f"by default all: {', '.join(PARSERS)}")
    given = options.parse_args()
    names = given.parsers or list(PARSERS)
    broken = [name for name in names if fuzz(name, max(1, given.seconds // len(names)))]
    print(f"broken: {', '.join(broken)}" if broken else f"{', '.join(names)}: no text broke any")
    return 1 if broken else 0


def fuzz(name: str, seconds: int) -> int:
    """Fuzz one parser; the exit code is not 0 when a text broke it."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, seed in enumerate(SEEDS[name]):
            (corpus / str(number)).write_text(seed)
        options: dict[str, object] = {"max_total_time": seconds, "max_len": LONGEST, "len_control": 0}
        options |= {"artifact_prefix": f"{folder}/", "verbosity": 0}
        flags = [f"-{option}={value}" for option, value in options.items()]
        command = [sys.executable, "-m", "tests.fuzz.one", name, *flags, str(corpus)]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
