"""What all scores ask of their arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Floats", "paired"]

Floats = NDArray[np.float64]


def paired(what: str, actual: ArrayLike, forecast: ArrayLike) -> tuple[Floats, Floats]:
    """Lay what came and what was forecast side by side, both as floats of one shape.

    Raises
    ------
    InvalidValue
        The shapes differ, there is nothing, or a value is not finite.
    """
    came = np.asarray(actual, dtype=np.float64)
    made = np.asarray(forecast, dtype=np.float64)
    if came.shape != made.shape:
        raise InvalidValue(
            f"{what}: actual has shape {came.shape} and forecast {made.shape}; give both the same"
        )
    if not came.size:
        raise InvalidValue(f"{what}: there is nothing to score; give at least one value")
    if not (np.isfinite(came).all() and np.isfinite(made).all()):
        raise InvalidValue(f"{what}: a value is missing or infinite; leave such rows out first")
    return came, made
