"""What every view of the insights shares: the asking, the reply, its cost, key and budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import uuid4

import streamlit as st
from pydantic import SecretStr

from mara.errors import MaraError
from mara.insights.narrator import EndReason, View
from mara.insights.offline.narrator import OFFLINE
from mara.ui import badges
from mara.ui import format as fmt
from mara.ui.insight_stream import show_reply

if TYPE_CHECKING:
    from mara.services.insights import Insights, Standing
    from mara.services.insights_jobs import Job

__all__ = ["asked", "job_of", "reply_panel", "session", "standing_line", "writer_badge"]

_SESSION: Final = "insights_session"
_SAYS: Final = {
    EndReason.STOPPED: "stopped by you",
    EndReason.CUT: "cut",
    EndReason.REFUSED: "declined",
    EndReason.FAILED: "Claude gave no text",
}


def session() -> str:
    """Name this browser's session for money, keys and conversation; nothing else hangs on it."""
    return str(st.session_state.setdefault(_SESSION, uuid4().hex))


def job_of(insights: Insights, view: View) -> Job | None:
    """Find the newest reply of a view in this session."""
    job_id = st.session_state.get(f"insights_job_{view}")
    return None if job_id is None else insights.job(job_id)


def asked(insights: Insights, view: View) -> None:
    """Ask for a view; an older reply that still runs is stopped."""
    before = job_of(insights, view)
    if before is not None:
        before.stop()
    st.session_state[f"insights_job_{view}"] = insights.ask(view, session()).job_id


def reply_panel(insights: Insights, view: View, label: str, invite: str) -> Job | None:
    """Put the button that asks, the button that stops, and the reply; give the reply."""
    job = job_of(insights, view)
    running = job is not None and job.running
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            label,
            key=f"insights_ask_{view}",
            type="primary",
            on_click=asked,
            args=(insights, view),
        )
        if job is not None:
            stop_button(insights, job, f"insights_stop_{view}", disabled=not running)
    if job is None:
        st.caption(invite)
        return None
    show_reply(job, key=f"insights_reply_{view}")
    told(job)
    return job


def stop_button(insights: Insights, job: Job, key: str, *, disabled: bool = False) -> None:
    """Put the button that stops a reply."""
    st.button("Stop", key=key, on_click=insights.stop, args=(job.job_id,), disabled=disabled)


def told(job: Job) -> None:
    """Say who wrote a reply, how it ended, what was traced and what it cost."""
    so_far = job.so_far
    for notice in so_far.notices:
        st.warning(fmt.plain(notice), icon=":material/info:")
    if so_far.ended is None:
        return
    ended = so_far.ended
    parts = [
        f"by {so_far.by}",
        f"{so_far.traced:,} figures traced",
        *([f"{so_far.untraced:,} marked as untraced"] if so_far.untraced else []),
        *([_SAYS[ended.reason]] if ended.reason in _SAYS else []),
        *(
            [f"{ended.usage.total:,} tokens, {ended.cost_usd:,.4f} USD"]
            if ended.usage.total
            else []
        ),
    ]
    st.caption(fmt.plain(" · ".join(parts)))


def writer_badge(by: str) -> badges.Badge:
    """Say whose words these are."""
    if by == OFFLINE:
        help_text = "Composed by MARA from the facts, without Claude."
        return badges.Badge(label=OFFLINE, color="gray", help=help_text)
    help_text = "Written by Claude from the facts; every figure is checked before it is shown."
    return badges.Badge(label=fmt.plain(by), color="violet", help=help_text)


def standing_line(insights: Insights) -> None:
    """Show who writes, what was spent of what, and the field for a key."""
    standing = insights.standing(session())
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        badges.show(writer_badge(standing.narrator))
        st.markdown(f":small[:gray[{fmt.plain(_money(standing))}]]", width="content")
        if standing.held_back:
            st.badge("Claude held back", color="orange", help=fmt.plain(standing.held_back))
        with st.popover("Key and budget", width="content"):
            _key_form(insights, standing)


def _money(standing: Standing) -> str:
    spent, day, budget = standing.session, standing.day, standing.budget
    return (
        f"this session {spent.usd:,.4f} of {budget.session_usd:,.2f} USD, {spent.usage.total:,} "
        f"tokens · today {day.usd:,.4f} of {budget.day_usd:,.2f} USD"
    )


def _key_form(insights: Insights, standing: Standing) -> None:
    whose = "this session's key" if standing.own_key else "the key of the settings"
    st.caption(
        "No key: all texts are composed offline."
        if standing.narrator == OFFLINE
        else fmt.plain(f"{standing.narrator} writes, with {whose}.")
    )
    with st.form("insights_key_form", clear_on_submit=True, border=False):
        st.text_input("Anthropic API key for this session", type="password", key="insights_key")
        st.caption("Kept in memory for this session alone: never stored, never logged.")
        st.form_submit_button("Use this key", on_click=_take_key, args=(insights,))
    if standing.own_key:
        st.button("Forget my key", on_click=insights.forget_key, args=(session(),))
    said = st.session_state.get("insights_key_said")
    if said:
        st.info(fmt.plain(said))


def _take_key(insights: Insights) -> None:
    """Hand the key to the insights; the field is emptied by its form."""
    typed = SecretStr(str(st.session_state.get("insights_key") or ""))
    st.session_state["insights_key"] = ""
    try:
        insights.give_key(session(), typed)
    except MaraError as error:
        st.session_state["insights_key_said"] = str(error)
        return
    st.session_state["insights_key_said"] = "The key is in use for this session."
