"""The views of the insights: market, agents, recommendations, sentiment, commentary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.errors import MaraError
from mara.insights.narrator import View
from mara.ui import badges, commands
from mara.ui import format as fmt
from mara.ui.figures.insights import index_figure, margins_figure
from mara.ui.insight_stream import show_reply
from mara.ui.live_chart import chart
from mara.ui.panels.box import panel, table
from mara.ui.panels.insights import reply_panel, told, writer_badge
from mara.ui.tables.insights import headlines_frame

if TYPE_CHECKING:
    from mara.agents.commands import Outcome
    from mara.insights.reply import ReplySoFar
    from mara.services.console import Console
    from mara.services.insights import Insights
    from mara.services.insights_commentary import Commentary
    from mara.services.insights_proposals import Proposal

__all__ = [
    "agents_view",
    "commentary_panel",
    "market_view",
    "recommendations_view",
    "sentiment_view",
]

_SHOWN_COMMENTS: Final = 3
_PAUSE: Final = "insights_commentary_pause"
_INDEX_HELP: Final = (
    "From minus one (dearer power) to one (cheaper): headlines by confidence, halved each 24 h."
)


def market_view(console: Console, insights: Insights) -> None:
    """Show what the market does and what it means for the site."""
    badge = badges.data_badge(console.snapshot().market)
    with panel(
        "General market insights", badge, about="Prices, forecast, oddities, strike ladder."
    ):
        reply_panel(
            insights,
            View.MARKET,
            "Read the market",
            "Level, direction and forecast of prices, and what they mean for each machine class.",
        )


def agents_view(console: Console, insights: Insights) -> None:
    """Show what each agent's decisions were worth today."""
    badge = badges.data_badge(console.snapshot().market)
    about = "Stored decisions of the day against what came, shadow ledgers, perfect foresight."
    with panel("Agent performance", badge, about=about):
        job = reply_panel(
            insights,
            View.AGENTS,
            "Evaluate the agents",
            "Each strategy's shadow profit against perfect foresight, and the forecasts' misses.",
        )
        if job is not None and not job.running:
            _margins(job.so_far, console)


def _margins(so_far: ReplySoFar, console: Console) -> None:
    rows = [
        (f.fact_id.removeprefix("shadow."), f.value)
        for f in so_far.sheet.facts
        if f.fact_id.startswith("shadow.")
    ]
    for fact_id, name in (("books.margin", "site"), ("eval.foresight.margin", "perfect foresight")):
        fact = so_far.sheet.find(fact_id)
        rows += [] if fact is None else [(name, fact.value)]
    if rows:
        currency = console.snapshot().site.labels.currency
        alt = "Margin of the day by strategy, of the site, and with perfect foresight"
        chart(margins_figure, tuple(rows), currency, key="insights_margins", alt=alt)


def recommendations_view(console: Console, insights: Insights) -> None:
    """Show proposals, each valued by the optimiser; a person may send one to the gate."""
    badge = badges.data_badge(console.snapshot().market)
    about = "Gains are re-computed by the optimiser against the decision in force."
    with panel("Strategic recommendations", badge, about=about):
        job = reply_panel(
            insights,
            View.RECOMMENDATIONS,
            "Look for moves",
            "Moves a person could make that the agents do not make by themselves.",
        )
        if job is None or job.running:
            return
        for proposal in insights.proposed(job.job_id):
            _proposal(console, insights, proposal)


def _proposal(console: Console, insights: Insights, proposal: Proposal) -> None:
    site = console.snapshot().site
    form = f"insights_send_{proposal.proposal_id}"

    def send(command_id: str) -> Outcome:
        return insights.send_proposal(
            proposal.proposal_id,
            author=commands.author(),
            command_id=command_id,
            version=commands.seen(),
        )

    with st.container(border=True):
        text, gain, worst, act = st.columns([3, 1, 1, 1.2], vertical_alignment="center")
        text.markdown(f"**{fmt.plain(fmt.prose(proposal.move.text()))}**")
        until = fmt.clock(proposal.expires_at, site.zone)
        text.caption(fmt.plain(f"{proposal.why} · by {proposal.by}, expires {until}"))
        currency = site.labels.currency
        gain.metric("Expected gain", fmt.signed_money(proposal.gain_usd, currency, 2))
        worst.metric("At worst", fmt.signed_money(proposal.worst_usd, currency, 2))
        with act:
            if proposal.gain_usd > 0.0:
                commands.press(form, "Send to the gate", send)
            else:
                st.caption("Gains nothing: not to be sent")
        commands.said(form)


def sentiment_view(console: Console, insights: Insights) -> None:
    """Show headlines, what each says to a buyer of power, and the index over time."""
    badge = badges.Badge(label="ASSUMED", color="orange", help="Claims of others, not market data.")
    with panel("Market sentiment", badge, about="Positive: power gets cheaper for a buyer."):
        words, numbers = st.columns([1.2, 1])
        with words:
            reply_panel(
                insights,
                View.SENTIMENT,
                "Read the headlines",
                "What headlines say to a buyer of power; none of them moves a decision.",
            )
            _take_headlines(insights)
        with numbers:
            times, values = insights.sentiment_index()
            if values:
                st.metric("Index now", fmt.number(values[-1], digits=2), help=_INDEX_HELP)
            if len(times) > 1:
                zone = console.snapshot().site.zone
                alt = "News index over time, from minus one (dearer) to one (cheaper)"
                chart(index_figure, times, values, zone, key="insights_index", alt=alt)
        frame = headlines_frame(insights.headlines(), console.snapshot().site)
        table(
            frame,
            key="insights_headlines",
            alt="Headlines with entity, direction, confidence and quote",
            empty="No headline yet: paste some, or name feeds under insights.news in the settings.",
            height=260,
        )


def _take_headlines(insights: Insights) -> None:
    with st.form("insights_paste_form", clear_on_submit=True, border=False):
        st.text_area(
            "Paste headlines, one a line", key="insights_paste", height=90, max_chars=20_000
        )
        st.form_submit_button("Add headlines", on_click=_pasted, args=(insights,))
    said = st.session_state.get("insights_news_said")
    if said:
        st.caption(fmt.plain(said))
    for problem in insights.news_problems:
        st.caption(fmt.plain(problem))


def _pasted(insights: Insights) -> None:
    try:
        fresh = insights.paste(str(st.session_state.get("insights_paste") or ""))
    except MaraError as error:
        st.session_state["insights_news_said"] = str(error)
        return
    st.session_state["insights_news_said"] = f"{fresh:,} new headlines"


def _paused(commentary: Commentary) -> None:
    commentary.paused = bool(st.session_state[_PAUSE])


def commentary_panel(console: Console, insights: Insights) -> None:
    """Show the newest comments; one commentary serves all sessions."""
    commentary = insights.commentary
    comments = commentary.look()
    by = comments[0][1].so_far.by if comments else insights.standing("shared").narrator
    about = "Each few ticks, and when something happens; nothing is written while nobody looks."
    with panel("Real-time commentary", writer_badge(by), about=about):
        st.session_state[_PAUSE] = commentary.paused
        st.toggle("Pause", key=_PAUSE, on_change=_paused, args=(commentary,))
        if not comments:
            st.caption("The first comment comes with the first tick.")
        zone = console.snapshot().site.zone
        for place, (why, job) in enumerate(comments[:_SHOWN_COMMENTS]):
            at = fmt.clock(job.so_far.sheet.made_at, zone)
            st.caption(fmt.plain(f"{at} · {why}"))
            show_reply(job, key=f"insights_comment_{place}")
            if job.so_far.notices:
                told(job)
