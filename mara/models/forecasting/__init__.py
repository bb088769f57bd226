"""Forecasters: one a file, one protocol (`base`), found by name (`registry`)."""

from __future__ import annotations

from mara.models.forecasting.base import LEVELS, Fitted, Forecaster, Known, Past, Predicted
from mara.models.forecasting.figures import (
    FIGURE_FORECASTERS,
    FigureFitted,
    FigureForecaster,
    figure_forecaster,
    fit_figure,
)
from mara.models.forecasting.registry import FORECASTERS, forecaster
from mara.models.forecasting.store import load, save

__all__ = [
    "FIGURE_FORECASTERS",
    "FORECASTERS",
    "LEVELS",
    "FigureFitted",
    "FigureForecaster",
    "Fitted",
    "Forecaster",
    "Known",
    "Past",
    "Predicted",
    "figure_forecaster",
    "fit_figure",
    "forecaster",
    "load",
    "save",
]
