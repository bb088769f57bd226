"""Conformal intervals around any forecast, scaled by the newest errors, of adaptive level.

Law: a score is an error over its day's and hour's scale, s = the mean over the last 21 days of
errors, half that of all hours and half that of the hour and its neighbours. A quantile of the next
day is the forecast plus s times the scores' quantile over the newest half year. The interval's
level moves by a after each day, a' = a + g (a* - share of hours missed), so that in the long run
the share missed is a* whatever the market does: after n days the two differ by at most
(1 + g) / (g n).

Sources: Gibbs and Candes, Adaptive conformal inference under distribution shift, NeurIPS (2021),
proposition 4.1; Lei et al., Distribution-free predictive inference for regression, Journal of the
American Statistical Association 113 (2018), section 5.2, for scaled scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mara.models.forecasting.past import LEVELS, Floats

__all__ = ["Conformal", "conformal", "rolled_bands", "scales"]

SCALE_DAYS: Final = 21
SCORE_DAYS: Final = 182
RATE: Final = 0.02
_NOMINAL: Final = 0.10
_LEAST_MISS: Final = 0.002


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conformal:
    """Quantiles of the error at `LEVELS`, shape (24, 5), and the miss share `miss` they aim at."""

    offsets: Floats
    miss: float


def scales(errors: Floats) -> Floats:
    """Scale of each hour after these days' errors, (days, 24); shape (24,), positive."""
    newest = np.abs(errors[-SCALE_DAYS:])
    hour = newest.mean(axis=0)
    near = (np.roll(hour, 1) + hour + np.roll(hour, -1)) / 3.0
    return np.asarray(0.5 * near + 0.5 * hour.mean() + np.finfo(np.float64).tiny)


def conformal(errors: Floats, scores: Floats, miss: float) -> Conformal:
    """Offsets of the next day from the days' errors and scores, both (days, 24)."""
    pooled = scores[-SCORE_DAYS:].ravel()
    offsets = scales(errors)[:, None] * np.quantile(pooled, _levels(miss))[None]
    return Conformal(offsets=offsets, miss=miss)


def rolled_bands(forecast: Floats, actual: Floats, burn: int) -> tuple[Floats, Conformal]:
    """Quantiles of days `burn` to the last, shape (days - burn, 24, 5), each from days before it.

    Also the state after the last day, from which the day to come is told. `forecast` and `actual`
    have shape (days, 24); the first 21 days only make scales.
    """
    errors = actual - forecast
    scores = np.array([errors[d] / scales(errors[:d]) for d in range(SCALE_DAYS, len(errors))])
    made, miss = [], _NOMINAL
    for day in range(burn, len(errors)):
        now = conformal(errors[:day], scores[: day - SCALE_DAYS], miss)
        bands = forecast[day][:, None] + now.offsets
        missed = ((actual[day] < bands[:, 0]) | (actual[day] > bands[:, -1])).mean()
        miss = min(max(miss + RATE * (_NOMINAL - float(missed)), _LEAST_MISS), 1.0 - _LEAST_MISS)
        made.append(bands)
    shape = (len(errors) - burn, errors.shape[1], len(LEVELS))
    return np.array(made).reshape(shape), conformal(errors, scores, miss)


def _levels(miss: float) -> Floats:
    """Levels of the scores: those of `LEVELS`, the outer tails `miss` / 2 wide."""
    levels = np.array(LEVELS)
    levels[0], levels[-1] = miss / 2.0, 1.0 - miss / 2.0
    return np.sort(levels)
