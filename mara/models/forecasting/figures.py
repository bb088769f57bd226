"""Forecasters of a tick's figures: they read the ticks' own history, and fit within a tick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from mara.domain import Origin
from mara.errors import InvalidValue
from mara.models.forecasting.persistence import Persistence
from mara.models.forecasting.seasonal_ar import SeasonalAr
from mara.models.forecasting.seasonal_naive import SeasonalNaive

if TYPE_CHECKING:
    from mara.domain import Forecast, History

__all__ = [
    "FIGURE_FORECASTERS",
    "FigureFitted",
    "FigureForecaster",
    "figure_forecaster",
    "fit_figure",
]

FIGURE_FORECASTERS: Final = ("persistence", "seasonal-naive", "seasonal-ar")
"""Names that `figure_forecaster` knows."""


class FigureFitted(Protocol):
    """A frozen model of one figure of the ticks."""

    @property
    def model(self) -> str:
        """Name of the model, with the reason in brackets where it stands in for another."""
        ...

    def predict(self, history: History, steps: int) -> Forecast:
        """Forecast the `steps` intervals after the newest of `history`.

        Reads nothing but the fitted values and `history`.

        Raises
        ------
        InvalidValue
            The history is empty or holds no value of the figure.
        """
        ...


class FigureForecaster(Protocol):
    """Learns a figure's law from the ticks' past."""

    @property
    def name(self) -> str:
        """How the forecaster is called in tables and on the command line."""
        ...

    def fit(self, history: History, target: str) -> FigureFitted:
        """Fit the figure `target` on all of `history`, equal pasts giving equal models.

        Raises
        ------
        InvalidValue
            The history is empty or holds no value of the figure.
        """
        ...


def figure_forecaster(
    name: str, *, zone: str = "UTC", origin: Origin = Origin.SIMULATED
) -> FigureForecaster:
    """Make the forecaster called `name`, one of `FIGURE_FORECASTERS`.

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
    raise InvalidValue(f"forecaster: name={name!r} is unknown; use one of {FIGURE_FORECASTERS}")


def fit_figure(
    name: str,
    history: History,
    target: str,
    zone: str = "UTC",
    origin: Origin = Origin.SIMULATED,
) -> FigureFitted:
    """Fit the forecaster called `name` to one figure: a plain function for worker processes."""
    return figure_forecaster(name, zone=zone, origin=origin).fit(history, target)
