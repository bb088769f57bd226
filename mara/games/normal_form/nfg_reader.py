"""Reads a game from the text of a Gambit `.nfg` file, in payoff or outcome form.

Format: The .nfg (strategic game) file format, Gambit manual. ``NFG 1 R "title" { players }
{ strategies } "comment"`` comes first, then either the payoffs of all profiles, player by player,
the first player's strategy running fastest, or ``{ { "outcome" 1, 2 } ... }`` and the number of
the outcome of each profile, 0 for one that pays nothing.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mara.errors import DataFileError
from mara.games.normal_form.game import NormalFormGame
from mara.games.normal_form.nfg_tokens import Tokens

__all__ = ["read_nfg"]

_MOST_PLAYERS = 16
_MOST_PAYOFFS = 2_000_000

Floats = NDArray[np.float64]


def read_nfg(content: str, *, name: str) -> NormalFormGame:
    """Read the game in `content`; `name` is what errors call the file.

    Raises
    ------
    DataFileError
        The text is no `.nfg` file; the message names line and token.
    """
    tokens = Tokens(name, content.removeprefix("\ufeff"))
    title = _heading(tokens)
    players = _names(tokens, "a player's name")
    strategies = _strategies(tokens, players)
    if tokens.peek().startswith('"'):
        tokens.text("a comment")
    shape = tuple(map(len, strategies))
    cells = math.prod(shape)
    if cells * len(players) > _MOST_PAYOFFS:
        raise DataFileError(
            f"{name}, line {tokens.line}: {' x '.join(map(str, shape))} strategies make {cells} "
            f"profiles; at most {_MOST_PAYOFFS} payoffs are read"
        )
    outcomes = tokens.peek() == "{"
    table = (_by_outcomes if outcomes else _by_payoffs)(tokens, len(players), cells)
    if tokens.peek():
        tokens.refuse(tokens.take(""), f"the end: all {cells} profiles are read")
    payoffs = table.reshape(*reversed(shape), len(players)).T
    return NormalFormGame(payoffs=payoffs, title=title, players=players, strategies=strategies)


def _heading(tokens: Tokens) -> str:
    tokens.expect("NFG")
    tokens.expect("1")
    kind = tokens.take("'R' or 'D'")
    if kind.value not in {"R", "D"}:
        tokens.refuse(kind, "'R' or 'D'")
    return tokens.text("the title")


def _names(tokens: Tokens, what: str) -> tuple[str, ...]:
    """Read ``{ "a" "b" }``."""
    tokens.expect("{")
    names: list[str] = []
    while tokens.peek() != "}":
        names.append(tokens.text(what))
    closing = tokens.take("'}'")
    if not names:
        tokens.refuse(closing, what)
    return tuple(names)


def _strategies(tokens: Tokens, players: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Read ``{ 3 2 }`` or ``{ { "a" "b" "c" } { "d" "e" } }``, one entry for each player."""
    if len(players) > _MOST_PLAYERS:
        raise DataFileError(
            f"{tokens.name}, line {tokens.line}: the file has {len(players)} players; "
            f"at most {_MOST_PLAYERS} are read"
        )
    tokens.expect("{")
    found = [_own(tokens, player) for player in players]
    tokens.expect("}")
    return tuple(found)


def _own(tokens: Tokens, player: str) -> tuple[str, ...]:
    if tokens.peek() == "{":
        return _names(tokens, f"the name of a strategy of {player!r}")
    count = tokens.whole(f"the number of strategies of {player!r}")
    if not 1 <= count <= _MOST_PAYOFFS:
        raise DataFileError(
            f"{tokens.name}, line {tokens.line}: player {player!r} has {count} strategies; "
            "he needs at least 1"
        )
    return tuple(str(number) for number in range(1, count + 1))


def _by_payoffs(tokens: Tokens, players: int, cells: int) -> Floats:
    table = np.empty((cells, players))
    for cell in range(cells):
        for player in range(players):
            table[cell, player] = tokens.number(_where(cell, player))
    return table


def _by_outcomes(tokens: Tokens, players: int, cells: int) -> Floats:
    tokens.expect("{")
    outcomes = [[0.0] * players]
    while tokens.peek() != "}":
        outcomes.append(_outcome(tokens, players))
    tokens.expect("}")
    chosen = [_outcome_number(tokens, cell, len(outcomes) - 1) for cell in range(cells)]
    return np.array(outcomes)[chosen]


def _outcome(tokens: Tokens, players: int) -> list[float]:
    tokens.expect("{")
    name = tokens.text("an outcome's name")
    paid = []
    for player in range(players):
        if tokens.peek() == ",":
            tokens.expect(",")
        paid.append(tokens.number(f"the payoff of player {player + 1} in outcome {name!r}"))
    if tokens.peek() == ",":
        tokens.expect(",")
    tokens.expect("}")
    return paid


def _outcome_number(tokens: Tokens, cell: int, most: int) -> int:
    number = tokens.whole(f"the outcome of profile {cell + 1}")
    if number > most:
        raise DataFileError(
            f"{tokens.name}, line {tokens.line}: outcome {number} of profile {cell + 1} is not "
            f"among the {most} listed"
        )
    return number


def _where(cell: int, player: int) -> str:
    return f"the payoff of player {player + 1} in profile {cell + 1}"
