"""Seasonal levels, the score law's calibration, and several prices at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.stochastic_year import BOUNDS, Figures, figures_of, real_year, simulated_median
from mara.errors import InvalidValue, SolverFailed
from mara.models.stochastic import (
    CoxIngersollRoss,
    GeometricBrownian,
    Grid,
    OrnsteinUhlenbeck,
    PriceSeries,
    ScoreReversion,
    SeasonalLaw,
    calibrate_seasonal,
)
from mara.models.stochastic.joint import Asset, Copula, JointLaw, calibrate_copula
from mara.models.stochastic.quantile_map import MapMaker, QuantileMap
from mara.models.stochastic.score_fit import _two_piece, _two_piece_cost
from mara.models.stochastic.score_match import _tail, _Trial
from mara.models.stochastic.seasonal import Season, SeasonalLevel, day_angle, season_for
from tests.models.stochastic.seasonal_world import TEXAS, level, score_law, winter

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from mara.models.stochastic import Law

NOISE = OrnsteinUhlenbeck(mean=0.0, rate=0.4, volatility=6.0)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def simulated(law: Law, n: int, seed: int = 3, start: float = 30.0) -> PriceSeries:
    grid = Grid(n_paths=1, n_steps=n, dt=1.0, start=start, begins=winter())
    path = law.simulate(rng(seed), grid)[0]
    return PriceSeries(values=path, dt=1.0, begins=winter(), zone=TEXAS)


def test_the_level_follows_the_wall_clock_through_the_change_of_clocks() -> None:
    daily = level(1, 30.0, 5.0, 0.0)
    before = daily.at(winter(), 24, 1.0)
    summer = daily.at(winter() + timedelta(days=180, hours=-1), 24, 1.0)
    np.testing.assert_allclose(before, summer, atol=1e-9)
    assert before.argmax() in {0, 23}


def test_weekends_have_their_own_level() -> None:
    week = SeasonalLevel(
        season=Season(annual=0, daily=0), coefficients=(30.0, -5.0, -8.0), zone=TEXAS
    )
    found = week.at(winter(), 48, 1.0)
    assert set(found[:24]) == {22.0}  # New Year 2023 was a Sunday.
    assert set(found[24:]) == {30.0}


@pytest.mark.parametrize(
    ("begins", "dt", "says"), [(None, 1.0, "begins is missing"), (winter(), 0.01, "whole number")]
)
def test_seasons_need_times(begins: datetime | None, dt: float, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        day_angle(begins, 3, dt=dt, zone=TEXAS)


@pytest.mark.parametrize(
    ("days", "dt", "season"),
    [
        (1.5, 0.25, Season(annual=0, daily=0)),
        (90, 1.0, Season(annual=0, daily=3)),
        (365, 0.25, Season(annual=2, daily=3)),
        (365, 24.0, Season(annual=2, daily=0)),
    ],
)
def test_a_level_is_as_fine_as_its_series(days: float, dt: float, season: Season) -> None:
    values = np.arange(days * 24.0 / dt)
    assert season_for(PriceSeries(values=values, dt=dt)) == season


def test_any_law_rides_on_a_season() -> None:
    truth = SeasonalLaw(level=level(1, 30.0, 8.0, -4.0), noise=NOISE)
    grid = Grid(n_paths=8_000, n_steps=24, dt=1.0, start=30.0, begins=winter())
    paths, expected = truth.simulate(rng(), grid), truth.moments(grid)
    assert np.abs(paths.mean(axis=0) - expected.mean).max() < 0.4
    np.testing.assert_allclose(paths[:, 0], 30.0)
    found = calibrate_seasonal(OrnsteinUhlenbeck, simulated(truth, 24 * 120))
    assert found.law.level.coefficients[1:3] == pytest.approx((8.0, -4.0), abs=1.5)
    assert found.estimate("rate").covers(0.4)
    assert "seasonal level" in found.method
    assert abs(found.law.residuals(simulated(truth, 500)).std() - 1.0) < 0.15
    with pytest.raises(InvalidValue, match="use calibrate_seasonal"):
        SeasonalLaw.calibrate(simulated(truth, 50))


def test_spikes_do_not_make_the_season() -> None:
    truth = SeasonalLaw(level=level(1, 30.0, 8.0, -4.0), noise=NOISE)
    series = simulated(truth, 24 * 120)
    spiked = series.values.copy()
    spiked[::97] += 4_000.0
    calm, wild = (
        SeasonalLevel.fitted(s, Season(annual=0, daily=1))
        for s in (series, series.with_values(spiked))
    )
    np.testing.assert_allclose(calm.coefficients[1:3], wild.coefficients[1:3], atol=1.5)


def test_the_map_gives_the_quantiles_of_the_prices() -> None:
    prices = rng().gumbel(20.0, 10.0, 4_000)
    one = np.ones(4_000)
    maker = MapMaker.of(prices, 0.5 * one, 0.8 * one, 1.3 * one)
    z = rng(2).standard_normal(200_000)
    drawn = maker.stretched(0.0).price(0.5 + np.where(z < 0.0, 0.8, 1.3) * z)
    np.testing.assert_allclose(
        np.quantile(drawn, [0.01, 0.5, 0.99]), np.quantile(prices, [0.01, 0.5, 0.99]), rtol=0.03
    )
    longer = maker.stretched(0.05)
    assert longer.price(np.array([3.0]))[0] > maker.stretched(0.0).price(np.array([3.0]))[0]
    assert longer.score(longer.price(np.array([0.7])))[0] == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("scores", "prices"), [((0.0,), (1.0,)), ((0.0, 0.0), (1.0, 2.0)), ((0.0, 1.0), (2.0, 1.0))]
)
def test_falling_maps_are_refused(scores: tuple[float, ...], prices: tuple[float, ...]) -> None:
    with pytest.raises(InvalidValue, match="QuantileMap"):
        QuantileMap(scores=scores, prices=prices)


def test_impossible_latent_scores_are_refused() -> None:
    with pytest.raises(InvalidValue, match=r"cycle=1\.2"):
        replace(score_law().latent, cycle=1.2)
    with pytest.raises(InvalidValue, match="rate_slow"):
        replace(score_law().latent, rate_slow=0.0)


def test_the_filter_is_the_density_of_the_whole_series() -> None:
    """One multivariate normal density, computed at once."""
    latent = score_law().latent
    n, dt = 60, 1.0
    cos, sin = day_angle(winter(), n, dt=dt, zone=TEXAS)
    z = rng().standard_normal(n)
    lags = np.abs(np.subtract.outer(np.arange(n), np.arange(n))) * dt
    cover = latent.autocorrelation(lags.ravel()).reshape(n, n)
    whole = -0.5 * (
        z @ np.linalg.solve(cover, z) + np.linalg.slogdet(cover)[1] + n * np.log(2.0 * np.pi)
    )
    assert latent.log_likelihood(z, cos, sin, dt) == pytest.approx(whole, abs=1e-6)


def test_the_gradient_of_the_two_piece_law() -> None:
    n = 50
    fine = np.column_stack([np.ones(n), rng(1).standard_normal(n)])
    coarse, scores = np.ones((n, 1)), rng(2).standard_normal(n)
    theta = np.array([0.1, -0.2, 0.3, -0.1])

    def cost(at: np.ndarray) -> tuple[float, np.ndarray]:
        return _two_piece_cost(scores, fine, coarse, (at[:2], at[2:3], at[3:]))

    differences = [
        (cost(theta + step)[0] - cost(theta - step)[0]) / 2e-6 for step in 1e-6 * np.eye(4)
    ]
    np.testing.assert_allclose(cost(theta)[1], differences, rtol=1e-5)


def test_a_season_out_of_all_bounds_is_not_made_up() -> None:
    one = np.ones((50, 1))
    with (
        pytest.raises(SolverFailed, match="calibration of the season failed"),
        np.errstate(all="ignore"),
    ):
        _two_piece(1e200 * rng().standard_normal(50), one, one)


def test_a_tail_goes_no_farther_than_its_bounds() -> None:
    one = np.ones(400)
    maps = MapMaker.of(rng().gumbel(20.0, 10.0, 400), 0.0 * one, one, one)
    trial = _Trial(scores=rng(2).standard_normal((20, 100)), lag=24)
    means = [np.median(trial.means(maps.stretched(tail))) for tail in (-0.15, 0.05, 0.15)]
    assert _tail(trial, float(means[0]) - 1.0, maps) == -0.15
    assert _tail(trial, float(means[1]), maps) == pytest.approx(0.05, abs=1e-3)
    assert _tail(trial, float(means[2]) + 1.0, maps) == 0.15


@pytest.mark.stat
def test_the_score_law_finds_itself_again() -> None:
    series = simulated(score_law(), 24 * 100, start=25.0)
    found = ScoreReversion.calibrate(series)
    assert found.log_likelihood < 0.0
    assert found.estimate("rate_usual").value == pytest.approx(0.3, rel=0.6)
    grid = Grid(n_paths=60, n_steps=2_399, dt=1.0, start=25.0, begins=winter())
    paths = found.law.simulate(rng(9), grid)
    assert np.median(paths.mean(axis=1)) == pytest.approx(series.values.mean(), rel=0.05)
    assert np.median(paths.std(axis=1)) == pytest.approx(series.values.std(), rel=0.2)


def test_a_short_series_has_no_score_law() -> None:
    with pytest.raises(InvalidValue, match=r"spans 2\.08 days; give at least 14"):
        ScoreReversion.calibrate(simulated(NOISE, 49, start=0.0))


@pytest.mark.stat
@pytest.mark.no_cover
def test_the_score_law_makes_years_like_2023(bench_data: Path) -> None:
    """Sixty years here; docs/stochastic.md shows a hundred of every law."""
    series = real_year(bench_data)
    law = ScoreReversion.calibrate(series).law
    real = Figures(law="real", values=figures_of(series.values))
    made = Figures(law="score_ou", values=simulated_median(law, series, years=60))
    held = dict(zip(BOUNDS, made.held(real), strict=True))
    assert all(held.values()), (held, made, real)


ASSETS = (
    Asset(name="energy", law=NOISE, start=0.0),
    Asset(name="hash", law=GeometricBrownian(drift=0.0, volatility=0.02), start=50.0),
    Asset(name="token", law=CoxIngersollRoss(mean=0.7, rate=0.1, volatility=0.05), start=0.7),
)
MATRIX = ((1.0, 0.6, 0.2), (0.6, 1.0, -0.3), (0.2, -0.3, 1.0))


def series_of(joint: JointLaw, n: int, seed: int) -> list[PriceSeries]:
    made = joint.simulate(rng(seed), Grid(n_paths=1, n_steps=n, dt=1.0, start=0.0))
    return [PriceSeries(values=made[a.name][0].astype(float), dt=1.0) for a in joint.assets]


@pytest.mark.parametrize("degrees", [None, 4.0])
def test_the_copula_is_found_again(degrees: float | None) -> None:
    joint = JointLaw(assets=ASSETS, copula=Copula(correlation=MATRIX, degrees=degrees))
    series = series_of(joint, 4_000, 5)
    found = calibrate_copula([a.law for a in ASSETS], series)
    # The transition of CIR is driven by its normals in part only.
    np.testing.assert_allclose(found.correlation, MATRIX, atol=0.08)
    if degrees is None:
        assert found.degrees is None or found.degrees > 25.0
    else:
        assert found.degrees == pytest.approx(degrees, rel=0.5)


def test_each_price_keeps_its_own_law() -> None:
    joint = JointLaw(assets=ASSETS, copula=Copula(correlation=MATRIX, degrees=5.0))
    grid = Grid(n_paths=3_000, n_steps=10, dt=1.0, start=0.0)
    made = joint.simulate(rng(), grid)
    again = joint.simulate(rng(), grid)
    for asset in ASSETS:
        paths = made[asset.name]
        np.testing.assert_array_equal(paths, again[asset.name])
        expected = asset.law.moments(replace(grid, start=asset.start))
        error = expected.standard_deviation[-1] / np.sqrt(3_000)
        assert abs(paths[:, -1].mean() - expected.mean[-1]) < 4.0 * error
        assert paths[:, -1].var() == pytest.approx(expected.variance[-1], rel=0.15)


@pytest.mark.parametrize(
    ("matrix", "degrees", "says"),
    [
        (((1.0, 0.5), (0.4, 1.0)), None, "no symmetric matrix"),
        (((1.0, 0.9, -0.9), (0.9, 1.0, 0.9), (-0.9, 0.9, 1.0)), None, "not positive definite"),
        (((1.0,),), 2.0, "degrees=2.0 must be above 2"),
    ],
)
def test_impossible_copulas_are_refused(
    matrix: tuple[tuple[float, ...], ...], degrees: float | None, says: str
) -> None:
    with pytest.raises(InvalidValue, match=says):
        Copula(correlation=matrix, degrees=degrees)


def test_assets_and_copula_must_fit() -> None:
    with pytest.raises(InvalidValue, match="2 assets and a copula of 3"):
        JointLaw(assets=ASSETS[:2], copula=Copula(correlation=MATRIX))
    series = series_of(JointLaw(assets=ASSETS, copula=Copula(correlation=MATRIX)), 40, 1)
    short = PriceSeries(values=series[2].values[:35], dt=1.0)
    with pytest.raises(InvalidValue, match=r"lengths \[36, 41\]|lengths \[35, 41\]"):
        calibrate_copula([a.law for a in ASSETS], [*series[:2], short])
