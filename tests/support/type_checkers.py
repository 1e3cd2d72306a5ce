"""Five type checkers, each asked on which lines of some files it sees an error.

``python tests/support/type_checkers.py`` compares the answers with what the files of tests/typing say: the
package ``consumer`` has no error, and in ``wrong.py`` each line that ends in ``# wrong`` has one in every
checker. Where a checker sees none, the comment names it and says why: ``# wrong, but ty: it ignores this``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).parents[2]
TYPING = Path("tests", "typing")
#: A line that is an error, and the checkers that do not see it.
_WRONG = re.compile(r"# wrong(?:, but (?P<blind>[a-z, ]+): \S.*)?$")

#: A file, relative to the repository, the number of a line in it, and what a checker says about the line.
Finding = tuple[str, int, str]


def _run(*command: str) -> str:
    program = Path(sys.executable).parent / command[0]
    done = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} failed: {done.stdout}{done.stderr}")
    return done.stdout


def mypy(files: Iterable[str]) -> Iterator[Finding]:
    for line in _run("mypy", "--output", "json", *files).splitlines():
        found = json.loads(line)
        if found["severity"] == "error":
            yield found["file"], found["line"], found["message"]


def _pyright(*command: str) -> Callable[[Iterable[str]], Iterator[Finding]]:
    def ask(files: Iterable[str]) -> Iterator[Finding]:
        asked = _run(*command, "--pythonpath", sys.executable, "--outputjson", *files)
        for found in json.loads(asked)["generalDiagnostics"]:
            if found["severity"] == "error":
                yield found["file"], found["range"]["start"]["line"] + 1, found["message"]

    return ask


def ty(files: Iterable[str]) -> Iterator[Finding]:
    asked = _run("ty", "check", "--python", sys.executable, "--output-format", "concise", *files)
    for line in asked.splitlines():
        found = re.match(r"(.+?):(\d+):\d+: (error\[.*)", line)
        if found:
            yield found[1], int(found[2]), found[3]


def pyrefly(files: Iterable[str]) -> Iterator[Finding]:
    asked = _run(
        "pyrefly", "check", "--python-interpreter-path", sys.executable, "--output-format", "json", *files
    )
    for found in json.loads(asked)["errors"]:
        if found["severity"] == "error":
            yield found["path"], found["line"], found["concise_description"]


CHECKERS: dict[str, Callable[[Iterable[str]], Iterator[Finding]]] = {
    "mypy": mypy,
    "pyright": _pyright("pyright", "--project", str(TYPING / "pyrightconfig.json")),
    "basedpyright": _pyright("basedpyright"),
    "ty": ty,
    "pyrefly": pyrefly,
}


def wrong_lines(files: Iterable[str]) -> dict[tuple[str, int], frozenset[str]]:
    """Each line that says that it is wrong, by file and number, with the checkers that do not see it."""
    found: dict[tuple[str, int], frozenset[str]] = {}
    for file in files:
        for number, line in enumerate((ROOT / file).read_text().splitlines(), 1):
            marked = _WRONG.search(line)
            if marked:
                found[file, number] = frozenset(re.findall("[a-z]+", marked["blind"] or ""))
                if not found[file, number] <= CHECKERS.keys():
                    raise SystemExit(f"{file}:{number} names a checker that is not one of {[*CHECKERS]}")
    return found


def compare(checker: str, files: Iterable[str], wrong: dict[tuple[str, int], frozenset[str]]) -> list[str]:
    """Ask a checker about the files.

    Returns
    -------
    A sentence for each line where it does not see what the line says, and one that counts what it sees.
    """
    seen: dict[tuple[str, int], str] = {}
    for file, number, message in CHECKERS[checker](files):
        relative = str(Path(ROOT, file).resolve().relative_to(ROOT))
        seen.setdefault((relative, number), " ".join(message.split()))
    expected = {place for place, blind in wrong.items() if checker not in blind}
    problems = [
        f"{file}:{number}: {seen[file, number]}" for file, number in sorted(seen.keys() - wrong.keys())
    ]
    problems += [f"{file}:{number}: no error" for file, number in sorted(expected - seen.keys())]
    problems += [
        f"{file}:{number}: sees it" for file, number in sorted(seen.keys() & wrong.keys() - expected)
    ]
    print(f"{checker:<13}{len(seen.keys() & wrong.keys()):>3}/{len(wrong)}")
    return [f"{checker}: {problem}" for problem in problems]


def main() -> int:
    """Print how many of the wrong lines each checker sees, and every difference from what the lines say."""
    files = [
        str(TYPING / "wrong.py"),
        *sorted(str(TYPING / "consumer" / each.name) for each in (ROOT / TYPING / "consumer").glob("*.py")),
    ]
    wrong = wrong_lines(files)
    problems = [problem for checker in CHECKERS for problem in compare(checker, files, wrong)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
