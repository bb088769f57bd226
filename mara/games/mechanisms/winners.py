"""Winner determination: the bids to accept so that their values sum to the most."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.games.mechanisms.packing import Chosen, Floats, Packing

if TYPE_CHECKING:
    from mara.games.mechanisms.market import Market

__all__ = ["WinnerDetermination", "Winners"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Winners:
    """Accepted bids by their place among the market's bids, and the sum of their values."""

    accepted: tuple[int, ...]
    welfare: float


class WinnerDetermination:
    """One programme for a market: built once, then solved for other reports and fewer bidders.

    max sum of value[j] x[j], x[j] in {0, 1}, subject to the supply of each item and to one
    accepted bid a bidder. Not to be shared by threads.
    """

    def __init__(self, market: Market, *, seconds: float = 60.0) -> None:
        self._bids = market.bids
        self._values = np.array([bid.value for bid in market.bids], dtype=np.float64)
        self._packing = Packing(_shares(market), seconds=seconds)

    def solve(
        self,
        *,
        without: str | None = None,
        values: Floats | None = None,
        start: tuple[int, ...] = (),
    ) -> Winners:
        """Accept the best bids, leaving out one bidder's, or under other reported values.

        `start` are bids that can be accepted together: the search begins with them.

        Raises
        ------
        SolverFailed
            Time ran out before the best was proven.
        """
        reported = self._values if values is None else values
        if not reported.any():
            return Winners(accepted=(), welfare=0.0)
        allowed = np.array([bid.bidder != without for bid in self._bids]) & (reported > 0.0)
        known: Chosen = np.zeros(len(reported), dtype=np.bool_)
        known[list(start)] = True
        chosen = self._packing.solve(reported / reported.max(), allowed, known & allowed)
        accepted = tuple(np.flatnonzero(chosen).tolist())
        return Winners(accepted=accepted, welfare=math.fsum(reported[list(accepted)]))


def _shares(market: Market) -> Floats:
    """Give each bid's share of each item's supply, and of its bidder's one acceptance."""
    rows = {item: row for row, (item, _) in enumerate(market.supply)}
    one_each = {bidder: len(rows) + row for row, bidder in enumerate(market.bidders)}
    supply = dict(market.supply)
    shares = np.zeros((len(rows) + len(one_each), len(market.bids)))
    for column, bid in enumerate(market.bids):
        shares[one_each[bid.bidder], column] = 1.0
        for item, quantity in bid.quantities:
            shares[rows[item], column] = quantity / supply[item]
    return shares
