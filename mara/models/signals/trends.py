"""Where each figure stands now, against its last hour, day and week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.domain.checks import finite
from mara.models.signals.recent import recent
from mara.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from mara.domain import History
    from mara.models.forecasting.series import Floats, Series

__all__ = ["Trend", "market_trends", "slope"]

_DAYS: Final = 8.0
_SLOPE_H: Final = 6.0
_LEAST_ROWS: Final = 3
_SIGNIFICANT: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """One figure now; None where the past is too short or missing. All in the figure's unit.

    `change_1h`, `change_24h`: since then. `slope_per_h`, `slope_se_per_h`: least squares over the
    last 6 h and its standard error. `volatility`: standard deviation of the change from interval
    to interval over 24 h. `percentile`: share of the last 8 days not above now, in [0, 1].
    `hour_z`: standard deviations from the mean of the same hour on the seven days before.
    """

    figure: str
    level: float
    change_1h: float | None
    change_24h: float | None
    slope_per_h: float | None
    slope_se_per_h: float | None
    volatility: float | None
    percentile: float
    hour_z: float | None
    reason: str

    def __post_init__(self) -> None:
        finite(f"Trend {self.figure}", "level", self.level)


def market_trends(history: History) -> tuple[Trend, ...]:
    """Trend of every figure whose newest value is known."""
    series = recent(history, _DAYS)
    return tuple(_trend(s) for s in series if np.isfinite(s.values[-1]))


def _trend(series: Series) -> Trend:
    values, now = series.values, float(series.values[-1])
    hour = max(round(SECONDS_PER_HOUR / series.step_s), 1)
    rise, error = slope(values[-round(_SLOPE_H * hour) :], step_h=series.step_s / SECONDS_PER_HOUR)
    known = values[np.isfinite(values)]
    percentile = float(np.mean(known <= now))
    hour_z = _hour_z(series, hour)
    return Trend(
        figure=series.target,
        level=now,
        change_1h=_change(values, hour),
        change_24h=_change(values, series.per_day),
        slope_per_h=rise,
        slope_se_per_h=error,
        volatility=_deviation(np.diff(values[-series.per_day - 1 :])),
        percentile=percentile,
        hour_z=hour_z,
        reason=_reason(now, rise, error, percentile),
    )


def slope(values: Floats, *, step_h: float) -> tuple[float | None, float | None]:
    """Slope per hour by least squares, and its standard error; missing values are left out.

    Law: b = sum (t - m)(y - n) / S, S = sum (t - m)^2, and se^2 = sum of squared residuals /
    ((n - 2) S). None with less than three values. The error takes residuals as independent; prices
    are not, so it is a lower bound there.
    """
    known = np.isfinite(values)
    if known.sum() < _LEAST_ROWS:
        return None, None
    t = np.flatnonzero(known) * step_h
    y = values[known]
    dt, dy = t - t.mean(), y - y.mean()
    spread = float(dt @ dt)
    rise = float(dt @ dy) / spread
    rest = dy - rise * dt
    return rise, float(np.sqrt((rest @ rest) / (y.size - 2) / spread))


def _change(values: Floats, steps: int) -> float | None:
    if values.size <= steps or not np.isfinite(values[-1 - steps]):
        return None
    return float(values[-1] - values[-1 - steps])


def _deviation(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.std(ddof=1)) if known.size >= _LEAST_ROWS else None


def _hour_z(series: Series, hour: int) -> float | None:
    """Distance of now from the same hour of earlier days, in standard deviations."""
    days = series.values.size // series.per_day
    table = series.values[series.values.size - days * series.per_day :]
    earlier = table.reshape(days, series.per_day)[:-1, -hour:].ravel()
    spread = _deviation(earlier)
    if not spread:
        return None
    known = earlier[np.isfinite(earlier)]
    return float((series.values[-1] - known.mean()) / spread)


def _reason(now: float, rise: float | None, error: float | None, percentile: float) -> str:
    place = f"{now:,.2f}, above {percentile:.0%} of the last 8 days"
    if rise is None or error is None or abs(rise) <= _SIGNIFICANT * error:
        return f"{place}, no clear direction over 6 h"
    word = "rising" if rise > 0 else "falling"
    return f"{place}, {word} by {abs(rise):,.2f} an hour over 6 h"
