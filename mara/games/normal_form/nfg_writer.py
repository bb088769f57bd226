"""Writes a game as a Gambit `.nfg` file in payoff form; reading it again gives the same game."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mara.games.normal_form.game import NormalFormGame

__all__ = ["write_nfg"]


def write_nfg(game: NormalFormGame, *, comment: str = "") -> str:
    """Text of the file: names first, then a line of payoffs for each profile.

    The first player's strategy runs fastest; payoffs are written so that they read back exactly.
    """
    players = " ".join(map(_quoted, game.players))
    strategies = "\n".join(f"{{ {_all_quoted(names)} }}" for names in game.strategies)
    profiles = game.payoffs.T.reshape(-1, len(game.payoffs))
    lines = (" ".join(map(_number, profile)) for profile in profiles.tolist())
    return "\n".join(
        (
            f"NFG 1 R {_quoted(game.title)} {{ {players} }}",
            f"{{ {strategies}\n}}",
            _quoted(comment),
            "",
            *lines,
            "",
        )
    )


def _all_quoted(names: Iterable[str]) -> str:
    return " ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _number(value: float) -> str:
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)
