"""What a calibration found, and how well it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np

__all__ = ["Calibration", "Estimate"]

L_co = TypeVar("L_co", covariant=True)

NORMAL_95: Final = 1.959963984540054
"""Two-sided 95 % point of the standard normal law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One parameter: its value, its standard error and its 95 % interval.

    The interval is that of the scale on which the parameter was estimated (the logarithm of what
    is positive), so it need not be symmetric.
    """

    name: str
    value: float
    standard_error: float
    low: float
    high: float

    def covers(self, truth: float) -> bool:
        """Whether the interval holds `truth`."""
        return self.low <= truth <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration(Generic[L_co]):
    """A law whose parameters were found in a series; it exists only where the search converged.

    Attributes
    ----------
    law
        The law with the parameters found.
    estimates
        Its parameters with standard errors and intervals.
    log_likelihood
        Of the `n_observations` transitions, in the unit of the series.
    method
        How it was found.
    """

    law: L_co
    estimates: tuple[Estimate, ...]
    log_likelihood: float
    n_observations: int
    method: str

    @property
    def aic(self) -> float:
        """Akaike's criterion, ``2 k - 2 ln L``: less is better."""
        return 2.0 * len(self.estimates) - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, ``k ln n - 2 ln L``: less is better."""
        return len(self.estimates) * float(np.log(self.n_observations)) - 2.0 * self.log_likelihood

    def estimate(self, name: str) -> Estimate:
        """Give the estimate called `name`."""
        return next(found for found in self.estimates if found.name == name)
