"""WrappedScheduler: any torchx scheduler, as the scheduler that launchbind's core works with."""

from __future__ import annotations

import re
from dataclasses import replace
from inspect import signature
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from weakref import WeakKeyDictionary

from launchbind.errors import UnsupportedError
from launchbind.protocols import SupportsDescribeMany, SupportsVolatile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from torchx.schedulers.api import DescribeAppResponse, Scheduler
    from torchx.specs import AppDef

    from launchbind.protocols import Description, Listed
    from launchbind_adapters.torchx.aliases import TorchxInfo

    _DescribeMany = Callable[[Sequence[str]], Mapping[str, Description | None]]

CfgT = TypeVar("CfgT")

#: What torchx puts in the message of a job that has none (torchx/specs/api.py, ``NONE``).
_NO_MESSAGE = "<NONE>"
#: The random parts of a torchx request: the end of an app id (torchx/schedulers/ids.py, ``random_id``; it
#: has no vowels, so no word matches), and the local scheduler's temporary log folder.
_RANDOM = (
    r"(?<=-)[b-df-hj-np-tv-xz][b-df-hj-np-tv-xz0-79]{7,13}(?![a-z0-9])|(?<=/torchx_)[a-z0-9_]{8}(?![a-z0-9_])"
)


class WrappedScheduler(Generic[CfgT]):
    """A torchx scheduler behind the Protocol of core; it claims no capability that ``inner`` lacks.

    ``prepare`` is called with the copies of app and configuration before each dry run, and returns the values
    that it made for this plan alone, each with its placeholder. By default, torchx's random values are found.
    """

    def __init__(
        self, inner: Scheduler[Any], prepare: Callable[[AppDef, CfgT], Mapping[str, str]] | None = None
    ) -> None:
        self._inner = inner
        self._prepare = prepare
        self._volatile: WeakKeyDictionary[TorchxInfo, Mapping[str, str]] = WeakKeyDictionary()
        if isinstance(inner, SupportsDescribeMany):
            self.describe_many: _DescribeMany = lambda app_ids: {
                app_id: _cleaned(found) for app_id, found in inner.describe_many(app_ids).items()
            }

    @property
    def backend(self) -> str:
        """What the torchx scheduler calls itself; roles get it in ``pre_proc``."""
        return self._inner.backend

    def submit_dryrun(self, app: AppDef, cfg: CfgT, /) -> TorchxInfo:
        """Make the request, and remember which of its values are made anew by every dry run."""
        if self._prepare is not None:
            volatile = self._prepare(app, cfg)
            info = self._inner.submit_dryrun(app, cfg)
        else:
            given = f"{app} {cfg}"  # before the dry run, which may write random values into both
            info = self._inner.submit_dryrun(app, cfg)
            found: list[str] = re.findall(_RANDOM, f"{info.request} {info}")
            volatile = {part: "<random>" for part in found if part not in given}
        self._volatile[info] = volatile
        return info

    def volatile(self, dryrun_info: TorchxInfo, /) -> Mapping[str, str]:
        """The values that the dry run made anew, and those that the torchx scheduler names itself."""
        volatile = dict(self._volatile.get(dryrun_info, {}))
        if isinstance(self._inner, SupportsVolatile):
            volatile.update(cast("SupportsVolatile[TorchxInfo]", self._inner).volatile(dryrun_info))
        return volatile

    def schedule(self, dryrun_info: TorchxInfo, /) -> str:
        """Submit the request and return the app id."""
        return self._inner.schedule(dryrun_info)

    def describe(self, app_id: str, /) -> Description | None:
        """The torchx scheduler's description, without torchx's placeholder for "no message"."""
        return _cleaned(self._inner.describe(app_id))

    def list(self) -> Iterable[Listed]:
        """The jobs that the torchx scheduler knows."""
        return self._inner.list()

    def log_iter(
        self,
        app_id: str,
        role_name: str,
        k: int = 0,
        *,
        should_tail: bool = False,
        since: datetime | None = None,
    ) -> Iterable[str]:
        """The lines of one replica; of schedulers that take ``since``, some warn and return everything."""
        if since is None:
            return self._inner.log_iter(app_id, role_name, k, should_tail=should_tail)
        if "since" not in signature(self._inner.log_iter).parameters:
            raise UnsupportedError(self.backend, "read logs since a point in time")
        return self._inner.log_iter(app_id, role_name, k, should_tail=should_tail, since=since)

    def cancel(self, app_id: str, /) -> None:
        """End the job; torchx leaves one that it does not know alone."""
        self._inner.cancel(app_id)

    def close(self) -> None:
        """Close the torchx scheduler; torchx's local one ends its jobs."""
        self._inner.close()


def _cleaned(found: Description | None) -> Description | None:
    if found is None or found.msg != _NO_MESSAGE:
        return found
    return replace(cast("DescribeAppResponse", found), msg="")
