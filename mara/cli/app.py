"""All commands, and the one place where an error becomes one line and an exit code."""

from __future__ import annotations

import sys

import typer

from mara.cli.agents import agents
from mara.cli.bench import bench
from mara.cli.dashboard import dashboard
from mara.cli.doctor import doctor
from mara.cli.exchange import exchange
from mara.cli.export import export
from mara.errors import MaraError

__all__ = ["app", "main"]

app = typer.Typer(
    name="mara",
    help="Operating console of a flexible-compute energy site.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (dashboard, agents, exchange, doctor, export, bench):
    app.command()(command)


def main() -> None:
    """Run the command line; an error is one line on stderr and exit code 1."""
    try:
        app()
    except MaraError as error:
        print(f"mara: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
