"""A reduced set of scenarios, and how far it is from the whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue
from mara.models.scenarios.joint import JointScenarios

__all__ = ["MOST_REDUCED", "Reduction", "check_reduction", "distances_of", "transport_cost"]

Floats = NDArray[np.float64]

MOST_REDUCED = 2_000
"""Most scenarios that are reduced at once: all distances between them are held."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reduction:
    """Few scenarios that stand for many.

    `belongs` (S,) says which kept scenario each of the many goes to. `distance` is the mean
    distance of a scenario to the one that stands for it, in standard deviations; `of_all_to_mean`
    the same with the one mean scenario kept, to compare with.
    """

    scenarios: JointScenarios
    belongs: NDArray[np.intp]
    distance: float
    of_all_to_mean: float
    method: str


def check_reduction(owner: str, scenarios: JointScenarios, keep: int) -> None:
    """Refuse to keep none, more than there are, or to reduce too many at once."""
    if not 1 <= keep <= scenarios.count:
        raise InvalidValue(
            f"{owner}: keep={keep} must be 1 to {scenarios.count}, the scenarios there are"
        )
    if scenarios.count > MOST_REDUCED:
        raise InvalidValue(
            f"{owner}: {scenarios.count} scenarios are above the {MOST_REDUCED} that are reduced "
            "at once; draw fewer"
        )


def distances_of(features: Floats) -> Floats:
    """Euclidean distances between all pairs of scenarios, shape (S, S)."""
    squares = (features**2).sum(axis=1)
    gram = features @ features.T
    apart: Floats = np.sqrt(np.maximum(squares[:, None] + squares[None, :] - 2.0 * gram, 0.0))
    np.fill_diagonal(apart, 0.0)
    return apart


def transport_cost(features: Floats, centres: Floats, probabilities: Floats) -> float:
    """Mean distance of each scenario to the nearest of `centres`: the Kantorovich distance."""
    apart = np.linalg.norm(features[:, None, :] - centres[None, :, :], axis=2)
    return float(probabilities @ apart.min(axis=1))
