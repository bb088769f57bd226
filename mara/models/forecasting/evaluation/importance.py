"""Which inputs a fitted model leans on: by how much it errs more when one is exchanged.

Law: for each issue and each group of inputs, the group's values are replaced by those of another
time of the same past, drawn at random at the same hour of the day; the importance is the mean
increase of the absolute error over all issues, in the figure's unit. A group that the model does
not read has importance zero.

Source: permutation importance, Breiman, Random Forests, Machine Learning 45 (2001); Fisher, Rudin
and Dominici, All models are wrong, but many are useful, JMLR 20 (2019).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mara.models.forecasting.evaluation.rolling import known_at
from mara.models.forecasting.past import Known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.models.forecasting.base import Fitted
    from mara.models.forecasting.past import Floats, Past

__all__ = ["Importance", "importance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """By how much the mean absolute error grows without what `group` tells, in the figure's unit."""

    group: str
    increase: float


def importance(
    fitted: Fitted,
    past: Past,
    issues_s: Sequence[int],
    horizon: int,
    rng: np.random.Generator,
) -> tuple[Importance, ...]:
    """Measure the inputs of a fitted model, the most important first.

    Groups are the last six hours, the day before, the day before that, the day a week ago, and
    each exogenous series of the days ahead.
    """
    day = past.per_day
    groups: dict[str, tuple[int, int]] = {
        "last 6 hours": (max(day // 4, 1), 0),
        "6 to 24 hours ago": (day, max(day // 4, 1)),
        "the day before": (2 * day, day),
        "a week ago": (7 * day, 6 * day),
    }
    grown: dict[str, list[float]] = {name: [] for name in (*groups, *past.exog_names)}
    for issue_s in issues_s:
        row = (issue_s - past.start_s) // past.step_s
        seen, known = past.first(row), known_at(past, issue_s, horizon)
        came = past.values[row : row + horizon]
        base = _error(fitted, seen, known, came)
        for name, (begin, end) in groups.items():
            other = _exchanged(seen, row - begin, row - end, rng)
            grown[name].append(_error(fitted, other, known, came) - base)
        for column, name in enumerate(past.exog_names):
            told = _other_day(known, column, past, rng)
            grown[name].append(_error(fitted, seen, told, came) - base)
    found = [
        Importance(group=name, increase=float(np.nanmean(errors))) for name, errors in grown.items()
    ]
    return tuple(sorted(found, key=lambda one: -one.increase))


def _error(fitted: Fitted, seen: Past, known: Known | None, came: Floats) -> float:
    made = fitted.updated(seen).predict(came.size, known)
    return float(np.nanmean(np.abs(made.mean - came)))


def _exchanged(seen: Past, begin: int, end: int, rng: np.random.Generator) -> Past:
    """Put another time's values in the rows from `begin` to `end`, the same hours of the day."""
    values = seen.values.copy()
    days = max(begin // seen.per_day - 1, 1)
    back = seen.per_day * int(rng.integers(1, days + 1))
    first = max(begin, back)
    values[first:end] = seen.values[first - back : end - back]
    return replace(seen, values=values)


def _other_day(
    known: Known | None, column: int, past: Past, rng: np.random.Generator
) -> Known | None:
    """Put another time's values into one column of what is known ahead."""
    if known is None or not len(known.values):
        return known
    size = len(known.values)
    days = max((len(past) - size) // past.per_day, 1)
    first = past.per_day * int(rng.integers(0, days))
    values = known.values.copy()
    values[:, column] = past.exog[first : first + size, column]
    return Known(names=known.names, values=values)
