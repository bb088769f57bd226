"""Rolling out of sample: at each issue a model sees what had come by then, and nothing later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue
from mara.models.forecasting.evaluation.schedule import day_end_s
from mara.models.forecasting.evaluation.track import Track, joined
from mara.models.forecasting.past import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mara.models.forecasting.base import Fitted, Forecaster
    from mara.models.forecasting.evaluation.schedule import Schedule
    from mara.models.forecasting.past import Known, Past, Predicted

__all__ = ["evaluated", "known_at", "look_ahead", "rolled"]


def rolled(forecaster: Forecaster, past: Past, schedule: Schedule) -> Iterator[Track]:
    """Forecast at each issue in turn, one piece of the record at a time.

    Whoever stops asking cancels the rest. Between two fits a fitted model moves on with the past
    (`updated`) without learning from it.

    Raises
    ------
    InvalidValue
        The forecaster cannot be fitted to a past, or an issue lies off the grid.
    """
    fitted: Fitted | None = None
    for number, issue_s in enumerate(schedule.issues_s):
        seen = past.first(_rows_until(past, issue_s))
        if fitted is None or number % schedule.refit_every == 0:
            fitted = forecaster.fit(seen)
        else:
            fitted = fitted.updated(seen)
        made = fitted.predict(schedule.horizon, known_at(past, issue_s, schedule.horizon))
        yield _piece(forecaster.name, made, past, issue_s)


def evaluated(forecaster: Forecaster, past: Past, schedule: Schedule) -> Track:
    """Roll through the whole schedule."""
    return joined(list(rolled(forecaster, past, schedule)))


def known_at(past: Past, issue_s: int, horizon: int) -> Known | None:
    """Read the exogenous series as far as they are known at an issue.

    The values of a calendar day are known before it begins: those of the day of the first
    interval are there, those of later days are not. None where the past has no such series.
    """
    if not past.exog_names:
        return None
    row = _rows_until(past, issue_s)
    told = (day_end_s(issue_s, past.zone) - issue_s) // past.step_s
    return past.known_after(row, min(horizon, told))


def look_ahead(forecaster: Forecaster, past: Past, schedule: Schedule) -> float:
    """Measure by how much forecasts change when the future is another: zero, or it was seen.

    At each issue all that a forecast may not know is replaced by other values, and the largest
    absolute difference of means and quantiles is returned, in the figure's unit.
    """
    largest = 0.0
    for issue_s in schedule.issues_s:
        once = replace(schedule, issues_s=(issue_s,))
        honest = next(rolled(forecaster, past, once))
        other = next(rolled(forecaster, _spoiled(past, issue_s), once))
        pairs = ((honest.mean, other.mean), (honest.quantiles, other.quantiles))
        for ours, theirs in pairs:
            apart = np.abs(ours - theirs)
            largest = max(largest, float(np.nanmax(apart, initial=0.0)))
    return largest


def _spoiled(past: Past, issue_s: int) -> Past:
    """Put nonsense in the place of what is not known at an issue."""
    values, exog = past.values.copy(), past.exog.copy()
    values[_rows_until(past, issue_s) :] = 1e6
    exog[_rows_until(past, min(day_end_s(issue_s, past.zone), past.end_s)) :] = -1e6
    return replace(past, values=values, exog=exog)


def _rows_until(past: Past, at_s: int) -> int:
    """Count the intervals that had ended by `at_s`."""
    rows, off = divmod(at_s - past.start_s, past.step_s)
    if off or not 0 < rows <= len(past):
        raise InvalidValue(
            f"evaluation of {past.target}: an issue at {at_s} s is not at the end of an interval "
            "of the past; choose another start"
        )
    return int(rows)


def _piece(model: str, made: Predicted, past: Past, issue_s: int) -> Track:
    """Lay a prediction beside what came, as far as the file goes."""
    row = _rows_until(past, issue_s)
    actual = past.values[row : row + made.mean.size]
    steps = actual.size
    told = made.quantiles if made.levels == LEVELS else np.full((steps, len(LEVELS)), np.nan)
    return Track(
        model=model,
        levels=LEVELS,
        issued_s=np.full(steps, issue_s, dtype=np.int64),
        start_s=made.epoch_s[:steps],
        actual=actual,
        mean=made.mean[:steps],
        quantiles=told[:steps],
    )
