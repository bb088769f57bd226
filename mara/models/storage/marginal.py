"""The marginal value of stored energy: one step back, and one step forward.

Law: with W the value of energy after a step and c, q the cost and the proceeds of a stored MWh,

``V(e) = max_x  W(e + x) - c x^+ + q x^-``,   -discharge <= x <= charge,  0 <= e + x <= energy,

and for concave W, with w = W', the slope of V is known in closed form:

``v(e) = max( w(e + charge), min(c, w(e)), min(q, w(e - discharge)) )``,

with w = -inf above the store and +inf below it. It is concave again, so that no search is needed.
Source: Zheng, Jaworski and Xu, Arbitraging variable efficiency energy storage using analytical
stochastic dynamic programming, IEEE Transactions on Power Systems 37 (2022), equation 6.

A store is cut into n equal cells; cell i lies between i and i + 1 of them, and a slope belongs to a
cell. Where a step moves whole cells the recursion is exact; elsewhere w is linear between the
middles of cells.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mara.models.storage.unit import Floats, StorageUnit

__all__ = ["before", "gain_from_empty", "middles", "target"]

_WHOLE = 1e-9
_BISECTIONS = 40


def middles(unit: StorageUnit, cells: int) -> Floats:
    """Middles of the cells, MWh, shape (cells,)."""
    middle: Floats = (np.arange(cells) + 0.5) * unit.energy_mwh / cells
    return middle


def before(after: Floats, price: Floats, unit: StorageUnit) -> Floats:
    """Slope before a step from the slope `after` it, USD/MWh.

    `after`: shape (..., cells), not rising along cells; `price`: shape (...), USD/MWh.
    """
    cell = unit.energy_mwh / after.shape[-1]
    cost, proceeds = unit.cost(price)[..., None], unit.proceeds(price)[..., None]
    above = _shifted(after, unit.charge_mwh / cell)
    below = _shifted(after, -unit.discharge_mwh / cell)
    slope = np.maximum(np.minimum(cost, after), np.minimum(proceeds, below))
    return np.maximum(above, slope, out=slope)


def _shifted(after: Floats, cells: float) -> Floats:
    """Read the slope so many cells above; infinite outside of the store."""
    n = after.shape[-1]
    whole = math.floor(cells + _WHOLE)
    part = max(cells - whole, 0.0)
    read = np.full_like(after, -np.inf if cells > 0.0 else np.inf)
    first, end = max(-whole, 0), n - max(whole + (part > _WHOLE), 0)
    if first < end:
        read[..., first:end] = after[..., first + whole : end + whole]
        if part > _WHOLE:
            read[..., first:end] *= 1.0 - part
            read[..., first:end] += part * after[..., first + whole + 1 : end + whole + 1]
    return read


def gain_from_empty(after: Floats, price: Floats, unit: StorageUnit) -> Floats:
    """Sum what the best step from an empty store adds to doing nothing, USD, shape of `price`."""
    n = after.shape[-1]
    cell = unit.energy_mwh / n
    reach = np.clip(unit.charge_mwh / cell - np.arange(n), 0.0, 1.0) * cell
    gain: Floats = np.maximum(after - unit.cost(price)[..., None], 0.0) @ reach
    return gain


def target(after: Floats, price: float, stored_mwh: float, unit: StorageUnit) -> float:
    """Find the energy after the best step at `price`, from the slope `after` it, shape (cells,).

    Charges while a stored MWh is worth more than it costs, discharges while it brings more than
    it is worth.
    """
    at = middles(unit, after.size)
    worth = float(np.interp(stored_mwh, at, after))
    cost, proceeds = float(unit.cost(np.array(price))), float(unit.proceeds(np.array(price)))
    if worth > cost:
        most = min(stored_mwh + unit.charge_mwh, unit.energy_mwh)
        return _crossing(after, at, cost, (stored_mwh, most))
    if worth < proceeds:
        least = max(stored_mwh - unit.discharge_mwh, 0.0)
        return _crossing(after, at, proceeds, (least, stored_mwh))
    return stored_mwh


def _crossing(after: Floats, at: Floats, level: float, within: tuple[float, float]) -> float:
    """Find where the slope falls through `level`; an end where it does not."""
    low, high = within
    if np.interp(high, at, after) >= level:
        return high
    if np.interp(low, at, after) <= level:
        return low
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if np.interp(middle, at, after) >= level:
            low = middle
        else:
            high = middle
    return low
