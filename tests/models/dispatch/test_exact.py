"""The exact form against enumeration."""

from __future__ import annotations

import numpy as np
import pytest

from mara.errors import Infeasible
from mara.models.dispatch import solve_exact, solved_exactly
from tests.models.dispatch.brute_force import brute_force_usd
from tests.models.dispatch.instances import Kind, problem_of

KINDS = (
    (90, Kind(miners=2)),
    (20, Kind(miners=1, servers=1)),
    (30, Kind(minutes=(5.0, 15.0), miners=1, battery=True)),
    (10, Kind(minutes=(5.0, 5.0), miners=0, servers=1, tiers=(0.0,), battery=True)),
    (30, Kind(miners=0, servers=1, tiers=(0.0, 5.0))),
    (10, Kind(minutes=(5.0, 5.0, 5.0), miners=1, servers=1, most_units=1, tiers=(10.0, 20.0))),
    (10, Kind(miners=2, ramp=True)),
)


@pytest.mark.slow
@pytest.mark.parametrize("row", range(len(KINDS)))
def test_exact_objective_equals_enumeration(row: int) -> None:
    """200 instances in all: with miners, servers, battery, tiers that wait, and ramps."""
    count, kind = KINDS[row]
    rng = np.random.default_rng(100 + row)
    solvable = 0
    for _ in range(count):
        problem = problem_of(rng, kind)
        best = brute_force_usd(problem)
        if best == -np.inf:
            with pytest.raises(Infeasible):
                solve_exact(problem)
            continue
        solvable += 1
        assert solved_exactly(problem).objective_usd == pytest.approx(best, abs=1e-6)
    assert solvable > count // 2
