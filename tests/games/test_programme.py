"""The programme solver: optimum, duals, whole columns, and one clear sentence where it fails."""

from __future__ import annotations

import numpy as np
import pytest

from mara.errors import Infeasible, SolverFailed
from mara.games.programme import Rows, minimise

UNIT = np.array([[0.0, 1.0], [0.0, 1.0]])


def test_duals_are_derivatives_of_the_cost() -> None:
    """min x + 2 y, x + y >= 1.5: y pays for what x cannot give."""
    row = Rows(matrix=np.array([[-1.0, -1.0]]), sides=np.array([-1.5]))
    found = minimise("test", np.array([1.0, 2.0]), bounds=UNIT, at_most=row)
    assert found.values == pytest.approx([1.0, 0.5])
    assert found.cost == pytest.approx(2.0)
    assert found.row_duals == pytest.approx([-2.0])
    assert found.lower_duals == pytest.approx([0.0, 0.0])


def test_whole_columns_take_whole_numbers() -> None:
    row = Rows(matrix=np.array([[-1.0, -1.0]]), sides=np.array([-1.5]))
    found = minimise(
        "test", np.array([1.0, 2.0]), bounds=UNIT, at_most=row, whole=np.array([False, True])
    )
    assert found.values == pytest.approx([0.5, 1.0])


def test_what_cannot_be_satisfied_is_infeasible() -> None:
    row = Rows(matrix=np.array([[1.0, 1.0]]), sides=np.array([3.0]))
    with pytest.raises(Infeasible, match="tariff: no point satisfies all constraints"):
        minimise("tariff", np.ones(2), bounds=UNIT, equal=row)


def test_what_has_no_bound_is_said_so() -> None:
    free = np.array([[-np.inf, np.inf]])
    with pytest.raises(SolverFailed, match="core: the programme has no bound"):
        minimise("core", np.ones(1), bounds=free)


def test_time_that_runs_out_is_said_so() -> None:
    rng = np.random.default_rng(0)
    rows = Rows(matrix=rng.uniform(size=(60, 80)), sides=np.full(60, 9.0))
    bounds = np.tile([0.0, 1.0], (80, 1))
    with pytest.raises(SolverFailed, match="ran out of time"):
        minimise(
            "auction",
            -rng.uniform(size=80),
            bounds=bounds,
            at_most=rows,
            whole=np.ones(80, dtype=bool),
            seconds=1e-9,
        )
