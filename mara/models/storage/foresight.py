"""The most that a store could have made, every price known: a linear programme.

Law: maximise the sum of proceeds of energy taken out less costs of energy put in, with
``e_t = e_{t-1} + in_t - out_t`` and nothing discharged below the least price of sale.
Charging and discharging at once is allowed to the programme, which makes it a bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from mara.errors import SolverFailed
from mara.models.storage.operate import Operated

if TYPE_CHECKING:
    from mara.models.storage.unit import Floats, StorageUnit

__all__ = ["perfect_foresight"]


def perfect_foresight(prices: Floats, unit: StorageUnit, *, start_mwh: float) -> Operated:
    """Solve by HiGHS for the best operation, all prices known; energy left is worth nothing.

    Raises
    ------
    SolverFailed
        HiGHS ended without an optimum.
    """
    n = prices.size
    most_out = np.where(prices >= unit.least_sale_usd_per_mwh, unit.discharge_mwh, 0.0)
    upper = np.concatenate([np.full(n, unit.charge_mwh), most_out, np.full(n, unit.energy_mwh)])
    begin = np.zeros(n)
    begin[0] = start_mwh
    proceeds = unit.discharge_efficiency * (prices - unit.wear_usd_per_mwh)
    solver: Any = linprog  # its stubs know no sparse matrices
    found = solver(
        np.concatenate([unit.cost(prices), -proceeds, np.zeros(n)]),
        A_eq=_balance(n),
        b_eq=begin,
        bounds=np.column_stack([np.zeros(3 * n), upper]),
        method="highs",
    )
    if found.status != 0:
        raise SolverFailed(f"perfect_foresight: no optimum over {n} steps: {found.message}")
    put_in, taken_out, stored = np.split(found.x, 3)
    return Operated(cash_usd=taken_out * proceeds - put_in * unit.cost(prices), stored_mwh=stored)


def _balance(n: int) -> Any:  # noqa: ANN401 - scipy's sparse matrices have no common type
    """Rows ``e_t - e_{t-1} - in_t + out_t`` over columns (in, out, e)."""
    one = sparse.identity(n, format="csr")
    before = sparse.csr_matrix((np.ones(n - 1), (np.arange(1, n), np.arange(n - 1))), shape=(n, n))
    return sparse.hstack([-one, one, one - before], format="csr")
