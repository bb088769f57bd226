"""Forecasts and evaluations of a file's figures, for the command line and the tab."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.errors import InvalidValue
from mara.feeds.columns import FIGURE_OF
from mara.models.forecasting.base import Fitted
from mara.models.forecasting.live.hourly import hourly_past
from mara.models.forecasting.past import Known, Past, Predicted
from mara.models.forecasting.registry import FORECASTERS, forecaster
from mara.models.forecasting.store import load

if TYPE_CHECKING:
    from mara.domain import History
    from mara.feeds.pricetable import PriceTable

__all__ = [
    "NAIVE",
    "TARGETS",
    "UNITS",
    "Prepared",
    "fitted_model",
    "hourly_past_of",
    "known_after",
    "past_of",
    "prepared",
    "steps_of",
]

NAIVE: Final = "seasonal-naive"
"""What every model is scored against."""

TARGETS: Final = FIGURE_OF
"""Names of a file's columns, and the figures they hold."""

UNITS: Final = {
    "energy_usd_per_mwh": "USD/MWh",
    "hash_usd_per_ph_day": "USD/PH/day",
    "token_usd_per_mtok": "USD/Mtok",
    "demand_mtok_per_h": "Mtok/h",
    "grid_load_mw": "MW",
    "temperature_c": "degC",
}
"""Unit of each figure."""

_HOUR_S: Final = 3_600.0
_PAST_DAYS: Final = 1_500
"""Newest days that are compared on: more than any model learns from."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """A model at the end of a past, and what it says of the hours ahead."""

    fitted: Fitted
    predicted: Predicted
    unit: str


def past_of(table: PriceTable, target: str) -> Past:
    """Lay a column of a price file, and its exogenous ones, on their grid.

    Raises
    ------
    InvalidValue
        The file lacks the column, or the grid is none that a day holds.
    """
    if target not in TARGETS:
        raise InvalidValue(f"forecast: target={target!r} is unknown; use one of {list(TARGETS)}")
    figure = TARGETS[target]
    if figure not in table.figures or not np.isfinite(table.figures[figure]).any():
        raise InvalidValue(
            f"forecast: {table.name} holds no values of {target}; map them by --columns {target}=NAME"
        )
    names = tuple(table.exogenous)
    rest = {"exog": np.column_stack([table.exogenous[n] for n in names])} if names else {}
    return Past.of(
        table.epoch_s,
        table.figures[figure],
        target=figure,
        step_s=round(table.minutes * 60),
        zone=table.tz,
        exog_names=names,
        **rest,
    )


def hourly_past_of(history: History, figure: str, file: PriceTable | None, *, zone: str) -> Past:
    """Lay a figure of a history on hours; of a `file`, with its exogenous columns and in its zone.

    The values of a calendar day of that zone are known before it begins; without a file the days
    are those of `zone`.

    Raises
    ------
    InvalidValue
        No hour is over yet.
    """
    if file is None:
        return hourly_past(history, figure, zone=zone, days=_PAST_DAYS)
    return hourly_past(history, figure, zone=file.tz, days=_PAST_DAYS, exog=file.exogenous)


def known_after(table: PriceTable, past: Past, horizon: int) -> Known:
    """Read the exogenous series of the intervals after a past from another file.

    Raises
    ------
    InvalidValue
        The file lacks one of the past's series, has another step, or tells nothing of the first
        interval ahead.
    """
    missing = [name for name in past.exog_names if name not in table.exogenous]
    if missing:
        raise InvalidValue(
            f"forecast: {table.name} lacks {missing}, with which {past.target} is forecast; "
            "give a --known-future with the same exog columns as the data"
        )
    row = (table.epoch_s - past.end_s) // past.step_s
    there = (row >= 0) & (row < horizon) & ((table.epoch_s - past.end_s) % past.step_s == 0)
    if not (row[there] == 0).any():
        raise InvalidValue(
            f"forecast: {table.name} says nothing of the first interval after the data, "
            f"{_moment(past.end_s)}; it goes from {table.first} to {table.last}"
        )
    values = np.full((horizon, len(past.exog_names)), np.nan)
    for column, name in enumerate(past.exog_names):
        values[row[there], column] = table.exogenous[name][there]
    return Known(names=past.exog_names, values=values)


def steps_of(past: Past, hours: float) -> int:
    """Turn a horizon in hours into steps of a past.

    Raises
    ------
    InvalidValue
        It is not finite, or shorter than a step; what is too long, the forecasters refuse.
    """
    if not np.isfinite(hours) or hours * _HOUR_S < past.step_s:
        raise InvalidValue(
            f"forecast: horizon={hours:g} h must be at least one step, {past.step_s / _HOUR_S:g} h"
        )
    return round(hours * _HOUR_S / past.step_s)


def fitted_model(model: str, past: Past) -> Fitted:
    """Fit the forecaster called `model`, or put the one stored in the file `model` to this past.

    Raises
    ------
    InvalidValue
        There is no such model, or it cannot be fitted to this past.
    DataFileError
        The file holds no model.
    """
    if model in FORECASTERS:
        return forecaster(model).fit(past)
    if not model.endswith(".npz"):
        raise InvalidValue(
            f"forecast: model={model!r} is unknown; use one of {list(FORECASTERS)}, "
            "or the .npz file of a saved one"
        )
    return load(Path(model)).updated(past)


def prepared(model: str, past: Past, hours: float, known: Known | None = None) -> Prepared:
    """Fit a model and have it forecast.

    Raises
    ------
    InvalidValue, DataFileError
        As in `fitted_model` and `steps_of`, or the horizon is longer than any forecast.
    """
    steps = steps_of(past, hours)
    fitted = fitted_model(model, past)
    predicted = fitted.predict(steps, known)
    return Prepared(fitted=fitted, predicted=predicted, unit=UNITS[past.target])


def _moment(at_s: int) -> str:
    return str(np.datetime64(at_s, "s")) + " UTC"
