"""Read an experiment by its id alone, and write its state and logs as JSON.

python reopen.py RESULTS ID JOB...
"""

from __future__ import annotations

import io
import json
import sys
import time
from contextlib import redirect_stderr
from pathlib import Path

import nemo_run as run
from torchx.specs import AppState, is_terminal

POLL_SECONDS = 0.1


def main(results: Path, experiment: str, when: str, *jobs: str) -> None:
    exp = run.Experiment.from_id(experiment)
    while True:
        seen = exp.status(return_dict=True) or {}
        states = {name: str(job["status"]).partition(" ")[0] for name, job in seen.items()}  # "RUNNING (3)"
        if when == "now" or all(is_terminal(AppState[state]) for state in states.values()):
            break
        time.sleep(POLL_SECONDS)
    printed = io.StringIO()
    with redirect_stderr(printed):
        for job in jobs:
            exp.logs(job)
    outcome = {
        "states": states,
        "executors": {name: job["executor"] for name, job in seen.items()},
        "printed": printed.getvalue(),
    }
    results.write_text(json.dumps(outcome))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
