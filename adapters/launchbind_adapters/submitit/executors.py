"""Typed executors for submitit: one per engine, each with the fields that its engine honours.

Fields are named as submitit 1.5.4 names its parameters. A parameter that an engine would ignore is not a
field of its executor, so that setting it is an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class SubmititExecutor:
    """The fields that all of submitit's engines honour.

    Parameters
    ----------
    folder
        Where logs, pickles and results go; each job has a folder of its own in there. On Slurm every node
        must see it. By default below ``$XDG_STATE_HOME/launchbind`` (``~/.local/state/launchbind``).
    env_vars
        Environment variables of the job, besides those of the process that submits it.
    retries
        How often a command that fails is run again, within the same job. A job of several tasks cannot be
        retried, for its tasks would be restarted one by one.
    """

    folder: str | None = None
    env_vars: dict[str, str] = field(default_factory=dict)
    retries: int = 0

    def nnodes(self) -> int:
        """How many nodes each replica takes."""
        return 1

    def nproc_per_node(self) -> int:
        """How many tasks run on each of them."""
        return 1


@dataclass(kw_only=True)
class DebugExecutor(SubmititExecutor):
    """Runs the job where it is submitted: submitting returns when the job has ended."""


@dataclass(kw_only=True)
class LocalExecutor(SubmititExecutor):
    """Runs the job on this machine, in processes that outlive the one that submits it.

    Parameters
    ----------
    timeout_min
        Minutes after which the job is ended; submitit signals it ``signal_delay_s`` seconds before that.
    tasks_per_node
        How many processes run the command.
    gpus_per_node, visible_gpus
        How many GPUs the job sees, and the numbers of those it may see; none by default.
    signal_delay_s
        Seconds between submitit's signal and the time limit. The command is ended at the signal.
    setup
        Shell lines run before the command, in the same shell.
    stderr_to_stdout
        Whether both go into one file, in the order written. submitit keeps them apart by default.
    python
        The interpreter, as a shell command; by default that of the process that submits.
    """

    timeout_min: float = 5
    tasks_per_node: int = 1
    gpus_per_node: int = 0
    visible_gpus: list[int] = field(default_factory=list)
    signal_delay_s: int = 30
    setup: list[str] = field(default_factory=list)
    stderr_to_stdout: bool = True
    python: str | None = None

    def nproc_per_node(self) -> int:
        """``tasks_per_node``."""
        return self.tasks_per_node


@dataclass(kw_only=True)
class SlurmExecutor(SubmititExecutor):
    """Runs the job on a Slurm cluster, through ``sbatch``.

    A field that is None is left to Slurm. Fields that are not explained here are options of sbatch.

    Parameters
    ----------
    name
        The job's name in Slurm; by default the app's, with the role's where there are several.
    timeout_min
        Minutes after which the job is ended; submitit signals it ``signal_delay_s`` seconds before that.
    time
        Another name for ``timeout_min``, which takes precedence, as in submitit.
    nodes, tasks_per_node
        The command runs once in each of the nodes' tasks.
    cpus_per_task, gpus_per_node, mem_gb
        For each task, for each node, and gigabytes for each node.
    signal_delay_s
        Seconds between submitit's signal and the time limit. The command is ended at the signal.
    setup, teardown
        Shell lines of the batch script, before and after the command.
    array_parallelism
        How many replicas of a role may run at once.
    stderr_to_stdout
        Whether both go into one file, in the order written. submitit keeps them apart by default.
    additional_parameters
        Options of sbatch that have no field here; True stands for an option without a value.
    srun_args, use_srun
        Arguments for the srun of the batch script, and whether there is one.
    python
        The interpreter on the nodes, as a shell command; by default that of the process that submits.
    """

    name: str | None = None
    timeout_min: int = 5
    time: int | None = None
    nodes: int = 1
    tasks_per_node: int = 1
    cpus_per_task: int | None = None
    gpus_per_node: int | None = None
    mem_gb: float | None = None
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    gres: str | None = None
    nodelist: str | None = None
    exclude: str | None = None
    exclusive: bool | str | None = None
    dependency: str | None = None
    comment: str | None = None
    cpus_per_gpu: int | None = None
    gpus_per_task: int | None = None
    mem_per_cpu: str | None = None
    mem_per_gpu: str | None = None
    mail_type: str | None = None
    mail_user: str | None = None
    wckey: str = "submitit"
    signal_delay_s: int = 90
    setup: list[str] = field(default_factory=list)
    teardown: list[str] = field(default_factory=list)
    array_parallelism: int = 256
    stderr_to_stdout: bool = True
    additional_parameters: dict[str, str | int | bool] = field(default_factory=dict)
    srun_args: list[str] = field(default_factory=list)
    use_srun: bool = True
    python: str | None = None

    def nnodes(self) -> int:
        """``nodes``."""
        return self.nodes

    def nproc_per_node(self) -> int:
        """``tasks_per_node``."""
        return self.tasks_per_node
