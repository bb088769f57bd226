"""Demand for inference, million tokens an hour.

Law: ``q = mean w (1 + shape) exp(sd Z - sd^2 / 2)``: `shape` over the local day with mean 0,
``w`` lower on weekends and higher on working days so that a week's mean is 1, ``Z`` a latent
process of unit variance. The long-run mean is therefore ``mean``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.domain.checks import non_negative, positive, within
from mara.errors import InvalidValue
from mara.models.market.latent import Latent
from mara.models.market.seasonal import SeasonalShape

if TYPE_CHECKING:
    from mara.models.market.local_time import FloatArray, LocalTime

__all__ = ["DemandParameters", "demand_mtok_per_h"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandParameters:
    """Parameters of the demand.

    Attributes
    ----------
    latent
        Factors of ``Z``.
    demand_mean_mtok_per_h
        Long-run mean.
    shape
        Relative deviation over the day, above -1 everywhere.
    weekend_factor
        ``w`` on Saturdays and Sundays, above 0 and below 3.5, so that working days keep some.
    log_sd
        ``sd``, stationary standard deviation of the logarithm.
    """

    latent: Latent
    demand_mean_mtok_per_h: float
    shape: SeasonalShape
    weekend_factor: float
    log_sd: float

    def __post_init__(self) -> None:
        positive("DemandParameters", "demand_mean_mtok_per_h", self.demand_mean_mtok_per_h)
        within("DemandParameters", "weekend_factor", self.weekend_factor, 0.01, 3.49)
        non_negative("DemandParameters", "log_sd", self.log_sd)
        swing = sum(abs(c) for series in (self.shape.level, *self.shape.daily) for c in series)
        if swing >= 1.0:
            raise InvalidValue(
                f"DemandParameters: the coefficients of shape sum to {swing}; keep them below 1, "
                "so that demand stays positive."
            )


def demand_mtok_per_h(
    parameters: DemandParameters, latent: FloatArray, time: LocalTime
) -> FloatArray:
    """Demand from the values of ``Z``."""
    weekend = parameters.weekend_factor
    week = np.where(time.is_weekend, weekend, (7.0 - 2.0 * weekend) / 5.0)
    noise = np.exp(parameters.log_sd * latent - 0.5 * parameters.log_sd**2)
    shape = 1.0 + parameters.shape.at(time)
    return parameters.demand_mean_mtok_per_h * week * shape * noise
