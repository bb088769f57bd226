"""Geometric Brownian motion: a positive price whose relative changes are independent.

Law: ``dS = mu S dt + sigma S dW``, so ``ln S(t+d) - ln S(t) ~ N((mu - sigma^2/2) d, sigma^2 d)``.

Source: Black and Scholes, Journal of Political Economy 81 (1973). Electricity prices can be
negative, so it is for hash, token and bitcoin prices only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from mara.domain.checks import finite, positive
from mara.errors import InvalidValue
from mara.models.stochastic.base import Law
from mara.models.stochastic.calibration import Calibration
from mara.models.stochastic.estimation import Scale, Unknown, maximise
from mara.models.stochastic.grid import Moments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.models.stochastic.grid import Floats, Grid, Paths
    from mara.models.stochastic.series import PriceSeries

__all__ = ["GeometricBrownian", "log_walk", "positive_start", "positive_starts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GeometricBrownian(Law):
    """A positive price; negative ones are refused.

    Attributes
    ----------
    drift
        ``mu``, growth of the expected price per unit of time.
    volatility
        ``sigma``, per square root of the unit of time.
    """

    name: ClassVar[str] = "gbm"
    signed: ClassVar[bool] = False

    drift: float
    volatility: float

    def __post_init__(self) -> None:
        finite("GeometricBrownian", "drift", self.drift)
        positive("GeometricBrownian", "volatility", self.volatility)

    def moments(self, grid: Grid) -> Moments:
        """Mean ``S e^{mu t}`` and variance ``S^2 e^{2 mu t} (e^{sigma^2 t} - 1)``."""
        start, times = positive_start("GeometricBrownian", grid), grid.times
        mean = start * np.exp(self.drift * times)
        return Moments(
            times=times, mean=mean, variance=mean**2 * np.expm1(self.volatility**2 * times)
        )

    def advance(self, block: Paths, rng: np.random.Generator, grid: Grid) -> None:
        """Walk the logarithm exactly."""
        del rng
        shift = (self.drift - 0.5 * self.volatility**2) * grid.dt
        log_walk(
            block,
            positive_starts("GeometricBrownian", grid),
            shift=shift,
            scale=self.volatility * float(np.sqrt(grid.dt)),
        )

    @classmethod
    def calibrate(cls, series: PriceSeries) -> Calibration[Self]:
        """Maximise the likelihood of the log returns."""
        returns, dt = np.diff(np.log(series.need_positive(cls.__name__))), series.dt
        volatility = float(returns.std() / np.sqrt(dt))
        drift = float(returns.mean() / dt + 0.5 * volatility**2)
        jacobian = float(np.log(series.values[1:]).sum())

        def log_likelihood(values: Sequence[float]) -> float:
            mean = (values[0] - 0.5 * values[1] ** 2) * dt
            variance = values[1] ** 2 * dt
            squares = float(((returns - mean) ** 2).sum()) / variance
            scale = returns.size * float(np.log(2.0 * np.pi * variance))
            return -0.5 * (scale + squares) - jacobian

        found = maximise(
            cls.__name__,
            log_likelihood,
            (
                Unknown(name="drift", start=drift, unit=volatility / np.sqrt(returns.size * dt)),
                Unknown(name="volatility", start=volatility, scale=Scale.POSITIVE),
            ),
        )
        return Calibration(
            law=cls(drift=found.values[0], volatility=found.values[1]),
            estimates=found.estimates,
            log_likelihood=found.log_likelihood,
            n_observations=returns.size,
            method="exact maximum likelihood",
        )

    def residuals(self, series: PriceSeries) -> Floats:
        """Log returns less their mean, over their standard deviation."""
        returns = np.diff(np.log(series.need_positive("GeometricBrownian")))
        gap: Floats = returns - (self.drift - 0.5 * self.volatility**2) * series.dt
        return gap / (self.volatility * float(np.sqrt(series.dt)))


def positive_start(law: str, grid: Grid) -> float:
    """Give the one start of the grid, above zero."""
    positive_starts(law, grid)
    return grid.one_start(law)


def positive_starts(law: str, grid: Grid) -> Floats:
    """Give the starts, all above zero.

    Raises
    ------
    InvalidValue
        A start is not above zero.
    """
    starts = grid.starts
    if starts.min() <= 0.0:
        raise InvalidValue(
            f"{law}: start={starts.min():g} must be above zero, as prices of this law are"
        )
    return starts


def log_walk(block: Paths, starts: Floats, *, shift: float, scale: float) -> None:
    """Overwrite normals with exponentials of a random walk from `starts`."""
    from mara.models.stochastic.kernels import walk  # noqa: PLC0415 - numba is slow to load

    walk(block, np.log(starts), 1.0, shift, scale)
    np.exp(block, out=block)
    block[:, 0] = starts
