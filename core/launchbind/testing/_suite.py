"""Base of the conformance suite: what the author of an adapter provides, and how jobs are run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, ClassVar, Generic
from unittest import SkipTest

from launchbind.errors import LaunchbindError, UnknownJobError, WaitTimeoutError
from launchbind.protocols import App
from launchbind.state import JobState

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from typing_extensions import TypeVar

    from launchbind.handle import Handle
    from launchbind.jobs.launcher import Launcher
    from launchbind.planning.plan import Plan
    from launchbind.state import JobStatus

    # The tests pass an adapter's apps, executors and infos on, whatever their types are.
    AnyLauncher = Launcher[App, object]
    MakeLauncher = Callable[[], AnyLauncher]

    # With defaults, so that a subclass needs no parameters.
    AppT = TypeVar("AppT", bound=App, default=App)
    ExecutorT = TypeVar("ExecutorT", default=object)
else:
    from typing import TypeVar

    AppT = TypeVar("AppT", bound=App)
    ExecutorT = TypeVar("ExecutorT")


_SECRETS = {"APP_TOKEN": "app-not-for-your-eyes", "EXECUTOR_PASSWORD": "executor-not-for-your-eyes"}
_PAUSE_SECONDS = 0.2


class Suite(Generic[AppT, ExecutorT]):
    """What an adapter's author provides; see :mod:`launchbind.testing.conformance`.

    Attributes
    ----------
    backend
        Passed to ``plan``; None where the executor's class determines the backend.
    exempt
        Name of a test to the reason why this adapter cannot pass it; it is skipped.
    succeeding, failing, lasting
        Commands: one that succeeds, one that fails, and one that runs until it is cancelled.
    unknown_id
        An app id that the backend has no job for.
    guard_seconds
        Seconds after which a job or a log that has not ended counts as hung.
    poll_seconds
        The longest pause between two queries of a job, in seconds.
    """

    backend: ClassVar[str | None] = None
    exempt: ClassVar[Mapping[str, str]] = {}
    succeeding: ClassVar[Sequence[str]] = ("true",)
    failing: ClassVar[Sequence[str]] = ("sh", "-c", "exit 3")
    lasting: ClassVar[Sequence[str]] = ("sleep", "600")
    unknown_id: ClassVar[str] = "launchbind-no-such-job"
    guard_seconds: ClassVar[float] = 120.0
    poll_seconds: ClassVar[float] = 0.5

    def app(self, command: list[str], env: dict[str, str]) -> AppT:
        """An app with a role of one replica that runs ``command`` with the variables of ``env``."""
        raise NotImplementedError(f"{type(self).__name__} needs a method app(self, command, env)")

    def setup_method(self, method: Callable[..., object]) -> None:
        """Skip an exempt test; pytest calls this before each one."""
        unknown = [name for name in self.exempt if not hasattr(self, name)]
        assert not unknown, f"exempt names tests that do not exist: {', '.join(unknown)}"
        reason = self.exempt.get(method.__name__)
        if reason is not None:
            raise SkipTest(f"exempt: {reason}")

    def _plan(
        self,
        jobs: AnyLauncher,
        executor: object,
        command: Sequence[str] = ("echo", "hello"),
        env: Mapping[str, str] | None = None,
    ) -> Plan[App, object]:
        return jobs.plan(self.app([*command], {**(env or {})}), executor, backend=self.backend)

    def _secret_plan(
        self, jobs: AnyLauncher, executor: object, command: Sequence[str] = ("echo", "hello")
    ) -> tuple[Plan[App, object], dict[str, str]]:
        """A plan with a secret of the app's, and one of the executor's if that has variables."""
        (app_name, app_secret), (executor_name, executor_secret) = _SECRETS.items()
        secrets = {app_name: app_secret}
        variables = getattr(executor, "env_vars", None)
        if isinstance(variables, dict):
            secrets[executor_name] = variables[executor_name] = executor_secret
        return self._plan(jobs, executor, command, {app_name: app_secret}), secrets

    @contextmanager
    def _job(self, jobs: AnyLauncher, executor: object, command: Sequence[str]) -> Generator[Handle]:
        """The handle of a job, which is cancelled at the end if it still runs."""
        handle = jobs.submit(self._plan(jobs, executor, command))
        try:
            yield handle
        finally:
            with suppress(LaunchbindError):
                jobs.cancel(handle)

    def _status(self, jobs: AnyLauncher, handle: Handle | str) -> JobStatus:
        try:
            return jobs.status(handle)
        except UnknownJobError:
            raise AssertionError(
                f"describe() returned None for {handle}, which was submitted: describe a job from the moment "
                "schedule() has returned its id until long after its end"
            ) from None

    def _end(self, jobs: AnyLauncher, handle: Handle) -> JobStatus:
        self._status(jobs, handle)
        try:
            return jobs.wait(handle, timeout=self.guard_seconds, poll=self.poll_seconds)
        except WaitTimeoutError as error:
            raise AssertionError(
                f"{error} Either describe() does not notice the end of a job, or the backend needs more than "
                f"guard_seconds = {self.guard_seconds:g}"
            ) from None

    def _running(self, jobs: AnyLauncher, handle: Handle) -> None:
        give_up = time.monotonic() + self.guard_seconds
        while (state := self._status(jobs, handle).state) is not JobState.RUNNING:
            assert not state.is_terminal, (
                f"the job of {list(self.lasting)} is {state!s} before its end: describe() must say RUNNING"
            )
            assert time.monotonic() < give_up, (
                f"the job of {list(self.lasting)} was still {state!s} after guard_seconds = "
                f"{self.guard_seconds:g}: describe() must say RUNNING once it runs"
            )
            time.sleep(min(self.poll_seconds, _PAUSE_SECONDS))

    def _python(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run code in another process, which imports from where this one does."""
        return subprocess.run(  # noqa: S603  (this interpreter, and code of this package)
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            timeout=self.guard_seconds,
            check=False,
        )


def refusal(ask: Callable[[], object]) -> LaunchbindError | None:
    """The launchbind error that the call raises; any other error is the adapter's, and passes through."""
    try:
        ask()
    except LaunchbindError as error:
        return error
    return None
