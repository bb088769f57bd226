"""Random markets, and the best acceptance by enumeration."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from mara.games.mechanisms.market import Bid, Market

if TYPE_CHECKING:
    import numpy as np


def random_market(rng: np.random.Generator, *, bidders: int = 3, most_bids: int = 2) -> Market:
    """Up to three items with one to three units each; small whole values make ties."""
    supply = tuple((item, float(rng.integers(1, 4))) for item in "xyz"[: rng.integers(1, 4)])
    bids = tuple(
        _bid(rng, f"b{b}", supply)
        for b in range(bidders)
        for _ in range(rng.integers(1, most_bids + 1))
    )
    return Market(supply=supply, bids=bids)


def _bid(rng: np.random.Generator, bidder: str, supply: tuple[tuple[str, float], ...]) -> Bid:
    wanted = [(item, float(rng.integers(1, 3))) for item, _ in supply if rng.random() < 0.6]
    return Bid(
        bidder=bidder,
        quantities=tuple(wanted) or ((supply[0][0], 1.0),),
        value=float(rng.integers(0, 21)),
    )


def best_welfare(market: Market, *, without: str | None = None) -> float:
    """Try every set of bids."""
    bids = [bid for bid in market.bids if bid.bidder != without]
    return max(
        sum(bid.value for bid in chosen)
        for size in range(len(bids) + 1)
        for chosen in itertools.combinations(bids, size)
        if _fits(market, chosen)
    )


def _fits(market: Market, chosen: tuple[Bid, ...]) -> bool:
    if len({bid.bidder for bid in chosen}) < len(chosen):
        return False
    return all(
        sum(quantity for bid in chosen for name, quantity in bid.quantities if name == item)
        <= supply + 1e-9
        for item, supply in market.supply
    )
