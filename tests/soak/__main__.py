"""``python -m tests.soak [--steps N] [--seed N]``: a million random steps of the registry's state machine."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter, deque
from pathlib import Path

from registry_machine import walk, write_modules


def main() -> int:
    """Walk; when a step fails, print those before it, and the seed that leads there again."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--steps", type=int, default=1_000_000, help="by default a million")
    parser.add_argument("--seed", type=int, default=0, help="by default 0")
    asked = parser.parse_args()
    latest: deque[object] = deque(maxlen=60)
    taken: Counter[str] = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        write_modules(Path(folder))
        sys.path.insert(0, folder)
        try:
            for name, chosen in walk(asked.steps, asked.seed):
                latest.append((name, chosen))
                taken[name] += 1
        except BaseException:
            print(*latest, f"step {taken.total():,} of seed {asked.seed} failed", sep="\n", file=sys.stderr)
            raise
    for name, count in taken.most_common():
        print(f"{count:9,}  {name}")
    print(f"{taken.total():9,}  steps, seed {asked.seed}, in {time.monotonic() - began:.0f} s; none failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
