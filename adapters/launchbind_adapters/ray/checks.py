"""What ``launchbind doctor`` checks of Ray."""

from __future__ import annotations

from dataclasses import replace

from launchbind.adapter import Check, import_check
from launchbind.errors import InvalidSettingError
from launchbind_adapters.ray.executor import jobs_address

#: How long a head may take to answer, in seconds.
ANSWER_SECONDS = 3.0


def ray_check() -> Check:
    """Check that Ray's client imports, and that a head answers at the default address."""
    found = import_check("ray", "launchbind_adapters.ray.client", "launchbind[ray]")
    if found.state != "ready":
        return found
    from launchbind_adapters.ray.client import RayClient

    try:
        address = jobs_address(None)
        RayClient(address, ANSWER_SECONDS)
    except (InvalidSettingError, OSError, RuntimeError) as error:
        fix = "set RAY_ADDRESS to the URL of a head's dashboard, or start one with: ray start --head"
        return replace(found, state="missing", detail=str(error), fix=fix)
    return replace(found, detail=f"a head answers at {address}")
