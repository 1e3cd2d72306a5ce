"""What launchbind asks of executors and apps; NeMo-Run's and torchx's conform as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Never


class Executor(Protocol):
    """Typed configuration: where and how a job runs; launchbind only reads it."""

    @property
    def env_vars(self) -> Mapping[str, str]:
        """Environment variables of every role."""
        ...

    @property
    def retries(self) -> int:
        """How often a job that fails is run again."""
        ...

    def nnodes(self) -> int:
        """How many nodes the job takes."""
        ...

    def nproc_per_node(self) -> int:
        """How many processes run on each node."""
        ...


class HasRequest(Protocol):
    """A dry-run info of any launcher: it has what the scheduler would submit."""

    @property
    def request(self) -> object:
        """What the scheduler would submit."""
        ...


class Role(Protocol):
    """One kind of process in an app, run in ``num_replicas`` copies."""

    @property
    def name(self) -> str:
        """Unique within the app; logs are read by it."""
        ...

    @property
    def entrypoint(self) -> str:
        """The program."""
        ...

    @property
    def args(self) -> Sequence[str]:
        """Its arguments, one string each."""
        ...

    @property
    def env(self) -> Mapping[str, str]:
        """Environment variables of this role, in addition to those of the executor."""
        ...

    @property
    def num_replicas(self) -> int:
        """How many copies run."""
        ...

    # Each launcher's roles take that launcher's dry-run info. Never accepts any of them: parameters are
    # contravariant. Only the pipeline calls the method, and checks what it returns.
    def pre_proc(self, scheduler: str, dryrun_info: Never, /) -> HasRequest:
        """Adjust the request for this role.

        Parameters
        ----------
        scheduler
            The scheduler's ``backend``.
        dryrun_info
            What the scheduler, or the role before, returned.

        Returns
        -------
        The same info or a new one, which replaces it.
        """
        ...


class App(Protocol):
    """A job: a name and the roles it consists of."""

    @property
    def name(self) -> str:
        """The job's name for people; backends derive the app id from it."""
        ...

    @property
    def roles(self) -> Sequence[Role]:
        """The roles, in the order in which their ``pre_proc`` is called."""
        ...
