"""From probabilities to normal scores, exact in both tails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from mara.models.stochastic.grid import Floats

__all__ = ["normal_scores"]

_LEAST: Final = 1e-300


def normal_scores(below: Floats, above: Floats) -> Floats:
    """Give ``Phi^-1(below)``, from whichever of the two probabilities is the smaller."""
    lower = ndtri(np.clip(below, _LEAST, 0.5))
    upper = -ndtri(np.clip(above, _LEAST, 0.5))
    return np.where(below <= above, lower, upper)
