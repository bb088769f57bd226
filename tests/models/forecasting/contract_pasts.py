"""Pasts that every forecaster is tried on, and each forecaster's one fit."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mara.models.forecasting import Fitted, Past, forecaster

HOURS = 24 * 100
START_S = 1_706_140_800  # 2024-01-25T00:00Z: the spring change of clocks falls within.
ZONE = "America/Chicago"


def market(seed: int = 0, hours: int = HOURS + 72) -> Past:
    """Draw hourly prices that follow one exogenous series, negative and spiky at times."""
    rng = np.random.default_rng(seed)
    at = np.arange(hours)
    load = np.sin(2.0 * np.pi * (at - 12) / 24) + 0.3 * np.repeat(rng.normal(size=hours // 24), 24)
    price = 20.0 + 25.0 * load + rng.normal(0.0, 2.0, hours)
    price[rng.random(hours) < 0.002] += 300.0
    wind = rng.normal(size=hours)
    return Past(
        target="energy_usd_per_mwh",
        values=price - 3.0 * wind,
        start_s=START_S,
        zone=ZONE,
        exog=np.column_stack([load, wind]),
        exog_names=("exog_load", "exog_wind"),
    )


def past() -> Past:
    """Cut the days to come off the market."""
    return market().first(HOURS)


@lru_cache(maxsize=32)
def fitted(name: str) -> Fitted:
    """Fit each forecaster once for all tests."""
    return forecaster(name).fit(past())
