"""K-means: mean scenarios of clusters, which keep the mean of the whole."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mara.models.scenarios.joint import JointScenarios
from mara.models.scenarios.reduction import Reduction, check_reduction, transport_cost

__all__ = ["k_means"]

Floats = NDArray[np.float64]

ROUNDS: Final = 100


def k_means(
    scenarios: JointScenarios, keep: int, rng: np.random.Generator, *, rounds: int = ROUNDS
) -> Reduction:
    """Cut the scenarios into `keep` clusters; each stands as its probability-weighted mean.

    Law: at most `rounds` rounds of Lloyd's from seeds drawn with probability proportional to the squared distance to
    the seeds before; an empty cluster takes the scenario farthest from its own.

    Source: Lloyd, IEEE Transactions on Information Theory 28 (1982); Arthur and Vassilvitskii,
    k-means++ (2007).

    Raises
    ------
    InvalidValue
        `keep` is below one or above the number of scenarios, or these are too many.
    """
    check_reduction("k_means", scenarios, keep)
    features, p = scenarios.features(), scenarios.probabilities
    belongs = _clustered(features, p, _seeds(features, p, keep, rng), rounds)
    share = np.eye(keep)[belongs].T * p
    weights = share.sum(axis=1)
    mix = share / weights[:, None]
    means = {name: mix @ values for name, values in scenarios.figures()}
    return Reduction(
        scenarios=JointScenarios(
            minutes=scenarios.minutes, probabilities=weights / weights.sum(), **means
        ),
        belongs=belongs,
        distance=transport_cost(features, mix @ features, p),
        of_all_to_mean=transport_cost(features, (p @ features)[None, :], p),
        method="k-means",
    )


def _seeds(features: Floats, p: Floats, keep: int, rng: np.random.Generator) -> Floats:
    seeds = [int(rng.choice(len(p), p=p))]
    for _ in range(1, keep):
        apart = _squares(features, features[seeds]).min(axis=1) * p
        total = float(apart.sum())
        chance = apart / total if total > 0.0 else p
        seeds.append(int(rng.choice(len(p), p=chance)))
    return features[seeds]


def _clustered(features: Floats, p: Floats, centres: Floats, rounds: int) -> NDArray[np.intp]:
    belongs = np.full(len(features), -1)
    for _ in range(rounds):
        squares = _squares(features, centres)
        found = _none_empty(np.argmin(squares, axis=1), squares, len(centres))
        if np.array_equal(found, belongs):
            break
        belongs = found
        share = np.eye(len(centres))[belongs].T * p
        weights = share.sum(axis=1, keepdims=True)
        centres = np.where(weights > 0.0, share @ features / np.maximum(weights, 1e-300), centres)
    return belongs


def _none_empty(belongs: NDArray[np.intp], squares: Floats, keep: int) -> NDArray[np.intp]:
    """Give every empty cluster the scenario that lies farthest from its own centre."""
    filled = belongs.copy()
    for cluster in range(keep):
        counts = np.bincount(filled, minlength=keep)
        if counts[cluster] == 0:
            own = squares[np.arange(len(filled)), filled]
            own = np.where(counts[filled] > 1, own, -1.0)
            filled[int(np.argmax(own))] = cluster
    return filled


def _squares(features: Floats, centres: Floats) -> Floats:
    squares: Floats = ((features[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
    return squares
