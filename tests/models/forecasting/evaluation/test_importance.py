"""Importance of inputs: what is read counts, what is not does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mara.models.forecasting.evaluation.importance import importance
from mara.models.forecasting.evaluation.schedule import last_days
from tests.models.forecasting.evaluation.support import Echo, hourly


def found(*, exog: bool) -> dict[str, float]:
    past = hourly(30, exog=exog)
    if exog:
        past = replace(
            past, exog=past.exog + np.random.default_rng(2).normal(0, 5, past.exog.shape)
        )
    schedule = last_days(past, 8, horizon=24)
    fitted = Echo(fits=[]).fit(past)
    rows = importance(fitted, past, schedule.issues_s, 24, np.random.default_rng(1))
    assert [r.increase for r in rows] == sorted((r.increase for r in rows), reverse=True)
    return {row.group: row.increase for row in rows}


def test_only_what_is_read_counts() -> None:
    rows = found(exog=False)
    assert rows["a week ago"] == rows["the day before"] == rows["6 to 24 hours ago"] == 0.0
    assert rows["last 6 hours"] != 0.0


def test_exogenous_series_are_exchanged_too() -> None:
    rows = found(exog=True)
    assert rows["exog_shape"] != 0.0
    assert rows["a week ago"] == 0.0


def test_what_is_not_known_ahead_does_not_count() -> None:
    """Two hours before midnight in Chicago no whole interval of four hours is left of the day."""
    past = replace(hourly(30, zone="America/Chicago", exog=True), step_s=4 * 3_600)
    late_s = past.start_s + 61 * past.step_s
    fitted = Echo(fits=[]).fit(past)
    for issue_s, counts in ((late_s, False), (late_s + past.step_s, True)):
        rows = importance(fitted, past, (issue_s,), 6, np.random.default_rng(1))
        assert any(r.group == "exog_shape" and r.increase != 0.0 for r in rows) == counts
