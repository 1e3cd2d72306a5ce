"""The request of a local job, as NeMo-Run's local scheduler makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemo_run.run.torchx_backend.schedulers.local import PersistentLocalScheduler
from torchx.schedulers.local_scheduler import CWDImageProvider

if TYPE_CHECKING:
    from torchx.schedulers.local_scheduler import PopenRequest


class LocalRequests(PersistentLocalScheduler):
    """NeMo-Run's local scheduler, used for ``submit_dryrun`` and for what a replica's process needs."""

    def __init__(self, session: str) -> None:
        super().__init__(session, CWDImageProvider)

    def processes(self, request: PopenRequest) -> dict[str, list[dict[str, object]]]:
        """The processes of a request by role, each as the supervisor's ``ReplicaSpec``."""
        return {
            role: [
                {
                    "args": params.args,
                    "env": self._get_replica_env(params),
                    "cwd": params.cwd,
                    "stdout": params.stdout,
                    "stderr": params.stderr,
                    "combined": params.combined,
                }
                for params in replicas
            ]
            for role, replicas in request.role_params.items()
        }
