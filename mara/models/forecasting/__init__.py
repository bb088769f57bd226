"""Forecasters: one a file, one protocol."""

from __future__ import annotations

from typing import Final

from mara.domain import History, Origin
from mara.errors import InvalidValue
from mara.models.forecasting.base import LEVELS, Fitted, Forecaster
from mara.models.forecasting.persistence import Persistence
from mara.models.forecasting.seasonal_ar import SeasonalAr
from mara.models.forecasting.seasonal_naive import SeasonalNaive

__all__ = [
    "FORECASTERS",
    "LEVELS",
    "Fitted",
    "Forecaster",
    "Persistence",
    "SeasonalAr",
    "SeasonalNaive",
    "fit_figure",
    "forecaster",
]

FORECASTERS: Final = ("persistence", "seasonal-naive", "seasonal-ar")
"""Names that `forecaster` knows."""


def forecaster(name: str, *, zone: str = "UTC", origin: Origin = Origin.SIMULATED) -> Forecaster:
    """Make the forecaster called `name`, one of `FORECASTERS`.

    `zone` is the time zone of its seasons, `origin` that of the figures it will be given.

    Raises
    ------
    InvalidValue
        There is none of that name.
    """
    if name == "persistence":
        return Persistence(origin=origin)
    if name == "seasonal-naive":
        return SeasonalNaive(origin=origin)
    if name == "seasonal-ar":
        return SeasonalAr(zone=zone, origin=origin)
    raise InvalidValue(f"forecaster: name={name!r} is unknown; use one of {FORECASTERS}")


def fit_figure(
    name: str,
    history: History,
    target: str,
    zone: str = "UTC",
    origin: Origin = Origin.SIMULATED,
) -> Fitted:
    """Fit the forecaster called `name` to one figure: a plain function for worker processes."""
    return forecaster(name, zone=zone, origin=origin).fit(history, target)
