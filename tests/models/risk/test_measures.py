"""VaR, CVaR and their contributions: axioms first, then known values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mara.errors import InvalidValue
from mara.models.risk.answers import Answer
from mara.models.risk.contributions import contributions_of
from mara.models.risk.margins import margins_of
from mara.models.risk.measures import LEVELS, figure_of, tail_weights
from mara.models.risk.methods import (
    Method,
    filtered,
    from_past,
    historical,
    monte_carlo,
    parametric,
)
from tests.models.risk.days import drawn, position, wave

samples = arrays.arrays(np.float64, st.integers(2, 60), elements=st.floats(-1e4, 1e4))
levels = st.sampled_from([0.5, 0.9, 0.95, 0.99])


def figure(margins: np.ndarray, level: float):  # noqa: ANN201
    even = np.full(len(margins), 1.0 / len(margins))
    return figure_of(margins, even, level, method="t", expected_usd=float(margins.mean()))


@settings(max_examples=30)
@given(samples, levels)
def test_weights_are_a_part_of_the_probabilities(margins: np.ndarray, level: float) -> None:
    even = np.full(len(margins), 1.0 / len(margins))
    weights = tail_weights(margins, even, level)
    assert weights.sum() == pytest.approx(1.0)
    assert weights.min() >= 0.0
    assert (weights <= even / (1.0 - level) + 1e-9).all()


@settings(max_examples=30)
@given(samples, levels)
def test_cvar_is_at_least_var_and_the_tail_is_within_its_bounds(
    margins: np.ndarray, level: float
) -> None:
    found = figure(margins, level)
    assert found.cvar_usd >= found.var_usd - 1e-6
    assert found.low_usd <= found.quantile_usd <= found.high_usd
    assert margins.min() - 1e-6 <= found.worst_usd <= found.quantile_usd + 1e-6


@settings(max_examples=30)
@given(samples, levels, st.floats(0.1, 10.0), st.floats(-1e3, 1e3))
def test_cvar_scales_and_shifts_with_the_margin(
    margins: np.ndarray, level: float, factor: float, shift: float
) -> None:
    found, other = figure(margins, level), figure(factor * margins + shift, level)
    assert other.worst_usd == pytest.approx(factor * found.worst_usd + shift, abs=1e-4)


@settings(max_examples=30)
@given(st.integers(2, 40), levels, st.integers(0, 99))
def test_cvar_is_subadditive(count: int, level: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, two = rng.standard_t(2, (2, count))
    both = figure(one + two, level).cvar_usd
    assert both <= figure(one, level).cvar_usd + figure(two, level).cvar_usd + 1e-9


def test_probabilities_count() -> None:
    margins = np.array([-100.0, 0.0, 100.0])
    found = figure_of(margins, np.array([0.02, 0.08, 0.9]), 0.95, method="t", expected_usd=88.0)
    assert found.quantile_usd == 0.0
    assert found.worst_usd == pytest.approx((0.02 * -100.0 + 0.03 * 0.0) / 0.05)
    assert found.var_usd == 88.0


def test_parametric_is_the_normal_law() -> None:
    """1.645 and 2.063 standard deviations at 95 %: McNeil, Frey, Embrechts (2015), example 2.14."""
    rng = np.random.default_rng(1)
    past = rng.standard_normal(5_000)
    past = (past - past.mean()) / past.std(ddof=1)
    found = parametric(past, 10.0, 0.95)
    assert found.var_usd == pytest.approx(1.6449, abs=1e-3)
    assert found.cvar_usd == pytest.approx(2.0627, abs=1e-3)


def test_historical_takes_the_past_as_it_was() -> None:
    past = np.arange(-50.0, 50.0)
    found = historical(past, 1_000.0, 0.95)
    assert found.quantile_usd == 954.0
    assert found.worst_usd == pytest.approx(1_000.0 + np.arange(-50.0, -45.0).mean())


def test_filtered_follows_the_newest_volatility() -> None:
    rng = np.random.default_rng(2)
    calm = rng.standard_normal(300)
    wild = np.concatenate((calm, 10.0 * rng.standard_normal(60)))
    quiet = np.concatenate((10.0 * rng.standard_normal(60), calm))
    ratio = filtered(wild, 0.0, 0.95).var_usd / filtered(quiet, 0.0, 0.95).var_usd
    assert ratio > 5.0
    plain = historical(wild, 0.0, 0.95).var_usd
    assert filtered(wild, 0.0, 0.95).var_usd > 2.0 * plain


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("method", [m for m in Method if m is not Method.MONTE_CARLO])
def test_methods_agree_on_a_long_normal_past(method: Method, level: float) -> None:
    past = 100.0 * np.random.default_rng(5).standard_normal(20_000)
    exact = parametric(past, 0.0, level)
    found = from_past(method, past, 0.0, level)
    assert found.var_usd == pytest.approx(exact.var_usd, rel=0.35)


def test_contributions_add_up_to_cvar() -> None:
    sheet = wave(40)
    margins = margins_of(position(sheet), drawn(sheet, 40), Answer.ADAPTED)
    for level in LEVELS:
        parts = contributions_of(margins, level)
        total = monte_carlo(margins, level)
        assert sum(p.cvar_usd for p in parts) == pytest.approx(total.cvar_usd, rel=1e-9)
        assert sum(p.expected_usd for p in parts) == pytest.approx(total.expected_usd)
    assert {p.part for p in parts} >= {"air_miners", "battery", "missed service"}


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, 2.0])
def test_levels_outside_are_refused(level: float) -> None:
    with pytest.raises(InvalidValue, match=r"such as 0\.95"):
        figure(np.arange(3.0), level)


def test_bad_pasts_are_refused() -> None:
    with pytest.raises(InvalidValue, match="at least 20 past days"):
        historical(np.zeros(19), 0.0, 0.95)
    with pytest.raises(InvalidValue, match="NaN"):
        filtered(np.full(30, np.nan), 0.0, 0.95)
    with pytest.raises(InvalidValue, match="call monte_carlo"):
        from_past(Method.MONTE_CARLO, np.zeros(30), 0.0, 0.95)
