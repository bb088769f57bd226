"""The forecasters of a tick's figures, behind the protocol of all forecasters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mara.domain import History
from mara.domain.tick import FIGURES
from mara.errors import InvalidValue
from mara.models.forecasting.figures import FigureFitted, figure_forecaster
from mara.models.forecasting.past import Floats, Known, Past, Predicted, steps_ahead
from mara.models.forecasting.series import MAX_DAYS

__all__ = ["FittedOnTicks", "OnTicks"]

_ANY: Final = FIGURES[0]
"""The column that stands for a target of any name: a signed figure without a floor."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedOnTicks:
    """A law of ticks, at the end of a past; exogenous series are not read."""

    name: str
    law: FigureFitted
    past: Past

    @property
    def model(self) -> str:
        """Name of the law, with the reason in brackets where it stands in for another."""
        return self.law.model

    def predict(self, horizon: int, known_future: Known | None = None) -> Predicted:
        """Forecast with the law of ticks, above the figure's floor; `known_future` is not read."""
        del known_future
        steps_ahead(self.past.target, horizon)
        made = self.law.predict(_ticks(self.past), horizon)
        return Predicted(
            target=self.past.target,
            model=self.law.model,
            start_s=self.past.end_s,
            step_s=self.past.step_s,
            mean=np.array(made.mean),
            quantiles=_rising(np.array([q.values for q in made.quantiles]).T, horizon),
            levels=tuple(q.level for q in made.quantiles),
        ).floored()

    def updated(self, past: Past) -> FittedOnTicks:
        """Put the law at the end of another past."""
        if past.step_s != self.past.step_s:
            raise InvalidValue(
                f"{self.name}: step_s={past.step_s} is not the {self.past.step_s} of the fit"
            )
        _ticks(past)
        return replace(self, past=past.last(MAX_DAYS * past.per_day))


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTicks:
    """Persistence, the seasonal naive or the seasonal autoregression on any target."""

    name: str

    def fit(self, past: Past) -> FittedOnTicks:
        """Fit the law of ticks."""
        law = figure_forecaster(self.name, zone=past.zone).fit(_ticks(past), _ANY)
        return FittedOnTicks(name=self.name, law=law, past=past.last(MAX_DAYS * past.per_day))


def _ticks(past: Past) -> History:
    """Write the past as ticks.

    Raises
    ------
    InvalidValue
        No value is known.
    """
    if not np.isfinite(past.values).any():
        raise InvalidValue(f"forecast of {past.target}: the past holds no value")
    table = np.full((len(past), len(FIGURES)), np.nan)
    table[:, FIGURES.index(_ANY)] = past.values
    return History(
        minutes=past.step_s / 60, max_rows=max(len(past), 1), epoch_s=past.epoch_s, values=table
    )


def _rising(quantiles: Floats, horizon: int) -> Floats:
    return np.sort(quantiles.reshape(horizon, -1), axis=1)
