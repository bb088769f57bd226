"""Hourly means of a finer past: what the experts of the ensemble forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from mara.errors import InvalidValue
from mara.models.forecasting.past import Past

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mara.domain import History
    from mara.models.forecasting.past import Floats, Ints

__all__ = ["HOUR_S", "hourly_past"]

HOUR_S: Final = 3_600
_LEAST_SHARE: Final = 0.5


def hourly_past(
    history: History,
    target: str,
    *,
    zone: str,
    days: int,
    exog: Mapping[str, Floats] | None = None,
) -> Past:
    """Lay the newest `days` of a figure on whole hours, the last being the newest that is over.

    An hour of which less than half is known is missing (NaN). Intervals longer than an hour stand
    for themselves. `exog` holds series with a value for each time of the history, by their names:
    they are laid on the same hours.

    Raises
    ------
    InvalidValue
        No hour is over yet.
    """
    step_s = max(round(history.minutes * 60), 1)
    grid_s = max(HOUR_S, step_s)
    end_s = (int(history.epoch_s[-1]) + step_s) // grid_s * grid_s if len(history) else 0
    begin_s = end_s - days * 24 * HOUR_S // grid_s * grid_s
    inside = (history.epoch_s >= begin_s) & (history.epoch_s < end_s)
    cell = (history.epoch_s[inside] - begin_s) // grid_s
    values = history.series(target)[inside]
    if not np.isfinite(values).any():
        raise InvalidValue(f"forecast of {target}: no whole hour of it is known yet")
    size = (end_s - begin_s) // grid_s
    least = max(_LEAST_SHARE * grid_s / step_s, 1.0)
    means = _means(cell, values, size, least)
    names = tuple(exog or ())
    told = [_means(cell, (exog or {})[name][inside], size, least) for name in names]
    first = int(np.argmax(np.isfinite(means))) if np.isfinite(means).any() else 0
    return Past(
        target=target,
        values=means[first:],
        start_s=int(begin_s + first * grid_s),
        step_s=grid_s,
        zone=zone,
        exog=np.array(told).reshape(len(names), size).T[first:],
        exog_names=names,
    )


def _means(cell: Ints, values: Floats, size: int, least: float) -> Floats:
    """Mean of what is known in each of `size` cells; NaN where fewer than `least` values are."""
    known = np.isfinite(values)
    counts = np.bincount(cell[known], minlength=size)
    sums = np.bincount(cell[known], weights=values[known], minlength=size)
    means: Floats = np.divide(sums, counts, out=np.full(size, np.nan), where=counts >= least)
    return means
