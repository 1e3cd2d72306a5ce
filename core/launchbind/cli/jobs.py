"""``launchbind status``, ``wait``, ``logs``, ``cancel`` and ``list``: a job from its handle alone."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from launchbind.cli._adapters import find, owner
from launchbind.cli._errors import say
from launchbind.cli._output import exit_code, print_rows
from launchbind.handle import Handle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from launchbind.launcher import Launcher
    from launchbind.protocols import App
    from launchbind.state import JobStatus

COLUMNS = ("handle", "state", "exit code", "message")

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def _launcher(handle: Handle) -> Iterator[Launcher[App, object, object]]:
    with owner(handle).launcher(handle.session) as launcher:
        yield launcher


def _document(status: JobStatus) -> dict[str, object]:
    return {
        "handle": str(status.handle),
        "state": str(status.state),
        "exit_code": status.exit_code,
        "message": status.message,
        "ui_url": status.ui_url,
    }


def _show(statuses: list[JobStatus], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([_document(status) for status in statuses], indent=2))
        return
    print_rows(
        COLUMNS,
        [
            (
                str(each.handle),
                str(each.state),
                "" if each.exit_code is None else str(each.exit_code),
                each.message,
            )
            for each in statuses
        ],
    )


@click.command()
@click.argument("handles", nargs=-1, required=True, metavar="HANDLE...")
@_as_json
def status(handles: tuple[str, ...], as_json: bool) -> None:
    """Tell how jobs fare.

    \b
    Example:
      launchbind status local_persistent://launchbind/echo-k2l7
    """
    by_backend: dict[str, list[Handle]] = {}
    parsed = [Handle.parse(text) for text in handles]
    for handle in parsed:
        by_backend.setdefault(handle.backend, []).append(handle)
    found: dict[Handle, JobStatus] = {}
    for group in by_backend.values():
        with _launcher(group[0]) as launcher:
            found.update(zip(group, launcher.statuses(group), strict=True))
    _show([found[handle] for handle in parsed], as_json)


@click.command()
@click.argument("handle")
@click.option("--timeout", type=float, metavar="SECONDS", help="Give up after this long; the job goes on.")
@_as_json
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
    _show([ended], as_json)
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
def logs(
    handle: str,
    follow: bool,
    role: str | None,
    replica: int | None,
    regex: str | None,
    since: datetime | None,
) -> None:
    """Print a job's output.

    \b
    Example:
      launchbind logs -f local_persistent://launchbind/echo-k2l7
    """
    parsed = Handle.parse(handle)
    with _launcher(parsed) as launcher:
        for line in launcher.logs(parsed, role, replica, follow, regex=regex, since=since):
            click.echo(line, nl=False)


@click.command()
@click.argument("handles", nargs=-1, required=True, metavar="HANDLE...")
def cancel(handles: tuple[str, ...]) -> None:
    """End jobs; those that have ended are left as they are.

    \b
    Example:
      launchbind cancel local_persistent://launchbind/echo-k2l7
    """
    for handle in [Handle.parse(text) for text in handles]:
        with _launcher(handle) as launcher:
            launcher.cancel(handle)
            say(f"{handle} {launcher.status(handle).state}")


@click.command(name="list")
@click.option("-b", "--backend", required=True, help="Whose jobs; see 'launchbind backends'.")
@_as_json
def list_jobs(backend: str, as_json: bool) -> None:
    """List the jobs that a backend knows.

    \b
    Example:
      launchbind list -b local_persistent
    """
    adapter, backend = find(backend)
    with adapter.launcher("launchbind") as launcher:
        _show(launcher.list(backend), as_json)
