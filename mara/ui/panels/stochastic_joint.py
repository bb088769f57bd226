"""Simulate one price, or energy, hash and token price together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.services.stochastic_joint import ENERGY_LAWS, JOINT_FIGURES, OTHER_LAWS, JointAsk
from mara.ui import badges
from mara.ui import format as fmt
from mara.ui.figures import stochastic as figures
from mara.ui.live_chart import chart
from mara.ui.panels.box import downloads, panel, table
from mara.ui.panels.stochastic_laws import UNITS, law_title, simulate_view
from mara.ui.panels.stochastic_source import source_badge
from mara.ui.panels.stochastic_work import answer_of, asked, begin, desk
from mara.ui.press import pressed
from mara.ui.tables import stochastic as law_tables
from mara.ui.tables import stochastic_methods as tables

if TYPE_CHECKING:
    from mara.services.stochastic_joint import JointReport
    from mara.services.stochastic_sources import Source

__all__ = ["simulations_view"]

_ONE: Final = "One price"
_TOGETHER: Final = "Energy, hash and token together"
_NAMES: Final = dict(zip(JOINT_FIGURES, ("Energy", "Hash", "Token"), strict=True))
_LAWS: Final = {name: law_title(name) for name in (*ENERGY_LAWS, *OTHER_LAWS)} | {
    "scored": "Past quantiles, reverting score",
    "ou": "Ornstein-Uhlenbeck",
}
_STEPS: Final = {"15 min": 15.0, "1 h": 60.0, "1 day": 1_440.0}


def simulations_view(source: Source) -> None:
    """Let the reader choose what is simulated, and simulate it."""
    chosen = st.segmented_control(
        "What to simulate",
        [_ONE, _TOGETHER],
        default=_ONE,
        required=True,
        key="stochastic_simulate_what",
        label_visibility="collapsed",
    )
    {_ONE: simulate_view, _TOGETHER: joint_view}[chosen or _ONE](source)


def joint_view(source: Source) -> None:
    """Calibrate the three prices and the dependence of their shocks, and draw their futures."""
    about = (
        "Each price follows its own calibrated law; the shocks that drive them come together as "
        "they did in the past (a copula calibrated to the laws' residuals)."
    )
    missing = [_NAMES[f].lower() for f in JOINT_FIGURES if f not in source.figures]
    with panel(_TOGETHER, source_badge(source), about=about):
        if missing:
            st.caption(
                f"This source ends without a price of {' and of '.join(missing)}: the three are "
                "drawn together where all are known. Choose the live history or a sample."
            )
            return
        _form(source)
    report: JointReport | None = answer_of("stochastic_joint")
    ask: JointAsk | None = asked("stochastic_joint")
    if report is None or ask is None:
        return
    _dependence(report, source_badge(desk().source(ask.digest)))
    _futures(report, ask, badges.drawn_badge(desk().source(ask.digest).label))


def _form(source: Source) -> None:
    with st.form("stochastic_joint_form", border=False):
        step, energy, other, paths, hours, seed, go = st.columns(
            [0.8, 1.7, 1.7, 0.9, 0.9, 0.7, 1.1], vertical_alignment="bottom"
        )
        chosen = JointAsk(
            digest=source.digest,
            minutes=_STEPS[
                step.selectbox("Averaged to", list(_STEPS), index=1, key="stochastic_joint_step")
            ],
            energy_law=energy.selectbox(
                "Law of energy, on its season",
                list(ENERGY_LAWS),
                format_func=_LAWS.__getitem__,
                key="stochastic_joint_energy",
            ),
            other_law=other.selectbox(
                "Law of hash and of token",
                list(OTHER_LAWS),
                format_func=_LAWS.__getitem__,
                key="stochastic_joint_other",
            ),
            paths=int(paths.number_input("Paths", 2, 20_000, 2_000, 500, key="stochastic_joint_n")),
            hours=float(
                hours.number_input(
                    "Hours ahead", 1.0, 8_760.0, 48.0, 24.0, key="stochastic_joint_hours"
                )
            ),
            seed=int(seed.number_input("Seed", min_value=0, value=7, key="stochastic_joint_seed")),
        )
        if pressed(
            go.form_submit_button,
            "Draw all three",
            key="stochastic_joint",
            type="primary",
            width="stretch",
        ):
            begin("stochastic_joint", chosen, desk().joint)


def _dependence(report: JointReport, badge: badges.Badge) -> None:
    length = f"{report.hours_a_step:g} h"
    about = f"Correlation of the shocks' normal scores over {report.steps:,} steps of {length}."
    matrix, laws = st.columns([1, 1.25])
    with matrix, panel("How their shocks come together", badge, about=about):
        table(
            tables.matrix_frame(report, _NAMES),
            key="stochastic_joint_matrix",
            alt="Correlation matrix of the copula",
            empty="Nothing is correlated.",
        )
        table(
            tables.pairs_frame(report, _NAMES),
            key="stochastic_joint_pairs",
            alt="Correlation of each pair with its 95 % interval",
            empty="There are no pairs.",
        )
        st.caption(fmt.plain(_copula_words(report)))
    with laws, panel("The law of each price", badge, about="A small KS p-value is a poor fit."):
        table(
            tables.laws_frame(report, _NAMES, _LAWS, UNITS),
            key="stochastic_joint_laws",
            alt="Law, parameters and fit of each price",
            empty="No law was calibrated.",
        )
        table(
            tables.ends_frame(report, _NAMES, UNITS),
            key="stochastic_joint_ends",
            alt="Quantiles of each price at the end of the horizon",
            empty="Nothing was drawn.",
        )


def _copula_words(report: JointReport) -> str:
    """Say what the copula is, and what it rests on."""
    degrees = report.copula.degrees
    kind = (
        "Gaussian copula: extremes come together no more often than the correlations say"
        if degrees is None
        else f"Student's copula with {degrees:,.1f} degrees of freedom: the fewer, the more often "
        "extremes come together"
    )
    return f"{kind}. Calibrated to {report.steps:,} steps of {report.hours_a_step:g} h."


def _futures(report: JointReport, ask: JointAsk, badge: badges.Badge) -> None:
    about = "The same path is the same future in all three."
    for column, part in zip(st.columns(3), report.parts, strict=True):
        unit, name = UNITS[part.figure], _NAMES[part.figure]
        with column, panel(f"{name}, {part.paths.n_paths:,} paths", badge, about=about):
            chart(
                figures.fan_figure,
                part.paths,
                unit,
                key=f"stochastic_together_{name.lower()}",
                alt=f"Quantiles of the {name.lower()} price",
            )
            downloads(
                law_tables.fan_frame(part.paths, unit), f"stochastic_together_{name.lower()}_data"
            )
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.caption(
            f"Seed {ask.seed}: the same source, laws and seed give the same paths. "
            f"{len(report.parts[0].paths.paths)} joint paths of all three as a file:",
            width="content",
        )
        downloads(tables.paths_frame(report, _NAMES, UNITS), "stochastic_joint_paths_data")
