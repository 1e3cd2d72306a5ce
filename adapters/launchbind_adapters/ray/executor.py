"""RayExecutor: where a Ray job runs, and with what."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from launchbind.errors import InvalidSettingError

#: Where a head that was started with Ray's own defaults has its dashboard, and with it the Jobs API.
LOCAL_ADDRESS = "http://127.0.0.1:8265"


@dataclass(kw_only=True)
class RayExecutor:
    """A Ray cluster, what each entrypoint reserves on it, and the environment it runs in.

    Parameters
    ----------
    env_vars
        Variables of the job, as they are, and of the Ray tasks and actors it starts; in those Ray fills
        in ``$NAME`` and ``${NAME}`` in values.
    retries
        Must be 0: Ray Jobs run an entrypoint once.
    address
        URL of the head's dashboard, such as ``http://head:8265``. By default what
        ``RAY_API_SERVER_ADDRESS`` or ``RAY_ADDRESS`` says, else the head on this machine. Unlike in
        Ray's own client those variables never override what is given here.
    num_cpus, num_gpus, resources
        What each entrypoint reserves, besides what it asks Ray for itself; by default nothing.
    memory
        What each entrypoint reserves, in bytes.
    working_dir
        A folder or a zip file that is uploaded when the job is submitted, or the URI of one; the
        entrypoint starts there.
    py_modules
        Folders, wheels or URIs that the job can import.
    pip
        Requirements that are installed for the job.
    conda
        Name of an environment on the cluster, or what ``environment.yml`` would say.
    runtime_env
        Other fields of Ray's runtime environment, such as ``excludes`` or ``config``.

    Notes
    -----
    A token is found where Ray finds it (``RAY_AUTH_TOKEN``, ``RAY_AUTH_TOKEN_PATH``,
    ``~/.ray/auth_token``), and headers for a proxy in ``RAY_JOB_HEADERS``, as JSON: another process needs
    them too, and no plan or record should hold them.
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
        """One: an entrypoint runs on one node, and asks Ray for others."""
        return 1

    def nproc_per_node(self) -> int:
        """One, the entrypoint."""
        return 1

    def environment(self, env_vars: dict[str, str]) -> dict[str, object]:
        """Ray's runtime environment for a job with these variables.

        Raises
        ------
        InvalidSettingError
            When ``runtime_env`` holds what has a field of its own.
        """
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
    """What the environment says of where the cluster is, as Ray's command line reads it."""
    # ray/dashboard/utils.py, get_address_for_submission_client
    return os.environ.get("RAY_API_SERVER_ADDRESS") or os.environ.get("RAY_ADDRESS") or None


def jobs_address(address: str | None) -> str:
    """The URL of the Jobs API: ``address``, or what the environment says, or that of this machine's head.

    Raises
    ------
    InvalidSettingError
        When it is another kind of address of Ray's, or holds a password.
    """
    found = address or address_variable()
    if found is None or found == "auto":
        return LOCAL_ADDRESS
    # Those of the GCS (host:port) and of Ray Client would do for Ray's client, but it asks the GCS for the
    # dashboard then: 40 s of silence where there is none, an abort of this process where a token is missing.
    if "://" not in found or found.startswith("ray://"):
        shown = found.rpartition("@")[2]  # before it there may be a password
        problem = f"{shown!r} is not the URL of a dashboard: give one such as {LOCAL_ADDRESS}"
    elif urlsplit(found).password:
        problem = "it holds a password, which belongs into RAY_JOB_HEADERS"
    else:
        return found.rstrip("/")
    raise InvalidSettingError("RayExecutor", "address", problem)


def _absolute(path: str) -> str:
    # A plan may be submitted from another working directory than it was made in.
    return path if "://" in path else os.path.abspath(os.path.expanduser(path))
