"""Stored energy over a day whose curve is known, and what is left at its end.

The price deviates from the curve by a `DeviationLaw`. Nothing is known of tomorrow but that it will
begin as days lately began: the slope at midnight is the mean of those with which today's curve and
the curves of the days before would begin, each repeated for ever,

``w(midnight) = own V'(today) + (1 - own) mean_j V'(day j)``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.models.storage.deviation import DeviationLaw
from mara.models.storage.markov import PriceChain, StorageValue, solve
from mara.models.storage.unit import Floats, StorageUnit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.models.storage.known_days import DayCurve

__all__ = ["StorageDays", "StoredWorth", "stored_worth"]

_KEPT: Final = 32


@dataclass(slots=True, kw_only=True, eq=False)
class StorageDays:
    """Values a store over days of one law; days already valued are remembered.

    What is remembered changes no value, so that threads and strategies may share one of these.

    `cells` cuts the store, `own` is the weight of today's curve in tomorrow's beginning.
    """

    law: DeviationLaw
    unit: StorageUnit
    cells: int = 80
    own: float = 0.7
    _begun: dict[tuple[date, bytes], Floats] = field(default_factory=dict)
    _solved: dict[bytes, StorageValue] = field(default_factory=dict)

    def value(self, today: DayCurve, before: Sequence[DayCurve]) -> StorageValue:
        """Value the store through `today`, after the days `before`."""
        begun = [self._beginning(day) for day in (*before, today)]
        key = b"".join([today.curve.tobytes(), *(d.curve.tobytes() for d in before)])
        value = self._solved.get(key)
        if value is None:
            past = np.mean(begun[:-1], axis=0) if before else begun[-1]
            value = self._through(today, self.own * begun[-1] + (1.0 - self.own) * past)
            self._solved = {key: value}
        return value

    def _beginning(self, day: DayCurve) -> Floats:
        """Slope at the start of a day that is followed by another of its kind."""
        key = (day.day, day.curve.tobytes())
        slope = self._begun.get(key)
        if slope is None:
            once = self._through(day, None).first
            slope = self._through(day, once).first
            kept = list(self._begun.items())[1 - _KEPT :]
            self._begun = {**dict(kept), key: slope}
        return slope

    def _through(self, day: DayCurve, terminal: Floats | None) -> StorageValue:
        chain = PriceChain(
            prices=self.law.prices(day.curve),
            transitions=self.law.transitions,
            which=tuple(day.hours.tolist()),
        )
        return solve(chain, self.unit, cells=self.cells, terminal=terminal)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredWorth:
    """Worth of a further stored MWh by state of charge and price now.

    `stored_mwh` (n,), above the floor; `price_usd_per_mwh` (S,); `usd_per_mwh` (S, n).
    """

    stored_mwh: Floats
    price_usd_per_mwh: Floats
    usd_per_mwh: Floats


def stored_worth(
    law: DeviationLaw, value: StorageValue, *, step: int, curve_usd_per_mwh: float, memory: float
) -> StoredWorth:
    """Tabulate the worth after step `step` of a day, for each price that the law knows."""
    cells = value.after.shape[2]
    rows = [law.weights(x, memory) @ value.after[step] for x in law.deviations]
    prices = law.prices(np.array([curve_usd_per_mwh]))[0][:: law.memories.size]
    middles = (np.arange(cells) + 0.5) * value.unit.energy_mwh / cells
    return StoredWorth(stored_mwh=middles, price_usd_per_mwh=prices, usd_per_mwh=np.array(rows))
