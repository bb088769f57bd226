"""All scores of a record beside those of the naive forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.errors import InvalidValue
from mara.models.forecasting.evaluation import point, probabilistic
from mara.models.forecasting.evaluation.diebold_mariano import DieboldMariano, multivariate
from mara.models.forecasting.evaluation.probabilistic import Interval
from mara.models.forecasting.evaluation.track import common

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mara.models.forecasting.evaluation.track import Track

__all__ = ["BANDS", "Scorecard", "bands_of", "compared", "scorecard"]

BANDS: Final = ((0.05, 0.95), (0.1, 0.9), (0.25, 0.75))
"""Intervals that are measured, where a record has both of their levels."""

_HOUR_S: Final = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """Scores over `rows` forecast values of `issues` forecasts.

    `mae`, `rmse`, `pinball` and `crps` have the figure's unit; `smape` lies from 0 to 2; `wape` and
    `accuracy` (one minus the WAPE) are shares of one. What starts with `naive` is the naive's on
    the same rows, and `versus_naive` the one-sided test that this model is better than it; None
    where the model is the naive itself, told no quantiles, or nothing but zero came.
    """

    model: str
    rows: int
    issues: int
    mae: float
    rmse: float
    smape: float
    wape: float | None
    accuracy: float | None
    rmae: float | None
    naive_mae: float
    naive_accuracy: float | None
    pinball: float | None
    crps: float | None
    bands: tuple[Interval, ...]
    versus_naive: DieboldMariano | None


def scorecard(track: Track, naive: Track) -> Scorecard:
    """Score a record on the rows that the `naive` forecast too and whose value came.

    Raises
    ------
    InvalidValue
        There is no such row.
    """
    ours, base = common(track.known(), naive.known())
    share, naive_share = (_wape(t) for t in (ours, base))
    naive_mae = point.mae(base.actual, base.mean)
    mae = point.mae(ours.actual, ours.mean)
    told = ours.told()
    losses = probabilistic.pinball(told.actual, told.quantiles, told.levels) if len(told) else None
    return Scorecard(
        model=track.model,
        rows=len(ours),
        issues=int(np.unique(ours.issued_s).size),
        mae=mae,
        rmse=point.rmse(ours.actual, ours.mean),
        smape=point.smape(ours.actual, ours.mean),
        wape=share,
        accuracy=None if share is None else 1.0 - share,
        rmae=mae / naive_mae if naive_mae else None,
        naive_mae=naive_mae,
        naive_accuracy=None if naive_share is None else 1.0 - naive_share,
        pinball=None if losses is None else float(losses.mean()),
        crps=probabilistic.crps(told.actual, told.quantiles, told.levels) if len(told) else None,
        bands=bands_of(told),
        versus_naive=compared(ours, base),
    )


def bands_of(track: Track) -> tuple[Interval, ...]:
    """Measure the central intervals that a record tells; none where it has no row."""
    told = track.known().told()
    if not len(told):
        return ()
    return tuple(
        probabilistic.interval(
            told.actual, told.quantile(low), told.quantile(high), nominal=round(high - low, 9)
        )
        for low, high in BANDS
        if low in told.levels and high in told.levels
    )


def compared(track: Track, rival: Track) -> DieboldMariano | None:
    """Test whether `track` is more accurate than `rival`, issue by issue.

    Each whole issue counts as one day. None where there are fewer than two, too few for issues
    that overlap (`multivariate`), or both err alike.
    """
    ours, theirs = common(track.known(), rival.known())
    order = np.lexsort((ours.start_s, ours.issued_s))
    ours, theirs = ours.rows(order), theirs.rows(order)
    whole = _whole_issues(ours)
    actual, made, other = (v[whole] for v in (ours.actual, ours.mean, theirs.mean))
    steps = int(np.unique(ours.issued_s[whole], return_counts=True)[1].max(initial=1))
    days = (v.reshape(-1, steps) for v in (actual, made, other))
    try:
        return multivariate(*days, overlap=_overlap(ours.rows(whole)))
    except InvalidValue:
        return None


def _overlap(track: Track) -> int:
    """Count the next issues that begin within the horizon of one: ceil(horizon / spacing) - 1.

    The spacing is the least between issues; an hour that a change of clocks takes away is none.
    """
    gaps = np.diff(np.unique(track.issued_s))
    if not gaps.size:
        return 0
    usual = int(np.median(gaps))
    spacing = int(gaps[gaps < usual - _HOUR_S].min(initial=usual))
    return int((track.start_s - track.issued_s).max()) // spacing


def _whole_issues(track: Track) -> NDArray[np.bool_]:
    """Rows of the issues that lack no step; the rows are in order of their issues."""
    _, which, counts = np.unique(track.issued_s, return_inverse=True, return_counts=True)
    return np.asarray(counts[which] == counts.max())


def _wape(track: Track) -> float | None:
    return point.wape(track.actual, track.mean) if np.abs(track.actual).sum() > 0.0 else None
