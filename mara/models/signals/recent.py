"""The figures of a history that are known of late, each on its grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.domain.tick import FIGURES
from mara.models.forecasting.series import Series, on_grid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mara.domain import History

__all__ = ["recent"]

_MINUTES_PER_DAY = 1_440.0


def recent(history: History, days: float) -> Iterator[Series]:
    """Yield each figure that has a value within the last `days`, in the order of `FIGURES`."""
    rows = max(round(days * _MINUTES_PER_DAY / history.minutes), 1)
    newest = history.last(rows)
    for figure in FIGURES if len(newest) else ():
        series = on_grid(newest, figure)
        values = series.values[-rows:]
        if np.isfinite(values).any():
            yield Series(
                target=figure,
                step_s=series.step_s,
                epoch_s=series.epoch_s[-rows:],
                values=values,
            )
