"""Calibrate a law to the past, and simulate what it says of the future."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.models.stochastic import LAWS, Noise
from mara.services.stochastic import CalibrationAsk, SimulationAsk
from mara.ui import badges
from mara.ui import format as fmt
from mara.ui.figures import stochastic as figures
from mara.ui.live_chart import chart
from mara.ui.panels.box import downloads, panel, table
from mara.ui.panels.stochastic_source import source_badge
from mara.ui.panels.stochastic_work import answer_of, asked, begin, desk
from mara.ui.press import pressed
from mara.ui.tables import stochastic as tables

if TYPE_CHECKING:
    from mara.services.stochastic_sources import Source
    from mara.services.stochastic_work import Calibrated, Simulated

__all__ = ["UNITS", "calibrate_view", "simulate_view"]

UNITS: Final = {
    "energy_usd_per_mwh": "USD/MWh",
    "hash_usd_per_ph_day": "USD/PH/day",
    "token_usd_per_mtok": "USD/Mtok",
    "demand_mtok_per_h": "Mtok/h",
    "grid_load_mw": "MW",
    "temperature_c": "°C",
}
_STEPS: Final = {"as it comes": 0.0, "15 min": 15.0, "1 h": 60.0}
_TITLES: Final = {
    "ou": "Ornstein-Uhlenbeck",
    "gbm": "Geometric Brownian motion",
    "merton": "Merton jump-diffusion",
    "jumps_normal": "Mean-reverting, normal jumps",
    "jumps_exponential": "Mean-reverting, exponential jumps",
    "cir": "Cox-Ingersoll-Ross",
    "heston": "Heston",
    "regimes": "Two regimes",
    "score_ou": "Normal scores of the price, two factors",
}


def law_title(name: str) -> str:
    """Say what a law is called by people."""
    return _TITLES.get(name, name)


def calibrate_view(source: Source) -> None:
    """Calibrate a law; show parameters with errors, and how well it fits."""
    with panel("Calibrate", source_badge(source), about="Greatest likelihood on the chosen past."):
        _calibration_form(source)
    found = answer_of("stochastic_calibrate")
    ask: CalibrationAsk | None = asked("stochastic_calibrate")
    if ask is None:
        st.caption("Choose a figure and a law, and press Calibrate.")
    if found is None or ask is None:
        return
    _parameters(found, desk().source(ask.digest))
    _fit(found, UNITS[ask.figure], desk().source(ask.digest))


def _calibration_form(source: Source) -> None:
    with st.form("stochastic_calibrate_form", border=False):
        figure, step, law, season, seed, go = st.columns(
            [1.2, 0.9, 1.6, 1, 0.7, 0.8], vertical_alignment="bottom"
        )
        chosen = CalibrationAsk(
            digest=source.digest,
            figure=figure.selectbox(
                "Figure", source.figures, format_func=_figure_title, key="stochastic_figure"
            ),
            minutes=_STEPS[
                step.selectbox("Averaged to", list(_STEPS), index=1, key="stochastic_step")
            ],
            law=law.selectbox("Law", list(LAWS), format_func=law_title, key="stochastic_law"),
            seasonal=season.toggle(
                "Season first", value=True, key="stochastic_seasonal", help="Hour, weekday, season."
            ),
            seed=int(
                seed.number_input("Seed", min_value=0, value=7, step=1, key="stochastic_cal_seed")
            ),
        )
        if pressed(
            go.form_submit_button,
            "Calibrate",
            key="stochastic_calibrate",
            type="primary",
            width="stretch",
        ):
            begin("stochastic_calibrate", chosen, desk().calibrate)


def _figure_title(name: str) -> str:
    return f"{name.split('_', maxsplit=1)[0]} ({UNITS[name]})"


def _parameters(found: Calibrated, source: Source) -> None:
    calibration = found.calibration
    title = f"{law_title(found.name)}{' on a seasonal level' if found.seasonal else ''}"
    with panel(fmt.plain(title), source_badge(source), about=fmt.plain(calibration.method)):
        figures_of = (
            ("Log-likelihood", fmt.number(calibration.log_likelihood, digits=1)),
            ("AIC", fmt.number(calibration.aic, digits=1)),
            ("BIC", fmt.number(calibration.bic, digits=1)),
            ("Transitions", fmt.number(calibration.n_observations, digits=0)),
            ("KS distance", fmt.number(found.goodness.ks, digits=4)),
            ("KS p-value", fmt.number(found.goodness.ks_p, digits=4)),
        )
        with st.container(horizontal=True, gap="large"):
            for name, value in figures_of:
                st.metric(name, value, width="content")
        values, bars = st.columns([1.1, 1])
        with values:
            table(
                tables.estimates_frame(found).map(_significant),
                key="stochastic_estimates",
                alt="Parameters with standard errors",
                empty="This law has no parameters.",
            )
        with bars:
            chart(
                figures.estimates_figure,
                found,
                key="stochastic_estimates_chart",
                alt="Parameters with their 95 % intervals",
            )


def _significant(value: object) -> object:
    """Write small and large figures alike with four significant digits."""
    return f"{value:,.4g}" if isinstance(value, float) else value


def _fit(found: Calibrated, unit: str, source: Source) -> None:
    badge = source_badge(source)
    quantiles, lags, spread = st.columns(3)
    with quantiles, panel("QQ of residuals", badge, about="On the line where the law is right."):
        chart(figures.qq_figure, found, key="stochastic_qq", alt="Residuals against normal")
        downloads(tables.qq_frame(found), "stochastic_qq_data")
    with lags, panel("Autocorrelation of residuals", badge, about="Within the band where right."):
        chart(figures.acf_figure, found, key="stochastic_acf", alt="Correlation by lag")
        downloads(tables.acf_frame(found), "stochastic_acf_data")
    about = "The series, and as long a simulation of the law."
    with spread, panel("Histogram against the law", badge, about=about):
        chart(figures.spread_figure, found, unit, key="stochastic_spread", alt="Series and law")
        downloads(tables.spread_frame(found, unit), "stochastic_spread_data")


def simulate_view(source: Source) -> None:
    """Simulate the calibrated law: fan, paths and where they end."""
    ask: CalibrationAsk | None = asked("stochastic_calibrate")
    with panel("Simulate", _simulated_badge(source), about="The law calibrated last goes on."):
        if ask is None:
            st.caption("Nothing is calibrated yet: calibrate a law first.")
            return
        _simulation_form(ask)
    found = answer_of("stochastic_simulate")
    done: SimulationAsk | None = asked("stochastic_simulate")
    if found is None or done is None:
        return
    _paths(found, UNITS[done.calibration.figure], _simulated_badge(source))


def _simulated_badge(source: Source) -> badges.Badge:
    return badges.drawn_badge(source.label)


def _simulation_form(ask: CalibrationAsk) -> None:
    st.caption(
        f"{law_title(ask.law)} on {_figure_title(ask.figure)}"
        f"{', on a seasonal level' if ask.seasonal else ''}"
    )
    with st.form("stochastic_simulate_form", border=False):
        paths, hours, noise, seed, go = st.columns(5, vertical_alignment="bottom")
        chosen = SimulationAsk(
            calibration=ask,
            paths=int(
                paths.number_input(
                    "Paths",
                    min_value=2,
                    max_value=50_000,
                    value=2_000,
                    step=500,
                    key="stochastic_paths",
                )
            ),
            hours=float(
                hours.number_input(
                    "Hours ahead",
                    min_value=1.0,
                    max_value=8_760.0,
                    value=24.0,
                    step=24.0,
                    key="stochastic_hours",
                )
            ),
            noise=noise.selectbox("Normals", list(Noise), key="stochastic_noise") or Noise.PLAIN,
            seed=int(seed.number_input("Seed", min_value=0, value=7, key="stochastic_sim_seed")),
        )
        if pressed(
            go.form_submit_button,
            "Simulate",
            key="stochastic_simulate",
            type="primary",
            width="stretch",
        ):
            begin("stochastic_simulate", chosen, desk().simulate)


def _paths(found: Simulated, unit: str, badge: badges.Badge) -> None:
    fan, spaghetti = st.columns(2)
    with fan, panel(f"Fan of {found.n_paths:,} paths", badge):
        chart(figures.fan_figure, found, unit, key="stochastic_fan", alt="Quantiles of the paths")
        downloads(tables.fan_frame(found, unit), "stochastic_fan_data")
    with spaghetti, panel("Some of the paths", badge):
        chart(figures.spaghetti_figure, found, unit, key="stochastic_some", alt="Forty paths")
        downloads(tables.paths_frame(found, unit), "stochastic_paths_data")
    about = "Red lines are the 5 and 95 % quantiles."
    with panel("Where the paths end", badge, about=about):
        chart(figures.ends_figure, found, unit, key="stochastic_ends", alt="Histogram of the ends")
        downloads(tables.ends_frame(found, unit), "stochastic_ends_data")
