"""The agents: how they are doing, and what they said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.ui import format as fmt
from mara.ui.panels.box import live_table, panel, table
from mara.ui.tables.agents import agents_frame, notes_frame

if TYPE_CHECKING:
    from mara.agents.snapshot import AgentMetrics, Snapshot

__all__ = ["agents_panel", "notes_panel", "pipeline_panel"]

_STATION_PX: Final = 178
_SHOWN: Final = 84


def agents_panel(snapshot: Snapshot) -> None:
    """Tabulate each agent's metrics, under those of the whole system."""
    about = (
        "Latency and queue of each agent; the score is its shadow profit less the strike rule's."
    )
    with panel("System and agents", about=about):
        _system(snapshot)
        live_table(
            agents_frame,
            snapshot,
            key="real_time_agents",
            alt="Metrics of each agent",
            empty="No agent has reported yet.",
        )


def _system(snapshot: Snapshot) -> None:
    pace = snapshot.pace
    with st.container(horizontal=True, gap="medium"):
        st.metric("Decisions", fmt.number(snapshot.ticks, digits=0), width="content")
        st.metric("Tick to decision, p50", _ms(pace.decide_ms_p50), width="content")
        st.metric("p99", _ms(pace.decide_ms_p99), width="content")
        st.metric("Tick to durable, p50", _ms(pace.durable_ms_p50), width="content")
        st.metric("p99", _ms(pace.durable_ms_p99), width="content")
        pending = fmt.number(snapshot.books.pending_intents, digits=0)
        st.metric("Open intents", pending, width="content")
        st.metric("Market time run", fmt.age(snapshot.clock - snapshot.started_at), width="content")


def _ms(value: float | None) -> str:
    return fmt.number(value, "ms", 1)


def pipeline_panel(snapshot: Snapshot) -> None:
    """Show the agents in the order in which a tick passes them, with their last messages."""
    with panel("Pipeline", about="A tick passes the agents from left to right."):
        if not snapshot.agents:
            st.caption("No agent has reported yet.")
            return
        said = {note.agent: note.text for note in snapshot.notes}
        with st.grid("auto", min_column_width=180, gap="small"):
            for agent in snapshot.agents:
                _station(agent, said.get(agent.name, "nothing yet"))


def _station(agent: AgentMetrics, message: str) -> None:
    health = ":red-badge[circuit open]" if agent.circuit_open else ":green-badge[running]"
    with st.container(border=True, gap="xsmall", height=_STATION_PX):
        st.markdown(f"**{fmt.plain(fmt.words(agent.name))}** {health}")
        st.caption(
            f"{fmt.number(agent.decisions, 'answers', 0)} · {_ms(agent.latency_ms_p50)}  \n"
            f"queue {agent.queue} · errors {agent.errors}"
        )
        st.markdown(f":small[{fmt.plain(fmt.prose(message, most=_SHOWN))}]")


def notes_panel(snapshot: Snapshot) -> None:
    """List the newest messages of all agents."""
    with panel("Messages", about="What agents saw, said and did, newest first."):
        table(
            notes_frame(snapshot),
            key="trading_notes",
            alt="Messages of the agents, newest first",
            empty="No message yet.",
            height=320,
        )
