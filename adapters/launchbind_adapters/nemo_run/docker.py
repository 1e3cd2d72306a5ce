"""NeMo-Run's Docker scheduler, whose plans can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemo_run.run.torchx_backend.schedulers.docker import PersistentDockerScheduler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nemo_run.core.execution.docker import DockerJobRequest
    from torchx.specs import AppDryRunInfo


class DockerScheduler(PersistentDockerScheduler):
    """Names the part of a request that every dry run makes anew."""

    def volatile(self, dryrun_info: AppDryRunInfo[DockerJobRequest], /) -> Mapping[str, str]:
        """NeMo-Run makes a random id for the group of containers."""
        return {dryrun_info.request.id: "<id>"}
