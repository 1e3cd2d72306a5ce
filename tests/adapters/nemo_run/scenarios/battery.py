"""Typical experiments with one executor; the results are written as JSON.

    python battery.py RESULTS MODULE:EXECUTOR [install]

Each job waits for what it needs, never for an amount of time, so the outcome is always the same.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import nemo_run as run
from nemo_run.config import get_nemorun_home
from nemo_run.core.frontend.console.api import CONSOLE
from nemo_run.run.job import Job, JobGroup
from torchx.specs import AppState, is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from nemo_run.core.execution.base import Executor

    Results = dict[str, object]

POLL_SECONDS = 0.1


def script(text: str) -> run.Script:
    return run.Script(inline=text)


def until(path: Path) -> str:
    return f"until [ -e {path} ]; do sleep 0.1; done"


def states(exp: run.Experiment) -> dict[str, str]:
    """Job to state, once all have ended."""
    while True:
        jobs = (exp.status(return_dict=True) or {}).items()
        found = {name: str(job["status"]).partition(" ")[0] for name, job in jobs}  # "RUNNING (3)"
        if all(is_terminal(AppState[state]) for state in found.values()):
            return found
        time.sleep(POLL_SECONDS)


def printed(exp: run.Experiment, job: str) -> str:
    """What ``logs`` prints."""
    text = io.StringIO()
    with redirect_stderr(text):
        exp.logs(job)
    return text.getvalue()


def dry_run(executor: Executor, folder: Path) -> Results:
    shown = io.StringIO()
    with run.Experiment("dry", executor=executor) as exp:
        exp.add(script("echo never run"), name="dry")
        with redirect_stdout(shown):
            exp.dryrun()
    infos = [str(job._dryrun_info) for job in exp.jobs if isinstance(job, Job)]
    return {"id": exp._id, "infos": infos, "shown": shown.getvalue()}


def logs(executor: Executor, folder: Path) -> Results:
    with run.Experiment("logs", executor=executor) as exp:
        exp.add(script('echo "hello $WHO"; echo again'), name="one", tail_logs=True)
        exp.run()
    return {"id": exp._id, "states": states(exp), "printed": printed(exp, "one")}


def parallel(executor: Executor, folder: Path) -> Results:
    """Two jobs that wait for each other, one that fails, and one of a Python function."""
    with run.Experiment("parallel", executor=executor) as exp:
        for me, other in (("a", "b"), ("b", "a")):
            exp.add(script(f"touch {folder / me}; {until(folder / other)}"), name=me)
        exp.add(script("exit 3"), name="fails")
        exp.add(run.Partial(os.makedirs, name=str(folder / "made")), name="python")
        exp.run()
    return {"id": exp._id, "states": states(exp), "made": (folder / "made").is_dir()}


def dependencies(executor: Executor, folder: Path) -> Results:
    with run.Experiment("dependencies", executor=executor) as exp:
        exp.add(script(f"echo 1 >> {folder}/order"), name="first")
        exp.add(script(f"echo 2 >> {folder}/order"), name="second", dependencies=["first"])
        exp.add(script(f"echo 3 >> {folder}/order"), name="third", dependencies=["second"])
        exp.run()
    return {"id": exp._id, "states": states(exp), "order": (folder / "order").read_text().split()}


def group(executor: Executor, folder: Path) -> Results:
    """Two tasks that wait for each other; without states, since NeMo-Run ends a local group early."""
    with run.Experiment("group", executor=executor) as exp:
        tasks = [f"touch {folder}/g{me}; {until(folder / f'g{1 - me}')}" for me in (0, 1)]
        exp.add([script(task) for task in tasks], name="group")
        exp.run()
    states(exp)
    met = [(folder / f"g{me}").exists() for me in (0, 1)]
    return {
        "id": exp._id,
        "met": met,
        "handles": [len(job.handles) for job in exp.jobs if isinstance(job, JobGroup)],
    }


def cancel(executor: Executor, folder: Path) -> Results:
    with run.Experiment("cancel", executor=executor) as exp:
        exp.add(script("while true; do sleep 0.1; done"), name="endless")
        exp.run()
        exp.cancel("endless")
    return {"id": exp._id, "states": states(exp)}


def detach(executor: Executor, folder: Path) -> Results:
    """Jobs that this process leaves running, if it may; they go on when the file ``go`` exists."""
    said = io.StringIO()
    with redirect_stdout(said), run.Experiment("detach", executor=executor) as exp:
        exp.add(script(f"{until(folder / 'go')}; echo let go"), name="one")
        exp.add(script("echo after that"), name="two", dependencies=["one"])
        if type(executor) not in exp._DETACH_SUPPORTED_EXECUTORS:
            (folder / "go").touch()  # the experiment is going to wait for it
        exp.run(detach=True)
    return {"id": exp._id, "refused": "Cannot detach" in said.getvalue()}


def abandon(executor: Executor, folder: Path) -> Results:
    """An endless job that this process leaves running, for another process to cancel."""
    with run.Experiment("abandon", executor=executor) as exp:
        if type(executor) not in exp._DETACH_SUPPORTED_EXECUTORS:
            return {}
        exp.add(script("while true; do sleep 0.1; done"), name="endless")
        exp.run(detach=True)
    return {"id": exp._id}


PARTS: tuple[Callable[[Executor, Path], Results], ...] = (
    dry_run,
    logs,
    parallel,
    dependencies,
    group,
    cancel,
    detach,
    abandon,
)


def main(results: Path, reference: str, *options: str) -> None:
    if "install" in options:
        from launchbind_adapters.nemo_run import install

        install()
    module, _, name = reference.partition(":")
    executor: Executor = getattr(import_module(module), name)(env_vars={"WHO": "you"})
    folder = Path(get_nemorun_home(), "battery")
    folder.mkdir(parents=True)
    CONSOLE.width = 1000
    outcome = {part.__name__: part(executor, folder) for part in PARTS}
    results.write_text(json.dumps(outcome, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
