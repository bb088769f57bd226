"""Sample pasts: stretches of the seeded market, for those who have no data at hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from mara.domain import FIGURES, History
from mara.domain.presets import DEMO_DEMAND_MTOK_PER_H
from mara.models.market.law import STEP_MINUTES
from mara.models.market.simulator import MarketSimulator

__all__ = ["sample_history"]

_START: Final = datetime(2026, 1, 1, 6, tzinfo=UTC)


def sample_history(seed: int, days: int) -> History:
    """Simulate `days` days of a market like that of West Texas, in intervals of five minutes.

    The same seed gives the same past. Nothing in it was ever quoted by a market.
    """
    market = MarketSimulator(rng_for_block=lambda k: np.random.default_rng([seed, k]), start=_START)
    steps = days * 24 * 60 // STEP_MINUTES
    path = market.path(_START, steps)
    figures = [np.asarray(getattr(path, name)) for name in FIGURES]
    figures[FIGURES.index("demand_mtok_per_h")] = (
        figures[FIGURES.index("demand_mtok_per_h")] * DEMO_DEMAND_MTOK_PER_H
    )
    step_s = timedelta(minutes=STEP_MINUTES).total_seconds()
    at = int(_START.timestamp()) + step_s * np.arange(steps)
    return History(
        minutes=float(STEP_MINUTES),
        max_rows=steps,
        epoch_s=at.astype(np.int64),
        values=np.column_stack(figures),
    )
