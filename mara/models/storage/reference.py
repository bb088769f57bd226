"""The day-ahead curve of one calendar day, at the steps of the real-time price.

An hourly price holds for all steps of its hour, and jumps at its end, where the real-time price
does not: a deviation measured from the staircase would jump with it. So the curve is drawn through
the middles of the hours and moved back to each hour's mean,

``d(t) = l(t) + D(h) - mean_h(l)``,   l linear through the D(h) at the middles of the hours.

The hour before midnight is that of the day before; after the last hour nothing is known, and the
curve ends level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mara.models.storage.unit import Floats

__all__ = ["drawn_through"]


def drawn_through(hourly: Floats, before: float, steps_an_hour: int) -> Floats:
    """Draw the curve of a day from its `hourly` prices and the last one `before` it, USD/MWh.

    Returns
    -------
    The curve, shape (hours x steps_an_hour,), with the same mean in each hour.
    """
    hours = hourly.size
    known = np.concatenate([[before], hourly, hourly[-1:]])
    middle = (np.arange(-1, hours + 1) + 0.5) * steps_an_hour - 0.5
    line = np.interp(np.arange(hours * steps_an_hour), middle, known)
    means = line.reshape(hours, steps_an_hour).mean(axis=1)
    curve: Floats = line + np.repeat(hourly - means, steps_an_hour)
    return curve
