"""One store over steps of one length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from mara.domain.checks import non_negative, positive, within

if TYPE_CHECKING:
    from mara.domain import Battery

__all__ = ["Floats", "StorageUnit"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageUnit:
    """What a step can put into a store and take out of it, and at what loss.

    `charge_mwh` and `discharge_mwh` are measured inside the store. A MWh stored costs
    ``p / charge_efficiency``; a MWh taken out brings ``discharge_efficiency (p - wear)``. Nothing is
    taken out at a price below `least_sale_usd_per_mwh`, which is not below zero: where burning
    energy is paid for, a store that charges and discharges at once would have no concave value.
    """

    energy_mwh: float
    charge_mwh: float
    discharge_mwh: float
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    wear_usd_per_mwh: float = 0.0
    least_sale_usd_per_mwh: float = 0.0

    def __post_init__(self) -> None:
        for field in ("energy_mwh", "charge_mwh", "discharge_mwh"):
            positive("StorageUnit", field, getattr(self, field))
        for field in ("wear_usd_per_mwh", "least_sale_usd_per_mwh"):
            non_negative("StorageUnit", field, getattr(self, field))
        for field in ("charge_efficiency", "discharge_efficiency"):
            within("StorageUnit", field, getattr(self, field), 1e-3, 1.0)

    @classmethod
    def of(cls, battery: Battery, hours: float) -> Self:
        """See a battery over steps of `hours`; its energy is counted from its floor."""
        positive("StorageUnit.of", "hours", hours)
        return cls(
            energy_mwh=battery.ceiling_mwh - battery.floor_mwh,
            charge_mwh=battery.power_mw * hours * battery.charge_efficiency,
            discharge_mwh=battery.power_mw * hours / battery.discharge_efficiency,
            charge_efficiency=battery.charge_efficiency,
            discharge_efficiency=battery.discharge_efficiency,
            wear_usd_per_mwh=battery.wear_usd_per_mwh,
        )

    def cost(self, price: Floats) -> Floats:
        """Cost of a MWh stored, USD."""
        return price / self.charge_efficiency

    def proceeds(self, price: Floats) -> Floats:
        """Tell what a MWh taken out brings, USD; minus infinity where nothing may be taken out."""
        sold = self.discharge_efficiency * (price - self.wear_usd_per_mwh)
        return np.where(price >= self.least_sale_usd_per_mwh, sold, -np.inf)

    def cash(self, price: float, change_mwh: float) -> float:
        """Money of a step that changes the store by `change_mwh`, USD."""
        if change_mwh > 0.0:
            return -change_mwh * price / self.charge_efficiency
        return -change_mwh * self.discharge_efficiency * (price - self.wear_usd_per_mwh)
