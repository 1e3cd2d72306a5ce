"""The request to Ray, made from an app and an executor without contacting a cluster."""

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

#: Placeholder for the app id, which is made when the request is submitted.
APP_ID = "<app_id>"
#: Names become part of Ray's ids, and Ray puts those into paths and URLs.
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
#: What Ray substitutes or removes in the values of variables.
_MACRO = re.compile(r"\$[\w{]")


@dataclass
class RayJob:
    """One Ray job: the arguments of ``JobSubmissionClient.submit_job``.

    ``submission_id``, ``entrypoint`` and ``metadata`` contain ``<app_id>`` until the request is submitted.
    """

    submission_id: str
    entrypoint: str
    runtime_env: dict[str, object]
    metadata: dict[str, str]
    num_cpus: float | None
    num_gpus: float | None
    memory: int | None
    resources: dict[str, float]

    def with_app_id(self, app_id: str) -> RayJob:
        """The job with ``app_id`` in place of ``<app_id>``."""
        return replace(
            self,
            submission_id=self.submission_id.replace(APP_ID, app_id),
            entrypoint=self.entrypoint.replace(APP_ID, app_id, 1),
            metadata={name: text.replace(APP_ID, app_id) for name, text in self.metadata.items()},
        )

    def arguments(self) -> dict[str, object]:
        """The arguments under Ray's names, without those that are None."""
        arguments = {
            "submission_id": self.submission_id,
            "entrypoint": self.entrypoint,
            "entrypoint_num_cpus": self.num_cpus,
            "entrypoint_num_gpus": self.num_gpus,
            "entrypoint_memory": self.memory,
            "entrypoint_resources": self.resources or None,
            "runtime_env": self.runtime_env,
            "metadata": self.metadata,
        }
        return {name: value for name, value in arguments.items() if value is not None}


@dataclass
class RayRequest:
    """The jobs of an app, one for each replica of each role, and the address of the cluster for them."""

    address: str
    app: str
    jobs: list[RayJob]


class RayInfo(DryRunInfo[RayRequest]):
    """A request to Ray that has not been submitted; ``str`` gives all of it as JSON."""

    def __str__(self) -> str:
        shown = {"address": self.request.address, "jobs": [job.arguments() for job in self.request.jobs]}
        return json.dumps(shown, indent=2, ensure_ascii=False)


def make_request(backend: str, session: str, app: App, executor: RayExecutor) -> RayRequest:
    """The request for ``app``; what cannot be part of Ray's ids, or reach the job unchanged, is refused."""
    if executor.retries:
        raise UnsupportedError(backend, "retry a job: leave retries at 0, or retry within the job")
    _check_names(app)
    replicas = [(role, number) for role in app.roles for number in range(role.num_replicas)]
    jobs: list[RayJob] = []
    for index, (role, number) in enumerate(replicas):
        submission_id = f"{APP_ID}-{role.name}-{number}"
        exports, env_vars = _unchanged_variables(app.name, {**executor.env_vars, **role.env})
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
    """The line that an entrypoint writes first: everything before it in the log is Ray's."""
    return f"Output of {submission_id}:\n"


def _check_names(app: App) -> None:
    for name in (app.name, *(role.name for role in app.roles)):
        if not _NAME.fullmatch(name):
            reason = "it is part of Ray's ids, which have letters, digits, '_', '.' and '-'"
            raise PlanError(app.name, f"needs another name than {name!r}: {reason}")


def _unchanged_variables(app: str, variables: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The shell code and the variables that give the job ``variables`` unchanged.

    Ray substitutes $NAME and ${NAME} in values (ray/_private/utils.py, ``update_envs``), and has no escape
    for them. A value that contains one is also sent in base64, in a second variable, and decoded by the shell
    in which Ray runs the entrypoint. The value itself is not written into the entrypoint, since anyone can
    read that.
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
