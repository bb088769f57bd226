"""A sale of several goods: what there is, and what each bidder would pay for which bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mara.domain.checks import named, non_negative, positive
from mara.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Bid", "Market", "bundle_bid", "capacity_market", "single_item"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bid:
    """`bidder` reports `value` for the quantities together; at most one of his bids is accepted."""

    bidder: str
    quantities: tuple[tuple[str, float], ...]
    value: float

    def __post_init__(self) -> None:
        named("Bid", "bidder", self.bidder)
        owner = f"Bid of {self.bidder}"
        non_negative(owner, "value", self.value)
        if not self.quantities:
            raise InvalidValue(f"{owner}: the bundle is empty; name one item or more")
        items = [item for item, _ in self.quantities]
        if len(set(items)) < len(items):
            raise InvalidValue(f"{owner}: an item stands twice in the bundle {items}")
        for item, quantity in self.quantities:
            positive(owner, f"quantity of {item}", quantity)

    @property
    def items(self) -> tuple[str, ...]:
        """Items of the bundle."""
        return tuple(item for item, _ in self.quantities)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Supply by item, in the item's own unit, and the bids on it."""

    supply: tuple[tuple[str, float], ...]
    bids: tuple[Bid, ...]

    def __post_init__(self) -> None:
        if not self.supply:
            raise InvalidValue("Market: there is no item; name one or more")
        known = dict(self.supply)
        if len(known) < len(self.supply):
            raise InvalidValue("Market: an item is named twice; use distinct names")
        for item, quantity in self.supply:
            named("Market", "item", item)
            positive("Market", f"supply of {item}", quantity)
        for bid in self.bids:
            strange = next((item for item in bid.items if item not in known), None)
            if strange is not None:
                raise InvalidValue(
                    f"Market: {bid.bidder} bids on {strange!r}, which is not for sale; items are "
                    f"{', '.join(known)}"
                )

    @property
    def bidders(self) -> tuple[str, ...]:
        """Bidders in the order of their first bids."""
        return tuple(dict.fromkeys(bid.bidder for bid in self.bids))


def bundle_bid(bidder: str, items: Iterable[str], value: float) -> Bid:
    """Bid on one of each of `items`."""
    return Bid(bidder=bidder, quantities=tuple((item, 1.0) for item in items), value=value)


def single_item(item: str, values: Mapping[str, float]) -> Market:
    """Offer one item to bidders who report `values`."""
    bids = tuple(bundle_bid(bidder, [item], value) for bidder, value in values.items())
    return Market(supply=((item, 1.0),), bids=bids)


def capacity_market(
    name: str, capacity: float, demands: Mapping[str, Sequence[tuple[float, float]]]
) -> Market:
    """Offer `capacity` of one good; `demands` holds (quantity, value of all of it) by bidder."""
    bids = tuple(
        Bid(bidder=bidder, quantities=((name, quantity),), value=value)
        for bidder, wanted in demands.items()
        for quantity, value in wanted
    )
    return Market(supply=((name, capacity),), bids=bids)
