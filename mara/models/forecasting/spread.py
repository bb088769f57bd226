"""How forecast errors spread with the horizon: empirical quantiles of past errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mara.models.forecasting.past import LEVELS
from mara.models.forecasting.series import Floats, Ints

__all__ = ["HORIZONS_H", "ErrorSpread", "horizons", "spread_of"]

HORIZONS_H: Final = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0)
"""Horizons at which errors are measured, in hours."""

_LEAST_ERRORS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ErrorSpread:
    """Quantiles of errors at `LEVELS`, shape (len(horizons), 5), by horizon in steps."""

    horizons: Ints
    values: Floats

    def over(self, steps: int) -> Floats:
        """Quantiles of the errors of steps 1 to `steps`, shape (steps, 5).

        Between the measured horizons linear in the square root of the horizon, as the spread of a
        random walk; beyond the last one constant.
        """
        root = np.sqrt(np.arange(1, steps + 1))
        knots = np.sqrt(self.horizons)
        columns = [np.interp(root, knots, column) for column in self.values.T]
        return np.column_stack(columns)


def horizons(step_s: int, longest: int) -> Ints:
    """`HORIZONS_H` in steps of `step_s`, at least one and at most `longest` steps."""
    steps = np.rint(np.array(HORIZONS_H) * 3_600.0 / step_s).astype(np.int64)
    return np.unique(np.clip(steps, 1, max(longest, 1)))


def spread_of(errors: dict[int, Floats]) -> ErrorSpread | None:
    """Spread of `errors` by horizon in steps; NaN is left out.

    None where no horizon has 20 errors: too few to speak of quantiles.
    """
    known = {h: e[np.isfinite(e)] for h, e in errors.items()}
    rows = {h: np.quantile(e, LEVELS) for h, e in known.items() if e.size >= _LEAST_ERRORS}
    if not rows:
        return None
    return ErrorSpread(
        horizons=np.array(list(rows), dtype=np.int64), values=np.array(list(rows.values()))
    )
