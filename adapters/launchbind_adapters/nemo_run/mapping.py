"""The names of NeMo-Run's own module of schedulers that map executors to backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchbind_adapters.nemo_run.executors import EXECUTORS

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from nemo_run.core.execution.base import Executor

#: Executor class to backend: a live view of :data:`EXECUTORS`.
EXECUTOR_MAPPING: MutableMapping[type[Executor], str] = EXECUTORS.by_type
#: Backend to executor class: the other view of the same state.
REVERSE_EXECUTOR_MAPPING: MutableMapping[str, type[Executor]] = EXECUTORS.by_name
_NAMES = EXECUTORS.nearest_names  # name_of looks here first, too; reading it directly saves a call


def get_executor_str(executor: Executor) -> str:
    """The backend of an executor: that of the nearest registered class along its MRO.

    Raises
    ------
    UnknownTypeError
        A ``KeyError`` that names the executor's class and lists what is registered.
    """
    try:
        return _NAMES[type(executor)]
    except (KeyError, TypeError):  # TypeError: an unhashable class
        pass
    return EXECUTORS.name_of(executor)
