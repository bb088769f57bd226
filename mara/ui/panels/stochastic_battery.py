"""The site's battery valued by two methods that check each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mara.services.stochastic import BatteryAsk
from mara.ui import format as fmt
from mara.ui import platform
from mara.ui.figures import stochastic_methods as figures
from mara.ui.live_chart import chart
from mara.ui.panels.box import panel, table
from mara.ui.panels.stochastic_ahead import storage_view
from mara.ui.panels.stochastic_source import source_badge
from mara.ui.panels.stochastic_work import answer_of, asked, begin, desk
from mara.ui.press import pressed
from mara.ui.tables import stochastic_methods as tables

if TYPE_CHECKING:
    from mara.services.stochastic_battery import BatteryReport
    from mara.services.stochastic_sources import Source

__all__ = ["stored_view"]


def stored_view(source: Source) -> None:
    """Show what a MWh in store is worth, and what the whole battery is."""
    storage_view(source)
    battery_view(source)


def battery_view(source: Source) -> None:
    """Value the battery by dynamic programming and by Longstaff-Schwartz."""
    about = (
        "What the empty battery earns over the horizon by buying and selling power, its wear paid: "
        "by dynamic programming, and by regression on simulated prices (Longstaff-Schwartz). Both "
        "work on the same law, horizon, grid and start."
    )
    with panel("The whole battery, valued twice", source_badge(source), about=about):
        if platform.console().snapshot().site.battery is None:
            st.caption("This site has no battery.")
            return
        _form(source)
    report: BatteryReport | None = answer_of("stochastic_battery")
    ask: BatteryAsk | None = asked("stochastic_battery")
    if report is not None and ask is not None:
        _valued(report, ask)


def _form(source: Source) -> None:
    with st.form("stochastic_battery_form", border=False):
        hours, paths, seed, go = st.columns(4, vertical_alignment="bottom")
        chosen = BatteryAsk(
            digest=source.digest,
            hours=float(
                hours.number_input(
                    "Hours ahead", 1.0, 168.0, 24.0, 12.0, key="stochastic_battery_hours"
                )
            ),
            paths=int(
                paths.number_input("Paths", 200, 10_000, 4_000, 500, key="stochastic_battery_paths")
            ),
            seed=int(
                seed.number_input("Seed", min_value=0, value=7, key="stochastic_battery_seed")
            ),
        )
        if pressed(
            go.form_submit_button,
            "Value it twice",
            key="stochastic_battery",
            type="primary",
            width="stretch",
        ):
            begin("stochastic_battery", chosen, desk().battery)


def _valued(report: BatteryReport, ask: BatteryAsk) -> None:
    badge = source_badge(desk().source(ask.digest))
    currency = platform.console().snapshot().site.labels.currency
    found = report.simulated
    with panel(f"Worth over {ask.hours:g} h", badge, about=_rests_on(report, currency)):
        values, drawn = st.columns([1, 1.6])
        with values, st.container(horizontal=True, gap="large"):
            st.metric(
                "Dynamic programming", fmt.money(report.dynamic_usd, currency), width="content"
            )
            st.metric(
                "Longstaff-Schwartz",
                fmt.money(found.value, currency),
                delta=f"standard error {fmt.money(found.standard_error, currency, 1)}",
                delta_color="off",
                delta_arrow="off",
                width="content",
            )
        with drawn:
            chart(
                figures.valued_figure,
                report,
                currency,
                key="stochastic_valued",
                alt="Both values, the simulated one with its error",
            )
        st.caption(fmt.plain(_verdict(report, currency)))
        table(
            tables.valued_frame(report, currency),
            key="stochastic_battery_table",
            alt="Value of the battery by method",
            empty="Nothing was valued.",
        )


def _rests_on(report: BatteryReport, currency: str) -> str:
    return fmt.plain(
        f"The law: quantiles of the past, a season and one reverting score, learnt from "
        f"{report.learnt_from:,} intervals. Start: "
        f"{fmt.price(report.price_usd_per_mwh, f'{currency}/MWh')}, nothing in store. Grid: "
        f"{report.steps:,} steps of {60.0 * report.hours_a_step:g} min, the store in "
        f"{report.levels} levels of {report.level_mwh:.3f} MWh, one a step. Energy left at the end "
        "is worth nothing."
    )


def _verdict(report: BatteryReport, currency: str) -> str:
    """Say whether the two methods agree."""
    gap = report.simulated.value - report.dynamic_usd
    found = (
        f"the simulated value is {fmt.money(abs(gap), currency, 1)} "
        f"{'above' if gap > 0.0 else 'below'} that of dynamic programming, "
        f"{abs(report.apart):.1f} standard errors"
    )
    if report.agree:
        return f"The two methods agree: {found}, and up to 2 is chance."
    cause = (
        "its rule by regression leaves money behind, so trust dynamic programming"
        if gap < 0.0
        else "its paths were luckier than the law, so draw more of them"
    )
    return f"The two methods differ by more than chance: {found}; {cause}."
