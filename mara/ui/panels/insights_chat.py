"""The chat: questions about the running system, tool calls shown, charts from their results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.insights.narrator import View
from mara.insights.render import figure_text
from mara.ui import badges
from mara.ui import format as fmt
from mara.ui.figures.insights import series_figure
from mara.ui.insight_stream import show_reply
from mara.ui.live_chart import chart
from mara.ui.panels.box import panel
from mara.ui.panels.insights import session, stop_button, told

if TYPE_CHECKING:
    from mara.insights.tools import ToolCall
    from mara.services.console import Console
    from mara.services.insights import Insights
    from mara.services.insights_jobs import Job

__all__ = ["chat_view"]

_KEY: Final = "insights_chat"
_SHOWN: Final = 8
_SHOWN_FACTS: Final = 12
_ABOUT: Final = (
    "Tools read the state or simulate beside it; none of them acts. Figures that no fact stands "
    "behind are struck out."
)


def chat_view(console: Console, insights: Insights) -> None:
    """Show the conversation and the field to ask."""
    with panel("Chat", badges.data_badge(console.snapshot().market), about=_ABOUT):
        history: list[tuple[str, str]] = st.session_state.setdefault(_KEY, [])
        asked = st.chat_input(
            "Ask about the running system", key="insights_question", max_chars=1_000
        )
        if asked:
            job = insights.ask(View.CHAT, session(), asked)
            history.append((asked, job.job_id))
            del history[:-_SHOWN]
        if not history:
            st.caption(
                "For example: why does the battery wait? What if power costs 300 USD/MWh? What is "
                "the forecast of the price?"
            )
        for place, (question, job_id) in enumerate(history):
            _exchange(console, insights, question, insights.job(job_id), place)
        if history:
            st.button("Start afresh", key="insights_afresh", on_click=_afresh, args=(insights,))


def _afresh(insights: Insights) -> None:
    insights.restart_chat(session())
    st.session_state[_KEY] = []


def _exchange(
    console: Console, insights: Insights, question: str, job: Job | None, place: int
) -> None:
    with st.chat_message("user"):
        st.markdown(fmt.plain(question))
    with st.chat_message("assistant"):
        if job is None:
            st.caption("This reply is no longer kept.")
            return
        show_reply(job, key=f"insights_chat_{job.job_id}")
        if job.running:
            stop_button(insights, job, f"insights_stop_{job.job_id}")
        for number, call in enumerate(job.so_far.calls):
            _call(console, call, f"{place}_{number}")
        told(job)


def _call(console: Console, call: ToolCall, key: str) -> None:
    result = call.result
    outcome = "failed" if result is None else result.text
    with st.expander(fmt.plain(f"Tool {call.name}: {outcome}"), icon=":material/build:"):
        st.code(call.arguments, language="json")
        if call.error is not None:
            st.markdown(fmt.plain(call.error))
        if result is not None and result.facts:
            rows = [{"Fact": f.label, "Value": figure_text(f)} for f in result.facts[:_SHOWN_FACTS]]
            st.dataframe(rows, hide_index=True, key=f"insights_call_{key}")
    if result is not None and result.series:
        names = ", ".join(series.name for series in result.series)
        zone = console.snapshot().site.zone
        chart(
            series_figure,
            result.series,
            zone,
            key=f"insights_series_{key}",
            alt=f"Chart of {names}",
        )
