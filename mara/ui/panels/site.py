"""The site: power by class, battery, and what the day has earned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mara.ui import badges
from mara.ui import format as fmt
from mara.ui.figures.battery import battery_figure
from mara.ui.figures.earnings import earnings_figure
from mara.ui.figures.utilisation import utilisation_figure
from mara.ui.live_chart import chart
from mara.ui.panels.box import panel

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot

__all__ = ["battery_panel", "earnings_panel", "utilisation_panel"]


def utilisation_panel(snapshot: Snapshot) -> None:
    """Chart MW by class against the connection, past and planned."""
    about = "Stacked MW by class; right of the dotted line is the plan. Dashed: import limit."
    with panel("Power against the connection", _badge(snapshot), about=about):
        if not snapshot.books.settlements and snapshot.verdict is None:
            st.info("Nothing has run yet: the first interval appears once it is decided.")
            return
        alt = f"Power by class against a limit of {fmt.number(snapshot.site.import_limit_mw, 'MW')}"
        chart(utilisation_figure, snapshot, key="real_time_power", alt=alt)


def battery_panel(snapshot: Snapshot) -> None:
    """Chart the state of charge, past and planned, above power in and out."""
    with panel("Battery", _badge(snapshot), about="Stored energy; dotted is the plan ahead."):
        battery = snapshot.site.battery
        if battery is None:
            st.info("This site has no battery.")
            return
        alt = f"Stored energy of {fmt.number(battery.energy_mwh, 'MWh')}, past and planned"
        chart(battery_figure, snapshot, battery, key="real_time_battery", alt=alt)


def earnings_panel(snapshot: Snapshot) -> None:
    """Chart today's margin against what each strategy alone would have earned."""
    earned, currency = snapshot.books.earnings, snapshot.site.labels.currency
    about = (
        "Settled intervals of the site's day. Below: the lead over the strike rule; dashed, "
        "what each other strategy alone would lead by on the same ticks."
    )
    with panel(f"Margin today, {earned.day}", _badge(snapshot), about=about):
        if not earned.at:
            st.info("No interval of this day is settled yet.")
            return
        against = fmt.signed_money(earned.versus_strike_usd, currency)
        st.markdown(
            f"**{fmt.money(earned.margin_usd, currency)}** "
            f":gray[settled today, {against} on the strike rule]"
        )
        alt = f"Margin today {fmt.money(earned.margin_usd, currency)}, {against} on strike rule"
        chart(earnings_figure, snapshot, key="real_time_earnings", alt=alt)


def _badge(snapshot: Snapshot) -> badges.Badge:
    return badges.data_badge(snapshot.market)
