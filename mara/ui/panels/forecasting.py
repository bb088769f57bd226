"""The forecasting sub-tabs: what is expected, how good it was, and models compared."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.models.forecasting.live.regret import Regret, regret_of
from mara.services.forecasting import UNITS
from mara.services.forecasting_league import League, league_of_report
from mara.ui import badges, platform
from mara.ui import format as fmt
from mara.ui.figures.forecasting import (
    ahead_figure,
    calibration_figure,
    hour_figure,
    lead_figure,
)
from mara.ui.live_chart import chart
from mara.ui.once import once_for_all
from mara.ui.panels.box import live_table, panel
from mara.ui.panels.forecasting_compare import compare_view
from mara.ui.panels.stochastic import on_a_source
from mara.ui.tables.forecasting import forecast_frame, league_frame, trust_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mara.agents.forecast_report import FigureReport
    from mara.agents.snapshot import Snapshot

__all__ = ["FORECAST_VIEWS"]

_NAMES: Final = {
    "Energy": "energy_usd_per_mwh",
    "Hash": "hash_usd_per_ph_day",
    "Token": "token_usd_per_mtok",
    "Demand": "demand_mtok_per_h",
    "Grid load": "grid_load_mw",
}
_REFRESH_S: Final = 5.0
_KEPT: Final = 8


@once_for_all(_KEPT)
def _league(report: FigureReport) -> League | None:
    return league_of_report(report)


@once_for_all(_KEPT)
def _regret(report: FigureReport) -> Regret | None:
    return regret_of(report.issues, report.past)


def forecasts_view() -> None:
    """Show what is expected of each figure, against what came."""
    st.fragment(_forecasts, run_every=_REFRESH_S)()


def _forecasts() -> None:
    snapshot = platform.console().snapshot()
    target, report = _chosen(snapshot, "forecasting_figure")
    forecast = next((f for f in snapshot.market.forecasts if f.target == target), None)
    about = (
        "Solid: what came. Blue: what is expected now, with the 50 % and 90 % bands. Orange: what the "
        "experts together said a day ago, hourly means, with the 90 % band."
    )
    badge = badges.data_badge(snapshot.market, (target,))
    with panel("Expected and came", badge, about=about):
        _standing_line(snapshot, report)
        if forecast is None:
            st.info("No forecast of this figure yet: it comes with the first ticks that hold it.")
            return
        chart(
            ahead_figure,
            snapshot,
            target,
            report,
            key="forecasting_ahead",
            alt=f"Forecast of {target} with bands, against what came in the last two days",
        )
    left, right = st.columns([1, 1.4])
    with left, panel("Who is trusted", badge, about=_TRUST):
        _trust(report)
    with right, panel("The forecast in numbers", badge):
        live_table(
            forecast_frame,
            forecast,
            snapshot.site,
            key="forecasting_numbers",
            alt="The forecast, interval by interval",
            empty="No interval lies ahead.",
        )


def _chosen(snapshot: Snapshot, key: str) -> tuple[str, FigureReport | None]:
    """Let the reader choose a figure; give its name and its report, where there is one."""
    name = st.segmented_control(
        "Figure",
        list(_NAMES),
        default="Energy",
        required=True,
        key=key,
        label_visibility="collapsed",
    )
    target = _NAMES[str(name)]
    reports = snapshot.market.forecasting.figures
    return target, next((r for r in reports if r.target == target), None)


def _standing_line(snapshot: Snapshot, report: FigureReport | None) -> None:
    """Say whose work is shown, what broke, and who failed."""
    if report is None:
        st.progress(0.3, text="The experts rehearse in a worker; the naive stands in meanwhile.")
        return
    zone = snapshot.site.zone
    fitted = "not yet" if report.fitted_at is None else fmt.moment(report.fitted_at, zone)
    st.caption(fmt.plain(f"quick law: {report.model}; fitted {fitted}"))
    if report.broken_h is not None:
        st.warning(
            f"The law of this figure changed about {report.broken_h:.0f} h ago; the experts learn "
            "from a past set to the new law.",
            icon=":material/trending_up:",
        )
    for trouble in snapshot.market.forecasting.troubles:
        st.warning(fmt.plain(fmt.prose(trouble)), icon=":material/swap_horiz:")


def _trust(report: FigureReport | None) -> None:
    if report is None:
        st.caption("Weights appear with the first round of the experts.")
        return
    live_table(
        trust_frame,
        report,
        key="forecasting_trust",
        alt="Weights of the experts by lead",
        empty="No expert.",
    )
    regret = _regret(report)
    if regret is not None:
        st.caption(fmt.plain(_regret_line(regret, UNITS[report.target])))


_TRUST: Final = (
    "Weights by what each erred lately, by lead. They follow changes and have no proven bound of "
    "regret; Bernstein online aggregation of the same experts has one, and stands below as the measure."
)


def _regret_line(regret: Regret, unit: str) -> str:
    """Say what following the weights cost, beside what has a bound, as means of an hour."""
    ours, measure, most = (
        fmt.price(value, unit) for value in (regret.ensemble, regret.aggregation, regret.bound)
    )
    return (
        f"Regret to the best expert ({regret.best}), mean of {regret.hours:,} forecasts of the next "
        f"hour: {ours}. Online aggregation: {measure}, at most {most} by its bound."
    )


def accuracy_view() -> None:
    """Show how good the live forecasts were."""
    st.fragment(_accuracy, run_every=_REFRESH_S)()


def _accuracy() -> None:
    snapshot = platform.console().snapshot()
    target, report = _chosen(snapshot, "forecasting_accuracy")
    league = None if report is None else _league(report)
    if league is None:
        st.info("No forecast has come true yet; the experts rehearse first, then the clock runs.")
        return
    badge = badges.data_badge(snapshot.market, (target,))
    unit = UNITS[target]
    with panel("League of the live models", badge, about=_LEAGUE):
        live_table(
            league_frame,
            league,
            key="forecasting_league",
            alt=f"Models ranked by their error in {unit}",
            empty="Nothing was scored yet.",
        )
    profiles(league, badge, "live")


_LEAGUE: Final = (
    "Hourly means, up to 24 h ahead, over the last eight days at most, each model on the intervals "
    "that the seasonal naive forecast too; the first ones are rehearsed on the history. Accuracy is "
    "100 % less the WAPE: it rewards large levels, so the naive's stands beside it."
)


def profiles(league: League, badge: badges.Badge, key: str) -> None:
    """Chart errors by lead and hour, and how honest the quantiles are."""
    charts = {
        "Error by hours ahead": lead_figure,
        "Error by hour of the day": hour_figure,
        "Are the quantiles honest": calibration_figure,
    }
    for column, (title, build) in zip(st.columns(3), charts.items(), strict=True):
        with column, panel(title, badge):
            chart(build, league, key=f"forecasting_{key}_{build.__name__}", alt=title)


FORECAST_VIEWS: Final[Mapping[str, Callable[[], None]]] = MappingProxyType(
    {
        "Forecasts": forecasts_view,
        "Accuracy": accuracy_view,
        "Compare models": on_a_source(partial(compare_view, profiles)),
    }
)
"""Forecasting sub-tabs by name, in order."""
