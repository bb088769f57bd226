"""What a solver answers: equilibria, how they were got, and what the judge says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.games import judge
from mara.games.normal_form.game import Floats

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mara.games.normal_form.game import NormalFormGame

__all__ = ["TOLERANCE", "Equilibrium", "Solution", "judged", "solution"]

TOLERANCE = 1e-8
"""Largest regret of an equilibrium, as a share of the payoffs' spread."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Equilibrium:
    """One distribution for each player, their expected payoffs, and the regret by the judge."""

    strategies: tuple[Floats, ...]
    payoffs: tuple[float, ...]
    regret: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """Equilibria of a game by one method.

    `complete` says that the method proves that there are no others; for a degenerate game, that
    every other one mixes those listed, player by player. `degenerate` is None where the method
    cannot tell. `note` says in one sentence what a reader must know.
    """

    method: str
    equilibria: tuple[Equilibrium, ...]
    complete: bool
    degenerate: bool | None
    tolerance: float
    note: str = ""


def judged(game: NormalFormGame, profiles: Sequence[Sequence[Floats]]) -> tuple[Equilibrium, ...]:
    """Let the judge weigh profiles."""
    words = judge.weighed(game.payoffs, profiles)
    return tuple(
        Equilibrium(
            strategies=tuple(np.asarray(s, dtype=np.float64) for s in profile),
            payoffs=paid,
            regret=regret,
        )
        for profile, (paid, regret) in zip(profiles, words, strict=True)
    )


def solution(
    game: NormalFormGame,
    method: str,
    profiles: Iterable[Sequence[Floats]],
    *,
    complete: bool,
    degenerate: bool | None,
    note: str = "",
) -> Solution:
    """Judge all profiles that a method found."""
    return Solution(
        method=method,
        equilibria=judged(game, list(profiles)),
        complete=complete,
        degenerate=degenerate,
        tolerance=TOLERANCE * game.spread,
        note=note,
    )
