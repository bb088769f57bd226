"""Kohlberg's criterion: what makes a payoff the nucleolus, checked without computing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

from mara.games.cooperative.subsets import incidence, sums

if TYPE_CHECKING:
    from mara.games.cooperative.game import CoalitionalGame

TIE = 1e-7


def is_nucleolus(game: CoalitionalGame, payoffs: tuple[float, ...], *, imputations: bool) -> bool:
    """Kohlberg (SIAM Journal on Applied Mathematics 20, 1971), Theorem 1.

    For every level a: a transfer y, y(N) = 0, that hurts no coalition of excess a or more (and no
    player held at his worth alone) helps none of them.
    """
    x, n, scale = game.sign * np.array(payoffs), game.count, game.scale
    excess = (game.worth - sums(x))[1:-1]
    alone = x - game.worth[1 << np.arange(n)] if imputations else np.full(n, np.inf)
    if abs(x.sum() - game.worth[-1]) > TIE * scale or alone.min() < -TIE * scale:
        return False
    held = np.eye(n)[alone <= TIE * scale]
    return all(
        _balanced(incidence(1 + np.flatnonzero(excess >= level - TIE * scale), n), held)
        for level in np.unique(np.round(excess / scale, 6)) * scale
    )


def _balanced(rows: np.ndarray, held: np.ndarray) -> bool:
    n = rows.shape[1]
    answer = linprog(
        -rows.sum(axis=0),
        A_ub=-np.vstack((rows, held)),
        b_ub=np.zeros(len(rows) + len(held)),
        A_eq=np.ones((1, n)),
        b_eq=[0.0],
        bounds=[(-1.0, 1.0)] * n,
    )
    return bool(-answer.fun < 1e-7)
