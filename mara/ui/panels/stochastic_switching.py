"""When to curtail a machine class, and when to resume it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.services.stochastic import SwitchingAsk
from mara.ui import format as fmt
from mara.ui import platform
from mara.ui.figures import stochastic_methods as figures
from mara.ui.live_chart import chart
from mara.ui.panels.box import panel, table
from mara.ui.panels.stochastic_source import source_badge
from mara.ui.panels.stochastic_work import answer_of, asked, begin, desk
from mara.ui.press import pressed
from mara.ui.tables import stochastic_methods as tables

if TYPE_CHECKING:
    from mara.services.stochastic_sources import Source
    from mara.services.stochastic_switching import SwitchingReport

__all__ = ["switching_view"]

_STEPS: Final = {"as the prices come": 0.0, "15 min": 15.0, "1 h": 60.0}


def switching_view(source: Source) -> None:
    """Show each class's two prices beside its break-even price."""
    about = (
        "Optimal switching on the law of the energy price: stopping and starting at the break-even "
        "price pays for many starts; two prices with a band between them pay for fewer."
    )
    with (
        panel("When to curtail, when to resume", source_badge(source), about=about),
        st.form("stochastic_switching_form", border=False),
    ):
        step, words, go = st.columns([1, 2.4, 1], vertical_alignment="bottom")
        chosen = SwitchingAsk(
            digest=source.digest,
            minutes=_STEPS[
                step.selectbox("Decided every", list(_STEPS), index=1, key="stochastic_switch_step")
            ],
        )
        words.caption(
            "A start costs what the site's settings say, and the revenue of the minutes in which a "
            "unit warms up."
        )
        if pressed(
            go.form_submit_button,
            "Find the prices",
            key="stochastic_switching",
            type="primary",
            width="stretch",
        ):
            begin("stochastic_switching", chosen, desk().switching)
    report: SwitchingReport | None = answer_of("stochastic_switching")
    ask: SwitchingAsk | None = asked("stochastic_switching")
    if report is not None and ask is not None:
        _bands(report, ask)


def _bands(report: SwitchingReport, ask: SwitchingAsk) -> None:
    badge = source_badge(desk().source(ask.digest))
    currency = platform.console().snapshot().site.labels.currency
    with panel("Two prices for each class", badge, about=_rests_on(report)):
        st.markdown(fmt.plain(_advice(report, currency)))
        if report.foremost is not None:
            chart(
                figures.band_figure,
                report,
                currency,
                key="stochastic_bands",
                alt="Resume, break-even and curtail price of each class",
            )
        table(
            tables.band_frame(report, currency),
            key="stochastic_switching_table",
            alt="Break-even, curtail and resume price by machine class",
            empty="The site has no machines.",
        )
        st.caption(fmt.plain(_reading(report, currency)))


def _rests_on(report: SwitchingReport) -> str:
    return fmt.plain(
        f"The price moves by the quantiles of the chosen past and one reverting score, learnt from "
        f"{report.steps:,} moves of {report.minutes:g} min; it knows the price of now, not the "
        "hour of the day. Minimum run times are not in it. The break-even price is that of the "
        "newest hash and token price."
    )


def _advice(report: SwitchingReport, currency: str) -> str:
    """Say in one sentence what to do with the class that gains most."""
    unit, found = f"{currency}/MWh", report.foremost
    if all(c.band is None for c in report.classes):
        return "This source has no price of what the machines make, so that none breaks even."
    if found is None or found.band is None:
        return (
            "Leave every class as it is: at the prices of this past, power never costs so much for "
            "so long that a stop and a start would pay."
        )
    name, band = fmt.words(found.name), found.band
    starts = [habit.starts * report.steps_a_day for habit in (band.strike, band.best)]
    return (
        f"{name}: curtail above {fmt.price(band.curtail_above, unit)}, resume below "
        f"{fmt.price(band.resume_below, unit)}, and in between leave them as they are; switching at "
        f"the break-even price of {fmt.price(found.strike_usd_per_mwh, unit)} would start each unit "
        f"{starts[0]:.2f} instead of {starts[1]:.2f} times a day, and earn "
        f"{fmt.money(found.gain_usd(report.steps_a_day), currency)} a day less."
    )


def _reading(report: SwitchingReport, currency: str) -> str:
    """Say how the table is read, and what a cell without a figure means."""
    parts = [
        "One price: curtail and resume at the break-even price. Two: at the prices found. A start's "
        "cost is a unit's, what two prices earn more is all units'."
    ]
    if any(c.band is not None and not c.band.whole for c in report.classes):
        low, high = (fmt.number(x, digits=0) for x in (report.low, report.high))
        parts.append(
            f"Where there is no price to curtail or to resume at, the prices of this past, {low} to "
            f"{high} {currency}/MWh, never make the class change that way."
        )
    if report.borrowed:
        lent = " and ".join(fmt.prose(name).lower() for name in report.borrowed)
        parts.append(f"This source has no {lent}: taken is the newest of the site's market.")
    if unpriced := [fmt.words(c.name) for c in report.classes if c.band is None]:
        parts.append(f"{', '.join(unpriced)}: this source has no price of what they make.")
    return " ".join(parts)
