"""Risk of tomorrow's margin, and the stress desk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.errors import MaraError
from mara.models.risk.measures import LEVELS
from mara.models.risk.stress import NAMED, Stress
from mara.models.stochastic import SIGNED_LAWS
from mara.services.stochastic import RiskAsk, StressAsk
from mara.ui import format as fmt
from mara.ui import platform
from mara.ui.figures import stochastic_risk as figures
from mara.ui.live_chart import chart
from mara.ui.panels.box import downloads, panel, table
from mara.ui.panels.stochastic_laws import law_title
from mara.ui.panels.stochastic_source import source_badge
from mara.ui.panels.stochastic_work import answer_of, asked, begin, desk
from mara.ui.press import pressed
from mara.ui.tables import stochastic as tables

if TYPE_CHECKING:
    from mara.services.stochastic_sources import Source
    from mara.services.stochastic_work import RiskReport

__all__ = ["risk_view", "stress_view"]

_MADE: Final = "stochastic_stresses"
_ROWS_PX: Final = 408


def _currency() -> str:
    return platform.console().snapshot().site.labels.currency


def risk_view(source: Source) -> None:
    """Show VaR and CVaR of tomorrow's margin by every method, with their backtests."""
    about = (
        "Tomorrow's plan of the optimiser, earned in each scenario: machines answer the price, the "
        "battery acts on the plan's value of stored energy. VaR and CVaR are what the margin may "
        "lack of its expectation."
    )
    with panel("Risk of tomorrow's margin", source_badge(source), about=about):
        _risk_form(source)
    report = answer_of("stochastic_risk")
    ask: RiskAsk | None = asked("stochastic_risk")
    if ask is None:
        st.caption("Press Work out the risk: the past is planned day by day, tomorrow is drawn.")
    if report is None or ask is None:
        return
    _risk(report, ask, desk().source(ask.digest))


def _risk_form(source: Source) -> None:
    with st.form("stochastic_risk_form", border=False):
        law, count, level, seed, go = st.columns([1.6, 1, 1, 0.8, 1], vertical_alignment="bottom")
        chosen = RiskAsk(
            digest=source.digest,
            law=law.selectbox(
                "Law of Monte Carlo",
                list(SIGNED_LAWS),
                format_func=law_title,
                key="stochastic_risk_law",
            ),
            scenarios=int(
                count.number_input(
                    "Scenarios",
                    min_value=100,
                    max_value=50_000,
                    value=10_000,
                    step=1_000,
                    key="stochastic_risk_count",
                )
            ),
            level=level.selectbox(
                "Level shown",
                LEVELS,
                index=1,
                format_func=fmt.percent,
                key="stochastic_risk_level",
            ),
            seed=int(seed.number_input("Seed", min_value=0, value=7, key="stochastic_risk_seed")),
        )
        if pressed(
            go.form_submit_button,
            "Work out the risk",
            key="stochastic_risk",
            type="primary",
            width="stretch",
        ):
            begin("stochastic_risk", chosen, desk().risk)


def _risk(report: RiskReport, ask: RiskAsk, source: Source) -> None:
    currency, badge = _currency(), source_badge(source)
    bars, rows = st.columns([1, 1.9])
    with bars, panel("VaR by method", badge):
        chart(figures.var_figure, report, currency, key="stochastic_var", alt="VaR by method")
    about = f"{report.days} past days and {report.scenarios:,} scenarios."
    with rows, panel("VaR and CVaR", badge, about=about):
        _too_few(report)
        table(
            tables.risk_frame(report, currency),
            key="stochastic_var_table",
            alt="VaR and CVaR by method and level",
            empty="No method has enough to learn from.",
            height=_ROWS_PX,
        )
    margins, parts = st.columns([1.25, 1])
    with margins, panel("Tomorrow's margin over the scenarios", badge):
        chart(
            figures.margins_figure,
            report,
            ask.level,
            currency,
            key="stochastic_margins",
            alt="Histogram of tomorrow's margin",
        )
        downloads(tables.margins_frame(report, currency), "stochastic_margins_data")
    about = "Euler contributions: they add up to CVaR. What hedges lies below zero."
    with parts, panel(f"Where CVaR {ask.level:.0%} comes from", badge, about=about):
        chart(
            figures.contributions_figure,
            report,
            currency,
            key="stochastic_parts",
            alt="What each part of the site adds to CVaR",
        )
        downloads(tables.contributions_frame(report, currency), "stochastic_parts_data")
    _backtests(report, source)


def _too_few(report: RiskReport) -> None:
    if report.days < 60:
        st.caption(
            f"Only {report.days} past days: what they say of the tail rests on the worst few of them."
        )


def _backtests(report: RiskReport, source: Source) -> None:
    currency, badge = _currency(), source_badge(source)
    about = "Each VaR against the days that followed. A method passes where no test rejects at 5 %."
    days, rows = st.columns([1, 1.4])
    with days, panel("Past days against their plans", badge):
        chart(
            figures.exceptions_figure,
            report,
            currency,
            key="stochastic_days",
            alt="Earned less expected by day",
        )
        downloads(tables.records_frame(report, currency), "stochastic_days_data")
    with rows, panel("Backtests: Kupiec and Christoffersen", badge, about=about):
        table(
            tables.tests_frame(report),
            key="stochastic_tests",
            alt="Coverage tests of every method",
            empty=(
                f"{report.days} past days are too few to test a VaR on both halves; "
                "take a sample or a file of 60 days or more."
            ),
        )


def stress_view(source: Source) -> None:
    """Put tomorrow under the named stresses and the reader's own."""
    about = "Each day is planned anew by the optimiser, which knows of the stress."
    with panel("Stress desk", source_badge(source), about=about):
        _own_stress()
        chosen = (*NAMED, *st.session_state.get(_MADE, ()))
        picked = st.pills(
            "Stresses",
            [s.name for s in chosen],
            selection_mode="multi",
            default=[s.name for s in chosen],
            key=f"stochastic_stress_names_{len(chosen)}",
        )
        if pressed(st.button, "Put tomorrow under stress", key="stochastic_stress", type="primary"):
            ask = StressAsk(
                digest=source.digest, stresses=tuple(s for s in chosen if s.name in picked)
            )
            begin("stochastic_stress", ask, desk().stress)
    results = answer_of("stochastic_stress")
    ask = asked("stochastic_stress")
    if not results or ask is None:
        return
    currency, badge = _currency(), source_badge(desk().source(ask.digest))
    with panel("Margin of the day under stress", badge):
        chart(figures.stress_figure, results, currency, key="stochastic_stress_chart", alt="Stress")
    about = "Without a figure where the stressed site could not carry the old plan out."
    with panel("What each stress costs", badge, about=about):
        table(
            tables.stress_frame(results, currency),
            key="stochastic_stress_table",
            alt="Margins under stress",
            empty="No stress was chosen.",
        )
    with panel("By part of the site", badge):
        table(
            tables.parts_frame(results, currency),
            key="stochastic_stress_parts",
            alt="Cash by part",
            empty="No stress was chosen.",
            height=260,
        )


def _own_stress() -> None:
    """Let the reader make a stress; a name used again replaces it."""
    with (
        st.expander("Make your own stress", icon=":material/add:", key="stochastic_own_open"),
        st.form("stochastic_own", border=False),
    ):
        top, low = (
            st.columns(5, vertical_alignment="bottom"),
            st.columns(6, vertical_alignment="bottom"),
        )
        name = top[0].text_input("Name", value="my stress", key="stochastic_own_name")
        start = top[1].number_input("From (h)", 0.0, 24.0, 17.0, 1.0, key="stochastic_own_from")
        end = top[2].number_input("To (h)", 0.0, 24.0, 21.0, 1.0, key="stochastic_own_to")
        price = top[3].number_input(
            "Energy (USD/MWh)", value=None, placeholder="as expected", key="stochastic_own_energy"
        )
        factor = top[4].number_input("Energy x", 0.0, 100.0, 1.0, key="stochastic_own_factor")
        shares = [
            column.number_input(label, 0.0, most, 100.0, 5.0, key=f"stochastic_own_{label}")
            for column, (label, most) in zip(low, _PERCENT, strict=False)
        ]
        if pressed(low[5].form_submit_button, "Add it", key="stochastic_own_add", width="stretch"):
            hash_, token, power, miners, battery = (value / 100.0 for value in shares)
            _add(
                Stress(
                    name="own",
                    about="made here",
                    from_hour=start,
                    to_hour=end,
                    energy_usd_per_mwh=price,
                    energy_factor=factor,
                    hash_factor=hash_,
                    token_factor=token,
                    import_share=power,
                    miners_share=miners,
                    battery_share=battery,
                ),
                name,
            )


_PERCENT: Final = (
    ("Hash price (%)", 500.0),
    ("Token price (%)", 500.0),
    ("Connection (%)", 100.0),
    ("Miners (%)", 100.0),
    ("Battery (%)", 100.0),
)


def _add(stress: Stress, name: str) -> None:
    try:
        made = replace(stress, name=name.strip())
    except MaraError as error:
        st.error(fmt.plain(str(error)))
        return
    others = tuple(s for s in st.session_state.get(_MADE, ()) if s.name != made.name)
    st.session_state[_MADE] = (*others, made)
    st.rerun()
