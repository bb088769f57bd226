"""The protocol of all forecasters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from mara.domain import Forecast, History

__all__ = ["LEVELS", "Fitted", "Forecaster"]

LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Levels of the quantiles that every forecast has, where there is enough past to tell them."""


class Fitted(Protocol):
    """A frozen model of one figure."""

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


class Forecaster(Protocol):
    """Learns a figure's law from its past."""

    @property
    def name(self) -> str:
        """How the forecaster is called in tables and on the command line."""
        ...

    def fit(self, history: History, target: str) -> Fitted:
        """Fit the figure `target` on all of `history`, equal pasts giving equal models.

        Raises
        ------
        InvalidValue
            The history is empty or holds no value of the figure.
        """
        ...
