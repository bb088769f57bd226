"""Leaders and followers: what choosing first is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mara.services.games import tiny
from mara.services.games_stackelberg import Led, TariffAnswer
from mara.ui import format as fmt
from mara.ui.figures.games_stackelberg import (
    commitment_figure,
    leading_figure,
    profits_figure,
    taken_figure,
    tariff_figure,
)
from mara.ui.panels.box import panel
from mara.ui.panels.games_parts import in_words, picture, result
from mara.ui.panels.games_work import led
from mara.ui.tables.games import commitment_frame, led_frame, tariff_frame

if TYPE_CHECKING:
    from mara.services.games_stackelberg import CommitmentAnswer

__all__ = ["stackelberg_answer"]


def stackelberg_answer(document: str) -> None:
    """Solve the game and show what the lead is worth."""
    answer = led(document)
    if answer is None:
        return
    if isinstance(answer, Led):
        _led(answer)
    elif isinstance(answer, TariffAnswer):
        _tariff(answer)
    else:
        _committed(answer)


def _led(answer: Led) -> None:
    ours, level = answer.led, answer.level
    gain = sum(ours.leader_profits) - sum(level.leader_profits)
    with st.container(horizontal=True, gap="medium"):
        st.metric("Price", fmt.number(ours.price, "USD/MWh", 2), width="content")
        st.metric("Leaders' profit", fmt.money(sum(ours.leader_profits), digits=2), width="content")
        st.metric("Worth of the lead", fmt.signed_money(gain, digits=2), width="content")
        st.metric("Regret", f"{tiny(ours.regret)} USD", width="content")
    left, right = st.columns(2)
    with left, panel("Reaction functions"):
        picture(leading_figure, answer, key="leading", alt="Reaction functions and both outcomes")
    with right, panel("Profits"):
        picture(profits_figure, answer, key="profits", alt="Profits with a lead and without")
    in_words(answer.words)
    frame = led_frame(answer)
    result(frame, key="stackelberg", alt="Quantities and profits by firm", title="Firms")


def _tariff(answer: TariffAnswer) -> None:
    gain = answer.hourly.profit_usd - answer.flat.profit_usd
    with st.container(horizontal=True, gap="medium"):
        st.metric("Utility earns", fmt.money(answer.hourly.profit_usd, digits=2), width="content")
        st.metric("Over one price", fmt.signed_money(gain, digits=2), width="content")
        st.metric("Regret of sites", f"{tiny(answer.hourly.regret_usd)} USD", width="content")
    left, right = st.columns(2)
    with left, panel("Prices"):
        picture(tariff_figure, answer, key="tariff", alt="Wholesale price and tariff by hour")
    with right, panel("What sites take"):
        picture(taken_figure, answer, key="taken", alt="Power taken by site and hour")
    in_words(answer.words)
    frame = tariff_frame(answer)
    result(frame, key="tariff_table", alt="Prices and power taken by hour", title="Hours")


def _committed(answer: CommitmentAnswer) -> None:
    found = answer.found
    with st.container(horizontal=True, gap="medium"):
        st.metric("Leader gets", fmt.number(found.leader_payoff, digits=4), width="content")
        st.metric("Best single row", fmt.number(found.pure_payoff, digits=4), width="content")
        st.metric("Follower answers", f"column {found.answer + 1}", width="content")
    with panel("What to commit to"):
        picture(commitment_figure, answer, key="commitment", alt="Leader's payoff by commitment")
    in_words(answer.words)
    frame = commitment_frame(answer)
    result(frame, key="commitment_table", alt="Weights and payoffs by row", title="Rows")
