"""RayExecutor: where a Ray job runs, with which resources and in which environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from launchbind.errors import InvalidSettingError

#: The dashboard, which serves the Jobs API, of a head started with Ray's defaults.
LOCAL_ADDRESS = "http://127.0.0.1:8265"


@dataclass(kw_only=True)
class RayExecutor:
    """A Ray cluster, the resources each entrypoint reserves on it, and the environment it runs in.

    Parameters
    ----------
    env_vars
        Variables of the job, unchanged, and of the Ray tasks and actors that it starts. In the latter, Ray
        substitutes ``$NAME`` and ``${NAME}`` in values.
    retries
        Must be 0: Ray Jobs run an entrypoint once.
    address
        URL of the head's dashboard, such as ``http://head:8265``. By default the value of
        ``RAY_API_SERVER_ADDRESS`` or ``RAY_ADDRESS``, or the head on this machine. Unlike in Ray's own
        client, those variables never override this field.
    num_cpus, num_gpus, resources
        What each entrypoint reserves, in addition to what it requests from Ray itself; by default nothing.
    memory
        Memory that each entrypoint reserves, in bytes.
    working_dir
        A folder or a zip file that is uploaded when the job is submitted, or the URI of one; the
        entrypoint starts in it.
    py_modules
        Folders, wheels or URIs that the job can import.
    pip
        Requirements to install for the job.
    conda
        Name of an environment on the cluster, or the content of an ``environment.yml``.
    runtime_env
        Other fields of Ray's runtime environment, such as ``excludes`` or ``config``.

    Notes
    -----
    A token is read from Ray's own places (``RAY_AUTH_TOKEN``, ``RAY_AUTH_TOKEN_PATH``,
    ``~/.ray/auth_token``), and headers for a proxy, as JSON, from ``RAY_JOB_HEADERS``. They are no fields,
    since another process needs them too, and no plan or record should contain them.
    """

    env_vars: dict[str, str] = field(default_factory=dict)
    retries: int = 0
    address: str | None = None
    num_cpus: float | None = None
    num_gpus: float | None = None
    memory: int | None = None
    resources: dict[str, float] = field(default_factory=dict)
    working_dir: str | None = None
    py_modules: list[str] = field(default_factory=list)
    pip: list[str] = field(default_factory=list)
    conda: str | dict[str, object] | None = None
    runtime_env: dict[str, object] = field(default_factory=dict)

    def nnodes(self) -> int:
        """One: an entrypoint runs on one node, and requests others from Ray."""
        return 1

    def nproc_per_node(self) -> int:
        """One, the entrypoint."""
        return 1

    def environment(self, env_vars: dict[str, str]) -> dict[str, object]:
        """Ray's runtime environment for a job with these variables; ``runtime_env`` sets no other field."""
        fields: dict[str, object] = {
            "env_vars": env_vars,
            "working_dir": _absolute(self.working_dir) if self.working_dir else None,
            "py_modules": [_absolute(each) for each in self.py_modules],
            "pip": list(self.pip),
            "conda": self.conda,
        }
        for name in fields.keys() & self.runtime_env.keys():
            raise InvalidSettingError(
                type(self).__qualname__, "runtime_env", f"{name!r} has a field of its own: set that"
            )
        return {**self.runtime_env, **{name: value for name, value in fields.items() if value}}


def address_variable() -> str | None:
    """The cluster's address from the environment, read as Ray's command line reads it; None without one."""
    # ray/dashboard/utils.py, get_address_for_submission_client
    return os.environ.get("RAY_API_SERVER_ADDRESS") or os.environ.get("RAY_ADDRESS") or None


def jobs_address(address: str | None) -> str:
    """The URL of the Jobs API: ``address``, or the one in the environment, or that of this machine's head."""
    found = address or address_variable()
    if found is None or found == "auto":
        return LOCAL_ADDRESS
    # Ray's client also takes the address of the GCS (host:port) or of Ray Client, and then asks the GCS for
    # the dashboard. Without a GCS that takes 40 s, and without a required token it aborts this process.
    if "://" not in found or found.startswith("ray://"):
        shown = found.rpartition("@")[2]  # a password may precede it
        problem = f"{shown!r} is not the URL of a dashboard: give one such as {LOCAL_ADDRESS}"
    elif urlsplit(found).password:
        problem = "it holds a password, which belongs into RAY_JOB_HEADERS"
    else:
        return found.rstrip("/")
    raise InvalidSettingError("RayExecutor", "address", problem)


def _absolute(path: str) -> str:
    # A plan may be submitted from another working directory than it was made in.
    return path if "://" in path else os.path.abspath(os.path.expanduser(path))
