"""RayScheduler: an app is one Ray job for each replica of each role; its state is their combined state."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from launchbind.planning.dryrun import DryRunMixin
from launchbind.registry import Registry
from launchbind.specs import RoleSpec
from launchbind.state import JobDescription, JobState
from launchbind_adapters.processes import combined_state
from launchbind_adapters.ray.executor import address_variable, jobs_address
from launchbind_adapters.ray.jobs import apps
from launchbind_adapters.ray.logs import follow_output, lines, read_output
from launchbind_adapters.ray.request import RayInfo, make_request
from launchbind_adapters.records import Records, state_home

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from launchbind.protocols import App
    from launchbind_adapters.ray.client import RayClient
    from launchbind_adapters.ray.executor import RayExecutor
    from launchbind_adapters.ray.jobs import Replica

#: Imports ray; looking it up raises the error that says what to install.
_CLIENT: Registry[RayClient] = Registry("backend")
_CLIENT.register("ray", "launchbind_adapters.ray.client:RayClient", requires="launchbind[ray]")

_LOG = logging.getLogger(__name__)

POLL_SECONDS = 0.5
#: Ray gives a job 3 s to end by itself; one that has not started yet has to start before.
CANCEL_SECONDS = 20.0


@dataclass(frozen=True)
class RayRecord:
    """Where a job's cluster is; written before the job is submitted, so that it can always be found."""

    app_id: str
    session: str
    address: str
    #: Role to the submission id of each replica.
    roles: dict[str, list[str]]


class RayScheduler(DryRunMixin):
    """Submits to Ray through its Jobs API; any process can follow the job by its handle.

    Parameters
    ----------
    session
        Groups the jobs; it is part of their metadata.

    Notes
    -----
    A job is looked up on the cluster that it was submitted to, which its record in launchbind's folder names.
    Without a record, as on another machine, it is looked up at ``RAY_ADDRESS``.
    """

    backend = "ray"

    def __init__(self, session: str) -> None:
        self.session = session
        self._records: Records[RayRecord] = Records(state_home() / "ray", RayRecord)
        self._clients: dict[str, RayClient] = {}

    def _submit_dryrun(self, app: App, cfg: RayExecutor) -> RayInfo:
        return RayInfo(make_request(self.backend, self.session, app, cfg))

    def schedule(self, dryrun_info: RayInfo, /) -> str:
        """Submit every job of the request; when one is refused, end and delete those before it."""
        request = dryrun_info.request
        client = self._client(request.address)
        app_id = f"{request.app}-{uuid4().hex[:12]}"
        jobs = [job.with_app_id(app_id) for job in request.jobs]
        roles: dict[str, list[str]] = {}
        for job in jobs:
            roles.setdefault(job.metadata["launchbind.role"], []).append(job.submission_id)
        self._records.write(app_id, RayRecord(app_id, self.session, request.address, roles))
        try:
            for job in jobs:
                client.submit(job)
        except BaseException:
            # If that fails too, the record stays, so that what still runs can be found and cancelled.
            with suppress(OSError, RuntimeError):
                for each in self._stop(client, app_id):
                    client.delete(each.submission_id)
                self._records.remove(app_id)
            raise
        return app_id

    def describe(self, app_id: str, /) -> JobDescription | None:
        """The app's description; None when its cluster does not know it, or has deleted it."""
        return self.describe_many([app_id])[app_id]

    def describe_many(self, app_ids: Sequence[str], /) -> Mapping[str, JobDescription | None]:
        """The apps' descriptions, by one query for each cluster."""
        clusters: dict[str, list[str]] = {}
        for app_id in app_ids:
            clusters.setdefault(self._address(app_id), []).append(app_id)
        found: dict[str, JobDescription | None] = {}
        for address, ids in clusters.items():
            known = apps(self._client(address))
            for app_id in ids:
                found[app_id] = self._describe(address, known[app_id]) if app_id in known else None
        return found

    def list(self) -> Iterable[JobDescription]:
        """Every app that launchbind submitted to the cluster at ``RAY_ADDRESS``.

        When the variable is not set, those on every cluster that got jobs from here, or on this machine's
        cluster. A head that does not answer is an error; of several clusters, it is a warning in the log.
        """
        found: list[JobDescription] = []
        unreachable: list[ConnectionError] = []
        addresses = self._clusters()
        for address in addresses:
            try:
                known = apps(self._client(address))
            except ConnectionError as error:
                unreachable.append(error)
            else:
                found.extend(self._describe(address, replicas) for replicas in known.values())
        if len(unreachable) == len(addresses):
            raise unreachable[0]
        for reason in unreachable:
            _LOG.warning("%s, so its jobs are not listed.", reason)
        return found

    def log_iter(
        self, app_id: str, role_name: str, k: int = 0, *, should_tail: bool = False
    ) -> Iterator[str]:
        """The lines of one replica, whole and in order, without those that Ray writes before them."""
        client = self._client(self._address(app_id))

        def ask() -> Replica:
            for each in apps(client).get(app_id, ()):
                if (each.role, each.number) == (role_name, k):
                    return each
            raise LookupError(f"{role_name}/{k} of {app_id} is not known to the Ray head at {client.address}")

        return lines(follow_output(client, ask) if should_tail else read_output(client, ask()))

    def cancel(self, app_id: str, /) -> None:
        """End the app's jobs, and wait until they have ended.

        A TimeoutError says that one does not: Ray cannot end a job that waits for resources before it starts.
        """
        self._stop(self._client(self._address(app_id)), app_id)

    def close(self) -> None:
        """Drop the clients; the jobs go on."""
        self._clients.clear()

    def _stop(self, client: RayClient, app_id: str) -> Sequence[Replica]:
        give_up = time.monotonic() + CANCEL_SECONDS
        while True:
            replicas = apps(client).get(app_id, [])
            running = [each for each in replicas if not each.state.is_terminal]
            if not running:
                return replicas
            if time.monotonic() > give_up:
                late = f"it was told to end {CANCEL_SECONDS:g} s ago"
                raise TimeoutError(f"{late}, but is {running[0].state}. {running[0].reason}".rstrip(". "))
            for each in running:
                client.stop(each.submission_id)
            time.sleep(POLL_SECONDS)

    def _address(self, app_id: str) -> str:
        record = self._records.read(app_id)
        return record.address if record else jobs_address(None)

    def _clusters(self) -> Collection[str]:
        if named := address_variable():
            return {jobs_address(named)}
        return {record.address for record in self._records.all()} or {jobs_address(None)}

    def _client(self, address: str) -> RayClient:
        if address not in self._clients:
            self._clients[address] = _CLIENT.type_of("ray")(address)
        return self._clients[address]

    def _describe(self, address: str, replicas: Sequence[Replica]) -> JobDescription:
        first, total = replicas[0], replicas[0].total
        state = combined_state(each.state for each in replicas)
        if state.is_terminal and len(replicas) < total:
            state = JobState.FAILED
        codes = [each.exit_code for each in replicas]
        code = next((code for code in codes if code), None if None in codes else 0)
        if total == 1:
            reasons = [first.reason] if code is None and first.reason else []
        else:
            reasons = [f"{each.role}/{each.number}: {each.reason}" for each in replicas if each.reason]
        if len(replicas) < total:
            reasons.append(f"{total - len(replicas)} of its {total} jobs were deleted, or never submitted")
        counts: dict[str, int] = {}
        for each in replicas:
            counts[each.role] = max(counts.get(each.role, 0), each.number + 1)
        page = f"{address}/#/jobs" + (f"/{first.submission_id}" if total == 1 else "")
        roles = [RoleSpec[RayInfo](name, "", num_replicas=count) for name, count in counts.items()]
        code = code if state.is_terminal else None
        return JobDescription(first.app_id, state, roles, "; ".join(reasons), page, code)
