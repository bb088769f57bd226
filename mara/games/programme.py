"""Linear and mixed-integer programmes of the games, solved by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from mara.errors import Infeasible, SolverFailed

__all__ = ["Floats", "Minimum", "Rows", "minimise"]

Floats = NDArray[np.float64]

_OPTIMAL, _LIMIT, _INFEASIBLE, _UNBOUNDED = 0, 1, 2, 3
_FEASIBILITY = 1e-10
_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Rows of a programme: `matrix` @ x against `sides`."""

    matrix: Floats | csr_array
    sides: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Minimum:
    """A minimiser with its cost and, without whole columns, its duals.

    Duals are derivatives of the cost: by the side of an `at_most` row (never positive), and by
    a column's lower bound (never negative).
    """

    values: Floats
    cost: float
    row_duals: Floats
    lower_duals: Floats


def minimise(  # noqa: PLR0913
    owner: str,
    cost: Floats,
    *,
    bounds: Floats,
    at_most: Rows | None = None,
    equal: Rows | None = None,
    whole: NDArray[np.bool_] | None = None,
    seconds: float = _SECONDS,
) -> Minimum:
    """Minimise cost @ x within `bounds` (shape (n, 2)); the columns marked `whole` are integers.

    Raises
    ------
    Infeasible
        Nothing satisfies rows and bounds.
    SolverFailed
        The cost has no lower bound, time ran out, or the numbers failed.
    """
    given: dict[str, Any] = {
        "bounds": bounds,
        "options": _options(seconds, mixed=whole is not None),
    }
    if at_most is not None:
        given |= {"A_ub": at_most.matrix, "b_ub": at_most.sides}
    if equal is not None:
        given |= {"A_eq": equal.matrix, "b_eq": equal.sides}
    if whole is not None:
        given["integrality"] = whole.astype(np.int64)
    answer: Any = linprog(cost, method="highs", **given)
    _check(owner, answer)
    return Minimum(
        values=np.asarray(answer.x),
        cost=float(answer.fun),
        row_duals=np.asarray(answer.ineqlin.marginals),
        lower_duals=np.asarray(answer.lower.marginals),
    )


def _options(seconds: float, *, mixed: bool) -> dict[str, Any]:
    if mixed:
        return {"time_limit": seconds, "mip_rel_gap": 0.0}
    return {
        "time_limit": seconds,
        "primal_feasibility_tolerance": _FEASIBILITY,
        "dual_feasibility_tolerance": _FEASIBILITY,
    }


def _check(owner: str, answer: Any) -> None:  # noqa: ANN401
    if answer.status == _OPTIMAL:
        return
    if answer.status == _INFEASIBLE:
        raise Infeasible(f"{owner}: no point satisfies all constraints; relax or check the figures")
    why = {
        _LIMIT: "ran out of time; give it more seconds or a smaller game",
        _UNBOUNDED: "has no bound; bound the figures that may grow without end",
    }
    text = why.get(answer.status, "failed in its numbers; rescale the figures")
    raise SolverFailed(f"{owner}: the programme {text}")
