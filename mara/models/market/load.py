"""Load of the whole grid, MW.

Law: ``L = (base + shape(y, d) + c max(T - Tc, 0) + h max(Th - T, 0) + u weekend)
exp(sd Z - sd^2 / 2)``: people's habits over year and day, cooling above ``Tc``, heating below
``Th``, a lower weekend, and a latent process ``Z`` of unit variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.models.market.latent import Latent
from mara.models.market.seasonal import SeasonalShape

if TYPE_CHECKING:
    from mara.models.market.local_time import FloatArray, LocalTime

__all__ = ["LoadParameters", "grid_load_mw"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadParameters:
    """Parameters of the load.

    Attributes
    ----------
    latent
        Factors of ``Z``.
    shape_mw
        Base and habits over year and day, MW.
    cooling_mw_per_c, cooling_above_c
        ``c`` and ``Tc``.
    heating_mw_per_c, heating_below_c
        ``h`` and ``Th``.
    weekend_mw
        ``u``, MW on Saturdays and Sundays.
    log_sd
        ``sd``, stationary standard deviation of the logarithm.
    """

    latent: Latent
    shape_mw: SeasonalShape
    cooling_mw_per_c: float
    cooling_above_c: float
    heating_mw_per_c: float
    heating_below_c: float
    weekend_mw: float
    log_sd: float


def grid_load_mw(
    parameters: LoadParameters, latent: FloatArray, temperature_c: FloatArray, time: LocalTime
) -> FloatArray:
    """Load from the values of ``Z`` and the temperature."""
    p = parameters
    cooling = p.cooling_mw_per_c * np.maximum(temperature_c - p.cooling_above_c, 0.0)
    heating = p.heating_mw_per_c * np.maximum(p.heating_below_c - temperature_c, 0.0)
    habit = p.shape_mw.at(time) + p.weekend_mw * time.is_weekend
    return (habit + cooling + heating) * np.exp(p.log_sd * latent - 0.5 * p.log_sd**2)
