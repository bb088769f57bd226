"""The programme as arrays: a fixed matrix, and costs and limits that follow the tick.

minimise cost @ x + offset, row_lower <= A @ x <= row_upper, lower <= x <= upper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.models.dispatch import constraints
from mara.models.dispatch.bounds import limits_of
from mara.models.dispatch.costs import money_of
from mara.models.dispatch.layout import Layout, Shape
from mara.models.dispatch.standing import standing_of

if TYPE_CHECKING:
    from mara.models.dispatch.problem import DispatchProblem

__all__ = ["Figures", "Model"]

Floats = NDArray[np.float64]

_BLOCKS = (
    constraints.power_balance,
    constraints.unit_count,
    constraints.first_stops,
    constraints.minimum_run,
    constraints.state_of_charge,
    constraints.inference_capacity,
    constraints.waiting_work,
    constraints.ramp,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figures:
    """What changes with the tick; `steadying` is the part of `cost` that is not money."""

    cost: Floats
    steadying: Floats
    offset: float
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats


class Model:
    """Matrix of a shape, in triplets (`rows`, `columns`, `values`), and figures of a problem."""

    def __init__(self, shape: Shape) -> None:
        self.layout = Layout(shape)
        self.blocks = tuple(build(self.layout) for build in _BLOCKS)
        self.first_row: dict[str, int] = {}
        count = 0
        entries: list[tuple[int, int, float]] = []
        for block in self.blocks:
            self.first_row[block.name] = count
            entries += [(count + row, column, value) for row, column, value in block.entries]
            count += block.count
        self.count_rows = count
        self.rows = np.array([e[0] for e in entries], dtype=np.int32)
        self.columns = np.array([e[1] for e in entries], dtype=np.int32)
        self.values = np.array([e[2] for e in entries])

    def figures(self, problem: DispatchProblem) -> Figures:
        """Costs and limits of `problem`, whose site and grid have this model's shape."""
        standing = standing_of(problem, self.layout)
        cost, offset = np.zeros(self.layout.columns), 0.0
        money, steady = money_of(problem, standing, self.layout)
        for term in money:
            cost[term.columns] += term.values
            offset += term.constant
        steadying = np.zeros(self.layout.columns)
        steadying[steady.columns] = steady.values
        lower, upper = np.zeros(self.layout.columns), np.full(self.layout.columns, np.inf)
        for limit in limits_of(problem, standing, self.layout):
            if limit.lower is not None:
                lower[limit.columns] = limit.lower
            if limit.upper is not None:
                upper[limit.columns] = limit.upper
        sides = [block.limits(problem, standing) for block in self.blocks]
        return Figures(
            cost=cost + steadying,
            steadying=steadying,
            offset=offset,
            lower=lower,
            upper=upper,
            row_lower=np.concatenate([low for low, _ in sides]),
            row_upper=np.concatenate([high for _, high in sides]),
        )

    def rows_of(self, name: str) -> slice:
        """Rows of the block called `name`."""
        count = next(block.count for block in self.blocks if block.name == name)
        first = self.first_row[name]
        return slice(first, first + count)
