"""A Slurm executor of somebody's own, and experiments that run on it, each in a process of its own."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module

import nemo_run as run

from launchbind_adapters.nemo_run import install

install()


@dataclass(kw_only=True)
class OwnSlurm(run.SlurmExecutor):
    """A subclass, which NeMo-Run alone refuses."""

    team: str = "ours"


def make(**fields: object) -> OwnSlurm:
    return OwnSlurm(account="tests", partition="debug", packager=run.Packager(), **fields)  # type: ignore[arg-type]


def dry() -> None:
    with run.Experiment("dry", executor=make()) as experiment:
        experiment.add(run.Script(inline="echo hello"), name="one")
        experiment.dryrun()


def chain() -> None:
    with run.Experiment("chain", executor=make()) as experiment:
        experiment.add(run.Script(inline="echo first"), name="one", tail_logs=True)
        experiment.add(run.Script(inline="echo second"), name="two", dependencies=["one"])
        experiment.run()
    report(experiment)


def group() -> None:
    together = make(srun_args=["--overlap"], wait_time_for_group_job=0, monitor_group_job_wait_time=1)
    with run.Experiment("group", executor=together) as experiment:
        tasks = [run.Script(inline="echo left; sleep 3"), run.Script(inline="echo right; sleep 3")]
        experiment.add(tasks, name="both")
        experiment.run()
    report(experiment)


def detach() -> None:
    with run.Experiment("detached", executor=make()) as experiment:
        experiment.add(run.Script(inline="echo begun; sleep 300"), name="long")
        experiment.run(detach=True)
    report(experiment)


def report(experiment: run.Experiment) -> None:
    print("ID", experiment._id)
    for job in experiment.jobs:
        print("JOB", job.id, job.handle, job.state.name)


if __name__ == "__main__":
    # By its own name, so that another process finds the class, which it would not in __main__.
    getattr(import_module("own_slurm"), sys.argv[1])()
