"""What every forecaster owes: a new one is tested by being registered."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from mara.domain import Forecast, History, Origin
from mara.errors import InvalidValue
from mara.models.forecasting import FIGURE_FORECASTERS, LEVELS, figure_forecaster, fit_figure
from tests.models.forecasting.pasts import DAY, ENERGY, past, random_walk, seasonal_ar1

pytestmark = pytest.mark.parametrize("name", FIGURE_FORECASTERS)


def _made(name: str, history: History, steps: int = DAY) -> Forecast:
    return fit_figure(name, history, ENERGY, zone="America/Chicago").predict(history, steps)


def _numbers(forecast: Forecast) -> np.ndarray:
    return np.array([forecast.mean, *(q.values for q in forecast.quantiles)])


def test_every_step_lies_after_the_newest_interval(name: str) -> None:
    history = past(seasonal_ar1(8, 1))
    made = _made(name, history, 2 * DAY + 5)
    assert made.issued_at == history.end
    assert len(made.starts) == 2 * DAY + 5
    assert made.starts[0] == made.issued_at + timedelta(minutes=5)
    assert made.starts[-1] == made.issued_at + timedelta(minutes=5) * (2 * DAY + 5)


def test_quantiles_rise_with_their_level(name: str) -> None:
    made = _made(name, past(seasonal_ar1(8, 2)))
    assert tuple(q.level for q in made.quantiles) == LEVELS
    assert (np.diff(_numbers(made)[1:], axis=0) >= 0.0).all()


def test_the_future_changes_nothing(name: str) -> None:
    values = seasonal_ar1(9, 3)
    cut = 8 * DAY
    other = np.concatenate([values[:cut], 1_000.0 * np.ones(DAY)])
    seen, unseen = (past(v[:cut]) for v in (values, other))
    assert _made(name, seen) == _made(name, unseen)
    fitted = fit_figure(name, seen, ENERGY)
    assert (
        fitted.predict(past(other).last(9 * DAY), 3).issued_at > fitted.predict(seen, 3).issued_at
    )


def test_equal_pasts_give_equal_forecasts(name: str) -> None:
    values = random_walk(8, 4)
    assert _made(name, past(values)) == _made(name, past(values.copy()))


def test_a_missing_row_is_a_missing_value(name: str) -> None:
    values = seasonal_ar1(8, 5)
    holes = np.r_[500:620, 1_000:1_003, values.size - 4 : values.size - 1]
    blank = values.copy()
    blank[holes] = np.nan
    whole = past(blank)
    kept = np.setdiff1d(np.arange(values.size), holes)
    rows = replace(whole, epoch_s=whole.epoch_s[kept], values=whole.values[kept])
    assert _made(name, rows) == _made(name, whole)


def test_forecasts_scale_and_shift_with_the_price(name: str) -> None:
    values = seasonal_ar1(8, 6)
    once = _numbers(_made(name, past(values)))
    both = _numbers(_made(name, past(3.0 * values - 70.0)))
    np.testing.assert_allclose(both, 3.0 * once - 70.0, rtol=1e-6, atol=1e-6)


def test_a_fitted_model_travels_between_processes(name: str) -> None:
    history = past(seasonal_ar1(8, 7))
    fitted = fit_figure(name, history, ENERGY)
    travelled = pickle.loads(pickle.dumps(fitted))  # noqa: S301
    assert travelled.predict(history, 20) == fitted.predict(history, 20)


def test_figures_that_cannot_be_negative_are_not(name: str) -> None:
    rng = np.random.default_rng(8)
    history = past(rng.exponential(1.0, 8 * DAY), figure="demand_mtok_per_h")
    made = fit_figure(name, history, "demand_mtok_per_h").predict(history, DAY)
    assert _numbers(made).min() >= 0.0


def test_the_badge_is_that_of_the_figures(name: str) -> None:
    history = past(seasonal_ar1(8, 9))
    made = fit_figure(name, history, ENERGY, origin=Origin.REPLAY).predict(history, 1)
    assert made.origin is Origin.REPLAY


def test_a_short_past_has_no_quantiles_and_a_frozen_one_no_spread(name: str) -> None:
    short = past(np.array([3.0, 4.0, -5.0]))
    made = _made(name, short, 4)
    assert made.mean == (-5.0,) * 4
    assert made.quantiles == ()
    frozen = past(np.full(3 * DAY, 7.0))
    assert set(_numbers(_made(name, frozen)).ravel()) == {7.0}


def test_coarser_steps_work_alike(name: str) -> None:
    values = seasonal_ar1(20, 10)[:: DAY // 24]
    made = _made(name, past(values, minutes=60.0), 24)
    assert made.starts[-1] - made.issued_at == timedelta(hours=24)


def test_nothing_to_go_by_is_an_error(name: str) -> None:
    history = past(seasonal_ar1(8, 11))
    with pytest.raises(InvalidValue, match="the history is empty"):
        fit_figure(name, history.last(0), ENERGY)
    with pytest.raises(InvalidValue, match="no value"):
        fit_figure(name, history, "grid_load_mw")
    with pytest.raises(InvalidValue, match="steps=0"):
        fit_figure(name, history, ENERGY).predict(history, 0)


def test_forecasters_are_found_by_name(name: str) -> None:
    assert figure_forecaster(name).name == name
    with pytest.raises(InvalidValue, match="name='oracle'"):
        figure_forecaster("oracle")
