"""Days, frames and calendars: what a day's forecast may read, and where hours stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mara.errors import InvalidValue
from mara.models.forecasting.calendar import calendar
from mara.models.forecasting.days import Days, Scaling, features, filled
from mara.models.forecasting.frames import FRAMES, framed, newest, referenced, widths
from mara.models.forecasting.naive_week import NaiveWeek
from mara.models.forecasting.past import Known, Past, Predicted
from tests.models.forecasting.contract_pasts import market


def some_days(n: int = 120, seed: int = 0, exogenous: int = 2) -> Days:
    rng = np.random.default_rng(seed)
    shape = 10.0 * np.sin(np.arange(24) / 4.0)
    exog = rng.normal(size=(n + 1, 24, exogenous))
    noise = rng.normal(size=(n, 24))
    return Days(
        prices=40.0 + shape + 4.0 * exog[:-1].sum(axis=2) + noise,
        exog=exog,
        weekday=np.arange(n + 1) % 7,
        whole=np.ones(n, dtype=np.int64),
        number=18_000,
    )


def test_features_of_a_day_are_the_lags_of_the_paper() -> None:
    days = some_days(10)
    x = features(days.prices, days.exog, days.weekday)
    assert x.shape == (4, 96 + 2 * 72 + 7)
    assert np.array_equal(x[0, :24], days.prices[6])
    assert np.array_equal(x[0, 72:96], days.prices[0])
    assert np.array_equal(x[-1, 96:120], days.exog[10, :, 0])
    assert x[-1, -7:].tolist() == np.eye(7)[10 % 7].tolist()


def test_until_forgets_what_comes_later() -> None:
    days = some_days()
    seen = days.until(80)
    assert (len(seen), len(seen.exog), seen.number) == (80, 81, 18_000 - 40)
    assert len(seen.newest(5)) == 5
    assert seen.newest(500).number == seen.number


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_reads_no_price_of_its_own_day(name: str) -> None:
    days = some_days()
    reference = referenced(days.until(60))
    spoiled = replace(days, prices=np.vstack([days.prices[:80], 1e4 * np.ones((40, 24))]))
    first = FRAMES[name].first
    honest, other = (framed(d, FRAMES[name], reference) for d in (days, spoiled))
    assert np.array_equal(honest.x[: 81 - first], other.x[: 81 - first])
    assert np.array_equal(honest.level[80 - first], other.level[80 - first])


@pytest.mark.parametrize("name", FRAMES)
def test_back_undoes_a_frame_and_the_newest_day_stands_alone(name: str) -> None:
    days = some_days()
    reference = referenced(days)
    seen = framed(days, FRAMES[name], reference)
    assert np.allclose(seen.back(seen.y, slice(0, -1)), days.prices[FRAMES[name].first :])
    alone = newest(days, name, reference)
    assert np.allclose(alone.x[-1], seen.x[-1])
    assert np.allclose(alone.scale[-1], seen.scale[-1])
    assert seen.x.shape[1] == sum(widths(2))


def test_a_moving_frame_moves_with_the_level_of_the_market() -> None:
    days = some_days()
    reference = referenced(days)
    higher = replace(days, prices=days.prices + 500.0)
    low, high = (framed(d, FRAMES["week"], reference) for d in (days, higher))
    assert np.allclose(low.x, high.x)
    assert np.allclose(high.level - low.level, 500.0)


def test_scaling_survives_a_column_that_never_moves() -> None:
    values = np.column_stack([np.arange(5.0), np.full(5, 3.0), [0.0, 0.0, 0.0, 0.0, 9.0]])
    scaling = Scaling.of(values)
    assert np.allclose(scaling.back(scaling.to(values)), values)
    assert scaling.scale[1] == 1.0


def test_gaps_are_filled_from_the_day_before() -> None:
    values = np.arange(72.0).reshape(3, 24)
    values[1, 3] = np.nan
    values[0, 5] = np.nan
    values[:, 7] = np.nan
    made = filled(values)
    assert made[1, 3] == 3.0
    assert made[0, 5] == 29.0
    assert np.isfinite(made).all()
    assert (filled(np.full((2, 24), np.nan)) == 0.0).all()


def test_days_refuse_what_does_not_fit_or_is_missing() -> None:
    days = some_days(10)
    with pytest.raises(InvalidValue, match="10 days of prices"):
        replace(days, exog=days.exog[:-1])
    with pytest.raises(InvalidValue, match="fill it first"):
        replace(days, prices=np.full((10, 24), np.nan))


def test_naive_week_repeats_yesterday_or_last_week() -> None:
    days = some_days(20)
    law = NaiveWeek().fit(days).conditioned(days)
    for weekday, back in ((1, 1), (4, 1), (5, 7), (0, 7)):
        at = replace(days, weekday=np.full(21, weekday))
        assert np.array_equal(law.predict(at), days.prices[-back])


def test_days_of_23_and_25_hours_are_days_of_24() -> None:
    # 2024-03-10 has 23 hours in Chicago, 2024-11-03 has 25.
    for month, hours in (("2024-03-09", 23), ("2024-11-02", 25)):
        start = int(np.datetime64(f"{month}T06:00", "s").astype(np.int64))
        start -= 3_600 * (hours == 25)
        values = np.arange(24.0 + hours + 24.0)
        past = Past(target="x", values=values, start_s=start, zone="America/Chicago")
        made = calendar(past, 24, None)
        assert len(made.days) == 3
        assert made.days.prices[2].tolist() == values[-24:].tolist()
        assert made.ahead.hour.tolist() == list(range(24))


def test_a_day_that_has_begun_is_known_so_far() -> None:
    whole = market()
    made = calendar(whole.first(1_000), 40, whole.known_after(1_000, 40))
    assert np.isfinite(made.today).sum() == (made.ahead.hour[0])
    assert made.spans == len(made.later) + 1
    assert made.days.weekday[-1] == (made.days.number + 3) % 7


def test_five_minute_values_are_hourly_means() -> None:
    values = np.repeat(np.arange(72.0), 12) + np.tile(np.arange(12.0), 72)
    past = Past(target="x", values=values, start_s=0, step_s=300)
    made = calendar(past, 12, None)
    assert np.allclose(made.days.prices.ravel(), np.arange(72.0) + 5.5)
    assert (made.ahead.hour == 0).all()


def test_a_past_without_a_whole_day_is_refused() -> None:
    for hours in (0, 30):
        past = Past(target="x", values=np.ones(hours), start_s=3_600)
        with pytest.raises(InvalidValue, match="no whole day"):
            calendar(past, 3, None)


def test_a_past_refuses_the_impossible() -> None:
    times = np.array([0, 3_600, 7_200])
    assert len(Past.of(np.array([0, 7_200]), np.ones(2), target="x")) == 3
    with_exog = Past.of(times, np.ones(3), target="x", exog=np.ones((3, 1)), exog_names=("exog_a",))
    assert with_exog.exog.shape == (3, 1)
    for bad in (times[::-1], np.array([0, 0, 3_600]), np.array([0, 1_000, 3_600])):
        with pytest.raises(InvalidValue, match="breaks the grid"):
            Past.of(bad, np.ones(3), target="x")
    with pytest.raises(InvalidValue, match="no row"):
        Past.of(times[:0], np.ones(0), target="x")
    with pytest.raises(InvalidValue, match="infinite"):
        Past(target="x", values=np.array([np.inf]), start_s=0)
    with pytest.raises(InvalidValue, match="step_s=7"):
        Past(target="x", values=np.ones(2), start_s=0, step_s=7)
    with pytest.raises(InvalidValue, match="no time zone"):
        Past(target="x", values=np.ones(2), start_s=0, zone="Mars/Base")
    with pytest.raises(InvalidValue, match="exog has shape"):
        Past(target="x", values=np.ones(2), start_s=0, exog_names=("exog_a",))


def test_known_and_predicted_refuse_the_impossible() -> None:
    with pytest.raises(InvalidValue, match="a column for each"):
        Known(names=("exog_a",), values=np.ones((3, 2)))
    with pytest.raises(InvalidValue, match="infinite"):
        Known(names=("exog_a",), values=np.full((3, 1), np.inf))
    with pytest.raises(InvalidValue, match="quantiles has shape"):
        Predicted(
            target="x", model="m", start_s=0, step_s=60, mean=np.ones(3), quantiles=np.ones(3)
        )
    with pytest.raises(InvalidValue, match="no finite"):
        Predicted(
            target="x",
            model="m",
            start_s=0,
            step_s=60,
            mean=np.full(2, np.nan),
            quantiles=np.ones((2, 5)),
        )
    made = Predicted(
        target="x", model="m", start_s=0, step_s=60, mean=np.ones(2), quantiles=np.ones((2, 5))
    )
    assert made.quantile(0.95).tolist() == [1.0, 1.0]
