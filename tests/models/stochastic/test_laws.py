"""One contract for all laws: moments, residuals, shapes, streams, and what they refuse."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from mara.errors import InvalidValue, SolverFailed
from mara.models.stochastic import (
    LAWS,
    SIGNED_LAWS,
    Grid,
    Noise,
    Precision,
    PriceSeries,
    law_called,
)
from mara.models.stochastic.goodness import goodness_of_fit
from mara.models.stochastic.mean_reverting_jumps import JumpReversion
from mara.models.stochastic.ornstein_uhlenbeck import autoregression
from mara.models.stochastic.regime_switching import RegimeSwitching
from tests.models.stochastic.cases import BY_NAME, HIDDEN, MARKOV, Case
from tests.models.stochastic.seasonal_world import score_law, winter

if TYPE_CHECKING:
    from mara.models.stochastic import Law

ALL = (*MARKOV, *HIDDEN)
each_case = pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
POSITIVE = ("gbm", "merton", "cir", "heston")


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_every_law_has_a_case() -> None:
    assert set(BY_NAME) | {"score_ou"} == set(LAWS)


@each_case
def test_moments_are_those_of_simulated_paths(case: Case) -> None:
    grid = case.grid(20_000, 40)
    paths, expected = case.law.simulate(rng(), grid), case.law.moments(grid)
    assert paths.shape == (20_000, 41)
    assert np.all(paths[:, 0] == case.start)
    for step in (1, 7, 40):
        error = expected.standard_deviation[step] / np.sqrt(20_000)
        assert abs(paths[:, step].mean() - expected.mean[step]) < 4.0 * error
        assert paths[:, step].var() == pytest.approx(expected.variance[step], rel=0.12)


@each_case
def test_residuals_of_the_true_law_are_standard_normal(case: Case) -> None:
    fit = goodness_of_fit(case.law, case.series(seed=11, n=1_500))
    assert fit.ks_p_value > 0.01
    assert abs(fit.autocorrelation[0]) < 0.08
    assert np.abs(fit.theoretical - fit.observed)[20:-20].max() < 0.25


@pytest.mark.parametrize("case", MARKOV, ids=lambda case: case.name)
def test_two_half_steps_are_one_step(case: Case) -> None:
    """Exact transitions do not depend on the step."""
    whole = Grid(n_paths=4_000, n_steps=1, dt=4.0 * case.dt, start=case.start)
    quarter = replace(whole, n_steps=4, dt=case.dt)
    ends = [case.law.simulate(rng(seed), g)[:, -1] for seed, g in enumerate((whole, quarter))]
    assert stats.ks_2samp(*ends).pvalue > 0.01


CLOSED_FORMS = {
    "ou": lambda law, x, dt: stats.norm(
        law.mean + (x - law.mean) * np.exp(-law.rate * dt),
        law.volatility * np.sqrt((1 - np.exp(-2 * law.rate * dt)) / (2 * law.rate)),
    ),
    "gbm": lambda law, x, dt: stats.lognorm(
        law.volatility * np.sqrt(dt), scale=x * np.exp((law.drift - law.volatility**2 / 2) * dt)
    ),
    "cir": lambda law, x, dt: stats.ncx2(
        law.degrees, x * np.exp(-law.rate * dt) / law.scale(dt), scale=law.scale(dt)
    ),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_a_step_has_the_textbook_law(name: str) -> None:
    case = BY_NAME[name]
    ends = case.law.simulate(rng(3), case.grid(5_000, 1))[:, 1]
    law = CLOSED_FORMS[name](case.law, case.start, case.dt)
    assert stats.kstest(ends, law.cdf).pvalue > 0.01


def test_cir_below_one_degree_keeps_its_law() -> None:
    law = LAWS["cir"](mean=0.2, rate=0.3, volatility=0.9)  # type: ignore[call-arg]
    assert law.degrees < 1.0  # type: ignore[attr-defined]
    ends = law.simulate(rng(), Grid(n_paths=5_000, n_steps=1, dt=1.0, start=0.3))[:, 1]
    assert stats.kstest(ends, CLOSED_FORMS["cir"](law, 0.3, 1.0).cdf).pvalue > 0.01


@pytest.mark.parametrize("case", [*ALL], ids=lambda case: case.name)
def test_numbers_do_not_depend_on_who_computes_them(case: Case) -> None:
    grid = case.grid(800, 200)
    alone = case.law.simulate(rng(), grid)
    with ThreadPoolExecutor(3) as threads:
        np.testing.assert_array_equal(alone, case.law.simulate(rng(), grid, executor=threads))
    assert not np.array_equal(alone, case.law.simulate(rng(2), grid))


@pytest.mark.slow
def test_processes_give_the_same_numbers() -> None:
    grid = BY_NAME["jumps_normal"].grid(20_000, 288)
    law = BY_NAME["jumps_normal"].law
    alone = law.simulate(rng(), grid)
    with ProcessPoolExecutor(2) as processes:
        np.testing.assert_array_equal(alone, law.simulate(rng(), grid, executor=processes))


@each_case
def test_single_precision_follows_double(case: Case) -> None:
    grid = replace(case.grid(4_000, 20), precision=Precision.SINGLE)
    paths = case.law.simulate(rng(), grid)
    assert paths.dtype == np.float32
    expected = case.law.moments(grid)
    error = expected.standard_deviation[20] / np.sqrt(4_000)
    assert abs(float(paths[:, 20].mean(dtype=np.float64)) - expected.mean[20]) < 4.5 * error


@pytest.mark.parametrize("name", ["ou", "gbm"])
def test_variance_reduction(name: str) -> None:
    """Antithetic and quasi-random means are nearer the truth, and the law stays."""
    case = BY_NAME[name]
    truth = case.law.moments(case.grid(1, 64)).mean[-1]
    misses = {
        noise: [
            case.law.simulate(rng(seed), case.grid(512, 64, noise=noise))[:, -1].mean() - truth
            for seed in range(8)
        ]
        for noise in Noise
    }
    spread = {noise: float(np.sqrt(np.mean(np.square(miss)))) for noise, miss in misses.items()}
    assert spread[Noise.ANTITHETIC] < 0.5 * spread[Noise.PLAIN]
    assert spread[Noise.SOBOL] < 0.2 * spread[Noise.PLAIN]


@pytest.mark.parametrize("noise", Noise)
def test_every_kind_of_noise_has_the_right_law(noise: Noise) -> None:
    case = BY_NAME["ou"]
    paths = case.law.simulate(rng(), case.grid(1_023, 6, noise=noise))
    residuals = np.concatenate(
        [case.law.residuals(PriceSeries(values=np.tile(p, 6), dt=case.dt))[:6] for p in paths]
    )
    assert abs(residuals.mean()) < 0.06
    assert residuals.std() == pytest.approx(1.0, abs=0.05)
    order = np.corrcoef(residuals.reshape(-1, 6).T) - np.eye(6)
    assert np.abs(order).max() < 0.12


def test_sobol_ends_where_its_dimensions_do() -> None:
    grid = Grid(n_paths=2, n_steps=21_202, dt=1.0, start=0.0, noise=Noise.SOBOL)
    with pytest.raises(InvalidValue, match="n_steps=21202 is above 21201"):
        BY_NAME["ou"].law.simulate(rng(), grid)


QUICK = [case for case in ALL if case.name in ("ou", "gbm", "merton", "cir", "regimes")]
JUMPS = [case for case in ALL if case.name.startswith("jumps")]


@pytest.mark.parametrize(
    "case",
    [*QUICK, *(pytest.param(case, marks=pytest.mark.stat) for case in JUMPS)],
    ids=lambda case: case.name,
)
def test_a_calibration_is_a_maximum_near_the_truth(case: Case) -> None:
    series = case.series(seed=4)
    found = type(case.law).calibrate(series)
    assert found.n_observations == len(series) - 1
    assert {e.name for e in found.estimates} == set(case.parameters)
    assert found.bic > found.aic
    for e in found.estimates:
        assert e.low < e.value < e.high
        assert abs(e.value - case.parameters[e.name]) < 4.5 * e.standard_error
        assert found.estimate(e.name) is e
    assert goodness_of_fit(found.law, series).ks_p_value > 0.01


@pytest.mark.stat
def test_heston_is_calibrated() -> None:
    case = BY_NAME["heston"]
    found = type(case.law).calibrate(case.series(seed=4, n=1_500))
    truth = case.parameters
    assert found.estimate("variance").covers(truth["variance"])
    assert found.law.correlation < 0.0
    assert 0.3 < found.law.rate / truth["rate"] < 3.0


def test_heston_variance_explodes_in_finite_time() -> None:
    """Andersen and Piterbarg (2007): the second moment of a correlated, wild variance."""
    wild = LAWS["heston"](  # type: ignore[call-arg]
        drift=0.0, variance=1.0, rate=0.5, volatility=3.0, correlation=0.9
    )
    found = wild.moments(Grid(n_paths=1, n_steps=10, dt=0.2, start=1.0))
    assert np.isfinite(found.variance[1])
    assert np.isinf(found.variance[-1])
    assert np.all(found.mean == 1.0)


@pytest.mark.parametrize("name", ["jumps_normal", "jumps_exponential"])
def test_a_mean_with_jumps_is_that_of_a_far_time(name: str) -> None:
    law = BY_NAME[name].law
    assert isinstance(law, JumpReversion)
    far = law.moments(Grid(n_paths=1, n_steps=1, dt=400.0, start=-80.0))
    assert far.mean[-1] == pytest.approx(law.mean)


def test_the_share_of_spikes_is_that_of_a_long_chain() -> None:
    law = BY_NAME["regimes"].law
    assert isinstance(law, RegimeSwitching)
    chain = np.linalg.matrix_power(law.switching(1e-4), 2**22)
    np.testing.assert_allclose(chain[:, 1], law.share_of_spikes, rtol=1e-4)


@pytest.mark.parametrize("name", POSITIVE)
def test_positive_laws_refuse_other_prices(name: str) -> None:
    case = BY_NAME[name]
    values = case.series(seed=1, n=60).values.copy()
    values[7] = -1.0
    series = PriceSeries(values=values, dt=case.dt)
    with pytest.raises(InvalidValue, match=r"values\[7\]=-1 is not above zero.*use ou"):
        type(case.law).calibrate(series)
    with pytest.raises(InvalidValue, match="start"):
        case.law.simulate(rng(), replace(case.grid(2, 2), start=-1.0))


def test_laws_say_whether_their_prices_are_signed() -> None:
    assert set(SIGNED_LAWS) == set(LAWS) - set(POSITIVE)


def test_a_refused_price_is_sent_to_laws_that_can_take_it() -> None:
    """The score law needs the times of the prices, and is advised only where they are known."""
    series = PriceSeries(values=np.sin(np.arange(60.0)), dt=1.0)
    with pytest.raises(InvalidValue, match=r"use ou, jumps_normal, jumps_exponential, regimes$"):
        LAWS["gbm"].calibrate(series)
    with pytest.raises(InvalidValue, match=r"regimes or score_ou$"):
        LAWS["gbm"].calibrate(replace(series, begins=winter()))


@pytest.mark.parametrize("name", ["ou", "jumps_normal", "regimes", "cir"])
def test_no_reversion_gives_no_parameters(name: str) -> None:
    growing = 100.0 * 1.05 ** np.arange(200.0)
    with pytest.raises(SolverFailed, match=r"no reversion.*longer series"):
        LAWS[name].calibrate(PriceSeries(values=growing, dt=1.0))


def test_a_flat_likelihood_gives_no_parameters() -> None:
    """A series without jumps tells nothing of their sizes."""
    smooth = BY_NAME["gbm"].series(seed=2, n=60)
    with pytest.raises(SolverFailed, match=r"did not converge.*simpler law"):
        LAWS["merton"].calibrate(smooth)


IMPOSSIBLE = {
    "ou": {"rate": 0.0},
    "gbm": {"volatility": -1.0},
    "merton": {"intensity": -0.1},
    "jumps_normal": {"jump_deviation": 0.0},
    "jumps_exponential": {"share_up": 1.5},
    "cir": {"mean": 0.0},
    "heston": {"correlation": 1.0},
    "regimes": {"spike_end": 0.0},
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_impossible_parameters_are_refused(name: str) -> None:
    ((field, value),) = IMPOSSIBLE[name].items()
    for bad in (value, float("nan")):
        with pytest.raises(InvalidValue, match=field.removeprefix("jump_").split("_")[-1]):
            LAWS[name](**(BY_NAME[name].parameters | {field: bad}))


def test_an_unknown_law_lists_those_known() -> None:
    with pytest.raises(InvalidValue, match="'oup' is unknown; use one of ou, gbm"):
        law_called("oup")


def test_moments_take_one_start() -> None:
    grid = Grid(n_paths=3, n_steps=2, dt=1.0, start=np.array([1.0, 2.0, 3.0]))
    for law in (BY_NAME[name].law for name in ("ou", "gbm", "merton", "cir", "heston", "regimes")):
        with pytest.raises(InvalidValue, match="moments take one number"):
            law.moments(grid)


@each_case
def test_each_path_has_its_own_start(case: Case) -> None:
    starts = case.start * np.linspace(0.5, 1.5, 700)
    paths = case.law.simulate(rng(), replace(case.grid(700, 288), start=starts))
    np.testing.assert_allclose(paths[:, 0], starts)


def test_autoregression_of_a_decay() -> None:
    assert autoregression(np.array([8.0, 4.0, 2.0, 1.0])) == (0.5, 0.0, 0.0)


@pytest.mark.parametrize("law", [score_law()], ids=["score_ou"])
def test_the_score_law_keeps_the_contract(law: Law) -> None:
    grid = Grid(n_paths=6_000, n_steps=30, dt=1.0, start=25.0, begins=winter())
    paths, expected = law.simulate(rng(), grid), law.moments(grid)
    assert np.all(paths[:, 0] == 25.0)
    for step in (1, 12, 30):
        error = expected.standard_deviation[step] / np.sqrt(6_000)
        assert abs(paths[:, step].mean() - expected.mean[step]) < 4.0 * error + 0.02
        assert paths[:, step].var() == pytest.approx(expected.variance[step], rel=0.25)
    one = law.simulate(rng(6), replace(grid, n_paths=1, n_steps=2_000))[0]
    series = PriceSeries(values=one, dt=1.0, begins=winter())
    assert goodness_of_fit(law, series).ks_p_value > 0.01
