"""A Ray head of one's own: on loopback, in a temporary folder, ended by the ids of its processes.

Several can run side by side, since each takes free ports for everything. Ray is not imported here.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from guard import GUARD_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

POLL_SECONDS = 0.2
#: In the environment of all that a head starts, so that its processes are told from any others.
MARK = "LAUNCHBIND_TEST_RAY_HEAD"
#: Options of ``ray start`` that name a port, so that two heads do not meet.
PORTS = (
    "--port",
    "--dashboard-port",
    "--object-manager-port",
    "--node-manager-port",
    "--ray-client-server-port",
    "--dashboard-agent-listen-port",
    "--dashboard-agent-grpc-port",
    "--runtime-env-agent-port",
    "--metrics-export-port",
)
MEBIBYTE = 1024**2
#: Still loopback: 127.0.0.1 itself Ray replaces by the address that other machines would use.
NODE = "127.0.0.2"


class RayHead:
    """A head node with its dashboard, which has the Jobs API.

    Parameters
    ----------
    cpus
        How many CPUs it claims to have; jobs that ask for CPUs share them.
    environment
        Variables of the head's processes, besides those of this one.

    Attributes
    ----------
    address
        Of the Jobs API; the same after :meth:`kill` and :meth:`start`.
    gcs_address
        What ``ray.init()`` takes.
    environment
        What a process needs to find this head.
    """

    def __init__(self, *, cpus: int = 2, environment: Mapping[str, str] | None = None) -> None:
        # Not pytest's temporary folder: a socket's path may have 107 characters, and Ray's take 60.
        self.folder = Path(tempfile.mkdtemp(prefix="lb-ray-"))
        self._ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
        self._cpus = cpus
        self.address = f"http://127.0.0.1:{self._ports['--dashboard-port']}"
        self.gcs_address = f"{NODE}:{self._ports['--port']}"
        self.environment = {"RAY_ADDRESS": self.address, "RAY_USAGE_STATS_ENABLED": "0"}
        self._environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("RAY_")},
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_AUTH_MODE": "disabled",
            # Ray would end jobs when the machine, not the test, is short of memory.
            "RAY_memory_monitor_refresh_ms": "0",
            # For jobs that call "python".
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            **(environment or {}),
            MARK: str(self.folder),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it takes jobs; it knows nothing of its life before."""
        command = [
            *(str(Path(sys.executable).with_name("ray")), "start", "--head", "--block"),
            *(f"{option}={port}" for option, port in self._ports.items()),
            f"--node-ip-address={NODE}",
            "--dashboard-host=127.0.0.1",
            "--min-worker-port=0",
            "--max-worker-port=0",
            f"--num-cpus={self._cpus}",
            f"--object-store-memory={80 * MEBIBYTE}",
            f"--plasma-directory={self.folder}",  # /dev/shm of a container is small
            f"--temp-dir={self.folder}",
            "--include-log-monitor=false",
            "--disable-usage-stats",
        ]
        with open(self.folder / "head.log", "ab") as log:
            self._process = subprocess.Popen(
                command,
                env=self._environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        give_up = time.monotonic() + GUARD_SECONDS
        while not self._takes_jobs():
            if self._process.poll() is not None or time.monotonic() > give_up:
                self.kill()
                raise RuntimeError(f"the Ray head did not start: {(self.folder / 'head.log').read_text()}")
            time.sleep(POLL_SECONDS)

    def kill(self) -> None:
        """End it and all it has started at once, as when the machine fails."""
        # Twice: a process may start another one while they are being ended.
        while pids := self.pids():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if self._process is not None:
                self._process.wait()
            time.sleep(POLL_SECONDS)
        self._process = None

    def stop(self) -> None:
        """End it and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def pids(self) -> list[int]:
        """The ids of its processes, jobs included."""
        mark = f"{MARK}={self.folder}".encode()
        started = self._process.pid if self._process is not None else None
        parents: dict[int, int] = {}
        found: set[int] = set()
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # gone by now, or somebody else's
                state, parent, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
                if state == "Z":
                    continue
                pid = int(entry.name)
                parents[pid] = int(parent)
                # Jobs have sessions of their own, and Ray's Python processes write over their environment.
                if int(session) == started or mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.add(pid)
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return sorted(found)

    def _takes_jobs(self) -> bool:
        request = urllib.request.Request(f"{self.address}/api/jobs/")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError as error:
            return error.code == 401  # it asks for a token, so it is up
        except OSError:
            return False


@contextmanager
def ray_head(*, cpus: int = 2, environment: Mapping[str, str] | None = None) -> Iterator[RayHead]:
    """A head that runs within the block."""
    head = RayHead(cpus=cpus, environment=environment)
    try:
        head.start()
        yield head
    finally:
        head.stop()


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        ports: list[int] = [each.getsockname()[1] for each in sockets]
        return ports
