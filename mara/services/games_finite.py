"""A finite game from its JSON form and back.

`{"title": "...", "players": ["A", "B"], "strategies": [["up", "down"], ["left", "right"]], "payoffs":
[[[3, 0], [0, 2]], [[2, 0], [0, 3]]]}`: one table a player, indexed by the strategies of all in turn;
names may be left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mara.errors import DataFileError
from mara.games.fields import MOST, Fields
from mara.games.normal_form.game import NormalFormGame

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["game_from", "record_of", "table_of"]


def game_from(record: Mapping[str, Any], *, owner: str = "your game") -> NormalFormGame:
    """Read a game.

    Raises
    ------
    DataFileError, InvalidValue
        A field is unknown or of a wrong type, or payoffs and names do not fit.
    """
    fields = Fields(owner, record)
    fields.only("title", "players", "strategies", "payoffs")
    strategies = fields.array("strategies") if "strategies" in fields else []
    return NormalFormGame(
        payoffs=table_of(owner, "payoffs", fields.array("payoffs")),
        title=fields.text("title") if "title" in fields else "",
        players=fields.names("players") if "players" in fields else (),
        strategies=tuple(tuple(map(str, own)) for own in strategies if isinstance(own, list)),
    )


def table_of(owner: str, field: str, values: object) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Make an array of nested lists of numbers.

    Raises
    ------
    DataFileError
        Rows differ in length, an entry is no number, or one is too large.
    """
    try:
        table = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataFileError(
            f"{owner}: {field} must be nested lists of numbers, rows of one length"
        ) from None
    if (np.isfinite(table) & (np.abs(table) > MOST)).any():
        raise DataFileError(f"{owner}: {field} has figures beyond {MOST:g}; use a larger unit")
    return table


def record_of(game: NormalFormGame) -> dict[str, Any]:
    """Write a game."""
    return {
        "title": game.title,
        "players": list(game.players),
        "strategies": [list(own) for own in game.strategies],
        "payoffs": game.payoffs.tolist(),
    }
