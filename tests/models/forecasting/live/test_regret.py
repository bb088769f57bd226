"""Regret of the live ensemble: by hand, within its bound, and only of hours that count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.models.forecasting.live.book import Issue, Said
from mara.models.forecasting.live.regret import regret_of
from mara.models.forecasting.past import Past, Predicted
from tests.models.forecasting.evaluation.support import HOUR_S, START_S, hourly


def said(past: Past, row: int, value: float) -> Predicted:
    return Predicted(
        target=past.target,
        model="said",
        start_s=past.start_s + HOUR_S * row,
        step_s=HOUR_S,
        mean=np.array([value, 1e6]),
        quantiles=np.empty((2, 0)),
        levels=(),
    )


def issue(past: Past, row: int, together: float | None, **told: float) -> Issue:
    return Issue(
        issued_s=past.start_s + HOUR_S * row,
        said=tuple(Said(expert=e, predicted=said(past, row, v)) for e, v in told.items()),
        together=None if together is None else said(past, row, together),
    )


def test_regret_is_what_was_lost_to_the_best_expert() -> None:
    past = replace(hourly(1), values=np.zeros(24))
    issues = [issue(past, row, 2.0, near=1.0, far=-5.0) for row in (1, 7, 8)]
    found = regret_of(issues, past)
    assert found is not None
    assert (found.best, found.hours) == ("near", 3)
    assert found.ensemble == pytest.approx(1.0)
    assert found.aggregation <= found.bound


def test_only_hours_that_came_and_that_all_spoke_of_count() -> None:
    values = np.zeros(24)
    values[3] = np.nan
    past = replace(hourly(1), values=values)
    good = [issue(past, row, 1.0, near=1.0, far=3.0) for row in (1, 2)]
    bad = [
        issue(past, 3, 9.0, near=9.0, far=9.0),
        issue(past, 4, None, near=9.0, far=9.0),
        issue(past, 5, 9.0, near=9.0),
        issue(past, -1, 9.0, near=9.0, far=9.0),
        issue(past, 24, 9.0, near=9.0, far=9.0),
    ]
    found = regret_of([*bad, *good, good[0]], past)
    assert found is not None
    assert (found.hours, found.ensemble) == (2, 0.0)
    assert regret_of(bad, past) is None
    assert regret_of([], past) is None


@given(st.integers(0, 10_000), st.floats(0.01, 100.0), st.integers(2, 5))
def test_online_aggregation_keeps_its_bound(seed: int, scale: float, experts: int) -> None:
    rng = np.random.default_rng(seed)
    past = Past(target="x", values=scale * rng.standard_cauchy(60), start_s=START_S)
    names = [f"e{k}" for k in range(experts)]
    told = scale * (rng.standard_cauchy((60, experts)) + rng.normal(size=experts))
    issues = [
        issue(past, row, float(told[row].mean()), **dict(zip(names, told[row], strict=True)))
        for row in range(60)
    ]
    found = regret_of(issues, past)
    assert found is not None
    assert found.hours == 60
    assert found.aggregation <= found.bound * (1.0 + 1e-9)


def test_experts_that_agree_leave_no_regret() -> None:
    past = hourly(1)
    found = regret_of([issue(past, row, 4.0, one=4.0, other=4.0) for row in range(20)], past)
    assert found is not None
    assert (found.ensemble, found.aggregation) == (0.0, 0.0)
    assert 0.0 <= found.bound < 1e-6
