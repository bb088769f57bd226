"""The tests of exceptions: known regions, and the size they claim."""

from __future__ import annotations

import numpy as np
import pytest

from mara.errors import InvalidValue
from mara.models.risk.coverage import coverage_of


def spread(exceptions: int, days: int) -> np.ndarray:
    """So many exceptions, as evenly apart as can be."""
    hit = np.zeros(days, dtype=bool)
    hit[np.linspace(0, days - 1, exceptions + 2)[1:-1].astype(int)] = True
    return hit


@pytest.mark.parametrize(
    ("level", "days", "fewest", "most"),
    [
        (0.95, 255, 7, 20),
        (0.95, 510, 17, 35),
        (0.95, 1_000, 38, 64),
        (0.99, 510, 2, 10),
        (0.99, 1_000, 5, 16),
        (0.975, 1_000, 16, 35),
    ],
)
def test_kupiec_regions(level: float, days: int, fewest: int, most: int) -> None:
    """Jorion, Value at Risk, 3rd ed. (2007), table 6.2, after Kupiec (1995): test at 95 %."""
    for count in (fewest, most):
        assert coverage_of(spread(count, days), level).kupiec_p > 0.05
    for count in (fewest - 1, most + 1):
        assert coverage_of(spread(count, days), level).kupiec_p < 0.05


def test_clusters_fail_independence() -> None:
    hit = np.zeros(400, dtype=bool)
    hit[100:110] = hit[300:310] = True
    found = coverage_of(hit, 0.95)
    assert found.kupiec_p == 1.0
    assert found.independence_p < 1e-6
    assert not found.passes
    assert coverage_of(spread(20, 400), 0.95).passes


def test_the_sum_of_both() -> None:
    hit = np.random.default_rng(0).random(300) < 0.08
    found = coverage_of(hit, 0.95)
    assert found.conditional == pytest.approx(found.kupiec + found.independence)
    assert found.expected == pytest.approx(15.0)


def test_size_is_what_it_claims() -> None:
    """A right VaR is rejected about as often as the test says."""
    rng = np.random.default_rng(4)
    trials = [coverage_of(rng.random(500) < 0.05, 0.95) for _ in range(400)]
    assert 0.02 <= np.mean([t.kupiec_p < 0.05 for t in trials]) <= 0.09
    assert np.mean([t.independence_p < 0.05 for t in trials]) <= 0.12


@pytest.mark.parametrize("hits", [np.zeros(50, dtype=bool), np.ones(50, dtype=bool)])
def test_none_or_all(hits: np.ndarray) -> None:
    found = coverage_of(hits, 0.95)
    assert found.independence == 0.0
    assert found.kupiec > 0.0


def test_too_few_days() -> None:
    with pytest.raises(InvalidValue, match="two days or more"):
        coverage_of(np.ones(1, dtype=bool), 0.95)
