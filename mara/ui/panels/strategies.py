"""The strategies: what each proposes, and how much each is trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mara.ui import badges
from mara.ui import format as fmt
from mara.ui.figures.weights import weights_figure
from mara.ui.live_chart import chart
from mara.ui.panels.box import downloads, panel, prepared
from mara.ui.tables.strategies import proposals_beside, proposals_frame

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot

__all__ = ["proposals_panel", "weights_panel"]


def proposals_panel(snapshot: Snapshot) -> None:
    """Lay the proposals side by side, and name what was decided."""
    about = "What each strategy wants for this interval, and what it expects over its horizon."
    with panel("Proposals", badges.data_badge(snapshot.market), about=about):
        if snapshot.verdict is not None:
            decided = snapshot.verdict.decision
            st.markdown(
                f"Decided at **{fmt.moment(decided.tick_at, snapshot.site.zone)}**: "
                f"**{fmt.plain(fmt.words(decided.chosen))}** "
                f":gray[by {fmt.plain(decided.resolved_by)}.] {fmt.plain(fmt.prose(decided.reason))}"
            )
        ready = prepared(proposals_frame, snapshot)
        if ready.frame.empty:
            st.caption("No strategy has proposed yet: the safe controller decides alone.")
            return
        beside = prepared(proposals_beside, snapshot)
        st.table(beside.arrow, border="horizontal", hide_index=True, alt="Proposals side by side")
        downloads(ready.frame, "trading_proposals")


def weights_panel(snapshot: Snapshot) -> None:
    """Chart the weights of the strategies."""
    about = "Multiplicative weights: what earned more on the same ticks is trusted more."
    with panel("Weights", about=about):
        if not snapshot.weights:
            st.caption("No weight is learnt yet.")
            return
        best = max(snapshot.weights, key=lambda weight: weight.weight)
        alt = f"{fmt.words(best.agent)} is trusted most, {fmt.percent(best.weight)}"
        chart(weights_figure, snapshot, key="trading_weights", alt=alt)
        st.caption(_earned(snapshot))


def _earned(snapshot: Snapshot) -> str:
    currency = snapshot.site.labels.currency
    lines = [
        f"{fmt.plain(fmt.words(weight.agent))}: "
        f"{fmt.signed_money(weight.score_usd, currency)} on the strike rule"
        for weight in snapshot.weights
    ]
    return "  \n".join(lines)
