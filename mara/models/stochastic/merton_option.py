"""European calls on a price with Merton's jumps: by the series and by simulation.

Law: with ``l' = lambda (1 + k)``, ``k = e^{m + delta^2/2} - 1`` the mean relative jump,

``C = sum_n e^{-l' T} (l' T)^n / n! BS(S, K, r_n, v_n, T)``,
``r_n = r - lambda k + n ln(1 + k) / T`` and ``v_n^2 = sigma^2 + n delta^2 / T``.

Source: Merton, Journal of Financial Economics 3 (1976), equation 19.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, ndtr

from mara.domain.checks import finite, positive
from mara.models.stochastic.grid import Grid, Noise
from mara.models.stochastic.merton import MertonJumps

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from mara.models.stochastic.grid import Floats

__all__ = ["CallOption", "SimulatedPrice", "call_by_series", "call_by_simulation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOption:
    """A European call: spot and strike in one currency, expiry in the law's unit of time."""

    spot: float
    strike: float
    expiry: float
    interest: float

    def __post_init__(self) -> None:
        for field in ("spot", "strike", "expiry"):
            positive("CallOption", field, getattr(self, field))
        finite("CallOption", "interest", self.interest)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPrice:
    """A price by simulation, and its standard error."""

    value: float
    standard_error: float


def call_by_series(option: CallOption, law: MertonJumps) -> float:
    """Price by Merton's series; the law's own drift is not used."""
    growth = float(np.expm1(law.jump_mean + 0.5 * law.jump_deviation**2))
    expected = law.intensity * (1.0 + growth) * option.expiry
    n = np.arange(int(np.ceil(expected + 12.0 * expected**0.5)) + 20.0)
    odds = np.exp(n * np.log(max(expected, 1e-300)) - expected - gammaln(n + 1.0))
    rate = option.interest - law.intensity * growth + n * np.log1p(growth) / option.expiry
    volatility = np.sqrt(law.volatility**2 + n * law.jump_deviation**2 / option.expiry)
    return float(odds @ _black_scholes(option, rate, volatility))


def call_by_simulation(
    option: CallOption,
    law: MertonJumps,
    rng: np.random.Generator,
    *,
    n_paths: int,
    executor: Executor | None = None,
) -> SimulatedPrice:
    """Price by antithetic paths of one exact step, under the drift that the interest asks for.

    The discounted price itself, whose mean is the spot, serves as control variate.
    """
    fair = MertonJumps(
        drift=option.interest,
        volatility=law.volatility,
        intensity=law.intensity,
        jump_mean=law.jump_mean,
        jump_deviation=law.jump_deviation,
    )
    grid = Grid(
        n_paths=n_paths, n_steps=1, dt=option.expiry, start=option.spot, noise=Noise.ANTITHETIC
    )
    ends = np.asarray(fair.simulate(rng, grid, executor=executor)[:, 1], dtype=np.float64)
    discount = float(np.exp(-option.interest * option.expiry))
    pays, gaps = discount * np.maximum(ends - option.strike, 0.0), discount * ends - option.spot
    centred = gaps - gaps.mean()
    controlled = pays - float(centred @ pays / (centred @ centred)) * gaps
    # Pairs are negatively correlated, so this error is a bound.
    return SimulatedPrice(
        value=float(controlled.mean()), standard_error=float(controlled.std() / n_paths**0.5)
    )


def _black_scholes(option: CallOption, rate: Floats, volatility: Floats) -> Floats:
    """Prices of the call for each pair of interest rate and volatility."""
    spread = volatility * option.expiry**0.5
    upper = np.log(option.spot / option.strike) + (rate + 0.5 * volatility**2) * option.expiry
    upper = upper / spread
    discount = np.exp(-rate * option.expiry)
    paid: Floats = option.spot * ndtr(upper) - option.strike * discount * ndtr(upper - spread)
    return paid
