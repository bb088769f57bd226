"""The Vickrey-Clarke-Groves mechanism: every winner pays what his presence costs the others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mara.games.mechanisms.market import Bid
from mara.games.mechanisms.winners import WinnerDetermination, Winners

if TYPE_CHECKING:
    from mara.games.mechanisms.market import Market

__all__ = ["Vcg", "Win", "vcg"]

_PROVEN = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Win:
    """An accepted bid with its payment, both in the unit of the values reported."""

    bid: Bid
    payment: float

    @property
    def utility(self) -> float:
        """Reported value less payment."""
        return self.bid.value - self.payment


@dataclass(frozen=True, slots=True, kw_only=True)
class Vcg:
    """The outcome: who won what for how much.

    `welfare` is the sum of the accepted values, `revenue` that of the payments: the mechanism's
    budget, which never falls below zero here. `residual` is the welfare up to which a better
    choice of bids is excluded.
    """

    bidders: tuple[str, ...]
    wins: tuple[Win, ...]
    welfare: float
    revenue: float
    individually_rational: bool
    budget_balanced: bool
    method: str
    residual: float
    converged: bool

    def payments(self) -> dict[str, float]:
        """Give the payment of every bidder; who wins nothing pays nothing."""
        paid = {win.bid.bidder: win.payment for win in self.wins}
        return {bidder: paid.get(bidder, 0.0) for bidder in self.bidders}


def vcg(market: Market) -> Vcg:
    """Accept the best bids; winner i pays W(-i) - (W - v[i]).

    W is the greatest welfare, W(-i) that without i's bids: the payment is what the others lose.
    Telling the true values is then best whatever the others report, and no winner pays more than
    his value. Source: Vickrey 1961, Clarke 1971, Groves 1973; with bundles as in Cramton, Shoham
    and Steinberg (eds.), Combinatorial Auctions, 2006, chapter 1.

    Raises
    ------
    SolverFailed
        Time ran out before the best was proven.
    """
    solver = WinnerDetermination(market)
    best = solver.solve()
    wins = tuple(_win(market, solver, best, place) for place in best.accepted)
    utilities = [win.utility for win in wins]
    revenue = math.fsum(win.payment for win in wins)
    return Vcg(
        bidders=market.bidders,
        wins=wins,
        welfare=best.welfare,
        revenue=revenue,
        individually_rational=min(utilities, default=0.0) >= 0.0,
        budget_balanced=revenue >= 0.0,
        method="winners by branch and bound on linear programmes, Clarke payments",
        residual=_PROVEN * max((bid.value for bid in market.bids), default=0.0),
        converged=True,
    )


def _win(market: Market, solver: WinnerDetermination, best: Winners, place: int) -> Win:
    """Charge between 0 and the value; what lies outside by rounding is put on the border."""
    bid = market.bids[place]
    others = tuple(j for j in best.accepted if j != place)
    without = solver.solve(without=bid.bidder, start=others).welfare
    payment = without - math.fsum(market.bids[j].value for j in others)
    return Win(bid=bid, payment=min(max(payment, 0.0), bid.value))
