"""Orders, trades, postings and balances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mara.ui.tables.columns import at_header, local_times

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from mara.domain import Intent, Outcome, Site, Trade
    from mara.ledger.values import BookedPosting

__all__ = ["balances_frame", "orders_frame", "postings_frame", "trades_frame"]


def orders_frame(orders: Sequence[tuple[Intent, Outcome | None]], site: Site) -> pd.DataFrame:
    """List orders as they were asked for, with the newest word on each."""
    asked = [(intent.order, said) for intent, said in orders if intent.order is not None]
    currency = site.labels.currency
    return pd.DataFrame(
        {
            at_header(site): local_times((o.at for o, _ in asked), site),
            "Side": [o.side.value for o, _ in asked],
            "Quantity (MWh)": [o.quantity_mwh for o, _ in asked],
            f"Limit ({currency}/MWh)": [o.limit_usd_per_mwh for o, _ in asked],
            at_header(site, "Delivery"): local_times((o.delivery for o, _ in asked), site),
            "Came of it": ["open" if said is None else said.kind.lower() for _, said in asked],
            "Detail": ["" if said is None else said.rule or said.detail for _, said in asked],
            "Author": [o.author for o, _ in asked],
        }
    )


def trades_frame(trades: Sequence[Trade], site: Site) -> pd.DataFrame:
    """List trades as they were filled."""
    return pd.DataFrame(
        {
            at_header(site): local_times((t.at for t in trades), site),
            "Side": [t.side.value for t in trades],
            "Quantity (MWh)": [t.quantity_mwh for t in trades],
            f"Price ({site.labels.currency}/MWh)": [t.price_usd_per_mwh for t in trades],
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


def balances_frame(balances: Mapping[str, Decimal], currency: str) -> pd.DataFrame:
    """List the balance of each account."""
    return pd.DataFrame(
        {
            "Account": list(balances),
            f"Balance ({currency}, debit positive)": list(balances.values()),
        }
    )
