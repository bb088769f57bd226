"""VCG for one good that can be cut at will: MW of scarce power to bids with a price and a most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mara.domain.checks import finite, named, non_negative

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Grant", "PowerBid", "divisible_vcg"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerBid:
    """Up to `most_mw`, each MW worth `usd_per_mwh` for an hour of it."""

    bidder: str
    most_mw: float
    usd_per_mwh: float

    def __post_init__(self) -> None:
        named("PowerBid", "bidder", self.bidder)
        non_negative(f"PowerBid {self.bidder}", "most_mw", self.most_mw)
        finite(f"PowerBid {self.bidder}", "usd_per_mwh", self.usd_per_mwh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a bid is granted, and what it pays beside the price of power, USD an hour."""

    bid: PowerBid
    mw: float
    payment_usd_per_h: float


def divisible_vcg(
    bids: Sequence[PowerBid], capacity_mw: float, *, reserve_usd_per_mwh: float = 0.0
) -> tuple[Grant, ...]:
    """Grant the dearest bids above the reserve; bidder i pays W(-i) - (W - v[i]).

    With constant values filling from the dearest down is optimal, and W(-i) - (W - v[i]) is what the
    bids next in line would have earned above the reserve (the price of power) with i's MW. Bids of
    equal value are filled in the order given; grants stand in the order of `bids`. A bidder has one
    bid. Source: Clarke 1971; Krishna, Auction Theory, 2010, chapter 12 (units of equal goods).

    Raises
    ------
    InvalidValue
        The capacity is negative.
    """
    non_negative("divisible_vcg", "capacity_mw", capacity_mw)
    filled = _filled(bids, capacity_mw, reserve_usd_per_mwh)
    grants = []
    for place, bid in enumerate(bids):
        others = [*bids[:place], *bids[place + 1 :]]
        without = _filled(others, capacity_mw, reserve_usd_per_mwh)
        left = [*filled[:place], *filled[place + 1 :]]
        payment = sum(
            (other.usd_per_mwh - reserve_usd_per_mwh) * (more - less)
            for other, more, less in zip(others, without, left, strict=True)
        )
        grants.append(Grant(bid=bid, mw=filled[place], payment_usd_per_h=max(payment, 0.0)))
    return tuple(grants)


def _filled(bids: Sequence[PowerBid], capacity_mw: float, reserve: float) -> list[float]:
    """Fill from the dearest bid down to the reserve."""
    filled, left = [0.0] * len(bids), capacity_mw
    for place in sorted(range(len(bids)), key=lambda k: -bids[k].usd_per_mwh):
        if bids[place].usd_per_mwh > reserve:
            filled[place] = min(bids[place].most_mw, left)
            left -= filled[place]
    return filled
