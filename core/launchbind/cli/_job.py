"""What ``run`` and ``plan`` share: the options that describe a job, and the request built from them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import click

from launchbind.cli._adapters import find
from launchbind.errors import InvalidSettingError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable

    from launchbind.cli._guard import GuardedAdapter
    from launchbind.profiles import Profile
    from launchbind.protocols import App

CommandT = TypeVar("CommandT", bound="Callable[..., object]")

#: For commands that end in a command of the user's, whose options are not parsed.
CONTEXT = {"ignore_unknown_options": True, "allow_interspersed_args": False}

# A name becomes part of handles, folders and, on some backends, names of resources.
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class JobRequest:
    """What to run, and where: an app and an executor of an adapter's backend, by its canonical name."""

    adapter: GuardedAdapter
    backend: str
    app: App
    executor: object


def _pairs(_: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals and parameter.name == "env" and name in os.environ:
            text = os.environ[name]
        elif not equals or not name:
            unset = f", and {value} is not set here" if parameter.name == "env" and name else ""
            raise click.BadParameter(f"{value!r} is not of the form {parameter.metavar}{unset}")
        pairs[name] = text
    return pairs


def _name(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and (not value or _NOT_IN_NAMES.search(value)):
        raise click.BadParameter(f"{value!r} is no job name: use letters, digits, '_' and '-'.")
    return value


def job_options(command: CommandT) -> CommandT:
    """Add the options that :func:`build_job` takes."""
    for option in (
        click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED),
        click.option(
            "--name",
            callback=_name,
            help="The job's name: letters, digits, '_' and '-'. By default the name of the program.",
        ),
        click.option(
            "--env",
            multiple=True,
            metavar="NAME=VALUE",
            callback=_pairs,
            help="Set a variable in the job's environment; NAME alone passes your own value on.",
        ),
        click.option(
            "-s",
            "--set",
            "settings",
            multiple=True,
            metavar="FIELD=VALUE",
            callback=_pairs,
            help="Set a field of the backend's executor; see 'launchbind show BACKEND'.",
        ),
        click.option("-p", "--profile", help="Settings to start from; see 'launchbind profiles'."),
        click.option("-b", "--backend", help="Where to run; see 'launchbind backends'."),
    ):
        command = option(command)
    return command


def build_job(
    backend: str | None,
    profile: str | None,
    settings: dict[str, str],
    env: dict[str, str],
    name: str | None,
    command: tuple[str, ...],
) -> JobRequest:
    """Build the app and the executor from the options of :func:`job_options`."""
    if not command[0]:
        raise click.UsageError("the command is empty: name a program after '--'.")
    chosen = _profile(profile) if profile is not None else None
    if backend is None and chosen is None:
        raise click.UsageError("say where to run: -b BACKEND (see 'launchbind backends') or -p PROFILE.")
    adapter, entry = find(backend or (chosen.backend if chosen else ""))
    if chosen is not None and find(chosen.backend) != (adapter, entry):
        raise click.UsageError(
            f"profile {chosen.name} is for {chosen.backend}, not {entry.name}: leave one out."
        )
    try:
        executor = adapter.executor(entry.name, {**(chosen.settings if chosen else {}), **settings}, env)
    except InvalidSettingError as error:
        if chosen is None or error.field in settings:
            raise
        raise chosen.as_profile_error(error) from error
    name = name or _NOT_IN_NAMES.sub("-", os.path.basename(command[0])).strip("-") or "job"
    return JobRequest(adapter, entry.name, adapter.app(executor, name, command, env), executor)


def _profile(name: str) -> Profile:
    from launchbind.profiles import load

    profiles = load()
    if name not in profiles:
        raise UnknownNameError("profile", name, tuple(profiles))
    return profiles[name]
