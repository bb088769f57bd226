"""Auctions: who wins, who pays what, and whether lying pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mara.services.games_vcg import Auctioned
from mara.ui import format as fmt
from mara.ui.figures.games_vcg import crossing_figure, lie_figure, payments_figure
from mara.ui.panels.box import panel
from mara.ui.panels.games_parts import in_words, picture, result
from mara.ui.panels.games_work import auctioned, lied
from mara.ui.tables.games import auction_frame, exchange_frame, lie_frame

if TYPE_CHECKING:
    from mara.services.games_vcg import Exchanged

__all__ = ["vcg_answer"]


def vcg_answer(document: str) -> None:
    """Solve the auction and show who pays what."""
    answer = auctioned(document)
    if answer is None:
        return
    if isinstance(answer, Auctioned):
        _auction(document, answer)
    else:
        _exchange(answer)


def _auction(document: str, answer: Auctioned) -> None:
    found = answer.outcome
    fair = found.individually_rational
    with st.container(horizontal=True, gap="medium"):
        st.metric("Welfare", fmt.money(found.welfare, digits=2), width="content")
        st.metric("Revenue", fmt.money(found.revenue, digits=2), width="content")
        st.metric("Individually rational", "yes" if fair else "no", width="content")
        st.metric("Budget", "not negative" if found.budget_balanced else "short", width="content")
    left, right = st.columns(2)
    with left, panel("Payments"):
        picture(payments_figure, answer, key="payments", alt="What each bidder pays and keeps")
    with right, panel("Does lying pay?", about="All others report as in the table."):
        bidder = st.selectbox("Bidder", found.bidders, key="games_vcg_bidder")
        lie = None if bidder is None else lied(document, str(bidder))
        if lie is not None:
            picture(lie_figure, lie, key="lie", alt="True gain by what the bidder reports")
    in_words(answer.words if lie is None else (*answer.words, *lie.words))
    result(auction_frame(answer), key="vcg_bids", alt="Every bid with its fate", title="Bids")
    if lie is not None:
        result(
            lie_frame(lie),
            key="vcg_reports",
            alt="What each report leads to",
            title="Reports tried",
        )


def _exchange(answer: Exchanged) -> None:
    one = answer.uniform
    with st.container(horizontal=True, gap="medium"):
        st.metric("Traded", fmt.number(one.quantity_mwh, "MWh", 2), width="content")
        st.metric("One price", fmt.price(one.usd_per_mwh, "USD/MWh"), width="content")
        st.metric("Gain of trade", fmt.money(one.welfare_usd, digits=2), width="content")
        kept = fmt.money(answer.own.revenue_usd, digits=2)
        st.metric("Kept by the operator, pay as bid", kept, width="content")
    with panel("Bids and asks"):
        picture(crossing_figure, answer, key="crossing", alt="Bids and asks by price")
    in_words(answer.words)
    frame = exchange_frame(answer)
    result(frame, key="vcg_offers", alt="What each offer trades and gains", title="Offers")
