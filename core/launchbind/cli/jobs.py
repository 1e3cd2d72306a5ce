"""``launchbind status``, ``wait``, ``logs``, ``cancel`` and ``list``: a job from its handle alone."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from launchbind.cli._adapters import find, owner
from launchbind.cli._errors import OWN_FAILURE, say
from launchbind.cli._output import as_json_option, exit_code, print_statuses
from launchbind.errors import LaunchbindError, UnknownJobError
from launchbind.handle import Handle

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from datetime import datetime

    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import App
    from launchbind.state import JobStatus


@contextmanager
def _launcher(handle: Handle) -> Generator[Launcher[App, object, object]]:
    with owner(handle).launcher(handle.session) as launcher:
        yield launcher


@click.command()
@click.argument("handles", nargs=-1, required=True, metavar="HANDLE...")
@as_json_option
def status(handles: tuple[str, ...], as_json: bool) -> None:
    """Tell how jobs fare; exit code 125 when that of any could not be told.

    \b
    Example:
      launchbind status local_persistent://launchbind/echo-k2l7
    """
    parsed: list[Handle] = []
    found: dict[Handle, JobStatus] = {}
    errors: list[LaunchbindError] = []
    for text in handles:
        try:
            parsed.append(Handle.parse(text))
        except LaunchbindError as error:
            errors.append(error)
    for backend in dict.fromkeys(handle.backend for handle in parsed):
        group = [handle for handle in parsed if handle.backend == backend]
        try:
            with _launcher(group[0]) as launcher:
                found.update(_statuses(launcher, group, errors))
        except LaunchbindError as error:
            errors.append(error)
    print_statuses([found[handle] for handle in parsed if handle in found], as_json=as_json)
    _end_with(errors)


def _statuses(
    launcher: Launcher[App, object, object], handles: list[Handle], errors: list[LaunchbindError]
) -> Iterator[tuple[Handle, JobStatus]]:
    """In one query where every job is known; else one by one, so that each error is about one job."""
    try:
        yield from zip(handles, launcher.statuses(handles), strict=True)
    except UnknownJobError:
        for handle in handles:
            try:
                yield handle, launcher.status(handle)
            except LaunchbindError as error:
                errors.append(error)


def _end_with(errors: list[LaunchbindError]) -> None:
    for error in errors:
        say(str(error))
    if errors:
        sys.exit(OWN_FAILURE)


@click.command()
@click.argument("handle")
@click.option("--timeout", type=float, metavar="SECONDS", help="Give up after this long; the job goes on.")
@as_json_option
def wait(handle: str, timeout: float | None, as_json: bool) -> None:
    """Wait until a job has ended, and exit with its exit code.

    \b
    Example:
      launchbind wait --timeout 60 local_persistent://launchbind/echo-k2l7
    """
    parsed = Handle.parse(handle)

    def progress(status: JobStatus) -> None:
        if sys.stderr.isatty():
            click.echo(f"\rlaunchbind: {status.handle} {status.state} ", err=True, nl=False)

    with _launcher(parsed) as launcher:
        ended = launcher.wait(parsed, timeout=timeout, progress=progress)
    if sys.stderr.isatty():
        click.echo("", err=True)
    print_statuses([ended], as_json=as_json)
    sys.exit(exit_code(ended))


@click.command()
@click.argument("handle")
@click.option("-f", "--follow", is_flag=True, help="Go on until the job has ended.")
@click.option("--role", help="Only this role.")
@click.option("--replica", type=int, help="Only this replica, counted from 0.")
@click.option("--grep", "regex", metavar="REGEX", help="Only lines in which REGEX is found.")
@click.option(
    "--since", type=click.DateTime(), help="Only what was written since then, where the backend knows."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each line, as it comes.")
def logs(
    handle: str,
    follow: bool,
    role: str | None,
    replica: int | None,
    regex: str | None,
    since: datetime | None,
    as_json: bool,
) -> None:
    """Print a job's output.

    \b
    Example:
      launchbind logs -f local_persistent://launchbind/echo-k2l7
    """
    parsed = Handle.parse(handle)
    with _launcher(parsed) as launcher:
        for line in launcher.logs(parsed, role, replica, follow, regex=regex, since=since):
            if as_json:
                line = json.dumps({"line": line.rstrip("\r\n")}) + "\n"
            click.echo(line, nl=False)


@click.command()
@click.argument("handles", nargs=-1, required=True, metavar="HANDLE...")
@as_json_option
def cancel(handles: tuple[str, ...], as_json: bool) -> None:
    """End jobs; those that have ended are left as they are.

    \b
    Example:
      launchbind cancel local_persistent://launchbind/echo-k2l7
    """
    cancelled: list[JobStatus] = []
    errors: list[LaunchbindError] = []
    for text in handles:
        try:
            handle = Handle.parse(text)
            with _launcher(handle) as launcher:
                launcher.cancel(handle)
                cancelled.append(launcher.status(handle))
        except LaunchbindError as error:  # the others are to end all the same
            errors.append(error)
    print_statuses(cancelled, as_json=as_json)
    _end_with(errors)


@click.command(name="list")
@click.option("-b", "--backend", required=True, help="Whose jobs; see 'launchbind backends'.")
@as_json_option
def list_jobs(backend: str, as_json: bool) -> None:
    """List the jobs that a backend knows.

    \b
    Example:
      launchbind list -b local_persistent
    """
    adapter, backend = find(backend)
    with adapter.launcher("launchbind") as launcher:
        print_statuses(launcher.list(backend), as_json=as_json)
