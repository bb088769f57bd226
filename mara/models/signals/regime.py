"""Page's CUSUM test for a change of level, on hourly means without their daily shape.

Source: Page, Continuous inspection schemes, Biometrika 41 (1954); on whitened residuals as in
Montgomery, Introduction to Statistical Quality Control, chapter on autocorrelated data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from mara.models.forecasting.series import Floats, Series

__all__ = ["cusum", "regime_shift"]

_HOURS_A_DAY: Final = 24
_LEAST_DAYS: Final = 4
_SLACK: Final = 0.5
_ALARM: Final = 8.0
_CLIP: Final = 3.0


def regime_shift(series: Series, *, hour: int) -> float | None:
    """CUSUM of the last 24 h where it exceeds 8, with the sign of the shift; None elsewhere.

    Law: hourly means less the mean of their hour on the days before are whitened by their lag-one
    autocorrelation, standardised by the days before, and clipped at 3; then S+ = max(0, S+ + z -
    1/2) and S- alike downwards run over the last 24 h. None with less than 4 whole days.
    """
    if series.per_day != _HOURS_A_DAY * hour:
        return None
    means = _hourly_means(series, hour)
    if len(means) < _LEAST_DAYS or not np.isfinite(means).all():
        return None
    base = means[:-1]
    rest = (means - base.mean(axis=0)).ravel()
    noise = _whitened(rest, base.size)
    spread = float(noise[:-_HOURS_A_DAY].std())
    if spread <= 0.0:
        return None
    up, down = cusum(np.clip(noise[-_HOURS_A_DAY:] / spread, -_CLIP, _CLIP))
    size = max(up, down)
    return (up if up >= down else -down) if size > _ALARM else None


def _hourly_means(series: Series, hour: int) -> Floats:
    """Means by day and hour, counted back from now, shape (days, 24); NaN where an hour is empty."""
    days = series.values.size // series.per_day
    values = series.values[series.values.size - days * series.per_day :].reshape(-1, hour)
    known = np.isfinite(values)
    if known.all():
        return np.asarray(values.mean(axis=1).reshape(days, _HOURS_A_DAY))
    sums = np.where(known, values, 0.0).sum(axis=1)
    counts = known.sum(axis=1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return np.asarray(means.reshape(days, _HOURS_A_DAY))


def _whitened(rest: Floats, base: int) -> Floats:
    """Remove the lag-one autocorrelation that the first `base` values have."""
    before, after = rest[: base - 1], rest[1:base]
    power = float(before @ before)
    phi = float(before @ after) / power if power > 0.0 else 0.0
    return np.asarray(rest[1:] - phi * rest[:-1])


def cusum(z: Floats) -> tuple[float, float]:
    """Upward and downward CUSUM at the end of `z`, with slack 1/2.

    >>> import numpy as np
    >>> cusum(np.array([1.5, 1.5, -0.5]))
    (1.0, 0.0)
    """
    up = down = 0.0
    for value in z.tolist():
        up = max(0.0, up + value - _SLACK)
        down = max(0.0, down - value - _SLACK)
    return up, down
