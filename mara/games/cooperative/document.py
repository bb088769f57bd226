"""A coalitional game from its JSON form.

`{"players": ["a", "b"], "values": {"a": 1, "a,b": 3}}`, with `"kind": "cost"` for costs. A coalition is
its players between commas, in any order. A single player may be left out of a game of worths, and
then earns 0 alone; every larger coalition must be there.
"""

from __future__ import annotations

import numpy as np

from mara.errors import DataFileError
from mara.games.cooperative.game import MOST_PLAYERS, CoalitionalGame, GameKind
from mara.games.cooperative.subsets import Floats, members
from mara.games.fields import Fields

__all__ = ["game_from"]

_NAMED_AT_MOST = 3


def game_from(document: object, *, owner: str = "game") -> tuple[CoalitionalGame, tuple[str, ...]]:
    """Give the game, and sentences on what is unusual about it.

    Raises
    ------
    DataFileError
        A field is missing or of a wrong type, or a coalition is missing, repeated or unknown.
    InvalidValue
        The game itself is impossible.
    """
    fields = Fields(owner, document)
    fields.only("players", "values", "kind")
    players, kind = fields.names("players"), _kind(fields)
    if len(players) > MOST_PLAYERS:
        raise DataFileError(f"{owner}: {len(players)} players; a file holds {MOST_PLAYERS} at most")
    if any("," in player for player in players):
        raise DataFileError(f"{owner}: a player's name holds a comma; rename the player")
    values = _values(fields.inner("values"), players)
    alone = _fill(owner, players, values, kind)
    game = CoalitionalGame(players=players, values=values, kind=kind)
    return game, (*alone, *game.notices())


def _kind(fields: Fields) -> GameKind:
    if "kind" not in fields:
        return GameKind.WORTH
    text = fields.text("kind")
    if text not in set(GameKind):
        raise DataFileError(f"{fields.owner}: kind is {text!r}; use 'worth' or 'cost'")
    return GameKind(text)


def _values(fields: Fields, players: tuple[str, ...]) -> Floats:
    """Give the figures by coalition, NaN where there is none."""
    place = {player: i for i, player in enumerate(players)}
    values = np.full(2 ** len(players), np.nan)
    seen = {0: ""}
    values[0] = 0.0
    for key, figure in fields.numbers():
        mask = _mask(fields.owner, key, place)
        if mask in seen and mask:
            raise DataFileError(f"{fields.owner}: {key!r} and {seen[mask]!r} are one coalition")
        if not np.isfinite(figure):
            raise DataFileError(f"{fields.owner}: {key!r} is {figure}; give a finite number")
        seen[mask], values[mask] = key, figure
    return values


def _mask(owner: str, key: str, place: dict[str, int]) -> int:
    names = [name.strip() for name in key.split(",")] if key else []
    strange = next((name for name in names if name not in place), None)
    if strange is not None:
        raise DataFileError(f"{owner}: {key!r} names {strange!r}, who is not among the players")
    if len(set(names)) < len(names):
        raise DataFileError(f"{owner}: {key!r} names a player twice")
    return sum(1 << place[name] for name in names)


def _fill(owner: str, players: tuple[str, ...], values: Floats, kind: GameKind) -> tuple[str, ...]:
    """Let single players who are not there earn 0, and say so; refuse other gaps."""
    missing = np.flatnonzero(np.isnan(values)).tolist()
    alone = [m for m in missing if m.bit_count() == 1 and kind is GameKind.WORTH]
    gaps = [",".join(players[i] for i in members(m, len(players))) for m in missing]
    if len(alone) < len(missing):
        larger = [gap for gap, mask in zip(gaps, missing, strict=True) if mask not in alone]
        more = f" and {len(larger) - _NAMED_AT_MOST} more" if len(larger) > _NAMED_AT_MOST else ""
        raise DataFileError(
            f"{owner}: values of {', '.join(f'{{{gap}}}' for gap in larger[:_NAMED_AT_MOST])}{more} "
            "missing; give the value of every coalition"
        )
    values[missing] = 0.0
    return tuple(f"{{{gap}}} has no value and is taken to earn 0 alone" for gap in gaps)
