"""A real Slurm cluster of one node, on loopback, in a temporary folder, as child processes of the tests.

Debian's packages (:data:`PACKAGES`) bring the programs; none of their services, and no file below /etc,
is used. With accounting, since NeMo-Run, torchx and submitit all ask ``sacct`` how a job fares.
"""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from guard import GUARD_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from typing_extensions import Self

PACKAGES = ("slurm-wlm", "slurmdbd", "slurm-wlm-mysql-plugin", "mariadb-server", "munge")
PROGRAMS = (
    "munged",
    "mariadb-install-db",
    "mariadbd",
    "slurmdbd",
    "slurmctld",
    "slurmd",
    "sacctmgr",
    "setpriv",
)
NODE = "node1"
ACCOUNT = "tests"
PARTITION = "debug"
#: Far more than the machine has: the jobs of tests wait more than they compute.
CPUS = 32
#: Where Debian puts daemons; not on every user's PATH.
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])

_SLURM_CONF = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
# The daemons listen where their host's name points to, which is loopback, instead of everywhere.
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
# Plain processes: cgroups are not to be had in every container.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=0
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={accounting_port}
AccountingStoragePass={folder}/munge.socket
AccountingStorageEnforce=associations
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
ReturnToService=2
KillWait=5
SlurmctldTimeout=300
SlurmdTimeout=300
SlurmdParameters=config_overrides
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=64000 State=UNKNOWN
PartitionName={partition} Nodes={node} Default=YES MaxTime=INFINITE State=UP
"""

_SLURMDBD_CONF = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={accounting_port}
SlurmUser={user}
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database_port}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
"""

_DATABASE = """\
CREATE DATABASE slurm_acct_db;
CREATE USER 'slurm'@'127.0.0.1' IDENTIFIED BY 'slurm';
GRANT ALL ON slurm_acct_db.* TO 'slurm'@'127.0.0.1';
"""


class SlurmCluster:
    """Starts munged, mariadbd, slurmdbd, slurmctld and slurmd, and ends them; a context manager."""

    def __init__(self) -> None:
        self._exit = ExitStack()
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self.folder = Path()

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables with which Slurm's commands find this cluster, and no other."""
        return {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def run(self, *command: str) -> str:
        """Run one of Slurm's commands to its end, and return what it printed."""
        done = subprocess.run(
            command,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=GUARD_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def kill_controller(self) -> None:
        """Take slurmctld away as a crash would, once it knows on disk what it told; jobs that run go on.

        It writes changes down after up to 5 s. Killed before, it has jobs wait again that run already.
        """
        written = self.folder / "state" / "job_state"
        before = written.stat().st_mtime_ns
        for job in self.run("squeue", "--noheader", "--format=%i").split():
            self.run("scontrol", "update", f"JobId={job}", "Comment=to be written")
        self._until("slurmctld", lambda: written.stat().st_mtime_ns > before)
        controller = self._daemons.pop("slurmctld")
        controller.kill()
        controller.wait()

    def start_controller(self) -> None:
        """Bring slurmctld up, with what it knew before."""
        self._start("slurmctld", "-D")
        self._until("slurmctld", lambda: self._answers("scontrol", "ping"))

    # -- up and down -----------------------------------------------------------------------------

    def __enter__(self) -> Self:
        with ExitStack() as undo:  # on the way out of a start that failed
            # Not pytest's folder: a socket's path may be no longer than 107 characters.
            self.folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="slurm-")))
            undo.callback(self._stop)
            try:
                self._start_all()
            except Exception as error:
                raise RuntimeError(f"{error}\n{self._logs()}") from error
            self._exit = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def _start_all(self) -> None:
        folder = self.folder
        for name in ("state", "spool", "database"):
            (folder / name).mkdir()
        controller_port, node_port, accounting_port, database_port = _free_ports(4)
        values = {
            "folder": folder,
            "host": socket.gethostname().partition(".")[0],
            "user": getpass.getuser(),
            "controller_port": controller_port,
            "node_port": node_port,
            "accounting_port": accounting_port,
            "database_port": database_port,
            "node": NODE,
            "partition": PARTITION,
            "cpus": CPUS,
        }
        _write(folder / "slurm.conf", _SLURM_CONF.format_map(values))
        _write(folder / "slurmdbd.conf", _SLURMDBD_CONF.format_map(values))
        (folder / "munge.key").write_bytes(os.urandom(128))
        (folder / "munge.key").chmod(0o600)
        _write(folder / "database.sql", _DATABASE)

        own = [f"--{name}-file={folder}/munge.{name}" for name in ("key", "pid", "seed")]
        own += [f"--log-file={folder}/munged.log", f"--socket={folder}/munge.socket"]
        self._start("munged", "--foreground", "--force", *own)
        self._until("munged", (folder / "munge.socket").exists)

        data = ["--no-defaults", f"--datadir={folder}/database", f"--user={getpass.getuser()}"]
        self.run("mariadb-install-db", *data, "--auth-root-authentication-method=normal", "--skip-test-db")
        self._start(
            "mariadbd", *data, "--bind-address=127.0.0.1", f"--port={database_port}",
            f"--socket={folder}/database.socket", f"--pid-file={folder}/database.pid",
            f"--init-file={folder}/database.sql", "--innodb-buffer-pool-size=256M",
            "--innodb-lock-wait-timeout=900", "--innodb-flush-log-at-trx-commit=0",
        )  # fmt: skip
        self._until("mariadbd", lambda: _listens(database_port))
        self._start("slurmdbd", "-D")
        self._until("slurmdbd", lambda: _listens(accounting_port))
        self.run("sacctmgr", "--immediate", "add", "cluster", "tests")
        self.run("sacctmgr", "--immediate", "add", "account", ACCOUNT)
        self.run("sacctmgr", "--immediate", "add", "user", getpass.getuser(), f"account={ACCOUNT}")
        self.start_controller()
        self._start("slurmd", "-D", "-N", NODE)
        self._until("slurmd", lambda: "idle" in self.run("sinfo", "--noheader", "--format=%T"))

    def _stop(self) -> None:
        if "slurmctld" in self._daemons and "slurmd" in self._daemons:
            self.run("scancel", f"--partition={PARTITION}")
            active = ("squeue", "--noheader", "--states=PENDING,RUNNING")
            self._until("slurmctld", lambda: not self.run(*active))
        for name in reversed(list(self._daemons)):
            daemon = self._daemons.pop(name)
            daemon.terminate()
            try:
                daemon.wait(timeout=30)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        # What runs a job is no child of slurmd's, and outlives it.
        for pid in self._left():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _left(self) -> list[int]:
        """The processes that were started with this cluster's configuration, but for this one."""
        mark = f"SLURM_CONF={self.environment['SLURM_CONF']}\0".encode()
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):  # it ended, or is another user's
                if mark in environ.read_bytes():
                    found.append(int(environ.parent.name))
        return [pid for pid in found if pid != os.getpid()]

    def _start(self, name: str, *arguments: str) -> None:
        with open(self.folder / f"{name}.log", "ab") as log:
            # With the death of the tests the daemons die too.
            self._daemons[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", name, *arguments],
                env=self._environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _until(self, name: str, ready: Callable[[], bool]) -> None:
        give_up = time.monotonic() + GUARD_SECONDS
        while not ready():
            code = self._daemons[name].poll()
            if code is not None:
                raise RuntimeError(f"{name} ended with exit code {code}")
            if time.monotonic() > give_up:
                raise RuntimeError(f"{name} was not ready after {GUARD_SECONDS} s")
            time.sleep(0.05)

    def _answers(self, *command: str) -> bool:
        environment = self._environment()
        return not subprocess.run(command, env=environment, capture_output=True, check=False).returncode

    def _environment(self) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if not name.startswith("SLURM")}
        return {**others, "PATH": _PATH, **self.environment}

    def _logs(self) -> str:
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}" for log in logs)


def absent() -> str | None:
    """Why there can be no cluster here, or None."""
    missing = [program for program in PROGRAMS if shutil.which(program, path=_PATH) is None]
    if missing:
        return f"Slurm's {', '.join(missing)} not found: apt-get install {' '.join(PACKAGES)}"
    if os.geteuid() != 0:
        return "slurmd starts jobs as root only"
    return None


def require() -> None:
    """Skip the test where there can be no cluster, but never in CI, where that is a failure."""
    reason = absent()
    if reason is not None and os.environ.get("CI"):
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)


def _free_ports(count: int) -> list[int]:
    """Ports of loopback that are free now; all are held until the last one is found."""
    with ExitStack() as held:
        found = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        ports: list[int] = [each.getsockname()[1] for each in found]
        return ports


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)  # slurmdbd insists, for the password
