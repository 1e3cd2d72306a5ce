"""The command line: one module per command."""

from __future__ import annotations

import click

from launchbind.cli._errors import reported
from launchbind.cli.backends import backends
from launchbind.cli.run import run


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


cli.add_command(backends)
cli.add_command(run)
