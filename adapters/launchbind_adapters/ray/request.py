"""What is submitted to Ray: a request, made from an app and an executor without asking anybody."""

from __future__ import annotations

import base64
import json
import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from launchbind.errors import PlanError, UnsupportedError
from launchbind.planning.dryrun import DryRunInfo
from launchbind_adapters.ray.executor import jobs_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launchbind.protocols import App
    from launchbind_adapters.ray.executor import RayExecutor

#: Stands for what is made when the request is submitted.
APP_ID = "<app_id>"
#: A name becomes part of Ray's ids, and those of paths and URLs.
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
#: What Ray fills in, or would leave out, in the values of variables.
_MACRO = re.compile(r"\$[\w{]")


@dataclass
class RayJob:
    """One Ray job: what ``JobSubmissionClient.submit_job`` takes.

    ``submission_id``, ``entrypoint`` and ``metadata`` hold ``<app_id>`` until the request is submitted.
    """

    submission_id: str
    entrypoint: str
    runtime_env: dict[str, object]
    metadata: dict[str, str]
    num_cpus: float | None
    num_gpus: float | None
    memory: int | None
    resources: dict[str, float]

    def named(self, app_id: str) -> RayJob:
        """The job with the id of its app filled in."""
        return replace(
            self,
            submission_id=self.submission_id.replace(APP_ID, app_id),
            entrypoint=self.entrypoint.replace(APP_ID, app_id, 1),
            metadata={name: text.replace(APP_ID, app_id) for name, text in self.metadata.items()},
        )

    def arguments(self) -> dict[str, object]:
        """Under the names that Ray gives them, without those that say nothing."""
        named = {
            "submission_id": self.submission_id,
            "entrypoint": self.entrypoint,
            "entrypoint_num_cpus": self.num_cpus,
            "entrypoint_num_gpus": self.num_gpus,
            "entrypoint_memory": self.memory,
            "entrypoint_resources": self.resources or None,
            "runtime_env": self.runtime_env,
            "metadata": self.metadata,
        }
        return {name: value for name, value in named.items() if value is not None}


@dataclass
class RayRequest:
    """The jobs of an app, one for each replica of each role, and the cluster they are for."""

    address: str
    app: str
    jobs: list[RayJob]


class RayInfo(DryRunInfo[RayRequest]):
    """A request to Ray that has not been submitted; its text is all of it, as JSON."""

    def __str__(self) -> str:
        shown = {"address": self.request.address, "jobs": [job.arguments() for job in self.request.jobs]}
        return json.dumps(shown, indent=2, ensure_ascii=False)


def make_request(backend: str, session: str, app: App, executor: RayExecutor) -> RayRequest:
    """The request for ``app``.

    Raises
    ------
    UnsupportedError
        When the executor asks for retries.
    PlanError
        When a name cannot be part of Ray's ids, or a variable not be handed on as it is.
    """
    if executor.retries:
        raise UnsupportedError(backend, "retry a job: leave retries at 0, or retry within the job")
    _check_names(app)
    replicas = [(role, number) for role in app.roles for number in range(role.num_replicas)]
    jobs: list[RayJob] = []
    for index, (role, number) in enumerate(replicas):
        submission_id = f"{APP_ID}-{role.name}-{number}"
        exports, env_vars = _literal(app.name, {**executor.env_vars, **role.env})
        words = shlex.join([role.entrypoint, *role.args])
        job = RayJob(
            submission_id=submission_id,
            entrypoint=f"echo {shlex.quote(begin_line(submission_id).rstrip())}; {exports}exec {words}",
            runtime_env=executor.environment(env_vars),
            metadata={
                "launchbind.app_id": APP_ID,
                "launchbind.session": session,
                "launchbind.role": role.name,
                "launchbind.replica": str(number),
                "launchbind.job": f"{index + 1}/{len(replicas)}",
            },
            num_cpus=executor.num_cpus,
            num_gpus=executor.num_gpus,
            memory=executor.memory,
            resources=executor.resources,
        )
        jobs.append(job)
    return RayRequest(jobs_address(executor.address), app.name, jobs)


def begin_line(submission_id: str) -> str:
    """The line that an entrypoint writes before the job's own output, to tell it from Ray's words."""
    return f"Output of {submission_id}:\n"


def _check_names(app: App) -> None:
    for name in (app.name, *(role.name for role in app.roles)):
        if not _NAME.fullmatch(name):
            reason = "it is part of Ray's ids, which have letters, digits, '_', '.' and '-'"
            raise PlanError(app.name, f"needs another name than {name!r}: {reason}")


def _literal(app: str, variables: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """What the entrypoint begins with, and the variables it needs, to have ``variables`` as they are.

    Ray fills in $NAME and ${NAME} in values (ray/_private/utils.py, ``update_envs``), and has no way to
    write either plainly. A value with one also travels in base64, which the shell that Ray runs the
    entrypoint in puts back: not as a word of the entrypoint, which everybody can read.
    """
    exports, env_vars = "", dict(variables)
    for name, text in variables.items():
        if _MACRO.search(text):
            if not name.isidentifier():
                raise PlanError(app, f"needs the variable {name!r} without '$' in its value: Ray changes it")
            env_vars[f"{name}_BASE64"] = base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
            # The dot keeps the shell from cutting off newlines at the end.
            exports += f'{name}="$(echo "${name}_BASE64" | base64 -d; echo .)"; '
            exports += f'export {name}="${{{name}%.}}"; '
    return exports, env_vars
