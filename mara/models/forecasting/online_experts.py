"""Bernstein online aggregation of experts, with its bound of regret.

Law: with the subgradient of the absolute loss at the mixture, an expert's advantage on a day is
r_k = sign(y - m) (x_k - m) / B, m being the mixture and B a bound of the experts' disagreement;
R_k and V_k are the sums of r_k and r_k^2. Its weight is the sum over learning rates e of
e exp(e R_k - e^2 V_k), normalised. For every expert and every rate

    R_k <= e V_k + log(experts x rates) / e,

hence the mixture's total loss exceeds that of expert k by at most B times the least of these.
Sources: Wintenberger, Optimal learning with Bernstein online aggregation, Machine Learning 106
(2017); Koolen and van Erven, Second-order quantile methods, COLT (2015), theorem 3, for the
mixture of rates; Berrisch and Ziel, CRPS learning, Journal of Econometrics 237 (2023), for its use
on forecasts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mara.models.forecasting.past import Floats

__all__ = ["RATES", "Experts"]

RATES: Final = tuple(0.5 / 2.0**i for i in range(10))
"""Learning rates e; |e r| stays within one half, as the bound asks."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Experts:
    """Sums of advantages and of their squares, both of shape (experts, series), and the bound B.

    Each of the series (the hours of a day) has its own weights.
    """

    advantage: Floats
    squares: Floats
    bound: float

    @classmethod
    def begun(cls, experts: int, series: int, bound: float) -> Experts:
        """Know nothing: all weights are equal."""
        zeros = np.zeros((experts, series))
        return cls(advantage=zeros, squares=zeros, bound=bound)

    @property
    def weights(self) -> Floats:
        """Weights, shape (experts, series); each series' sum to one."""
        rates = np.array(RATES)[:, None, None]
        exponent = rates * self.advantage - rates**2 * self.squares + np.log(rates)
        exponent -= exponent.max(axis=(0, 1), keepdims=True)
        potential = np.exp(exponent).sum(axis=0)
        return np.asarray(potential / potential.sum(axis=0))

    def seen(self, forecasts: Floats, actual: Floats) -> Experts:
        """Learn from one day: forecasts (experts, series), what came (series,).

        A disagreement beyond the bound counts as the bound.
        """
        mixture = (self.weights * forecasts).sum(axis=0)
        r = np.sign(actual - mixture) * (forecasts - mixture) / self.bound
        r = np.clip(r, -1.0, 1.0)
        return Experts(advantage=self.advantage + r, squares=self.squares + r**2, bound=self.bound)

    @property
    def regret_bound(self) -> Floats:
        """Most by which the mixture's total loss can exceed each expert's, (experts, series)."""
        rates = np.array(RATES)[:, None, None]
        price = np.log(self.advantage.shape[0] * len(RATES)) / rates
        return np.asarray(self.bound * (rates * self.squares + price).min(axis=0))
