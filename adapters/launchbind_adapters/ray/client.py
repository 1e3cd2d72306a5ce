"""Ray's own Jobs client: at the address it is given, bounded in time, quiet, with errors of one sentence."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import ssl
import threading
from concurrent.futures import wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import ray
import requests
from ray.dashboard.modules.dashboard_sdk import SubmissionClient
from ray.exceptions import AuthenticationError
from ray.job_submission import JobDetails, JobSubmissionClient, JobType

from launchbind_adapters.ray.executor import LOCAL_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The first that takes ids of the submitter's.
OLDEST_CLUSTER = "2.0"
#: How long connecting to a head may take, and its answer, in seconds.
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 60.0
#: How long a job may write nothing before it is asked after: its machine may have gone without a word.
SILENCE_SECONDS = 20.0

# They tell of every upload and every connection, on the user's terminal.
for _module in ("dashboard_sdk", "job.sdk"):
    logging.getLogger(f"ray.dashboard.modules.{_module}").setLevel(logging.WARNING)


class _Sdk(JobSubmissionClient):
    def __init__(self, address: str, seconds: float) -> None:
        # Not JobSubmissionClient's: there RAY_ADDRESS overrides the address, so that a job could go to
        # another cluster than the plan says (ray/dashboard/utils.py, get_address_for_submission_client).
        SubmissionClient.__init__(self, address, headers=_headers())
        self._ssl_context = ssl.create_default_context()  # what upstream's None means, and aiohttp warns of
        self._seconds = seconds
        self._client_ray_version = ray.__version__
        self._check_connection_and_version(OLDEST_CLUSTER, f"launchbind needs Ray {OLDEST_CLUSTER} or later.")

    def _do_request(
        self,
        method: str,
        endpoint: str,
        *,
        data: bytes | None = None,
        json_data: dict[str, object] | None = None,
        **options: object,
    ) -> requests.Response:
        # Upstream waits for ever.
        options.setdefault("timeout", (min(CONNECT_SECONDS, self._seconds), self._seconds))
        return super()._do_request(method, endpoint, data=data, json_data=json_data, **options)


def _headers() -> dict[str, str]:
    """Those of RAY_JOB_HEADERS, as Ray's command line takes them, and the token.

    A head wants a token as soon as one is at hand when it starts (2.60,
    ``maybe_enable_token_auth_if_token_available`` in
    ray/_private/authentication/authentication_token_setup.py). Ray's client sends it only when
    RAY_AUTH_MODE says ``token``; so where that says nothing, it is sent from here.
    """
    headers: dict[str, str] = json.loads(os.environ.get("RAY_JOB_HEADERS") or "{}")
    token = None if "RAY_AUTH_MODE" in os.environ else _token()
    return {"Authorization": f"Bearer {token}", **headers} if token else headers


def _token() -> str | None:
    """The token, from where Ray documents that it looks for it."""
    if token := os.environ.get("RAY_AUTH_TOKEN"):
        return token.strip()
    path = os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token"
    with suppress(OSError):  # the head says so if it wants one
        return Path(path).read_text().strip()
    return None


class RayClient:
    """The Jobs API of one cluster.

    Parameters
    ----------
    address
        URL of the dashboard.
    seconds
        How long the head may take to answer once it is connected to.

    Raises
    ------
    ConnectionError
        Of this and all that follows: when no head answers.
    PermissionError
        When it wants a token, or another one.
    RuntimeError
        When it answers that something is wrong.
    """

    def __init__(self, address: str, seconds: float = ANSWER_SECONDS) -> None:
        self.address = address
        with self._asking():
            self._sdk = _Sdk(address, seconds)

    def submit(
        self,
        submission_id: str,
        entrypoint: str,
        runtime_env: Mapping[str, object],
        metadata: Mapping[str, str],
        *,
        num_cpus: float | None,
        num_gpus: float | None,
        memory: int | None,
        resources: Mapping[str, float],
    ) -> None:
        """Submit one job, uploading its local folders first."""
        with self._asking():
            self._sdk.submit_job(
                entrypoint=entrypoint,
                submission_id=submission_id,
                runtime_env=dict(runtime_env),
                metadata=dict(metadata),
                entrypoint_num_cpus=num_cpus,
                entrypoint_num_gpus=num_gpus,
                entrypoint_memory=memory,
                entrypoint_resources=dict(resources) or None,
            )

    def jobs(self) -> list[JobDetails]:
        """Every job that was submitted to the cluster and not deleted, in one query."""
        with self._asking():
            return [job for job in self._sdk.list_jobs() if job.type == JobType.SUBMISSION]

    def stop(self, submission_id: str) -> None:
        """Ask for a job's end, and do not wait for it."""
        with self._asking():
            self._sdk.stop_job(submission_id)

    def delete(self, submission_id: str) -> None:
        """Make the cluster forget a job that has ended."""
        with self._asking():
            self._sdk.delete_job(submission_id)

    def log(self, submission_id: str) -> str:
        """All that the log of a job holds so far."""
        with self._asking():
            return self._sdk.get_job_logs(submission_id)

    def tail(self, submission_id: str) -> Iterator[str | None]:
        """The log of a job from its beginning, in pieces, as they come; None when none came for a while.

        It ends with the job, but also when the connection does: the job has to be asked after.
        """
        # A loop in a thread of its own, since the caller may be inside one, as in a notebook.
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        stream = self._sdk.tail_job_logs(submission_id)

        async def piece() -> str:
            return await anext(stream, "")

        async def end() -> None:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
                await asyncio.wait([task])
            await loop.shutdown_asyncgens()

        try:
            while True:
                coming = asyncio.run_coroutine_threadsafe(piece(), loop)
                while not wait([coming], SILENCE_SECONDS).done:
                    yield None
                if not (text := coming.result()):
                    return
                yield text
        except (OSError, RuntimeError, aiohttp.ClientError):
            return
        finally:
            asyncio.run_coroutine_threadsafe(end(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except AuthenticationError as error:
            wants = "wants the token of its cluster, in RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH"
            raise PermissionError(f"the Ray head at {self.address} {wants}") from error
        except requests.HTTPError as error:
            raise RuntimeError(f"the Ray head at {self.address} answers {error}") from error
        except (ConnectionError, requests.ConnectionError, requests.Timeout) as error:
            fix = ": set RAY_ADDRESS to where one does" if self.address == LOCAL_ADDRESS else ""
            raise ConnectionError(f"no Ray head answers at {self.address}{fix}") from error
        except (RuntimeError, requests.RequestException) as error:
            # The head answers with a traceback, whose last line says what it is about.
            said = str(error).rstrip(" .\n").rpartition("\n")[2].strip()
            raise RuntimeError(f"the Ray head at {self.address} says: {said}") from error
