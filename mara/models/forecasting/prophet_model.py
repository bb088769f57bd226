"""Prophet: trend, seasons and exogenous regressors, on any grid."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from mara.errors import InvalidValue
from mara.models.forecasting.past import LEVELS, Floats, Ints, Known, Past, Predicted, steps_ahead

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FittedProphet", "Prophet"]

_FIT_DAYS: Final = 364
_LEAST_DAYS: Final = 14
_MOST_ROWS: Final = 9_000
_KEPT_DAYS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedProphet:
    """A fitted Prophet as its own JSON, with the quantiles of its errors by local hour.

    `offsets` has shape (24, 5). The errors are those of the newest quarter of the rows, forecast
    by a fit on the others.
    """

    json: str
    offsets: Floats
    past: Past
    model: str = "prophet"

    def predict(self, horizon: int, known_future: Known | None = None) -> Predicted:
        """Forecast by trend, seasons and regressors."""
        from mara.models.forecasting.calendar import cells, future_exog  # noqa: PLC0415

        steps_ahead(self.past.target, horizon)
        ahead = self.past.end_s + self.past.step_s * np.arange(horizon, dtype=np.int64)
        exog = future_exog(self.past, horizon, known_future)
        frame = _frame(ahead, None, exog, self.past)
        mean = _predicted(_loaded(self.json), frame)
        hour = cells(ahead, self.past.zone).hour
        return Predicted(
            target=self.past.target,
            model=self.model,
            start_s=self.past.end_s,
            step_s=self.past.step_s,
            mean=mean,
            quantiles=np.sort(mean[:, None] + self.offsets[hour], axis=1),
        ).floored()

    def updated(self, past: Past) -> FittedProphet:
        """Put the law at the end of another past; it reads none of it."""
        if past.exog_names != self.past.exog_names:
            raise InvalidValue(
                f"prophet: exog={past.exog_names} are not those of the fit, {self.past.exog_names}"
            )
        return replace(self, past=past.last(_KEPT_DAYS * past.per_day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prophet:
    """Fits the newest year, means over hours where it has more rows than 9,000.

    Source: Taylor and Letham, Forecasting at scale, The American Statistician 72 (2018).
    """

    name: str = "prophet"

    def fit(self, past: Past) -> FittedProphet:
        """Fit on all, after a fit on three quarters has shown how large its errors are."""
        from mara.models.forecasting.calendar import cells  # noqa: PLC0415

        newest = past.last(_FIT_DAYS * past.per_day)
        every = -(-len(newest) // _MOST_ROWS)
        known = np.isfinite(newest.values)
        if known.sum() < _LEAST_DAYS * past.per_day or np.ptp(newest.values[known]) == 0.0:
            raise InvalidValue(
                f"prophet: {int(known.sum())} values of {past.target} that move are needed for "
                f"{_LEAST_DAYS} days at least; give more, or use persistence"
            )
        frame = _frame(newest.epoch_s, newest.values, newest.exog, past)[known][::every]
        cut = 3 * len(frame) // 4
        errors = frame["y"].to_numpy()[cut:] - _predicted(_fitted(frame[:cut]), frame[cut:])
        hours = cells(newest.epoch_s[known][::every][cut:], past.zone).hour
        return FittedProphet(
            json=_stored(_fitted(frame)),
            offsets=_offsets(errors, hours),
            past=past.last(_KEPT_DAYS * past.per_day),
        )


def _frame(epoch_s: Ints, values: Floats | None, exog: Floats, past: Past) -> pd.DataFrame:
    """Prophet's table: local time without a zone, the target, and the regressors, gaps as means."""
    import pandas as pd  # noqa: PLC0415

    local = pd.to_datetime(epoch_s, unit="s", utc=True).tz_convert(ZoneInfo(past.zone))
    columns: dict[str, Any] = {"ds": local.tz_localize(None)}
    if values is not None:
        columns["y"] = values
    for i, name in enumerate(past.exog_names):
        known = np.isfinite(exog[:, i])
        mean = float(exog[known, i].mean()) if known.any() else 0.0
        columns[name] = np.where(known, exog[:, i], mean)
    return pd.DataFrame(columns)


def _fitted(frame: pd.DataFrame) -> Any:  # noqa: ANN401
    import prophet  # noqa: PLC0415

    logging.getLogger("cmdstanpy").setLevel(logging.WARNING)
    model = prophet.Prophet(uncertainty_samples=0, daily_seasonality=True)
    for name in frame.columns[2:]:
        model.add_regressor(name)
    return model.fit(frame)


def _predicted(model: Any, frame: pd.DataFrame) -> Floats:  # noqa: ANN401
    return np.asarray(model.predict(frame)["yhat"].to_numpy(), dtype=np.float64)


def _stored(model: Any) -> str:  # noqa: ANN401
    from prophet.serialize import model_to_json  # noqa: PLC0415

    return str(model_to_json(model))


def _loaded(json: str) -> Any:  # noqa: ANN401
    from prophet.serialize import model_from_json  # noqa: PLC0415

    return model_from_json(json)


def _offsets(errors: Floats, hours: Ints) -> Floats:
    """Quantiles of the errors by local hour; those of all hours where an hour has none."""
    rows = [errors[hours == hour] for hour in range(24)]
    return np.array([np.quantile(row if row.size else errors, LEVELS) for row in rows])
