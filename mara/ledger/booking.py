"""What a settlement or a trade is in the books.

Accounts: `assets:cash` against `income:*` and `expense:*`. Debits are positive: 100 USD earned
with hashes is +100 on `assets:cash` and -100 on `income:hash`.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Final

from mara.domain import Entry, Posting
from mara.ledger.settlements import settlement_entry_id
from mara.units import CENT, money

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mara.domain import Settlement, Trade

__all__ = [
    "CASH",
    "TRADING",
    "entries_of",
    "entry_of_trade",
    "gain_of_trade",
    "in_cents",
    "trade_entry_id",
]

CASH: Final = "assets:cash"
TRADING: Final = "income:trading"


def entries_of(settlement: Settlement, currency: str) -> tuple[Entry, ...]:
    """Book the cash items of an interval as one balanced entry; nothing where no cash moved.

    The memo says it where the interval's figures are an estimate.
    """
    postings = _against_cash(in_cents(settlement), currency)
    if not postings:
        return ()
    entry = Entry(
        entry_id=settlement_entry_id(settlement),
        site_id=settlement.site_id,
        at=settlement.at,
        kind="settlement",
        memo=f"interval of {settlement.hours * 60:g} min{_flag(settlement.estimated)}",
        postings=postings,
    )
    return (entry,)


def in_cents(settlement: Settlement) -> list[tuple[str, Decimal]]:
    """Round the cash items of an interval to cents, so that they sum to its rounded margin.

    Law: cash is the margin rounded once, by `mara.units.money`; each item is rounded too, and the
    largest takes the cent or two that the rounded items differ from cash.
    """
    items = [(item.account, money(item.amount_usd)) for item in settlement.cash]
    rest = money(settlement.margin_usd) - sum((amount for _, amount in items), start=Decimal(0))
    if rest:
        largest = max(range(len(items)), key=lambda i: abs(items[i][1]))
        account, amount = items[largest]
        items[largest] = (account, amount + rest)
    return items


def trade_entry_id(trade: Trade) -> str:
    """Name the entry that settles a trade."""
    return f"settle:{trade.trade_id}"


def gain_of_trade(trade: Trade, settle_price_usd_per_mwh: float) -> Decimal:
    """Give the P&L of a trade at the real-time price of its delivery interval.

    Law: P&L = signed MWh x (settle price - fill price), rounded half to even to the cent; what is
    bought gains when the price rises.
    """
    settle_price = Decimal(repr(settle_price_usd_per_mwh))
    gain = trade.signed_mwh * (settle_price - trade.price_usd_per_mwh)
    return gain.quantize(CENT, rounding=ROUND_HALF_EVEN)


def entry_of_trade(
    trade: Trade, settle_price_usd_per_mwh: float, currency: str, *, estimated: bool = False
) -> Entry | None:
    """Book `gain_of_trade`; None where it nets to zero.

    `estimated` says that the settle price is: the memo tells it.
    """
    gain = gain_of_trade(trade, settle_price_usd_per_mwh)
    postings = _against_cash([(TRADING, gain)], currency)
    if not postings:
        return None
    return Entry(
        entry_id=trade_entry_id(trade),
        site_id=trade.site_id,
        at=trade.delivery,
        kind="trade",
        memo=f"{trade.side} {trade.quantity_mwh} MWh at {trade.price_usd_per_mwh}, settled at "
        f"{settle_price_usd_per_mwh} per MWh{_flag(estimated)}",
        postings=postings,
    )


def _flag(estimated: bool) -> str:  # noqa: FBT001
    return ", estimated" if estimated else ""


def _against_cash(items: Iterable[tuple[str, Decimal]], currency: str) -> tuple[Posting, ...]:
    moved = [(account, amount) for account, amount in items if amount]
    if not moved:
        return ()
    cash = sum((amount for _, amount in moved), start=Decimal(0))
    return (
        Posting(account=CASH, amount=cash, currency=currency),
        *(Posting(account=account, amount=-amount, currency=currency) for account, amount in moved),
    )
