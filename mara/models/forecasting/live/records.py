"""Records of what was said live, to be scored as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.models.forecasting.evaluation.track import Track, joined
from mara.models.forecasting.past import LEVELS, Past, Predicted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mara.models.forecasting.live.book import Issue

__all__ = ["record_of"]


def record_of(expert: str, issues: Iterable[Issue], past: Past) -> Track | None:
    """Lay what an expert, or the ensemble, said beside what came by the end of `past`.

    None where it said nothing.
    """
    made = [issue.of(expert) for issue in issues]
    pieces = [_piece(expert, p, past) for p in made if p is not None]
    return joined(pieces) if pieces else None


def _piece(expert: str, made: Predicted, past: Past) -> Track:
    """Lay a prediction beside what came of it by the end of the past."""
    first = (made.start_s - past.start_s) // made.step_s
    steps = made.mean.size
    actual = np.full(steps, np.nan)
    rows = np.arange(first, first + steps)
    there = (rows >= 0) & (rows < len(past))
    actual[there] = past.values[rows[there]]
    told = made.quantiles if made.levels == LEVELS else np.full((steps, len(LEVELS)), np.nan)
    return Track(
        model=expert,
        levels=LEVELS,
        issued_s=np.full(steps, made.start_s, dtype=np.int64),
        start_s=made.epoch_s,
        actual=actual,
        mean=made.mean,
        quantiles=told,
    )
