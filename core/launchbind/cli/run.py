"""``launchbind run``: from a command to a finished job."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, TextIO

import click

from launchbind.cli._errors import INTERRUPTED, echo_err
from launchbind.cli._job import CONTEXT, build_job, job_options
from launchbind.cli._output import exit_code, print_statuses
from launchbind.errors import LaunchbindError, UnsupportedError

if TYPE_CHECKING:
    from types import FrameType

    from launchbind.handle import Handle
    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import App


@click.command(context_settings=CONTEXT)
@job_options
@click.option("--detach", is_flag=True, help="Print the job's handle, and leave the job running.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the job's status as JSON, and its output on standard error.",
)
def run(
    backend: str | None,
    profile: str | None,
    settings: dict[str, str],
    env: dict[str, str],
    name: str | None,
    detach: bool,
    as_json: bool,
    command: tuple[str, ...],
) -> None:
    """Run COMMAND as a job, show its output, and exit with its exit code.

    Ctrl-C cancels the job. Exit code 125 means that launchbind itself failed.

    \b
    Examples:
      launchbind run -b local_persistent -- echo hello
      launchbind run -b slurm_tunnel -s account=ml -s nodes=2 -- python train.py
    """
    job = build_job(backend, profile, settings, env, name, command)
    if detach and not job.adapter.can_detach(job.backend):
        raise click.UsageError(f"jobs on {job.backend} end with this command: run it without --detach.")
    with job.adapter.launcher("launchbind") as launcher:
        plan = launcher.plan(job.app, job.executor, backend=job.backend)
        interrupted = _hold_interrupts()
        handle = launcher.submit(plan)
        if detach:
            try:
                if as_json:
                    print_statuses([launcher.status(handle)], as_json=True)
                else:
                    click.echo(handle)
            except (LaunchbindError, OSError):
                echo_err(f"submitted {handle}")  # the handle must not be lost
                raise
        else:
            sys.exit(_follow(launcher, handle, interrupted, as_json=as_json))


def _hold_interrupts() -> list[int]:
    """Record the first Ctrl-C or SIGTERM instead of raising it, and raise the second.

    Interrupted while it submits, the command would leave a job behind whose handle nobody has.
    """
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if received:
            signal.default_int_handler(number, frame)
        received.append(number)

    # Launchers set handlers of their own. SIGTERM cancels the job, as Ctrl-C does.
    signal.signal(signal.SIGINT, note)
    signal.signal(signal.SIGTERM, note)
    return received


def _follow(launcher: Launcher[App, object], handle: Handle, interrupted: list[int], *, as_json: bool) -> int:
    """Show the job's output until it ends, and return the exit code of this process."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if interrupted:
            raise KeyboardInterrupt
        echo_err(f"submitted {handle}")
        _show_output(launcher, handle, sys.stderr if as_json else sys.stdout)
        status = launcher.wait(handle)
        if as_json:
            print_statuses([status], as_json=True)
    except LaunchbindError:
        echo_err(f"lost sight of {handle}, which may still be running")
        raise
    except (KeyboardInterrupt, OSError) as error:  # Ctrl-C, or the output cannot be written
        launcher.cancel(handle)
        echo_err(f"cancelled {handle}")
        if isinstance(error, (KeyboardInterrupt, BrokenPipeError)):
            return INTERRUPTED
        raise
    ended = str(status.state) + ("" if status.exit_code is None else f" with exit code {status.exit_code}")
    echo_err(f"{handle} {ended}" + (f": {status.message}" if status.message else ""))
    return exit_code(status)


def _show_output(launcher: Launcher[App, object], handle: Handle, place: TextIO) -> None:
    try:
        for line in launcher.logs(handle, follow=True):
            place.write(line)
            place.flush()
    except UnsupportedError as error:
        echo_err(f"{error} Waiting for the job to end.")
