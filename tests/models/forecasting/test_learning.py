"""LASSO, Gaussian processes, networks, weights and intervals against their laws."""

from __future__ import annotations

import numpy as np
import pytest

from mara.errors import InvalidValue
from mara.models.forecasting.conformal import RATE, rolled_bands, scales
from mara.models.forecasting.days import Days
from mara.models.forecasting.ensemble import (
    RULES,
    Ensemble,
    FittedEnsemble,
    combined,
    weights_by_day,
)
from mara.models.forecasting.gaussian_process import GaussianProcess
from mara.models.forecasting.gp_kernel import covariance, grams, loss, start
from mara.models.forecasting.lasso import descend, lasso
from mara.models.forecasting.lear import FittedLear, FramedLear, Lear
from mara.models.forecasting.naive_week import NaiveWeek
from mara.models.forecasting.network import JohnsonSu, Network
from mara.models.forecasting.network_train import Training, johnson_loss
from mara.models.forecasting.online_experts import Experts
from mara.models.forecasting.past import LEVELS
from mara.models.forecasting.quantile_averaging import QuantileAveraging, rolled_quantiles
from mara.models.forecasting.quantile_regression import quantile_lines, quantiles_at
from mara.models.forecasting.weights import covariance_weights, discounts, inverse_weights
from tests.models.forecasting.test_days import some_days

SHORT = Training(epochs=2, rate=1e-3, falling=True)


def _regression(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(80, 12))
    y = x[:, :2] @ np.array([[2.0, 0.0], [0.0, -1.0]]) + 0.1 * rng.normal(size=(80, 2))
    return x, y


@pytest.mark.parametrize("penalty", [0.0, 0.05, 0.5, 50.0])
def test_lasso_meets_the_conditions_of_its_optimum(penalty: float) -> None:
    x, y = _regression()
    gram, cross = x.T @ x / 80, y.T @ x / 80
    b = lasso(gram, cross, penalty, np.zeros((2, 12)))
    gradient = cross - b @ gram
    assert (np.abs(gradient) <= penalty + 1e-2).all()
    held = np.abs(b) > 1e-9
    assert np.allclose(gradient[held], penalty * np.sign(b[held]), atol=1e-2)


def test_the_compiled_descent_does_as_the_plain_one_and_passes_over_dead_columns() -> None:
    x, y = _regression()
    x[:, 3] = 0.0
    gram, cross = x.T @ x / 80, y.T @ x / 80
    plain = np.zeros((2, 12))
    descend(gram, cross, 0.05, plain, 1e-3, 200)
    assert np.allclose(plain, lasso(gram, cross, 0.05, np.zeros((2, 12))), atol=1e-9)
    assert (plain[:, 3] == 0.0).all()
    cut = np.zeros((2, 12))
    descend(gram, cross, 0.05, cut, 0.0, 1)
    assert not np.allclose(cut, plain)


def test_the_gradient_of_the_likelihood_is_its_difference_quotient() -> None:
    import torch  # noqa: PLC0415

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 9)), torch.from_numpy(rng.normal(size=(30, 2)))
    of = grams(x, (2, 7), np.arange(30.0))
    theta = start(2) + 0.1 * rng.normal(size=12)
    _, gradient = loss(theta, of, y)
    for i in range(12):
        step = 1e-5 * np.eye(12)[i]
        quotient = (loss(theta + step, of, y)[0] - loss(theta - step, of, y)[0]) / 2e-5
        assert gradient[i] == pytest.approx(quotient, rel=1e-4, abs=1e-7)
    k = covariance(theta, of)
    assert float(torch.linalg.eigvalsh(k).min()) > 0.0


def test_one_factor_gives_what_a_fit_and_a_prediction_give() -> None:
    days = some_days(120)
    model = GaussianProcess(frame="month")
    rolled = model.rolling(days, 100)
    law = model.fit(days.until(100))
    assert np.allclose(law.predict(days.until(100)), rolled[0], atol=1e-6)
    assert np.allclose(
        law.conditioned(days.until(110)).predict(days.until(110)), rolled[10], atol=1e-6
    )
    assert np.abs(rolled - days.prices[100:]).mean() < 3.0


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", [Lear(windows=(28, 56)), FramedLear(windows=(28,)), Network(first_fit=SHORT)]
)
def test_rolling_forecasts_do_not_look_ahead(model: Lear | FramedLear | Network) -> None:
    days = some_days(112)
    other = Days(
        prices=np.vstack([days.prices[:108], np.full((4, 24), 900.0)]),
        exog=days.exog,
        weekday=days.weekday,
        whole=days.whole,
        number=days.number,
    )
    one, two = (model.rolling(d, 104) for d in (days, other))
    assert np.array_equal(one[:5], two[:5])
    assert not np.array_equal(one[5:], two[5:])


def test_lear_rolls_as_it_fits() -> None:
    days = some_days(100)
    model = Lear(windows=(56, 5_000))
    law = model.fit(days.until(98))
    assert isinstance(law.conditioned(days), FittedLear)
    assert np.allclose(
        law.predict(days.until(98)), model.rolling(days, 98)[0].mean(axis=0), atol=0.05
    )
    framed = FramedLear(windows=(56,))
    first = framed.fit(days.until(98)).predict(days.until(98))
    assert np.allclose(first, framed.rolling(days, 98)[0].mean(axis=0), atol=0.05)
    with pytest.raises(InvalidValue, match="too few"):
        model.fit(days.until(20))


@pytest.mark.slow
def test_networks_learn_a_linear_law_and_repeat_themselves() -> None:
    days = some_days(200)
    model = Network(
        frames=("fixed", "month"), first_fit=Training(epochs=40, rate=5e-3, falling=True)
    )
    law = model.fit(days.until(190))
    error = np.mean(
        [np.abs(law.predict(days.until(d)) - days.prices[d]).mean() for d in range(190, 200)]
    )
    flat = np.abs(days.prices[190:] - days.prices[:190].mean(axis=0)).mean()
    assert error < 0.8 * flat
    assert np.array_equal(law.weights[0], model.fit(days.until(190)).weights[0])
    again = model.fit(days.until(195), start=law)
    assert not np.array_equal(again.weights[0], law.weights[0])
    assert np.array_equal(again.reference.exog.centre, law.reference.exog.centre)


def test_johnson_bands_rise_about_the_median() -> None:
    days = some_days(100)
    law = JohnsonSu(first_fit=SHORT).fit(days)
    bands = law.bands(days)  # type: ignore[attr-defined]
    assert (np.diff(bands, axis=1) >= 0.0).all()
    assert np.allclose(bands[:, LEVELS.index(0.5)], law.predict(days), atol=1e-3)


def test_johnson_loss_is_the_density_of_the_law() -> None:
    import torch  # noqa: PLC0415
    from scipy.stats import johnsonsu  # noqa: PLC0415

    xi, log_scale, gamma, log_delta = 0.3, -0.2, 0.5, 0.4
    out = torch.tensor([[[xi, log_scale, gamma, log_delta]]], dtype=torch.float64)
    y = torch.tensor([[[1.1]]], dtype=torch.float64)
    law = johnsonsu(gamma, np.exp(log_delta), loc=xi, scale=np.exp(log_scale))
    constant = 0.5 * np.log(2.0 * np.pi)
    assert float(johnson_loss(out, y)) == pytest.approx(-law.logpdf(1.1) - constant)


def test_the_mixture_of_experts_keeps_its_bound_of_regret() -> None:
    rng = np.random.default_rng(1)
    experts = Experts.begun(5, 3, 8.0)
    ours, theirs = np.zeros(3), np.zeros((5, 3))
    for _ in range(400):
        came = rng.normal(size=3)
        made = came + rng.normal(size=(5, 3)) * np.array([0.2, 1.0, 1.0, 2.0, 1.0])[:, None]
        ours += np.abs((experts.weights * made).sum(axis=0) - came)
        theirs += np.abs(made - came)
        experts = experts.seen(made, came)
    assert (ours - theirs <= experts.regret_bound + 1e-9).all()
    assert np.allclose(experts.weights.sum(axis=0), 1.0)
    assert (experts.weights.argmax(axis=0) == 0).all()


def test_covariance_weights_are_those_of_independent_errors() -> None:
    rng = np.random.default_rng(2)
    errors = rng.normal(size=(400, 3, 24)) * np.array([1.0, 2.0, 1.0])[:, None]
    weights = covariance_weights(errors)
    assert weights.sum() == pytest.approx(1.0)
    assert np.allclose(weights, np.array([4.0, 1.0, 4.0]) / 9.0, atol=0.03)
    assert covariance_weights(np.zeros((5, 2, 24))).sum() == pytest.approx(1.0)
    inverse = inverse_weights(errors)
    assert np.allclose(inverse, np.array([2.0, 1.0, 2.0]) / 5.0, atol=0.01)
    assert discounts(91)[0] == pytest.approx(0.5)


@pytest.mark.parametrize("rule", RULES)
def test_weights_read_no_day_that_is_to_come(rule: str) -> None:
    rng = np.random.default_rng(3)
    came = rng.normal(size=(40, 24))
    made = came[:, None] + rng.normal(size=(40, 3, 24)) * np.array([0.5, 1.0, 2.0])[:, None]
    whole = weights_by_day(made, came, rule)
    assert np.array_equal(whole[:31], weights_by_day(made[:30], came[:30], rule))
    assert np.allclose(whole.sum(axis=1), 1.0)
    error = np.abs(combined(made, came, rule) - came)[20:].mean()
    assert error < np.abs(made[20:] - came[20:, None]).mean()


def test_an_ensemble_refuses_what_it_does_not_know() -> None:
    with pytest.raises(InvalidValue, match="rule='best'"):
        Ensemble(members=(NaiveWeek(),), rule="best")
    with pytest.raises(InvalidValue, match="0 members"):
        Ensemble(members=())


def test_ensembles_roll_and_fit_their_members() -> None:
    days = some_days(100)
    members = (NaiveWeek(), FramedLear(frames=("month",), windows=(56,)))
    model = Ensemble(members=members)
    law = model.fit(days)
    assert isinstance(law, FittedEnsemble)
    assert law.weights[1].mean() > 0.75
    assert np.isfinite(law.conditioned(days).predict(days)).all()
    assert model.rolling(days, 70).shape == (30, 24)
    averaging = QuantileAveraging(members=members)
    told = averaging.fit(days).conditioned(days)
    assert np.array_equal(told.predict(days), told.bands(days)[:, 2])
    assert averaging.rolling(days, 70).shape == (30, 24)


def test_quantile_lines_find_the_quantiles_of_a_linear_law() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(6_000, 2))
    y = 1.0 + x @ np.array([2.0, -1.0]) + rng.normal(size=6_000)
    lines = quantile_lines(x, y, (0.05, 0.5, 0.95))
    assert np.allclose(lines[1], [1.0, 2.0, -1.0], atol=0.06)
    covered = (y[:, None] < quantiles_at(lines, x)).mean(axis=0)
    assert np.allclose(covered, [0.05, 0.5, 0.95], atol=0.005)


def test_rolled_quantiles_begin_as_the_mean_and_read_the_past_alone() -> None:
    rng = np.random.default_rng(5)
    came = rng.normal(size=(40, 24))
    made = came[:, None] + rng.normal(size=(40, 2, 24))
    bands = rolled_quantiles(made, came, 0)
    assert np.allclose(bands[3], made[3].mean(axis=0)[:, None])
    assert np.array_equal(bands[:30], rolled_quantiles(made[:30], came[:30], 0))
    assert (np.ptp(bands[30], axis=1) > 0.0).all()


def test_intervals_cover_what_they_say_though_the_errors_grow() -> None:
    rng = np.random.default_rng(6)
    growing = np.linspace(1.0, 4.0, 400)[:, None]
    came = rng.standard_t(4, size=(400, 24)) * growing
    bands, state = rolled_bands(np.zeros((400, 24)), came, 60)
    missed = ((came[60:] < bands[:, :, 0]) | (came[60:] > bands[:, :, -1])).mean()
    assert abs(missed - 0.1) <= (1.0 + RATE) / (RATE * 340)
    assert 0.08 < missed < 0.12
    assert (np.diff(state.offsets, axis=1) >= 0.0).all()
    assert (scales(came) > 0.0).all()
