"""Scores: what holds for all of them, and figures known from the literature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm, t

from mara.errors import InvalidValue
from mara.models.forecasting.evaluation import diebold_mariano, point, probabilistic

if TYPE_CHECKING:
    from pathlib import Path

VALUES = arrays(np.float64, (6, 4), elements=st.floats(-1e3, 1e3, width=32))
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@given(VALUES, VALUES)
def test_errors_are_bounded_by_each_other(actual: np.ndarray, forecast: np.ndarray) -> None:
    mae, rmse = point.mae(actual, forecast), point.rmse(actual, forecast)
    assert 0.0 <= mae <= rmse * (1 + 1e-9)
    assert 0.0 <= point.smape(actual, forecast) <= 2.0
    assert point.mae(actual, actual) == point.rmse(actual, actual) == 0.0


@given(VALUES, VALUES, st.floats(0.5, 50.0))
def test_errors_scale_with_the_unit(
    actual: np.ndarray, forecast: np.ndarray, factor: float
) -> None:
    once, scaled = point.mae(actual, forecast), point.mae(factor * actual, factor * forecast)
    assert scaled == pytest.approx(factor * once, abs=1e-9)
    if np.abs(actual).sum() > 1.0:
        assert point.accuracy(actual, forecast) == pytest.approx(
            point.accuracy(factor * actual, factor * forecast)
        )


def test_the_naive_has_a_relative_error_of_one() -> None:
    rng = np.random.default_rng(1)
    actual, naive = rng.normal(size=(2, 100))
    assert point.rmae(actual, naive, naive) == 1.0
    with pytest.raises(InvalidValue, match="the naive forecast makes no error"):
        point.rmae(actual, naive, actual)


@pytest.mark.parametrize(
    ("actual", "forecast", "said"),
    [
        ([1.0], [1.0, 2.0], "give both the same"),
        ([], [], "there is nothing to score"),
        ([np.nan], [1.0], "missing or infinite"),
        ([1.0], [np.inf], "missing or infinite"),
    ],
)
def test_arrays_that_do_not_fit_are_named(
    actual: list[float], forecast: list[float], said: str
) -> None:
    with pytest.raises(InvalidValue, match=said):
        point.mae(actual, forecast)


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidValue, match="all that came is zero"):
        point.wape([0.0, 0.0], [1.0, 1.0])


def test_the_true_quantiles_score_best() -> None:
    rng = np.random.default_rng(2)
    actual = rng.normal(size=20_000)
    true = np.tile(norm.ppf(LEVELS), (actual.size, 1))
    best = probabilistic.crps(actual, true, LEVELS)
    for wrong in (true + 0.2, 1.3 * true, 0.7 * true):
        assert probabilistic.crps(actual, wrong, LEVELS) > best
    covered = probabilistic.reliability(actual, true, LEVELS)
    np.testing.assert_allclose(covered, LEVELS, atol=0.01)


def test_crps_comes_to_that_of_the_normal_law() -> None:
    """The standard normal's mean CRPS of its own draws is 1 / sqrt(pi) (Gneiting, Raftery 2007)."""
    rng = np.random.default_rng(3)
    actual = rng.normal(size=40_000)
    levels = tuple(np.arange(1, 200) / 200)
    told = np.tile(norm.ppf(levels), (actual.size, 1))
    expected = 1.0 / np.sqrt(np.pi)
    assert probabilistic.crps(actual, told, levels) == pytest.approx(expected, rel=0.02)


def test_an_interval_is_counted_with_its_bounds() -> None:
    found = probabilistic.interval([1.0, 2.0, 3.1], [1.0] * 3, [3.0] * 3, nominal=0.5)
    assert (found.covered, found.width) == (pytest.approx(2 / 3), 2.0)


@pytest.mark.parametrize("levels", [(), (0.0, 0.5), (0.5, 1.0), (0.9, 0.1)])
def test_levels_must_rise_within_the_unit_interval(levels: tuple[float, ...]) -> None:
    with pytest.raises(InvalidValue, match="must rise within"):
        probabilistic.pinball([1.0], [[1.0] * len(levels)], levels)


def test_quantiles_need_a_column_a_level() -> None:
    with pytest.raises(InvalidValue, match="one value a level"):
        probabilistic.pinball([1.0], [[1.0]], (0.1, 0.9))


def test_diebold_mariano_is_antisymmetric() -> None:
    rng = np.random.default_rng(4)
    actual, ours, theirs = rng.normal(size=(3, 200, 24))
    there = diebold_mariano.multivariate(actual, ours, theirs)
    back = diebold_mariano.multivariate(actual, theirs, ours)
    assert there.statistic == pytest.approx(-back.statistic)
    assert there.p_value + back.p_value == pytest.approx(1.0)
    assert there.days == 200


@pytest.mark.stat
def test_diebold_mariano_rejects_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    zero = np.zeros((100, 4))
    found = [
        diebold_mariano.multivariate(zero, *rng.normal(size=(2, 100, 4))).p_value < 0.05
        for _ in range(2_000)
    ]
    assert 0.035 < np.mean(found) < 0.065


def test_days_that_overlap_are_tested_by_their_long_run_variance() -> None:
    """D = (0, 0, 1, 1, 1) twice about 0.6: g_0 = 0.24 and g_1 = 0.064 by hand."""
    zero = np.zeros((10, 1))
    rival = np.array([0.0, 0.0, 1.0, 1.0, 1.0] * 2)[:, None]
    found = diebold_mariano.multivariate(zero, zero, rival, overlap=1)
    small = np.sqrt((10 + 1 - 4 + 2 / 10) / 10)
    assert found.statistic == pytest.approx(0.6 / np.sqrt((0.24 + 2 * 0.064) / 10) * small)
    assert found.p_value == pytest.approx(t.sf(found.statistic, 9))
    assert (found.days, found.overlap) == (10, 1)
    with pytest.raises(InvalidValue, match="9 days are too few for forecasts that span 2"):
        diebold_mariano.multivariate(zero[:9], zero[:9], rival[:9], overlap=1)


def test_losses_that_swing_leave_a_variance_above_zero() -> None:
    zero = np.zeros((20, 1))
    rival = np.tile([[3.0], [0.0]], (10, 1))
    back = diebold_mariano.multivariate(zero, rival, zero, overlap=1)
    found = diebold_mariano.multivariate(zero, zero, rival, overlap=1)
    assert found.statistic == pytest.approx(-back.statistic)
    assert 0.0 < found.p_value < 1e-6


def test_the_better_forecast_is_found_hour_by_hour() -> None:
    rng = np.random.default_rng(6)
    actual = rng.normal(size=(300, 3))
    ours = actual + rng.normal(scale=[0.5, 1.0, 2.0], size=(300, 3))
    theirs = actual + rng.normal(scale=1.0, size=(300, 3))
    better, alike, worse = diebold_mariano.by_hour(actual, ours, theirs)
    assert better.p_value < 1e-6
    assert 1e-3 < alike.p_value < 1.0 - 1e-3
    assert worse.p_value > 1.0 - 1e-6


def test_what_cannot_be_tested_is_named() -> None:
    one = np.zeros((3, 2))
    with pytest.raises(InvalidValue, match="compare two different forecasts"):
        diebold_mariano.multivariate(one, one + 1.0, one + 1.0)
    with pytest.raises(InvalidValue, match="at least 2 days"):
        diebold_mariano.multivariate(one[:1], one[:1], one[:1])


@pytest.mark.parametrize(
    ("market", "columns", "published"),
    [
        ("NP", ("DNN Ensemble", "LEAR Ensemble"), (1.683, 1.738)),
        ("PJM", ("DNN Ensemble", "LEAR Ensemble"), (2.862, 3.013)),
    ],
)
def test_published_forecasts_score_as_published(
    bench_data: Path, market: str, columns: tuple[str, str], published: tuple[float, float]
) -> None:
    """Lago et al., Applied Energy 293 (2021): mean absolute errors over the 728 test days.

    Their table of Diebold-Mariano tests has the DNN ensemble better than LEAR's in both markets.
    """
    prices = pd.read_csv(bench_data / f"epf_{market}.csv.gz", index_col=0).iloc[:, 0]
    made = pd.read_csv(bench_data / f"epf_{market}_published_forecasts.csv.gz", index_col=0)
    actual = prices.loc[made.index].to_numpy()
    errors = [round(point.mae(actual, made[name]), 3) for name in columns]
    assert tuple(errors) == published
    days = [v.reshape(-1, 24) for v in (actual, *(made[c].to_numpy() for c in columns))]
    assert diebold_mariano.multivariate(*days).p_value < 0.05
