"""Fast forward selection: keep real scenarios, the most telling first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.models.scenarios.reduction import (
    Reduction,
    check_reduction,
    distances_of,
    transport_cost,
)

if TYPE_CHECKING:
    from mara.models.scenarios.joint import JointScenarios

__all__ = ["forward_selection"]


def forward_selection(scenarios: JointScenarios, keep: int) -> Reduction:
    """Keep `keep` scenarios; each of the others gives its probability to its nearest kept one.

    Law: of the scenarios not kept, the next to keep is the one with which the probability-weighted
    distance of all to their nearest kept scenario is least.

    Source: Heitsch and Roemisch, Scenario reduction algorithms in stochastic programming,
    Computational Optimization and Applications 24 (2003), algorithm 2.4.

    Raises
    ------
    InvalidValue
        `keep` is below one or above the number of scenarios, or these are too many.
    """
    check_reduction("forward_selection", scenarios, keep)
    features, p = scenarios.features(), scenarios.probabilities
    apart = distances_of(features)
    nearest = np.full(scenarios.count, np.inf)
    kept: list[int] = []
    for _ in range(keep):
        costs = p @ np.minimum(nearest[:, None], apart)
        costs[kept] = np.inf
        kept.append(int(np.argmin(costs)))
        nearest = np.minimum(nearest, apart[:, kept[-1]])
    rows = np.sort(np.array(kept))
    belongs = np.argmin(apart[:, rows], axis=1)
    belongs[rows] = np.arange(keep)
    weights = np.bincount(belongs, weights=p, minlength=keep)
    return Reduction(
        scenarios=scenarios.chosen(rows, weights / weights.sum()),
        belongs=belongs,
        distance=float(p @ nearest),
        of_all_to_mean=transport_cost(features, (p @ features)[None, :], p),
        method="forward selection",
    )
