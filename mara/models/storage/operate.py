"""A store run along prices by a policy's slopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.models.storage.marginal import target
from mara.models.storage.unit import Floats

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mara.models.storage.unit import StorageUnit

__all__ = ["Operated", "operate"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operated:
    """Money of each step, USD, and energy after it, MWh; shape (T,) each."""

    cash_usd: Floats
    stored_mwh: Floats


def operate(
    prices: Floats, slopes: Iterable[Floats], unit: StorageUnit, *, start_mwh: float
) -> Operated:
    """Follow `slopes`, one for each price: the worth of energy after that step."""
    stored, cash, energy = start_mwh, np.zeros(prices.size), np.zeros(prices.size)
    for t, (price, slope) in enumerate(zip(prices.tolist(), slopes, strict=True)):
        after = target(slope, price, stored, unit)
        cash[t], energy[t] = unit.cash(price, after - stored), after
        stored = after
    return Operated(cash_usd=cash, stored_mwh=energy)
