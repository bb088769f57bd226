"""How the agents are doing, and what they said last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mara.ui.format import prose, words
from mara.ui.tables.columns import at_header, local_times

if TYPE_CHECKING:
    from mara.agents.snapshot import AgentMetrics, Snapshot

__all__ = ["agents_frame", "notes_frame"]


def agents_frame(snapshot: Snapshot) -> pd.DataFrame:
    """List each agent's decisions, latency, queue, errors and score."""
    return pd.DataFrame(
        [_row(agent) for agent in snapshot.agents],
        columns=[
            "Agent",
            "Health",
            "Decisions",
            "Latency p50 (ms)",
            "Latency p99 (ms)",
            "Message p99 (ms)",
            "Queue",
            "Errors",
            "Restarts",
            "Heartbeat (s ago)",
            "Score",
            "Score unit",
        ],
    )


def _row(agent: AgentMetrics) -> tuple[object, ...]:
    return (
        words(agent.name),
        "circuit open" if agent.circuit_open else "running",
        agent.decisions,
        round(agent.latency_ms_p50, 2),
        round(agent.latency_ms_p99, 2),
        round(agent.message_ms_p99, 2),
        agent.queue,
        agent.errors,
        agent.restarts,
        round(agent.heartbeat_age_s, 1),
        None if agent.score is None else round(agent.score, 2),
        agent.score_unit,
    )


def notes_frame(snapshot: Snapshot) -> pd.DataFrame:
    """List what agents saw, said and did, newest first."""
    notes = snapshot.notes[::-1]
    return pd.DataFrame(
        {
            at_header(snapshot.site): local_times((n.at for n in notes), snapshot.site),
            "Agent": [words(n.agent) for n in notes],
            "Message": [prose(n.text) for n in notes],
        }
    )
