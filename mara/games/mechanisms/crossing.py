"""Two-sided markets: where the bids of buyers and the asks of sellers cross."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mara.domain.checks import finite, named, positive

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Clearing", "Crossing", "Fill", "Offer", "Role", "crossing"]

_ROUNDING = 1e-12
"""Share of an offer that is rounding where less than it is left: 0.3 - 0.1 - 0.2 is none."""


class Role(StrEnum):
    """The two sides."""

    BUYER = "buyer"
    SELLER = "seller"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Buy up to `quantity_mwh` at `usd_per_mwh` or below, or sell it at that price or above."""

    name: str
    role: Role
    quantity_mwh: float
    usd_per_mwh: float

    def __post_init__(self) -> None:
        named("Offer", "name", self.name)
        positive(f"Offer {self.name}", "quantity_mwh", self.quantity_mwh)
        finite(f"Offer {self.name}", "usd_per_mwh", self.usd_per_mwh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """The part of an offer that trades, at its price."""

    offer: Offer
    quantity_mwh: float
    usd_per_mwh: float

    @property
    def gain_usd(self) -> float:
        """What the offer's own limit leaves: zero or above."""
        sign = 1.0 if self.offer.role is Role.BUYER else -1.0
        return sign * (self.offer.usd_per_mwh - self.usd_per_mwh) * self.quantity_mwh


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """Outcome of a double auction.

    `usd_per_mwh` is the one price, None where each trades at his own or nobody trades. `welfare_usd`
    is the buyers' limits less the sellers', `revenue_usd` what stays with the operator, and
    `residual` the MWh bought less those sold.
    """

    fills: tuple[Fill, ...]
    quantity_mwh: float
    usd_per_mwh: float | None
    welfare_usd: float
    revenue_usd: float
    method: str
    residual: float
    converged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """MWh matched by offer, in the order given, and the prices that support them.

    Every price between `low` and `high` clears; None where nothing trades.
    """

    matched_mwh: tuple[float, ...]
    low: float | None
    high: float | None


def crossing(offers: Sequence[Offer]) -> Crossing:
    """Match the dearest bid with the cheapest ask until they no longer meet.

    Equal prices are served in the order given.
    """
    bids = _ranked(offers, Role.BUYER)
    asks = _ranked(offers, Role.SELLER)
    left = [offer.quantity_mwh for offer in offers]
    last: tuple[int, int] | None = None
    while bids and asks and offers[bids[0]].usd_per_mwh >= offers[asks[0]].usd_per_mwh:
        last = bid, ask = bids[0], asks[0]
        traded = min(left[bid], left[ask])
        for one in last:
            rest = left[one] - traded
            left[one] = rest if rest > _ROUNDING * offers[one].quantity_mwh else 0.0
        bids, asks = _open(bids, left), _open(asks, left)
    matched = tuple(o.quantity_mwh - rest for o, rest in zip(offers, left, strict=True))
    if last is None:
        return Crossing(matched_mwh=matched, low=None, high=None)
    lows = [last[1], *bids[:1]]
    highs = [last[0], *asks[:1]]
    return Crossing(
        matched_mwh=matched,
        low=max(offers[i].usd_per_mwh for i in lows),
        high=min(offers[i].usd_per_mwh for i in highs),
    )


def _ranked(offers: Sequence[Offer], role: Role) -> list[int]:
    """Give the places of one side's offers, best price first."""
    own = [i for i, offer in enumerate(offers) if offer.role is role]
    sign = -1.0 if role is Role.BUYER else 1.0
    return sorted(own, key=lambda i: sign * offers[i].usd_per_mwh)


def _open(ranked: list[int], left: list[float]) -> list[int]:
    """Drop the first offer once it is filled."""
    return ranked if left[ranked[0]] > 0.0 else ranked[1:]
