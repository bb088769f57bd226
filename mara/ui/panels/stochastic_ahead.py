"""Scenarios of tomorrow, the dispatch that hedges among them, and what stored energy is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.models.stochastic import SIGNED_LAWS
from mara.services.stochastic import WorthAsk
from mara.services.stochastic_scenarios import DECIDED_H, FORWARD, K_MEANS, ScenarioAsk
from mara.ui import format as fmt
from mara.ui import platform
from mara.ui.figures import stochastic_risk as figures
from mara.ui.live_chart import chart
from mara.ui.panels.box import downloads, panel, table
from mara.ui.panels.stochastic_laws import UNITS, law_title
from mara.ui.panels.stochastic_source import source_badge
from mara.ui.panels.stochastic_work import answer_of, asked, begin, desk
from mara.ui.press import pressed
from mara.ui.tables import stochastic as tables

if TYPE_CHECKING:
    from mara.services.stochastic_scenarios import ScenarioReport
    from mara.services.stochastic_sources import Source

__all__ = ["scenarios_view", "storage_view"]

_UNIT: Final = UNITS["energy_usd_per_mwh"]


def scenarios_view(source: Source) -> None:
    """Draw many scenarios, keep few, and dispatch under them."""
    about = "Many joint futures of tomorrow, a few that stand for them, and a plan that hedges."
    with panel("Scenarios of tomorrow", source_badge(source), about=about):
        _scenario_form(source)
    report = answer_of("stochastic_scenarios")
    ask: ScenarioAsk | None = asked("stochastic_scenarios")
    if report is None or ask is None:
        return
    _scenarios(report, ask)


def _scenario_form(source: Source) -> None:
    with st.form("stochastic_scenario_form", border=False):
        law, many, keep, method, level, seed, go = st.columns(
            [1.5, 0.8, 0.7, 1.1, 0.7, 0.6, 0.9], vertical_alignment="bottom"
        )
        chosen = ScenarioAsk(
            digest=source.digest,
            law=law.selectbox(
                "Law", list(SIGNED_LAWS), format_func=law_title, key="stochastic_scen_law"
            ),
            scenarios=int(
                many.number_input("Drawn", 10, 2_000, 500, 100, key="stochastic_scen_many")
            ),
            keep=int(keep.number_input("Kept", 1, 30, 8, 1, key="stochastic_scen_keep")),
            method=method.selectbox("Reduced by", [FORWARD, K_MEANS], key="stochastic_scen_method"),
            level=level.selectbox(
                "Tail from", (0.8, 0.9, 0.95), format_func=fmt.percent, key="stochastic_scen_level"
            ),
            seed=int(seed.number_input("Seed", min_value=0, value=7, key="stochastic_scen_seed")),
        )
        if pressed(
            go.form_submit_button,
            "Draw them",
            key="stochastic_scenarios",
            type="primary",
            width="stretch",
        ):
            begin("stochastic_scenarios", chosen, desk().scenarios)


def _scenarios(report: ScenarioReport, ask: ScenarioAsk) -> None:
    badge = source_badge(desk().source(ask.digest))
    currency = platform.console().snapshot().site.labels.currency
    draw = report.draw
    about = (
        f"Mean distance to the one that stands for it {draw.distance:.3f}, with the mean alone "
        f"{draw.of_all_to_mean:.3f} (standard deviations)."
    )
    lines, rows = st.columns([1, 1])
    with lines, panel("Kept scenarios, the likelier the bolder", badge, about=fmt.plain(about)):
        chart(figures.draw_figure, report, _UNIT, key="stochastic_draw", alt="Scenarios kept")
    with rows, panel("Probabilities", badge):
        table(
            tables.draw_frame(report, _UNIT),
            key="stochastic_draw_table",
            alt="Scenarios kept with probabilities",
            empty="None is kept.",
        )
    about = f"The first {DECIDED_H} hours are decided now, the rest when the scenario is known."
    front, plans = st.columns([1, 1.4])
    with front, panel("Mean against tail", badge, about=about):
        chart(figures.frontier_figure, report, currency, key="stochastic_frontier", alt="Frontier")
    with plans, panel("Two-stage dispatch by weight of the tail", badge, about=about):
        table(
            tables.frontier_frame(report, currency),
            key="stochastic_frontier_table",
            alt="Dispatch by weight of the tail",
            empty="No plan was found.",
        )


def storage_view(source: Source) -> None:
    """Show what one more MWh in store is worth."""
    about = "What one more MWh in store is worth: by the price of now, and over scenarios."
    with (
        panel("Worth of stored energy", source_badge(source), about=about),
        st.form("stochastic_worth_form", border=False),
    ):
        level, weight, go = st.columns([1, 1, 1], vertical_alignment="bottom")
        chosen = WorthAsk(
            digest=source.digest,
            level=level.selectbox(
                "Tail from", (0.8, 0.9, 0.95), format_func=fmt.percent, key="stochastic_worth_level"
            ),
            weight=weight.slider(
                "Weight of the tail", 0.0, 1.0, 0.5, key="stochastic_worth_weight"
            ),
        )
        if pressed(
            go.form_submit_button,
            "Value it",
            key="stochastic_worth",
            type="primary",
            width="stretch",
        ):
            begin("stochastic_worth", chosen, desk().worth)
    found = answer_of("stochastic_worth")
    ask = asked("stochastic_worth")
    if found is None or ask is None:
        return
    badge = source_badge(desk().source(ask.digest))
    currency = platform.console().snapshot().site.labels.currency
    by_price, by_stages = found
    about = (
        "Dynamic programming on the calibrated law of the price around what is expected of the "
        f"day, learnt from {by_price.learnt_from:,} intervals: it sees the price of now, never later ones."
    )
    with panel("One more MWh, by charge and by the price of now", badge, about=about):
        chart(
            figures.map_figure,
            by_price,
            currency,
            key="stochastic_map",
            alt="Worth of one more MWh in store by price",
        )
        downloads(tables.map_frame(by_price, currency), "stochastic_map_data")
    about = "The two-stage programme's dual, an hour from now: the worst scenarios weigh more."
    line, rows = st.columns([1.5, 1])
    with line, panel("By how much is in store, over scenarios", badge, about=about):
        chart(
            figures.worth_figure,
            by_stages.soc_mwh,
            by_stages.usd_per_mwh,
            currency,
            key="stochastic_worth_chart",
            alt="Worth of one more MWh in store",
        )
    with rows, panel("In figures", badge):
        table(
            tables.worth_frame(by_stages.soc_mwh, by_stages.usd_per_mwh, currency),
            key="stochastic_worth_table",
            alt="Worth by state of charge",
            empty="Nothing is stored.",
        )
