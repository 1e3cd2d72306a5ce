"""Ray's own Jobs client, with a fixed address, time limits, no chatter, and errors of one sentence."""

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
    from collections.abc import Iterator

    from launchbind_adapters.ray.request import RayJob

#: The first that lets the submitter choose a job's id.
OLDEST_CLUSTER = "2.0"
#: How long connecting to a head may take.
CONNECT_SECONDS = 5.0
#: How long the head may take to answer.
ANSWER_SECONDS = 60.0
#: How long a job may write nothing before its state is queried: its machine may have gone.
SILENCE_SECONDS = 20.0

# They log every upload and every connection to the user's terminal.
for _module in ("dashboard_sdk", "job.sdk"):
    logging.getLogger(f"ray.dashboard.modules.{_module}").setLevel(logging.WARNING)


class _Sdk(JobSubmissionClient):
    def __init__(self, address: str, seconds: float) -> None:
        # Not JobSubmissionClient.__init__: there RAY_ADDRESS overrides the address, so a job could go to
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
        # Upstream sets no time limit.
        options.setdefault("timeout", (min(CONNECT_SECONDS, self._seconds), self._seconds))
        return super()._do_request(method, endpoint, data=data, json_data=json_data, **options)


def _headers() -> dict[str, str]:
    """The headers of RAY_JOB_HEADERS, which Ray's command line reads too, and the token.

    A head that finds a token when it starts requires it (2.60, ``maybe_enable_token_auth_if_token_available``
    in ray/_private/authentication/authentication_token_setup.py). Ray's client sends a token only when
    RAY_AUTH_MODE is ``token``, so this sends it when the variable is not set.
    """
    headers: dict[str, str] = json.loads(os.environ.get("RAY_JOB_HEADERS") or "{}")
    token = None if "RAY_AUTH_MODE" in os.environ else _token()
    return {"Authorization": f"Bearer {token}", **headers} if token else headers


def _token() -> str | None:
    """The token, from the places that Ray documents."""
    if token := os.environ.get("RAY_AUTH_TOKEN"):
        return token.strip()
    path = os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token"
    with suppress(OSError):  # a head that requires one says so
        return Path(path).read_text().strip()
    return None


class RayClient:
    """The Jobs API of one cluster, whose head may take ``seconds`` to answer after connecting.

    Making a client connects. All methods raise ConnectionError when no head answers, PermissionError when it
    requires a token, or another one, and RuntimeError when it answers with an error.
    """

    def __init__(self, address: str, seconds: float = ANSWER_SECONDS) -> None:
        self.address = address
        with self._errors():
            self._sdk = _Sdk(address, seconds)

    def submit(self, job: RayJob) -> None:
        """Submit one job, after uploading its local folders."""
        with self._errors():
            self._sdk.submit_job(
                entrypoint=job.entrypoint,
                submission_id=job.submission_id,
                runtime_env=dict(job.runtime_env),
                metadata=job.metadata,
                entrypoint_num_cpus=job.num_cpus,
                entrypoint_num_gpus=job.num_gpus,
                entrypoint_memory=job.memory,
                entrypoint_resources=job.resources or None,
            )

    def jobs(self) -> list[JobDetails]:
        """Every job submitted to the cluster and not deleted, by one query."""
        with self._errors():
            return [job for job in self._sdk.list_jobs() if job.type == JobType.SUBMISSION]

    def stop(self, submission_id: str) -> None:
        """Request a job's end, without waiting for it."""
        with self._errors():
            self._sdk.stop_job(submission_id)

    def delete(self, submission_id: str) -> None:
        """Delete a job that has ended from the cluster."""
        with self._errors():
            self._sdk.delete_job(submission_id)

    def log(self, submission_id: str) -> str:
        """The log of a job so far."""
        with self._errors():
            return self._sdk.get_job_logs(submission_id)

    def tail(self, submission_id: str) -> Iterator[str | None]:
        """The log of a job from its beginning, in pieces, as they come.

        It yields None after ``SILENCE_SECONDS`` without a piece. It ends with the job, but also when the
        connection breaks, so the caller has to query the job's state.
        """
        # The event loop gets a thread: the caller's may be running one already, as in a notebook.
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
                next_piece = asyncio.run_coroutine_threadsafe(piece(), loop)
                while not wait([next_piece], SILENCE_SECONDS).done:
                    yield None
                if not (text := next_piece.result()):
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
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except AuthenticationError as error:
            required = "wants the token of its cluster, in RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH"
            raise PermissionError(f"the Ray head at {self.address} {required}") from error
        except requests.HTTPError as error:
            raise RuntimeError(f"the Ray head at {self.address} answers {error}") from error
        except (ConnectionError, requests.ConnectionError, requests.Timeout) as error:
            fix = ": set RAY_ADDRESS to where one does" if self.address == LOCAL_ADDRESS else ""
            raise ConnectionError(f"no Ray head answers at {self.address}{fix}") from error
        except (RuntimeError, requests.RequestException) as error:
            # The head answers with a traceback; its last line is the reason.
            reason = str(error).rstrip(" .\n").rpartition("\n")[2].strip()
            raise RuntimeError(f"the Ray head at {self.address} says: {reason}") from error
