"""`solve`: equilibria of a Gambit `.nfg` game."""

from __future__ import annotations

import json as text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mara.cli.options import Json  # noqa: TC001 - typer reads the annotations
from mara.errors import DataFileError
from mara.games.normal_form.correlated import CorrelatedEquilibrium
from mara.games.normal_form.methods import Method
from mara.games.normal_form.methods import solve as solved
from mara.games.normal_form.nfg_reader import read_nfg

if TYPE_CHECKING:
    from mara.games.normal_form.game import NormalFormGame
    from mara.games.normal_form.solution import Equilibrium, Solution

__all__ = ["as_json", "solve"]

_MOST_BYTES = 64_000_000

File = Annotated[Path, typer.Argument(metavar="FILE.nfg", help="The game, a Gambit .nfg file.")]
How = Annotated[Method, typer.Option(help="How to solve it; auto chooses by the game's size.")]


def solve(file: File, method: How = Method.AUTO, json: Json = False) -> None:  # noqa: FBT002
    """Find equilibria of a game, each with its payoffs and its regret by an independent judge."""
    game = read_nfg(_text(file), name=str(file))
    answer = solved(game, method)
    if json:
        typer.echo(text.dumps(as_json(answer)))
    else:
        typer.echo("\n".join(_lines(game, answer)))


def as_json(answer: Solution | CorrelatedEquilibrium) -> dict[str, Any]:
    """Return the answer as the record that `--json` prints."""
    if isinstance(answer, CorrelatedEquilibrium):
        found = {
            "distribution": answer.distribution.tolist(),
            "payoffs": list(answer.payoffs),
            "welfare": answer.welfare,
            "regret": answer.regret,
        }
        return {"method": answer.method, "equilibria": [found]}
    return {
        "method": answer.method,
        "equilibria": [_equilibrium(e) for e in answer.equilibria],
        "complete": answer.complete,
        "degenerate": answer.degenerate,
        "tolerance": answer.tolerance,
        "note": answer.note,
    }


def _equilibrium(found: Equilibrium) -> dict[str, Any]:
    return {
        "strategies": [law.tolist() for law in found.strategies],
        "payoffs": list(found.payoffs),
        "regret": found.regret,
    }


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise DataFileError(f"{file}: the file is larger than {_MOST_BYTES // 1_000_000} MB")
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise DataFileError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DataFileError(f"{file}: byte {error.start} is not UTF-8 text") from None


def _lines(game: NormalFormGame, answer: Solution | CorrelatedEquilibrium) -> list[str]:
    """Words and figures for a person."""
    if isinstance(answer, CorrelatedEquilibrium):
        cells = [
            (answer.distribution[profile], profile)
            for profile in zip(*answer.distribution.nonzero(), strict=True)
        ]
        head = f"{answer.method}: welfare {answer.welfare:.6g}, regret {answer.regret:.2g}"
        return [head, *(f"  {odds:.6f}  {_names(game, cell)}" for odds, cell in cells)]
    count = len(answer.equilibria)
    head = f"{answer.method}: {count} equilibri{'um' if count == 1 else 'a'}"
    return [head, *_told(game, answer), *([answer.note] if answer.note else [])]


def _told(game: NormalFormGame, answer: Solution) -> list[str]:
    lines = []
    for number, found in enumerate(answer.equilibria, start=1):
        lines.append(f"{number}. regret {found.regret:.2g}")
        for player, law, paid in zip(game.players, found.strategies, found.payoffs, strict=True):
            weights = ", ".join(f"{weight:.6f}" for weight in law)
            lines.append(f"   {player}: ({weights}), payoff {paid:.6g}")
    return lines


def _names(game: NormalFormGame, profile: tuple[Any, ...]) -> str:
    return " / ".join(game.strategies[player][int(a)] for player, a in enumerate(profile))
