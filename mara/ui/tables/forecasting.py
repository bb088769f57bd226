"""Leagues, trust and forecasts as tables, with units in their headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mara.services.forecasting import UNITS
from mara.ui.tables.columns import at_header, local_times

if TYPE_CHECKING:
    from mara.agents.forecast_report import FigureReport
    from mara.domain import Forecast, Site
    from mara.services.forecasting_league import League, Standing

__all__ = ["forecast_frame", "league_frame", "said_frame", "trust_frame"]


def league_frame(league: League) -> pd.DataFrame:
    """Rank the models by their error, each beside the seasonal naive."""
    unit = UNITS.get(league.past.target, "")
    return pd.DataFrame([_row(standing, unit) for standing in league.standings])


def _row(standing: Standing, unit: str) -> dict[str, object]:
    card = standing.card
    band = next((b for b in card.bands if b.nominal == 0.9), None)
    return {
        "Model": standing.model,
        f"MAE ({unit})": card.mae,
        "rMAE (of naive)": card.rmae,
        f"RMSE ({unit})": card.rmse,
        "sMAPE (%)": 100.0 * card.smape,
        f"CRPS ({unit})": card.crps,
        "Accuracy 100 - WAPE (%)": None if card.accuracy is None else 100.0 * card.accuracy,
        "Naive's accuracy (%)": None
        if card.naive_accuracy is None
        else 100.0 * card.naive_accuracy,
        "90 % interval covers (%)": None if band is None else 100.0 * band.covered,
        f"Its width ({unit})": None if band is None else band.width,
        "p, no better than naive": None if card.versus_naive is None else card.versus_naive.p_value,
        "Values": card.rows,
    }


def trust_frame(report: FigureReport) -> pd.DataFrame:
    """List the weights of the experts."""
    return pd.DataFrame(
        {
            "Expert": [t.expert for t in report.trust],
            "Next 4 h (%)": [100.0 * t.near for t in report.trust],
            "To 10 h (%)": [100.0 * t.middle for t in report.trust],
            "Beyond (%)": [100.0 * t.far for t in report.trust],
        }
    )


def forecast_frame(forecast: Forecast, site: Site) -> pd.DataFrame:
    """List a forecast's intervals."""
    unit = UNITS.get(forecast.target, "")
    columns: dict[str, object] = {
        at_header(site): local_times(forecast.starts, site),
        f"Mean ({unit})": forecast.mean,
    }
    columns |= {f"{q.level:.0%} quantile ({unit})": q.values for q in forecast.quantiles}
    return pd.DataFrame(columns)


def said_frame(league: League, standing: Standing) -> pd.DataFrame:
    """List what a model said and what came, times in UTC."""
    unit, track = UNITS.get(league.past.target, ""), standing.track
    columns: dict[str, object] = {
        "Interval (UTC)": pd.to_datetime(track.start_s, unit="s", utc=True),
        "Issued (UTC)": pd.to_datetime(track.issued_s, unit="s", utc=True),
        f"Mean ({unit})": track.mean,
    }
    columns |= {f"{level:.0%} quantile ({unit})": track.quantile(level) for level in track.levels}
    return pd.DataFrame(columns | {f"Came ({unit})": track.actual})
