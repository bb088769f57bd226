"""Schemes of general equations: their strong and weak orders, measured."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from mara.errors import InvalidValue
from mara.models.stochastic import Grid, Noise
from mara.models.stochastic.sde import Scheme, StochasticEquation

Floats = np.ndarray[Any, np.dtype[np.float64]]

MU, SIGMA = 0.5, 0.8
LEVELS = (4, 8, 16, 32, 64)


def growth(_t: float, x: Floats) -> Floats:
    return MU * x


def spread(_t: float, x: Floats) -> Floats:
    return SIGMA * x


def equation(scheme: Scheme) -> StochasticEquation:
    return StochasticEquation(drift=growth, diffusion=spread, scheme=scheme)


def stepped(scheme: Scheme, walk: Floats, every: int) -> Floats:
    """End of each path on the grid that takes every `every`-th point of the Brownian paths."""
    coarse = np.diff(walk[:, ::every], axis=1)
    n_paths, n_steps = coarse.shape
    h = 1.0 / n_steps
    block = np.empty((n_paths, n_steps + 1))
    block[:, 1:] = coarse / np.sqrt(h)
    grid = Grid(n_paths=n_paths, n_steps=n_steps, dt=h, start=1.0)
    equation(scheme).advance(block, np.random.default_rng(0), grid)
    return block[:, -1]


def slope(errors: list[float]) -> float:
    """Order: how fast the error falls with the step, by least squares on logarithms."""
    return -float(np.polyfit(np.log(LEVELS), np.log(errors), 1)[0])


def brownian(n_paths: int, n_steps: int) -> Floats:
    steps = np.random.default_rng(7).standard_normal((n_paths, n_steps)) / np.sqrt(n_steps)
    return np.concatenate([np.zeros((n_paths, 1)), np.cumsum(steps, axis=1)], axis=1)


@pytest.mark.parametrize(("scheme", "order"), [(Scheme.EULER, 0.5), (Scheme.MILSTEIN, 1.0)])
def test_strong_order(scheme: Scheme, order: float) -> None:
    walk = brownian(8_000, 64)
    exact = np.exp((MU - 0.5 * SIGMA**2) + SIGMA * walk[:, -1])
    errors = [float(np.abs(stepped(scheme, walk, 64 // n) - exact).mean()) for n in LEVELS]
    assert slope(errors) == pytest.approx(order, abs=0.3)


@pytest.mark.stat
@pytest.mark.parametrize("scheme", Scheme)
def test_weak_order(scheme: Scheme) -> None:
    """Of the mean of the square; the exact square on the same paths takes the noise out."""
    walk = brownian(60_000, 64)
    exact = np.exp(2.0 * ((MU - 0.5 * SIGMA**2) + SIGMA * walk[:, -1]))
    errors = [abs(float((stepped(scheme, walk, 64 // n) ** 2 - exact).mean())) for n in LEVELS[:4]]
    found = -float(np.polyfit(np.log(LEVELS[:4]), np.log(errors), 1)[0])
    assert found == pytest.approx(1.0, abs=0.3)


def test_a_given_slope_is_the_differenced_one() -> None:
    grid = Grid(n_paths=64, n_steps=20, dt=0.05, start=1.0)
    given = StochasticEquation(
        drift=growth, diffusion=spread, slope=lambda _t, _x: SIGMA, scheme=Scheme.MILSTEIN
    )
    both = [
        one.simulate(np.random.default_rng(1), grid) for one in (given, equation(Scheme.MILSTEIN))
    ]
    np.testing.assert_allclose(*both, rtol=1e-6)


@pytest.mark.parametrize(("noise", "share"), [(Noise.ANTITHETIC, 0.7), (Noise.SOBOL, 0.25)])
def test_variance_reduction(noise: Noise, share: float) -> None:
    truth = (1.0 + MU / 32.0) ** 32

    def miss(kind: Noise) -> float:
        grid = Grid(n_paths=512, n_steps=32, dt=1.0 / 32.0, start=1.0, noise=kind)
        means = [
            equation(Scheme.EULER).simulate(np.random.default_rng(s), grid)[:, -1].mean()
            for s in range(10)
        ]
        return float(np.sqrt(np.mean((np.array(means) - truth) ** 2)))

    assert miss(noise) < share * miss(Noise.PLAIN)


def test_numbers_do_not_depend_on_threads() -> None:
    grid = Grid(n_paths=5_000, n_steps=100, dt=0.01, start=1.0)
    alone = equation(Scheme.MILSTEIN).simulate(np.random.default_rng(1), grid)
    with ThreadPoolExecutor(2) as threads:
        beside = equation(Scheme.MILSTEIN).simulate(
            np.random.default_rng(1), grid, executor=threads
        )
    np.testing.assert_array_equal(alone, beside)


def test_an_explosion_is_named() -> None:
    wild = StochasticEquation(drift=lambda _t, x: x**3, diffusion=spread)
    with pytest.raises(InvalidValue, match="no longer finite at dt=1"):
        wild.simulate(np.random.default_rng(1), Grid(n_paths=4, n_steps=20, dt=1.0, start=10.0))
