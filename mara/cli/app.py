"""All commands, and the one place where an error becomes one line and an exit code."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, NoReturn

import typer

from mara.errors import MaraError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COMMANDS", "app_of", "main"]

COMMANDS: Final = {
    "dashboard": "mara.cli.dashboard",
    "agents": "mara.cli.agents",
    "exchange": "mara.cli.exchange",
    "doctor": "mara.cli.doctor",
    "export": "mara.cli.export",
    "bench": "mara.cli.bench",
    "forecast": "mara.cli.forecast",
    "solve": "mara.cli.solve",
    "shapley": "mara.cli.games",
    "nucleolus": "mara.cli.games",
    "vcg": "mara.cli.games",
    "stackelberg": "mara.cli.games",
    "simulate": "mara.cli.stochastic",
    "calibrate": "mara.cli.stochastic",
}
"""Every command, and the module whose function of that name it is."""


def app_of(names: Iterable[str]) -> typer.Typer:
    """Make the command line of some commands; the modules of others are not loaded."""
    app = typer.Typer(
        name="mara",
        help="Operating console of a flexible-compute energy site.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(invoke_without_command=True)(_no_command)
    for name in names:
        app.command(name)(getattr(import_module(COMMANDS[name]), name))
    return app


def _no_command(context: typer.Context) -> None:
    """Operating console of a flexible-compute energy site."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line; an error is one line on stderr and exit code 1."""
    asked = [name for name in sys.argv[1:2] if name in COMMANDS]
    try:
        code = app_of(asked or COMMANDS)(standalone_mode=False)
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
