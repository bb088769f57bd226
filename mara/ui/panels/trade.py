"""Buying and selling energy: the form, and what came of earlier orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mara.ui import commands
from mara.ui.panels.box import panel, table
from mara.ui.tables.trading import (
    balances_frame,
    orders_frame,
    postings_frame,
    trades_frame,
    trial_balance,
)

if TYPE_CHECKING:
    from mara.agents.commands import Outcome
    from mara.services.console import Console

__all__ = ["books_panel", "orders_panel", "trade_panel"]

_ROWS = 200


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

    about = "Filled at the market's price with the stated spread, never worse than your limit."
    with panel("Trade energy", about=about), st.form("trading_trade_form", border=False):
        st.segmented_control(
            "Side", ["buy", "sell"], default="buy", required=True, key="trading_side"
        )
        amount, price = st.columns(2)
        amount.number_input(
            "Amount (kWh)", min_value=1.0, value=1_000.0, step=100.0, key="trading_amount"
        )
        price.number_input(
            "Limit (cents/kWh)", value=5.0, step=0.25, format="%.2f", key="trading_price"
        )
        commands.submit("trading_trade", "Send order", trade)
        commands.said("trading_trade")
