"""Reduced scenarios: probabilities, means and distances; the greedy choice against all choices."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.errors import InvalidValue
from mara.models.scenarios.forward_selection import forward_selection
from mara.models.scenarios.joint import JointScenarios
from mara.models.scenarios.kmeans import k_means
from mara.models.scenarios.reduction import MOST_REDUCED, distances_of

if TYPE_CHECKING:
    from mara.models.scenarios.reduction import Reduction


def made(count: int = 60, seed: int = 0) -> JointScenarios:
    rng = np.random.default_rng(seed)
    weight = rng.random(count)
    return JointScenarios(
        minutes=60.0,
        energy_usd_per_mwh=40.0 + 30.0 * rng.standard_normal((count, 6)).cumsum(axis=1),
        hash_usd_per_ph_day=50.0 + rng.standard_normal((count, 1)),
        probabilities=weight / weight.sum(),
    )


def reduced(method: str, scenarios: JointScenarios, keep: int) -> Reduction:
    if method == "forward":
        return forward_selection(scenarios, keep)
    return k_means(scenarios, keep, np.random.default_rng(1))


@pytest.mark.parametrize("method", ["forward", "k-means"])
def test_invariants(method: str) -> None:
    whole = made()
    distances = []
    for keep in (1, 2, 5, 20, 60):
        few = reduced(method, whole, keep)
        assert few.scenarios.count == keep
        assert few.scenarios.probabilities.sum() == pytest.approx(1.0)
        assert few.scenarios.probabilities.min() > 0.0
        assert few.belongs.max() == keep - 1
        distances.append(few.distance)
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] == pytest.approx(0.0, abs=1e-6)


def test_forward_selection_keeps_real_scenarios() -> None:
    whole = made()
    few = forward_selection(whole, 7)
    rows = {tuple(row) for row in whole.energy_usd_per_mwh.tolist()}
    assert {tuple(row) for row in few.scenarios.energy_usd_per_mwh.tolist()} <= rows
    assert few.distance < few.of_all_to_mean


def test_the_first_choice_is_the_best_single_one() -> None:
    whole = made(30)
    apart = distances_of(whole.features())
    best = int(np.argmin(whole.probabilities @ apart))
    few = forward_selection(whole, 1)
    np.testing.assert_array_equal(
        few.scenarios.energy_usd_per_mwh[0], whole.energy_usd_per_mwh[best]
    )


def test_greedy_is_close_to_the_best_of_all_choices() -> None:
    whole = made(14)
    apart = distances_of(whole.features())
    best = min(
        float(whole.probabilities @ apart[:, list(rows)].min(axis=1))
        for rows in combinations(range(14), 3)
    )
    assert best - 1e-9 <= forward_selection(whole, 3).distance <= 1.15 * best


def test_k_means_keeps_the_mean() -> None:
    whole = made()
    few = k_means(whole, 6, np.random.default_rng(0)).scenarios
    np.testing.assert_allclose(
        few.probabilities @ few.energy_usd_per_mwh, whole.probabilities @ whole.energy_usd_per_mwh
    )


def test_k_means_finds_clusters_and_repeats() -> None:
    rng = np.random.default_rng(2)
    energy = np.concatenate([level + rng.standard_normal((20, 4)) for level in (0.0, 100.0, 400.0)])
    whole = JointScenarios.equally_likely(minutes=60.0, energy_usd_per_mwh=energy)
    few = k_means(whole, 3, np.random.default_rng(5))
    np.testing.assert_allclose(np.sort(few.scenarios.probabilities), 1 / 3)
    again = k_means(whole, 3, np.random.default_rng(5))
    np.testing.assert_array_equal(few.belongs, again.belongs)


def test_k_means_may_be_cut_short() -> None:
    whole = made()
    short, full = (k_means(whole, 6, np.random.default_rng(0), rounds=r) for r in (1, 100))
    assert full.distance < short.distance
    assert short.scenarios.probabilities.sum() == pytest.approx(1.0)


def test_equal_scenarios_are_no_trouble() -> None:
    same = JointScenarios.equally_likely(minutes=60.0, energy_usd_per_mwh=np.ones((8, 3)))
    for method in ("forward", "k-means"):
        assert reduced(method, same, 3).distance == 0.0


def test_refusals() -> None:
    for keep in (0, 61):
        with pytest.raises(InvalidValue, match="must be 1 to 60"):
            forward_selection(made(), keep)
    many = JointScenarios.equally_likely(
        minutes=60.0, energy_usd_per_mwh=np.zeros((MOST_REDUCED + 1, 1))
    )
    with pytest.raises(InvalidValue, match="draw fewer"):
        k_means(many, 3, np.random.default_rng(0))
