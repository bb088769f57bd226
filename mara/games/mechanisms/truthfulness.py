"""Change one bidder's report, hold the others', and watch what he gains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue
from mara.games.mechanisms.winners import WinnerDetermination

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.games.mechanisms.market import Market
    from mara.games.mechanisms.packing import Floats

__all__ = ["Exploration", "Report", "explore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a bidder reports for each of his bids, what he then wins, pays, and truly gains.

    `bundle` is empty where he wins nothing.
    """

    values: tuple[float, ...]
    bundle: tuple[str, ...]
    payment: float
    utility: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """The truthful report beside the others tried.

    `regret` is the largest gain over the truth, zero or below under a truthful mechanism.
    """

    bidder: str
    truth: Report
    reports: tuple[Report, ...]
    regret: float
    method: str


def explore(market: Market, bidder: str, reports: Sequence[Sequence[float]]) -> Exploration:
    """Play VCG with the market's values as the truth and each of `reports` in their place.

    A report has one value for each of the bidder's bids, in the market's order. The payment needs
    the welfare without the bidder once: it does not depend on his report.

    Raises
    ------
    InvalidValue
        The bidder has no bid, or a report has another length or an impossible value.
    """
    own = [j for j, bid in enumerate(market.bids) if bid.bidder == bidder]
    _check(bidder, own, reports)
    solver = WinnerDetermination(market)
    alone = solver.solve(without=bidder).welfare
    true_values = [market.bids[j].value for j in own]
    tried = [_play(market, solver, alone, own, values) for values in (true_values, *reports)]
    gains = [report.utility - tried[0].utility for report in tried[1:]]
    return Exploration(
        bidder=bidder,
        truth=tried[0],
        reports=tuple(tried[1:]),
        regret=max(gains, default=0.0),
        method="winners by branch and bound on linear programmes, Clarke payments",
    )


def _play(
    market: Market,
    solver: WinnerDetermination,
    welfare_without: float,
    own: list[int],
    values: Sequence[float],
) -> Report:
    reported: Floats = np.array([bid.value for bid in market.bids])
    reported[own] = values
    found = solver.solve(values=reported)
    won = next((j for j in found.accepted if j in own), None)
    if won is None:
        return Report(values=tuple(values), bundle=(), payment=0.0, utility=0.0)
    payment = welfare_without - (found.welfare - float(reported[won]))
    return Report(
        values=tuple(values),
        bundle=market.bids[won].items,
        payment=payment,
        utility=market.bids[won].value - payment,
    )


def _check(bidder: str, own: list[int], reports: Sequence[Sequence[float]]) -> None:
    if not own:
        raise InvalidValue(f"explore: bidder={bidder!r} has no bid in this market")
    for values in reports:
        if len(values) != len(own) or not all(0.0 <= v < float("inf") for v in values):
            raise InvalidValue(
                f"explore: report {tuple(values)!r} of {bidder}; give {len(own)} finite values, "
                "0 or above, one for each bid"
            )
