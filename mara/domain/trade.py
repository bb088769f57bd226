"""Orders, trades and postings; money is Decimal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from mara.domain.checks import aware, named
from mara.errors import InvalidValue

__all__ = ["Entry", "Order", "Posting", "Side", "Trade"]


class Side(StrEnum):
    """Direction of a trade, seen from the site."""

    BUY = "buy"
    SELL = "sell"


def _positive(owner: str, field: str, value: Decimal) -> None:
    if not value.is_finite() or value <= 0:
        raise InvalidValue(f"{owner}: {field}={value} must be a positive amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A wish to buy or sell energy for delivery in the interval that begins at `delivery`."""

    order_id: str
    site_id: str
    at: datetime
    side: Side
    quantity_mwh: Decimal
    limit_usd_per_mwh: Decimal
    delivery: datetime
    author: str

    def __post_init__(self) -> None:
        named("Order", "order_id", self.order_id)
        named("Order", "author", self.author)
        aware("Order", "at", self.at)
        aware("Order", "delivery", self.delivery)
        _positive("Order", "quantity_mwh", self.quantity_mwh)
        if not self.limit_usd_per_mwh.is_finite():
            raise InvalidValue(f"Order: limit_usd_per_mwh={self.limit_usd_per_mwh} is no price")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """An order that was filled; it settles at the real-time price of its delivery interval."""

    trade_id: str
    order_id: str
    site_id: str
    at: datetime
    side: Side
    quantity_mwh: Decimal
    price_usd_per_mwh: Decimal
    delivery: datetime

    def __post_init__(self) -> None:
        named("Trade", "trade_id", self.trade_id)
        named("Trade", "order_id", self.order_id)
        aware("Trade", "at", self.at)
        aware("Trade", "delivery", self.delivery)
        _positive("Trade", "quantity_mwh", self.quantity_mwh)
        if not self.price_usd_per_mwh.is_finite():
            raise InvalidValue(f"Trade: price_usd_per_mwh={self.price_usd_per_mwh} is no price")

    @property
    def signed_mwh(self) -> Decimal:
        """Energy bought (positive) or sold (negative)."""
        return self.quantity_mwh if self.side is Side.BUY else -self.quantity_mwh


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One line of an entry: debit positive, credit negative, in whole cents."""

    account: str
    amount: Decimal
    currency: str = "USD"

    def __post_init__(self) -> None:
        named("Posting", "account", self.account)
        if not self.amount.is_finite():
            raise InvalidValue(f"Posting {self.account}: amount={self.amount} is no amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Postings that belong together and sum to zero in each currency.

    `entry_id` is the idempotency key: the same id is booked once, however often it is sent.
    """

    entry_id: str
    site_id: str
    at: datetime
    kind: str
    memo: str
    postings: tuple[Posting, ...]
    reverses: str | None = None

    def __post_init__(self) -> None:
        named("Entry", "entry_id", self.entry_id)
        aware("Entry", "at", self.at)
        totals: dict[str, Decimal] = {}
        for posting in self.postings:
            totals[posting.currency] = totals.get(posting.currency, Decimal(0)) + posting.amount
        if any(totals.values()):
            raise InvalidValue(f"Entry {self.entry_id}: postings sum to {totals}, not to zero")
