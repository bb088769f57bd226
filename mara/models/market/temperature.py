"""Air temperature, degrees Celsius.

Law: ``T = mean(y, d) + sd(y) Z``, a shape over year and day plus an anomaly, wider in winter when
fronts pass. ``Z`` is a slow weather part ``W``, which prices and load feel, and a faster one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mara.models.market.latent import Latent
from mara.models.market.seasonal import SeasonalShape

if TYPE_CHECKING:
    from mara.models.market.local_time import FloatArray, LocalTime

__all__ = ["TemperatureParameters", "temperature_c"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureParameters:
    """Parameters of the temperature.

    Attributes
    ----------
    latent
        Factors of ``Z``; the first is the slow weather ``W``.
    mean_c
        Mean over year and day, degC.
    anomaly_sd_c
        Standard deviation of the anomaly over the year, degC.
    """

    latent: Latent
    mean_c: SeasonalShape
    anomaly_sd_c: SeasonalShape


def temperature_c(
    parameters: TemperatureParameters, latent: FloatArray, time: LocalTime
) -> FloatArray:
    """Temperatures from the values of ``Z``."""
    return parameters.mean_c.at(time) + parameters.anomaly_sd_c.at(time) * latent
