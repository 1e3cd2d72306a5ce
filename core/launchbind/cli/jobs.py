"""``launchbind status``, ``wait``, ``logs``, ``cancel`` and ``list``: jobs, found by their handles."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from launchbind.cli._adapters import find, find_job
from launchbind.cli._errors import OWN_FAILURE, echo_err, sentence
from launchbind.cli._output import as_json_option, exit_code, print_statuses
from launchbind.errors import LaunchbindError, UnknownJobError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from launchbind.cli._guard import GuardedAdapter
    from launchbind.handle import Handle
    from launchbind.jobs.launcher import Launcher
    from launchbind.protocols import App
    from launchbind.state import JobStatus


@click.command()
@click.argument("handles", nargs=-1, required=True, metavar="HANDLE...")
@as_json_option
def status(handles: tuple[str, ...], as_json: bool) -> None:
    """Show the status of jobs; exit code 125 when that of any is not known.

    \b
    Example:
      launchbind status local_persistent://launchbind/echo-k2l7
    """
    groups: dict[tuple[GuardedAdapter, str, str], list[Handle]] = {}
    order: list[tuple[GuardedAdapter, Handle]] = []
    found: dict[tuple[GuardedAdapter, Handle], JobStatus] = {}
    errors: list[Exception] = []
    for text in handles:
        try:
            adapter, handle = find_job(text)
        except (LaunchbindError, ImportError) as error:
            errors.append(error)
        else:
            order.append((adapter, handle))
            groups.setdefault((adapter, handle.backend, handle.session), []).append(handle)
    for (adapter, _, session), group in groups.items():
        try:
            with adapter.launcher(session) as launcher:
                for handle, known in _statuses(launcher, group, errors):
                    found[adapter, handle] = known
        except (LaunchbindError, ImportError) as error:
            errors.append(error)
    print_statuses([found[job] for job in order if job in found], as_json=as_json)
    _exit_with(errors)


def _statuses(
    launcher: Launcher[App, object], handles: list[Handle], errors: list[Exception]
) -> Iterator[tuple[Handle, JobStatus]]:
    """Ask in one query, or, when a job is unknown, one by one, so that each error is about one job."""
    try:
        yield from zip(handles, launcher.statuses(handles), strict=True)
    except UnknownJobError:
        for handle in handles:
            try:
                yield handle, launcher.status(handle)
            except LaunchbindError as error:
                errors.append(error)


def _exit_with(errors: list[Exception]) -> None:
    for error in errors:
        echo_err(sentence(error))
    if errors:
        sys.exit(OWN_FAILURE)


@click.command()
@click.argument("handle")
@click.option(
    "--timeout", type=float, metavar="SECONDS", help="Stop waiting after this time; the job goes on."
)
@as_json_option
def wait(handle: str, timeout: float | None, as_json: bool) -> None:
    """Wait until a job has ended, and exit with its exit code.

    \b
    Example:
      launchbind wait --timeout 60 local_persistent://launchbind/echo-k2l7
    """
    adapter, job = find_job(handle)

    def progress(status: JobStatus) -> None:
        if sys.stderr.isatty():
            click.echo(f"\rlaunchbind: {status.handle} {status.state} ", err=True, nl=False)

    with adapter.launcher(job.session) as launcher:
        ended = launcher.wait(job, timeout=timeout, progress=progress)
    if sys.stderr.isatty():
        click.echo("", err=True)
    print_statuses([ended], as_json=as_json)
    sys.exit(exit_code(ended))


@click.command()
@click.argument("handle")
@click.option("-f", "--follow", is_flag=True, help="Follow the output until the job has ended.")
@click.option("--role", help="Only this role.")
@click.option("--replica", type=int, help="Only this replica, counted from 0.")
@click.option("--grep", "regex", metavar="REGEX", help="Only lines that contain a match of REGEX.")
@click.option(
    "--since", type=click.DateTime(), help="Only output since this time, on backends that support it."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print each line as a JSON object, as soon as it is read."
)
def logs(
    handle: str,
    follow: bool,
    role: str | None,
    replica: int | None,
    regex: str | None,
    since: datetime | None,
    as_json: bool,
) -> None:
    """Show a job's output.

    \b
    Example:
      launchbind logs -f local_persistent://launchbind/echo-k2l7
    """
    adapter, job = find_job(handle)
    with adapter.launcher(job.session) as launcher:
        for line in launcher.logs(job, role, replica, follow, regex=regex, since=since):
            if as_json:
                line = json.dumps({"line": line.rstrip("\r\n")}) + "\n"
            click.echo(line, nl=False)


@click.command()
@click.argument("handles", nargs=-1, required=True, metavar="HANDLE...")
@as_json_option
def cancel(handles: tuple[str, ...], as_json: bool) -> None:
    """Cancel jobs; those that have ended stay as they are.

    \b
    Example:
      launchbind cancel local_persistent://launchbind/echo-k2l7
    """
    cancelled: list[JobStatus] = []
    errors: list[Exception] = []
    for text in handles:
        try:
            adapter, job = find_job(text)
            with adapter.launcher(job.session) as launcher:
                launcher.cancel(job)
                cancelled.append(launcher.status(job))
        except (LaunchbindError, ImportError) as error:  # go on: the other jobs are to end all the same
            errors.append(error)
    print_statuses(cancelled, as_json=as_json)
    _exit_with(errors)


@click.command(name="list")
@click.option("-b", "--backend", required=True, help="Whose jobs; see 'launchbind backends'.")
@as_json_option
def list_jobs(backend: str, as_json: bool) -> None:
    """List the jobs that a backend knows.

    \b
    Example:
      launchbind list -b local_persistent
    """
    adapter, entry = find(backend)
    with adapter.launcher("launchbind") as launcher:
        print_statuses(launcher.list(entry.name), as_json=as_json)
