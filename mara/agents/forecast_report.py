"""What the forecasting agent shows of its work: models, trust, records, troubles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mara.models.forecasting.live.book import Issue
from mara.models.forecasting.past import Past

__all__ = ["ExpertTrust", "FigureReport", "ForecastingReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertTrust:
    """Weights of an expert in the ensemble: for the next hours, later, and half a day ahead."""

    expert: str
    near: float
    middle: float
    far: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FigureReport:
    """State of one figure's forecasts.

    `past` holds its hourly means, `issues` what was said of them lately. `fitted_at` is the market
    time of the newest fit; `broken_h` how many hours ago the figure's law broke, None where it
    did not.
    """

    target: str
    model: str
    past: Past
    issues: tuple[Issue, ...]
    trust: tuple[ExpertTrust, ...]
    fitted_at: datetime | None
    broken_h: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForecastingReport:
    """All figures, what is wrong with whom, and which figures' experts are at work now."""

    figures: tuple[FigureReport, ...] = ()
    troubles: tuple[str, ...] = ()
    at_work: tuple[str, ...] = ()
