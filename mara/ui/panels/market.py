"""Prices: what they were, and what is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.ui import badges
from mara.ui import format as fmt
from mara.ui.figures.market import market_figure
from mara.ui.live_chart import chart
from mara.ui.panels.box import panel

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot

__all__ = ["TOP_PX", "first_run_line", "market_panel"]

_WINDOWS: Final = {"6 h": 6, "24 h": 24, "3 days": 72, "7 days": 168}
TOP_PX: Final = 628
"""Height of the first row of panels."""

_FIGURES: Final = ("energy_usd_per_mwh", "hash_usd_per_ph_day", "token_usd_per_mtok")


def first_run_line(snapshot: Snapshot) -> None:
    """Say that nothing real is shown, and in one line how to connect a real feed."""
    if snapshot.market.feed.label != "SIMULATED":
        return
    st.caption(
        ":violet-badge[SIMULATED] This market is drawn by a seeded simulator and needs no keys. "
        'To connect a real feed, put `feed.kind = "mara_api"` and your key into `mara.toml`; '
        "`python -m mara doctor` checks it."
    )


def market_panel(snapshot: Snapshot) -> None:
    """Chart energy, hash and token prices with their forecast bands."""
    about = "Solid: what was. Dotted: expected, with the band from the 10 % to the 90 % quantile."
    with panel("Market prices", _badge(snapshot), about=about, height=TOP_PX):
        with st.container(horizontal=True, vertical_alignment="center"):
            window = st.segmented_control(
                "Window",
                list(_WINDOWS),
                default="24 h",
                required=True,
                key="real_time_window",
                label_visibility="collapsed",
            )
            st.caption(_forecast_line(snapshot), width="content")
        if snapshot.market.tick is None:
            st.info("No tick yet: the first prices appear here as soon as the feed answers.")
            return
        chart(
            market_figure,
            snapshot,
            _WINDOWS[window],
            key="real_time_market",
            alt=f"Prices over the last {window}, energy now {_now(snapshot)}",
        )


def _badge(snapshot: Snapshot) -> badges.Badge:
    return badges.data_badge(snapshot.market, _FIGURES)


def _now(snapshot: Snapshot) -> str:
    labels = snapshot.site.labels
    tick = snapshot.market.tick
    value = tick.energy_usd_per_mwh if tick else None
    return fmt.price(value, labels.energy_unit, labels.energy_factor)


def _forecast_line(snapshot: Snapshot) -> str:
    models = dict.fromkeys(f.model for f in snapshot.market.forecasts)
    return fmt.plain(f"forecast: {', '.join(models)}") if models else "no forecast yet"
