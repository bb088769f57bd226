"""A score law and a season made by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from mara.models.stochastic.latent_score import LatentScore
from mara.models.stochastic.quantile_map import QuantileMap
from mara.models.stochastic.score_reversion import ScoreReversion
from mara.models.stochastic.seasonal import Season, SeasonalLevel

TEXAS = ZoneInfo("America/Chicago")


def winter() -> datetime:
    return datetime(2023, 1, 1, 6, tzinfo=UTC)


def level(daily: int = 0, *coefficients: float) -> SeasonalLevel:
    """A level of the day alone; Saturday and Sunday as the rest."""
    waves = np.zeros(1 + 2 * daily + 2)
    waves[: len(coefficients)] = coefficients
    return SeasonalLevel(
        season=Season(annual=0, daily=daily), coefficients=tuple(waves.tolist()), zone=TEXAS
    )


def score_law() -> ScoreReversion:
    scores = np.linspace(-5.0, 5.0, 201)
    prices = 25.0 + 10.0 * scores + np.where(scores > 1.5, 20.0 * (scores - 1.5) ** 2, 0.0)
    return ScoreReversion(
        centre=level(1, 0.0, -0.3, 0.2),
        log_low=level(0, -0.1),
        log_high=level(0, 0.1),
        latent=LatentScore(
            cycle=0.1,
            noise=0.05,
            slow=0.3,
            rate_noise=3.0,
            rate_usual=0.3,
            rate_slow=0.03,
            rate_cycle=0.02,
        ),
        prices=QuantileMap(scores=tuple(scores.tolist()), prices=tuple(prices.tolist())),
    )
