"""Model predictive control of stored energy: plan on the likeliest path, do its first step.

Law: the path is the day-ahead curve of today, repeated for half of tomorrow, plus the deviation seen now,
``p(t + k) = d(t + k) + decay^k (p(t) - d(t))``; the plan is the optimum along it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.domain.checks import within
from mara.models.storage.markov import PriceChain, solve
from mara.models.storage.unit import StorageUnit
from mara.models.strategies.stored_energy import DayBook, Market, proposal_for, rest

if TYPE_CHECKING:
    from mara.domain import Proposal
    from mara.models.storage.unit import Floats
    from mara.models.strategies.base import DecisionContext

__all__ = ["StorageMpc", "path_ahead"]


class StorageMpc:
    """Plans the battery along one expected path; `decay` is the deviation's, an hour."""

    name = "storage-mpc"

    def __init__(self, *, decay_an_hour: float = 0.7, cells: int = 40) -> None:
        within("StorageMpc", "decay_an_hour", decay_an_hour, 0.0, 1.0)
        self._decay = decay_an_hour
        self._cells = cells
        self._book = DayBook()

    def propose(self, context: DecisionContext) -> Proposal:
        """Plan from the price of now and the curve."""
        market, battery = self._book.market(context), context.site.battery
        if market is None:
            return rest(context, self.name, "no day-ahead curve of the whole day is known")
        if battery is None:
            return rest(context, self.name, "the site has no battery")
        unit = StorageUnit.of(battery, context.tick.hours)
        path = path_ahead(market, self._decay**context.tick.hours)
        chain = PriceChain(
            prices=path[:, None], transitions=np.ones((1, 1, 1)), which=(0,) * path.size
        )
        slope = solve(chain, unit, cells=self._cells).after[0, 0]
        return proposal_for(context, self.name, slope, unit)


def path_ahead(market: Market, decay: float) -> Floats:
    """Give the expected price from now to the middle of tomorrow, USD/MWh."""
    whole = market.today.curve
    curve = np.concatenate([whole[market.step :], whole[: whole.size // 2]])
    apart = market.prices[-1] - market.curve[-1]
    path: Floats = curve + apart * decay ** np.arange(curve.size)
    return path
