"""Copies of executors that hold connections; nothing is imported for them."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from nemo_run.core.execution.base import Executor

    ExecutorT = TypeVar("ExecutorT", bound=Executor)


def copy_executor(executor: ExecutorT) -> ExecutorT:
    """A deep copy that shares what cannot be copied: connections.

    These are the console and the session of an SSH tunnel, and Kubeflow's clients of the Kubernetes API.
    """
    tunnel = getattr(executor, "tunnel", None)
    connections = [getattr(tunnel, name, None) for name in ("console", "session")]
    connections += [getattr(executor, name, None) for name in ("_co_api", "_cv_api")]
    return deepcopy(executor, {id(each): each for each in connections if each is not None})
