"""A coalitional game with transferable utility: a worth, or a cost, for every coalition."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue
from mara.games.cooperative.subsets import Floats, members

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MOST_PLAYERS", "Allocation", "CoalitionalGame", "GameKind", "tabulated"]

MOST_PLAYERS = 22
"""Largest game held as a table: 2**22 worths are 32 MiB."""

_TOLERANCE = 1e-9
_NAMED_AT_MOST = 3


class GameKind(StrEnum):
    """Whether a coalition's figure is what it earns or what it pays."""

    WORTH = "worth"
    COST = "cost"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoalitionalGame:
    """(N, v): `values[S]` is the figure of the coalition with number S (see `subsets`).

    Solvers read `worth`; a cost game c has the worth -c, and their answers carry its sign back.
    """

    players: tuple[str, ...]
    values: Floats
    kind: GameKind = GameKind.WORTH

    def __post_init__(self) -> None:
        _check_players(self.players)
        held = np.array(self.values, dtype=np.float64)
        if held.shape != (2 ** len(self.players),):
            raise InvalidValue(
                f"CoalitionalGame: values has shape {held.shape}, but {len(self.players)} players "
                f"make {2 ** len(self.players)} coalitions; give one figure for each"
            )
        object.__setattr__(self, "values", held)
        self._check_values()
        held.setflags(write=False)

    def _check_values(self) -> None:
        wrong = np.flatnonzero(~np.isfinite(self.values))
        if len(wrong):
            raise InvalidValue(
                f"CoalitionalGame: the figure of {{{self.name(int(wrong[0]))}}} is "
                f"{self.values[wrong[0]]}; give a finite number"
            )
        if self.values[0] != 0.0:
            raise InvalidValue(
                f"CoalitionalGame: the empty coalition has {self.values[0]}; it must have 0"
            )

    @property
    def count(self) -> int:
        """Number of players."""
        return len(self.players)

    @property
    def sign(self) -> float:
        """1 for a worth, -1 for a cost."""
        return 1.0 if self.kind is GameKind.WORTH else -1.0

    @property
    def worth(self) -> Floats:
        """v(S), what coalitions earn: the figures themselves, or their negatives for costs."""
        return self.sign * self.values

    @property
    def scale(self) -> float:
        """Greatest absolute figure, 1 in a game of zeros: what tolerances are relative to."""
        return float(np.abs(self.values).max()) or 1.0

    def name(self, mask: int) -> str:
        """Players of the coalition with number `mask`, separated by commas."""
        return ",".join(self.players[i] for i in members(mask, self.count))

    def notices(self) -> tuple[str, ...]:
        """Sentences on what is unusual, though every solver takes it."""
        return (*self._negative(), *self._not_monotone())

    def _negative(self) -> tuple[str, ...]:
        below = np.flatnonzero(self.values < 0.0)
        if not len(below):
            return ()
        return (f"the {self.kind} is below zero for {self._listed(below.tolist())}",)

    def _not_monotone(self) -> tuple[str, ...]:
        """Name the coalitions whose figure falls when a player joins."""
        slack, found = _TOLERANCE * self.scale, []
        every = np.arange(2**self.count)
        for player in range(self.count):
            without = every[(every >> player & 1) == 0]
            joined = without | (1 << player)
            falls = self.values[joined] < self.values[without] - slack
            found.extend(without[falls].tolist())
        if not found:
            return ()
        return (
            f"the game is not monotone: the {self.kind} falls when a player joins "
            f"{self._listed(sorted(set(found)))}",
        )

    def _listed(self, masks: list[int]) -> str:
        shown = " and ".join(f"{{{self.name(mask)}}}" for mask in masks[:_NAMED_AT_MOST])
        more = len(masks) - _NAMED_AT_MOST
        return f"{shown} and {more} more" if more > 0 else shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """A figure for each player, and how it was got.

    `residual` is the largest violation of the conditions that define the solution, in the unit
    of the game; `converged` says that it is within tolerance.
    """

    players: tuple[str, ...]
    values: tuple[float, ...]
    method: str
    residual: float
    converged: bool

    def by_player(self) -> dict[str, float]:
        """Give the figures by name."""
        return dict(zip(self.players, self.values, strict=True))


def tabulated(
    players: tuple[str, ...],
    figure: Callable[[int], float],
    *,
    kind: GameKind = GameKind.WORTH,
) -> CoalitionalGame:
    """Ask `figure` for every non-empty coalition by its number, and hold the answers."""
    _check_players(players)
    values = [0.0, *(figure(mask) for mask in range(1, 2 ** len(players)))]
    return CoalitionalGame(players=players, values=np.array(values), kind=kind)


def _check_players(players: tuple[str, ...]) -> None:
    if not 1 <= len(players) <= MOST_PLAYERS:
        raise InvalidValue(
            f"CoalitionalGame: {len(players)} players; a table holds 1 to {MOST_PLAYERS}, beyond "
            "that sample the Shapley value"
        )
    twice = next((p for i, p in enumerate(players) if p in players[:i]), None)
    if twice is not None:
        raise InvalidValue(f"CoalitionalGame: player {twice!r} is named twice; use distinct names")
    if not all(players):
        raise InvalidValue("CoalitionalGame: a player's name is empty; name every player")
