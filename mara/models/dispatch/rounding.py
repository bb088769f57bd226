"""Whole machines in the first interval, and one direction of the battery at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mara.models.dispatch.layout import Index, Layout
    from mara.models.dispatch.problem import DispatchProblem

__all__ = ["closed_directions", "one_way", "rounded_counts"]

Floats = NDArray[np.float64]

_WHOLE = 1e-6


def rounded_counts(problem: DispatchProblem, layout: Layout, values: Floats) -> Floats:
    """Units on in the first interval, whole, drawing no more than the connection has room for.

    Every class is rounded down; then those that lost a part get one unit more, the largest part
    first, while its power fits what rounding and the import limit leave free. Shape (C,).
    """
    relaxed = values[layout.units[:, 0]]
    counts = np.floor(relaxed + _WHOLE)
    part = relaxed - counts
    unit_mw = np.array([m.unit_mw for m in layout.shape.machines])
    free = float(unit_mw @ part) + float(problem.import_cap_mw[0] - values[layout.net[0]])
    for c in np.argsort(-part, kind="stable"):
        if part[c] > _WHOLE and unit_mw[c] <= free + 1e-9:
            counts[c] += 1.0
            free -= unit_mw[c]
    return np.asarray(counts)


def closed_directions(
    problem: DispatchProblem, layout: Layout, values: Floats, intervals: int
) -> Index:
    """Columns of charge or discharge to hold at zero, so that none runs against the other.

    Law, for each of the first `intervals`: where burning energy can pay (the price is at or below
    zero, or a ramp asks for load), or both run at once, the direction stays that the stored energy
    takes: charge where nc * x >= y / nd.
    """
    battery = layout.shape.battery
    if battery is None:
        return layout.charge
    charge, discharge = layout.charge[:intervals], layout.discharge[:intervals]
    x, y = values[charge], values[discharge]
    price = problem.energy_usd_per_mwh[:intervals]
    can_pay = (price <= 0.0) | (layout.shape.ramp_mw_per_min is not None)
    doubtful = can_pay | ((x > _WHOLE) & (y > _WHOLE))
    filling = battery.charge_efficiency * x >= y / battery.discharge_efficiency - _WHOLE
    return np.concatenate((discharge[doubtful & filling], charge[doubtful & ~filling]))


def one_way(layout: Layout, values: Floats) -> bool:
    """Tell that charge and discharge do not both run in the first interval."""
    both = np.minimum(values[layout.charge[:1]], values[layout.discharge[:1]])
    return bool((both <= _WHOLE).all())
