"""Buying and selling energy: the form, and what came of earlier orders."""

from __future__ import annotations

import math
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.ui import commands
from mara.ui import format as fmt
from mara.ui.panels.box import panel, table
from mara.ui.tables.trading import balances_frame, orders_frame, postings_frame, trades_frame
from mara.units import usd_per_mwh_to_cents_per_kwh

if TYPE_CHECKING:
    from decimal import Decimal

    from mara.agents.commands import Outcome
    from mara.services.console import Console

__all__ = ["books_panel", "orders_panel", "trade_panel"]

_ROWS: Final = 200
_SUFFIXES: Final = ("csv", "parquet")
_STEP_CENTS: Final = 0.25
_CENTS_UNKNOWN: Final = 5.0


def trade_panel(console: Console) -> None:
    """Buy or sell energy for the next interval, once a press."""

    def trade(command_id: str) -> Outcome:
        return console.execute_trade(
            amount_kwh=st.session_state["trading_amount"],
            cents_per_kwh=st.session_state["trading_price"],
            side=st.session_state["trading_side"],
            command_id=command_id,
            author=commands.author(),
            version=commands.seen(),
        )

    about = (
        "Filled at the market's price with the stated spread, never worse than your limit, which "
        "begins a step above the market."
    )
    with panel("Trade energy", about=about), st.form("trading_trade_form", border=False):
        st.segmented_control(
            "Side", ["buy", "sell"], default="buy", required=True, key="trading_side"
        )
        amount, price = st.columns(2)
        amount.number_input(
            "Amount (kWh)", min_value=1.0, value=1_000.0, step=100.0, key="trading_amount"
        )
        st.session_state.setdefault("trading_price", _above_market(console))
        price.number_input(
            "Limit (cents/kWh)", step=_STEP_CENTS, format="%.2f", key="trading_price"
        )
        commands.submit("trading_trade", "Send order", trade)
        commands.said("trading_trade")


def _above_market(console: Console) -> float:
    """Give a limit at which a purchase is filled now, in whole steps."""
    tick = console.market().tick
    if tick is None:
        return _CENTS_UNKNOWN
    market_cents = usd_per_mwh_to_cents_per_kwh(tick.energy_usd_per_mwh)
    return (math.floor(market_cents / _STEP_CENTS) + 2) * _STEP_CENTS


def orders_panel(console: Console) -> None:
    """List orders with what came of them, and trades."""
    site = console.snapshot().site
    with panel("Orders", about="Each order is written down before it is sent."):
        table(
            orders_frame(console.orders(_ROWS), site),
            key="trading_orders",
            alt="Orders, newest first",
            empty="No order was ever sent. The form above sends one.",
        )
    with panel("Trades", about="Filled orders; each settles at the price of its interval."):
        table(
            trades_frame(console.trades(_ROWS), site),
            key="trading_trades",
            alt="Trades, newest first",
            empty="No trade yet.",
        )


def books_panel(console: Console) -> None:
    """Show balances, the trial balance and the newest postings."""
    site = console.snapshot().site
    total = console.trial_balance()
    about = "Double entry, append-only. The trial balance sums all postings ever made."
    balances, journal = st.columns([1, 2.2])
    with balances, panel("Balances", about=about):
        st.metric("Trial balance", fmt.money(total, site.labels.currency, 2))
        _verdict(total)
        table(
            balances_frame(console.balances(), site.labels.currency),
            key="trading_balances",
            alt="Balance of each account",
            empty="Nothing is booked yet.",
        )
    with journal, panel("Postings", about="Debit positive, credit negative; newest first."):
        table(
            postings_frame(console.postings(_ROWS), site),
            key="trading_postings",
            alt="Newest postings",
            empty="Nothing is booked yet.",
            height=420,
        )
        _exports(console)


def _verdict(total: Decimal) -> None:
    if total:
        st.error("The books do not balance. Stop trading and run `python -m mara doctor`.")
    else:
        st.caption(":green[:material/check_circle:] The books balance to the cent.")


def _exports(console: Console) -> None:
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.caption("The whole ledger:", width="content")
        for kind, suffix in product(("postings", "ticks", "decisions", "flows"), _SUFFIXES):
            st.download_button(
                f"{kind} ({suffix})",
                partial(console.exported, kind, suffix),
                file_name=f"mara_{kind}.{suffix}",
                key=f"trading_export_{kind}_{suffix}",
                on_click="ignore",
                type="tertiary",
            )
