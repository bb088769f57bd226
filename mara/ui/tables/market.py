"""The market in tables: figures now, trends, anomalies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from mara.domain import FIGURES
from mara.ui.format import words
from mara.ui.tables.columns import at_header, local_times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.domain import QuoteLabels, Site, Tick
    from mara.models.signals import Anomaly, Trend

__all__ = ["anomalies_frame", "figure_name", "prices_frame", "quoted", "trends_frame"]

_NAMES: Final = {
    "energy_usd_per_mwh": "Energy price",
    "hash_usd_per_ph_day": "Hash price",
    "token_usd_per_mtok": "Token price",
    "demand_mtok_per_h": "Inference demand",
    "grid_load_mw": "Grid load",
    "temperature_c": "Temperature",
}
_UNITS: Final = {"demand_mtok_per_h": "Mtok/h", "grid_load_mw": "MW", "temperature_c": "°C"}


def figure_name(figure: str) -> str:
    """Name a figure of the market for people."""
    return _NAMES.get(figure, words(figure))


def quoted(figure: str, labels: QuoteLabels) -> tuple[str, float]:
    """Find the unit and the factor in which the feed quotes a figure."""
    prices = {
        "energy_usd_per_mwh": (labels.energy_unit, labels.energy_factor),
        "hash_usd_per_ph_day": (labels.hash_unit, labels.hash_factor),
        "token_usd_per_mtok": (labels.token_unit, labels.token_factor),
    }
    return prices.get(figure, (_UNITS.get(figure, ""), 1.0))


def _shown(value: float | None, figure: str, labels: QuoteLabels) -> float | None:
    return None if value is None else value * quoted(figure, labels)[1]


def prices_frame(tick: Tick, labels: QuoteLabels) -> pd.DataFrame:
    """List every figure of a tick with its unit and its origin."""
    values = {figure: tick.figure(figure) for figure in FIGURES}
    known = [figure for figure in FIGURES if values[figure] is not None]
    return pd.DataFrame(
        {
            "Figure": [figure_name(f) for f in known],
            "Value": [_shown(values[f], f, labels) for f in known],
            "Unit": [quoted(f, labels)[0] for f in known],
            "Origin": [tick.origin_of(f).value for f in known],
        }
    )


def trends_frame(trends: Sequence[Trend], labels: QuoteLabels) -> pd.DataFrame:
    """List where each figure stands against its last hour, day and week."""
    return pd.DataFrame(
        {
            "Figure": [figure_name(t.figure) for t in trends],
            "Unit": [quoted(t.figure, labels)[0] for t in trends],
            "Now": [_shown(t.level, t.figure, labels) for t in trends],
            "Change 1 h": [_shown(t.change_1h, t.figure, labels) for t in trends],
            "Change 24 h": [_shown(t.change_24h, t.figure, labels) for t in trends],
            "Slope (per h)": [_shown(t.slope_per_h, t.figure, labels) for t in trends],
            "Percentile of 8 days (%)": [100 * t.percentile for t in trends],
            "Reading": [t.reason for t in trends],
        }
    )


def anomalies_frame(anomalies: Sequence[Anomaly], site: Site) -> pd.DataFrame:
    """List what is odd about the newest interval."""
    return pd.DataFrame(
        {
            at_header(site): local_times((a.at for a in anomalies), site),
            "Figure": [figure_name(a.figure) for a in anomalies],
            "Kind": [a.kind.value for a in anomalies],
            "Size": [a.size for a in anomalies],
            "Reading": [a.reason for a in anomalies],
        }
    )
