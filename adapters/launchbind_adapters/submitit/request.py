"""What is submitted to submitit, in plain values: shown by plans, submitted as it is."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from launchbind.planning.dryrun import DryRunInfo

if TYPE_CHECKING:
    from typing import TypeAlias


@dataclass
class RoleRequest:
    """One role: as many jobs of submitit as it has replicas.

    Attributes
    ----------
    command
        Program and arguments; no shell reads them.
    env
        Environment variables, besides those of the submitting process.
    script
        The text for sbatch; empty on the other engines.
    """

    name: str
    replicas: int
    command: list[str]
    env: dict[str, str]
    script: str = ""


@dataclass
class SubmititRequest:
    """A job of one or more roles.

    Attributes
    ----------
    app_id
        Made anew in every dry run.
    folder
        The job's own folder.
    tasks
        How many processes run the command in each replica.
    retries
        How often a command that fails is run again.
    timeout_min
        The time limit in minutes; None where the engine has none.
    parameters
        Other parameters of submitit's executor; empty for Slurm, where the script has them.
    """

    app_id: str
    backend: str
    folder: str
    tasks: int
    retries: int
    timeout_min: float | None
    roles: list[RoleRequest]
    parameters: dict[str, str | int | float | bool | list[int]] = field(default_factory=dict)

    def __str__(self) -> str:
        facts = {
            "app": self.app_id,
            "folder": self.folder,
            "tasks per replica": self.tasks,
            "retries": self.retries,
            "timeout_min": self.timeout_min,
            **self.parameters,
        }
        lines = [f"{name}: {value}" for name, value in facts.items() if value is not None]
        for role in self.roles:
            lines += ["", f"role {role.name}, replicas: {role.replicas}"]
            lines += [f"  {name}={shlex.quote(value)}" for name, value in sorted(role.env.items())]
            lines += [f"  {shlex.join(role.command)}"]
            if role.script:
                lines += ["", f"sbatch script of role {role.name}:", role.script]
        return "\n".join(lines)


SubmititInfo: TypeAlias = DryRunInfo[SubmititRequest]
