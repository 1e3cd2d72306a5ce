"""The command line. Each command, or group of related commands, has a module of its own."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper

import click

from launchbind import __version__
from launchbind.cli._errors import exit_on_error

#: Command to module and function, which is imported when the command runs.
_COMMANDS = {
    "backends": "backends:backends",
    "show": "plan:show",
    "plan": "plan:plan",
    "run": "run:run",
    "status": "jobs:status",
    "wait": "jobs:wait",
    "logs": "jobs:logs",
    "cancel": "jobs:cancel",
    "list": "jobs:list_jobs",
    "profiles": "profiles:profiles",
    "doctor": "doctor:doctor",
    "completion": "completion:completion",
}


class _Group(click.Group):
    """Imports a command when it runs, and prints launchbind's errors as one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, function = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"{__name__}.{module}"), function)
        return command

    def invoke(self, ctx: click.Context) -> object:
        with exit_on_error(debug=bool(ctx.params.get("debug"))):
            return super().invoke(ctx)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="launchbind %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Run jobs on any launcher, from one machine to a cluster.

    Job output goes to standard output, launchbind's own messages to standard error.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a job may print what the terminal cannot show
