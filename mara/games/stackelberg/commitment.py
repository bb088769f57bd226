"""Optimal commitment to a mixed strategy in a finite game of two players."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mara.errors import Infeasible, InvalidValue
from mara.games.programme import Rows, minimise

__all__ = ["Commitment", "commitment"]

Floats = NDArray[np.float64]

_TOLERANCE = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """The leader's mixed strategy and the follower's pure answer to it, both by action number.

    `pure_payoff` is what the best pure commitment earns the leader. `residual` is what the
    follower could gain by another answer: ties are broken for the leader.
    """

    strategy: tuple[float, ...]
    answer: int
    leader_payoff: float
    follower_payoff: float
    pure_payoff: float
    method: str
    residual: float
    converged: bool


def commitment(leader: Floats, follower: Floats) -> Commitment:
    """Solve one programme for each answer j of the follower, and take the best.

    max over x of sum_i x[i] A[i, j], subject to sum_i x[i] (B[i, j] - B[i, k]) >= 0 for every k,
    x a distribution. Payoffs have one row an action of the leader, one column an action of the
    follower. Source: Conitzer and Sandholm, "Computing the optimal strategy to commit to", EC 2006.

    Raises
    ------
    InvalidValue
        The payoffs are not two finite tables of one shape.
    """
    _check(leader, follower)
    scale = float(np.abs(leader).max()) or 1.0
    found = [_against(leader / scale, follower, j) for j in range(leader.shape[1])]
    reachable = [(x, j) for j, x in enumerate(found) if x is not None]
    strategy, answer = max(reachable, key=lambda pair: float(pair[0] @ leader[:, pair[1]]))
    earned = strategy @ follower
    residual = float(earned.max() - earned[answer])
    return Commitment(
        strategy=tuple(strategy.tolist()),
        answer=answer,
        leader_payoff=float(strategy @ leader[:, answer]),
        follower_payoff=float(earned[answer]),
        pure_payoff=_best_pure(leader, follower),
        method=f"{leader.shape[1]} linear programmes, one an answer",
        residual=residual,
        converged=residual <= _TOLERANCE * max(1.0, float(np.abs(follower).max())),
    )


def _against(leader: Floats, follower: Floats, answer: int) -> Floats | None:
    """Give the best strategy that makes `answer` a best one; None where none does."""
    rows = follower.shape[0]
    better = (follower - follower[:, [answer]]).T
    size = float(np.abs(better).max()) or 1.0
    try:
        found = minimise(
            "commitment",
            -leader[:, answer],
            bounds=np.tile([0.0, 1.0], (rows, 1)),
            at_most=Rows(matrix=better / size, sides=np.zeros(len(better))),
            equal=Rows(matrix=np.ones((1, rows)), sides=np.ones(1)),
        )
    except Infeasible:
        return None
    clean = np.maximum(found.values, 0.0)
    return np.asarray(clean / clean.sum())


def _best_pure(leader: Floats, follower: Floats) -> float:
    """Give the leader's best row, with the follower's ties broken in his favour."""
    ties = follower >= follower.max(axis=1, keepdims=True)
    return float(np.where(ties, leader, -np.inf).max())


def _check(leader: Floats, follower: Floats) -> None:
    if leader.ndim != 2 or leader.shape != follower.shape or 0 in leader.shape:
        raise InvalidValue(
            f"commitment: leader has shape {leader.shape}, follower {follower.shape}; give two "
            "tables of one shape, a row for each action of the leader"
        )
    for name, table in (("leader", leader), ("follower", follower)):
        if not np.isfinite(table).all():
            raise InvalidValue(f"commitment: a payoff of the {name} is not finite; correct it")
