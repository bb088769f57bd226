"""Orders, trades, postings and balances."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd

from mara.ui.tables.columns import at_header, local_times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.domain import Order, Site, Trade
    from mara.ledger.values import BookedPosting

__all__ = ["balances_frame", "orders_frame", "postings_frame", "trades_frame", "trial_balance"]


def orders_frame(orders: Sequence[Order], site: Site) -> pd.DataFrame:
    """List orders as they were asked for."""
    return pd.DataFrame(
        {
            at_header(site): local_times((o.at for o in orders), site),
            "Side": [o.side.value for o in orders],
            "Quantity (MWh)": [o.quantity_mwh for o in orders],
            "Limit (USD/MWh)": [o.limit_usd_per_mwh for o in orders],
            at_header(site, "Delivery"): local_times((o.delivery for o in orders), site),
            "Author": [o.author for o in orders],
            "Order": [o.order_id for o in orders],
        }
    )


def trades_frame(trades: Sequence[Trade], site: Site) -> pd.DataFrame:
    """List trades as they were filled."""
    return pd.DataFrame(
        {
            at_header(site): local_times((t.at for t in trades), site),
            "Side": [t.side.value for t in trades],
            "Quantity (MWh)": [t.quantity_mwh for t in trades],
            "Price (USD/MWh)": [t.price_usd_per_mwh for t in trades],
            at_header(site, "Delivery"): local_times((t.delivery for t in trades), site),
            "Trade": [t.trade_id for t in trades],
        }
    )


def postings_frame(postings: Sequence[BookedPosting], site: Site) -> pd.DataFrame:
    """List the journal's lines: debit positive, credit negative."""
    return pd.DataFrame(
        {
            "Entry": [p.seq for p in postings],
            at_header(site): local_times((p.at for p in postings), site),
            "Account": [p.account for p in postings],
            f"Amount ({site.labels.currency}, debit positive)": [p.amount for p in postings],
            "Kind": [p.kind for p in postings],
            "Memo": [p.memo for p in postings],
        }
    )


def balances_frame(balances: Sequence[tuple[str, Decimal]], currency: str) -> pd.DataFrame:
    """List the balance of each account."""
    return pd.DataFrame(
        {
            "Account": [account for account, _ in balances],
            f"Balance ({currency}, debit positive)": [amount for _, amount in balances],
        }
    )


def trial_balance(balances: Sequence[tuple[str, Decimal]]) -> Decimal:
    """Sum all balances: zero, where the books are whole."""
    return sum((amount for _, amount in balances), Decimal("0.00"))
