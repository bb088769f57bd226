"""Regret matching: play each strategy in proportion to how much one regrets not having played it.

The joint frequencies of play approach the set of coarse correlated equilibria at a rate of
1 / sqrt(rounds), whatever the game; in a zero-sum game each player's own approach equilibrium.

Source: Hart and Mas-Colell, A simple adaptive procedure leading to correlated equilibrium, 2000,
section 4 (unconditional regret).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.games import judge
from mara.games.normal_form.game import Floats
from mara.games.normal_form.path import Path, judged_path, recorded

if TYPE_CHECKING:
    from mara.games.normal_form.game import NormalFormGame

__all__ = ["METHOD", "JointPlay", "regret_matching", "weights_of"]

METHOD = "regret-matching"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointPlay:
    """Path of each player's frequencies, and the joint ones of the end with their coarse regret."""

    path: Path
    distribution: Floats
    coarse_regret: float


def regret_matching(
    game: NormalFormGame,
    rng: np.random.Generator,
    *,
    rounds: int = 20_000,
    tolerance: float = 1e-2,
) -> JointPlay:
    """Play `rounds` rounds of drawn strategies."""
    wanted = recorded(METHOD, rounds)
    marks = set(wanted.tolist())
    sums = [np.zeros(count) for count in game.shape]
    joint = np.zeros(game.shape)
    kept = []
    for turn in range(1, rounds + 1):
        played = tuple(_drawn(weights_of(own), rng) for own in sums)
        joint[played] += 1.0
        for player, table in enumerate(game.payoffs):
            sums[player] += _regrets(table, player, played)
        if turn in marks:
            kept.append(_marginals(joint / turn))
    laws = [np.array(law) for law in zip(*kept, strict=True)]
    return JointPlay(
        path=judged_path(game, METHOD, wanted.astype(np.float64), laws, tolerance),
        distribution=joint / rounds,
        coarse_regret=judge.coarse_regret(game.payoffs, joint / rounds),
    )


def weights_of(regrets: Floats) -> Floats:
    """Distribution in proportion to what is positive; uniform where nothing is."""
    positive = np.maximum(regrets, 0.0)
    total = float(positive.sum())
    return positive / total if total > 0.0 else np.full(len(regrets), 1.0 / len(regrets))


def _drawn(weights: Floats, rng: np.random.Generator) -> int:
    return min(int(np.searchsorted(weights.cumsum(), rng.random())), len(weights) - 1)


def _regrets(table: Floats, player: int, played: tuple[int, ...]) -> Floats:
    """Gain that each other strategy would have had in the round played."""
    others = (*played[:player], *played[player + 1 :])
    own = np.moveaxis(table, player, -1)[others]
    return np.asarray(own - own[played[player]])


def _marginals(joint: Floats) -> list[Floats]:
    axes = range(joint.ndim)
    return [joint.sum(axis=tuple(k for k in axes if k != player)) for player in axes]
