"""What ``launchbind doctor`` finds out about Ray."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from launchbind.adapter import Check
from launchbind.errors import InvalidSettingError
from launchbind.registry import absent_package
from launchbind_adapters.ray.executor import jobs_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchbind.registry import EntryState

#: Enough for a head that is there, and no wait to speak of for one that is not.
ANSWER_SECONDS = 3.0


def ray_checks() -> Iterator[Check]:
    """Whether Ray's client imports, and whether a head answers at the default address."""
    started = perf_counter()
    try:
        from launchbind_adapters.ray.client import RayClient
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the finding
        state: EntryState = "missing" if absent_package(error) else "broken"
        said = " ".join(f"{type(error).__name__}: {error}".split())
        yield Check("ray", state, said, "python -m pip install 'launchbind[ray]'")
        return
    seconds = perf_counter() - started
    try:
        address = jobs_address(None)
        RayClient(address, ANSWER_SECONDS)
    except (InvalidSettingError, OSError, RuntimeError) as error:
        fix = "set RAY_ADDRESS to the URL of a head's dashboard, or start one with: ray start --head"
        yield Check("ray", "missing", str(error), fix, seconds)
    else:
        yield Check("ray", "ready", f"a head answers at {address}", seconds=seconds)
