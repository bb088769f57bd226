"""Regret matching with regrets cut at zero, in turns, and averages weighted by the round.

In zero-sum games the averages approach equilibrium far faster than plain regret matching, at a
rate that is proven no worse than 1 / sqrt(rounds). No draw is made: players see the others' mixed
strategies.

Source: Tammelin, Burch, Johanson and Bowling, Solving heads-up limit Texas hold'em, 2015.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.games.normal_form.mixed import reply
from mara.games.normal_form.path import judged_path, recorded
from mara.games.normal_form.regret_matching import weights_of

if TYPE_CHECKING:
    from mara.games.normal_form.game import NormalFormGame
    from mara.games.normal_form.path import Path

__all__ = ["METHOD", "regret_matching_plus"]

METHOD = "regret-matching-plus"


def regret_matching_plus(
    game: NormalFormGame, *, rounds: int = 2_000, tolerance: float = 1e-3
) -> Path:
    """Path of the averages, each round t counted t times."""
    wanted = recorded(METHOD, rounds)
    marks = set(wanted.tolist())
    regrets = [np.zeros(count) for count in game.shape]
    laws = [weights_of(own) for own in regrets]
    totals = [np.zeros(count) for count in game.shape]
    kept = []
    for turn in range(1, rounds + 1):
        for player, own in enumerate(regrets):
            values = reply(game.payoffs[player], laws, player)
            np.maximum(own + values - values @ laws[player], 0.0, out=own)
            laws[player] = weights_of(own)
            totals[player] += turn * laws[player]
        if turn in marks:
            kept.append([total / total.sum() for total in totals])
    return judged_path(
        game,
        METHOD,
        wanted.astype(np.float64),
        [np.array(law) for law in zip(*kept, strict=True)],
        tolerance,
    )
