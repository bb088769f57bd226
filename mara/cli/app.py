"""All commands, and the one place where an error becomes one line and an exit code."""

from __future__ import annotations

import sys
from typing import NoReturn

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
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _no_command(context: typer.Context) -> None:
    """Show the commands where none is given."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for command in (dashboard, agents, exchange, doctor, export, bench):
    app.command()(command)


def main() -> None:
    """Run the command line; an error is one line on stderr and exit code 1."""
    try:
        code = app(standalone_mode=False)
    except MaraError as error:
        _end(str(error))
    except typer.TyperException as error:
        _end(f"{error.format_message()} (python -m mara --help lists the commands)")
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    sys.exit(code)


def _end(text: str) -> NoReturn:
    print(f"mara: {' '.join(text.split())}", file=sys.stderr)  # noqa: T201
    sys.exit(1)
