"""The latent processes against their law."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from scipy import stats

from mara.errors import InvalidValue
from mara.models.market.latent import Factor, Latent, OuBridge
from mara.models.market.local_time import LocalTime

STEP, N = 5, 48
RELAXATIONS = (30.0, 600.0, 20_000.0)


def paths(n_blocks: int) -> np.ndarray:
    """Rows over many blocks, chained as the simulator does."""
    rng = np.random.default_rng(5)
    bridge = OuBridge(relaxations_min=RELAXATIONS, step_minutes=STEP, n_steps=N)
    state, blocks = rng.standard_normal(bridge.rows), []
    for _ in range(n_blocks):
        end = bridge.carry(state, rng.standard_normal(bridge.rows))
        blocks.append(bridge.fill(state, end, rng.standard_normal((bridge.rows, N))))
        state = end
    return np.concatenate(blocks, axis=1)


def test_a_block_begins_at_its_carried_state_and_its_end_decides_its_last_steps() -> None:
    bridge = OuBridge(relaxations_min=RELAXATIONS, step_minutes=STEP, n_steps=N)
    start, end = np.array([0.5, -1.0, 2.0]), np.array([-0.5, 1.0, 0.0])
    rows = bridge.fill(start, end, np.zeros((3, N)))
    np.testing.assert_allclose(rows[:, 0], start)
    np.testing.assert_allclose(rows[:, -1], end, atol=0.3)


def test_the_bridge_is_the_gaussian_conditional_mean() -> None:
    """Without noise the path is E[x_i | x_0, x_n], from the covariance matrix itself."""
    bridge = OuBridge(relaxations_min=RELAXATIONS, step_minutes=STEP, n_steps=N)
    start, end = np.array([0.5, -1.0, 2.0]), np.array([-0.5, 1.0, 0.0])
    rows = bridge.fill(start, end, np.zeros((3, N)))
    for row, relaxation in enumerate(RELAXATIONS):
        lag = np.abs(np.subtract.outer(np.arange(N + 1), np.arange(N + 1)))
        covariance = np.exp(-lag * STEP / relaxation)
        ends = [0, N]
        weights = np.linalg.solve(covariance[np.ix_(ends, ends)], covariance[ends, :N])
        np.testing.assert_allclose(rows[row], [start[row], end[row]] @ weights, atol=1e-9)


@pytest.mark.stat
@pytest.mark.no_cover
def test_chained_blocks_have_the_stationary_law() -> None:
    """Variance 1 and autocorrelation exp(-lag / relaxation), also across the blocks' borders.

    Tolerance: five standard errors of the slower of the two fast rows, about 16,000 relaxations.
    """
    rows = paths(n_blocks=40_000)
    for row, relaxation in ((0, 30.0), (1, 600.0)):
        x = rows[row]
        assert x.var() == pytest.approx(1.0, abs=0.06)
        for lag in (1, 6, N, 2 * N):
            expected = np.exp(-lag * STEP / relaxation)
            assert np.mean(x[:-lag] * x[lag:]) == pytest.approx(expected, abs=0.06)


@pytest.mark.stat
def test_every_step_of_a_block_is_standard_normal() -> None:
    rows = paths(n_blocks=4_000)[0]
    for step in (0, 1, N // 2, N - 1):
        assert stats.kstest(rows[step::N], "norm").pvalue > 0.001


def test_a_daily_cycle_keeps_variance_one_at_every_hour() -> None:
    latent = Latent(
        factors=(
            Factor(share=0.4, relaxation_min=60.0),
            Factor(share=0.6, relaxation_min=600.0, daily_cycle=True),
        )
    )
    assert latent.relaxations_min == (60.0, 600.0, 600.0)
    start = datetime(2026, 1, 5, tzinfo=UTC)
    day = LocalTime.of(start, 288, step_minutes=5, zone=ZoneInfo("America/Chicago"))
    rows = np.random.default_rng(2).standard_normal((4_000, 3, 288))
    variance = np.stack([latent.combine(draw, day) for draw in rows]).var(axis=0)
    np.testing.assert_allclose(variance, 1.0, atol=0.12)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_an_impossible_share_is_refused(share: float) -> None:
    with pytest.raises(InvalidValue, match="share"):
        Factor(share=share, relaxation_min=1.0)


def test_an_impossible_relaxation_is_refused() -> None:
    with pytest.raises(InvalidValue, match="relaxation_min"):
        Factor(share=1.0, relaxation_min=0.0)


def test_shares_must_sum_to_one() -> None:
    with pytest.raises(InvalidValue, match=r"sum to 0\.9"):
        Latent(factors=(Factor(share=0.9, relaxation_min=1.0),))
