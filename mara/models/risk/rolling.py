"""Backtests of VaR on rolling days: every method, two halves, one choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue
from mara.models.risk.coverage import Coverage, coverage_of
from mara.models.risk.day_ahead import deviations_of
from mara.models.risk.methods import LEAST_DAYS, Method, from_past

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mara.models.risk.day_ahead import DayRecord

__all__ = ["WARM_UP_DAYS", "WINDOW_DAYS", "MethodTest", "backtest", "chosen", "rolling_quantiles"]

Floats = NDArray[np.float64]

WINDOW_DAYS: Final = 250
"""Most past days a method learns from: a year of trading days, as Basel's rules have it."""

WARM_UP_DAYS: Final = 53
"""Days before the first VaR that is tested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodTest:
    """How the VaR of one method held at one level, in either half of the days.

    `loss_first` and `loss_second` are mean quantile scores in USD a day: less is better.
    """

    method: str
    level: float
    first: Coverage
    second: Coverage
    loss_first: float
    loss_second: float


def rolling_quantiles(
    records: tuple[DayRecord, ...],
    method: Method,
    level: float,
    *,
    window: int = WINDOW_DAYS,
    first: int = WARM_UP_DAYS,
) -> Floats:
    """Margin that each day from `first` on undercuts with probability 1 - level, as known before.

    Raises
    ------
    InvalidValue
        Too few days to learn from or to test.
    """
    if first < LEAST_DAYS or len(records) < first + 2:
        raise InvalidValue(
            f"rolling_quantiles: {len(records)} days with the first test at {first}; needs "
            f"first >= {LEAST_DAYS} and two tested days"
        )
    past = deviations_of(records)
    return np.array(
        [
            from_past(
                method, past[max(day - window, 0) : day], records[day].expected_usd, level
            ).quantile_usd
            for day in range(first, len(records))
        ]
    )


def backtest(
    records: tuple[DayRecord, ...], quantiles: Mapping[str, Floats], level: float
) -> tuple[MethodTest, ...]:
    """Test the quantiles of each method against the newest days, in two halves.

    The quantile score is that of Koenker and Bassett, Econometrica 46 (1978): (1{m < q} - (1 -
    level)) (q - m) for margin m and quantile q.
    """
    return tuple(_tested(records, name, q, level) for name, q in quantiles.items())


def _tested(
    records: tuple[DayRecord, ...], method: str, quantiles: Floats, level: float
) -> MethodTest:
    earned = np.array([r.earned_usd for r in records[len(records) - len(quantiles) :]])
    below = earned < quantiles
    loss = (below - (1.0 - level)) * (quantiles - earned)
    half = len(below) // 2
    return MethodTest(
        method=method,
        level=level,
        first=coverage_of(below[:half], level),
        second=coverage_of(below[half:], level),
        loss_first=float(loss[:half].mean()),
        loss_second=float(loss[half:].mean()),
    )


def chosen(tests: tuple[MethodTest, ...]) -> MethodTest:
    """Choose a method by the first half alone: the greatest p-value of conditional coverage."""
    return max(tests, key=lambda test: test.first.conditional_p)
