"""Compiled loops against the same functions in plain Python, and against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from mara.models.stochastic import kernels

RNG = np.random.default_rng(1)
STEPS = np.array([[3.0, 0.9, 1.0], [20.0, 0.5, 8.0]])
SWITCH = np.array([[0.9, 0.1], [0.4, 0.6]])


def chain() -> tuple[np.ndarray, ...]:
    odds = RNG.random((3, 3)) + 0.1
    odds[0, 2] = 0.0
    odds /= odds.sum(axis=1, keepdims=True)
    first = np.array([1.0, 0.0, 0.0])
    return RNG.standard_normal(9), odds, RNG.random((3, 3)), 1.0 + RNG.random((3, 3)), first


CALLS = {
    "walk": (RNG.standard_normal((6, 9)), np.arange(6.0), 0.9, 0.5, 0.2),
    "walk_regimes": (
        RNG.standard_normal((4, 9)),
        RNG.random((4, 9)),
        np.full(4, 30.0),
        STEPS,
        np.array([0.2, 0.1, 0.6]),
    ),
    "hamilton": (RNG.normal(30.0, 5.0, 12), STEPS, SWITCH, 0.2),
    "filtered": (RNG.standard_normal(9), RNG.random((9, 3)), np.array([0.5, 0.9, 0.99])),
    "walk_parts": (
        RNG.standard_normal((3, 7)),
        RNG.standard_normal((3, 7, 2)),
        RNG.random((7, 2)) + 0.1,
        np.array([0.5, 0.9]),
    ),
    "hidden_chain": chain(),
}


@pytest.mark.parametrize("name", CALLS)
def test_compiled_is_what_is_written(name: str) -> None:
    compiled = getattr(kernels, name)
    own, plain = (
        [a.copy() if isinstance(a, np.ndarray) else a for a in CALLS[name]] for _ in range(2)
    )
    answers = compiled(*own), compiled.py_func(*plain)
    if answers[0] is not None:
        for left, right in zip(*answers, strict=True):
            np.testing.assert_allclose(left, right, rtol=1e-9)
    np.testing.assert_allclose(own[0], plain[0], rtol=1e-9)


def test_what_cannot_be_has_no_likelihood() -> None:
    """A value that no state can make leaves the odds as they were."""
    _, odds, mean, deviation, first = chain()
    density, before = kernels.hidden_chain.py_func(
        np.array([1e6, 0.0]), odds, mean, deviation, first
    )
    assert density[0] < -600.0
    np.testing.assert_array_equal(before[1], first)
