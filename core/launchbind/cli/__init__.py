"""The command line: one module per command, or per group of commands that share their subject."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import click

from launchbind.cli import backends, completion, doctor, jobs, plan, profiles, run
from launchbind.cli._errors import reported


class _Group(click.Group):
    """Prints launchbind's errors as one sentence, unless asked for the traceback."""

    def invoke(self, ctx: click.Context) -> object:
        with reported(debug=bool(ctx.params.get("debug"))):
            return super().invoke(ctx)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="launchbind", message="launchbind %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Run jobs on any launcher, from one machine to a cluster.

    Job output goes to standard output, launchbind's own words to standard error.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a job may write what this terminal cannot show


_COMMANDS = (
    backends.backends,
    plan.show,
    plan.plan,
    run.run,
    jobs.status,
    jobs.wait,
    jobs.logs,
    jobs.cancel,
    jobs.list_jobs,
    profiles.profiles,
    doctor.doctor,
    completion.completion,
)
for _command in _COMMANDS:
    cli.add_command(_command)
