"""Questions to the agents: each button asks one, and its answer is shown to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.errors import MaraError
from mara.ui import badges
from mara.ui import format as fmt
from mara.ui.figures.forecast import forecast_figure
from mara.ui.live_chart import chart
from mara.ui.panels.box import panel, table
from mara.ui.tables.market import anomalies_frame, prices_frame, quoted, trends_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.domain import Forecast
    from mara.services.console import Console

__all__ = ["asks_panel"]

_ASKED: Final = "trading_asked"


def asks_panel(console: Console) -> None:
    """Put a button a question, and show the answer to the one pressed last."""
    about = "The same answers as `mara.connect()` gives in Python."
    with panel("Ask the agents", about=about):
        horizon = st.slider("Horizon of forecasts (h)", 1, 24, 24, key="trading_horizon")
        with st.container(horizontal=True, gap="small"):
            for name in _ASKS:
                st.button(f"`{name}`", key=f"trading_{name}", on_click=_ask, args=(name,))
        asked = st.session_state.get(_ASKED)
        if asked is None:
            st.caption("Press a question. Trades are sent by the form above.")
            return
        try:
            _ASKS[asked](console, float(horizon))
        except MaraError as error:
            st.error(fmt.plain(str(error)))


def _ask(name: str) -> None:
    st.session_state[_ASKED] = name


def _fetch_live_prices(console: Console, horizon_h: float) -> None:
    del horizon_h
    market = console.market()
    badges.show(badges.data_badge(market))
    if market.tick is None:
        st.info("No tick yet.")
        return
    frame = prices_frame(market.tick, console.snapshot().site.labels)
    table(frame, key="trading_prices", alt="Figures of the newest tick", empty="No figure.")


def _analyze_market_trends(console: Console, horizon_h: float) -> None:
    del horizon_h
    frame = trends_frame(console.trends(), console.snapshot().site.labels)
    table(frame, key="trading_trends", alt="Trends of the market", empty="Too little history.")


def _detect_anomalies(console: Console, horizon_h: float) -> None:
    del horizon_h
    frame = anomalies_frame(console.anomalies(), console.snapshot().site)
    empty = "Nothing is odd about the newest interval: no spike, flatline, gap or regime break."
    table(frame, key="trading_anomalies", alt="Anomalies of the market", empty=empty)


def _optimize_portfolio(console: Console, horizon_h: float) -> None:
    del horizon_h
    answer = console.optimize_portfolio()
    currency = console.snapshot().site.labels.currency
    st.metric("Expected margin", fmt.money(answer.expected_margin_usd, currency))
    st.markdown(fmt.plain(answer.text))


def _assess_risk(console: Console, horizon_h: float) -> None:
    del horizon_h
    answer = console.assess_risk()
    currency = console.snapshot().site.labels.currency
    with st.container(horizontal=True, gap="large"):
        st.metric("Exposure", fmt.number(answer.exposure_mw, "MW"), width="content")
        st.metric("Open trades", fmt.number(answer.open_position_mwh, "MWh", 2), width="content")
        st.metric("Margin today", fmt.money(answer.margin_today_usd, currency), width="content")
        st.metric("Worst interval", fmt.money(answer.worst_interval_usd, currency), width="content")
        st.metric(
            "One interval at the cap costs",
            fmt.money(answer.loss_at_cap_usd_per_interval, currency),
            width="content",
        )
    st.markdown(fmt.plain(answer.text))


def _predict_prices(console: Console, horizon_h: float) -> None:
    _show(console, console.predict("price", horizon_h))


def _predict_demand(console: Console, horizon_h: float) -> None:
    _show(console, console.predict("demand", horizon_h))


def _show(console: Console, forecast: Forecast) -> None:
    site = console.snapshot().site
    unit, factor = quoted(forecast.target, site.labels)
    issued = fmt.moment(forecast.issued_at, site.zone)
    st.caption(fmt.plain(f"{forecast.model}, issued {issued}, {forecast.origin} history"))
    chart(
        forecast_figure,
        forecast,
        site,
        unit,
        factor,
        key="trading_forecast",
        alt=f"Forecast over {len(forecast.starts)} intervals with its quantile band",
    )


_ASKS: Final[dict[str, Callable[[Console, float], None]]] = {
    "fetch_live_prices": _fetch_live_prices,
    "analyze_market_trends": _analyze_market_trends,
    "detect_anomalies": _detect_anomalies,
    "optimize_portfolio": _optimize_portfolio,
    "assess_risk": _assess_risk,
    "predict_prices": _predict_prices,
    "predict_demand": _predict_demand,
}
