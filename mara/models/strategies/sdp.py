"""Stochastic dynamic programming as a strategy: sell above the worth of stored energy, buy below.

The worth is that of `mara.models.storage.day_ahead` under a law calibrated on the past; the price of
now is observed, the day-ahead curve is known for the calendar day at hand, and nothing else is.
Machines follow the strike rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from mara.domain.checks import positive
from mara.models.storage.day_ahead import StorageDays, StoredWorth, stored_worth
from mara.models.storage.known_days import level_days
from mara.models.storage.unit import StorageUnit
from mara.models.strategies.stored_energy import DayBook, Market, proposal_for, rest

if TYPE_CHECKING:
    from mara.domain import Battery, Proposal
    from mara.models.storage.deviation import DeviationLaw
    from mara.models.storage.unit import Floats
    from mara.models.strategies.base import DecisionContext

__all__ = ["PATIENCE", "PriceOnlySdp", "StorageSdp", "Valued"]

Valued = dict["tuple[Battery, float]", StorageDays]
"""What was worked out, by battery and hours of a step."""

PATIENCE: Final = 1.03
"""Factor on the worth of stored energy: the option value that a finite state does not see.

Chosen by leaving out months of the training half of hubs West and North of 2023."""


class StorageSdp:
    """Operates the battery by a value function over stored energy and the state of the price.

    `valued` may be shared by strategies of one law: it holds what was worked out, and decides
    nothing. Without the day's curve, where the law knows one, the battery rests and the reason says so.
    """

    def __init__(
        self,
        law: DeviationLaw,
        *,
        name: str = "storage-sdp",
        patience: float = PATIENCE,
        valued: Valued | None = None,
    ) -> None:
        positive("StorageSdp", "patience", patience)
        self.name = name
        self._law = law
        self._patience = patience
        self._book = DayBook()
        self._days: Valued = {} if valued is None else valued

    def prepare(self, context: DecisionContext) -> None:
        """Value the day at hand, once a day; `propose` is then quick."""
        market, battery = self._market(context), context.site.battery
        if market is not None and battery is not None:
            self._valued(battery, context.tick.hours).value(market.today, market.before)

    def propose(self, context: DecisionContext) -> Proposal:
        """Propose the best step at the price of now."""
        market = self._market(context)
        if market is None:
            return rest(context, self.name, "no day-ahead curve of the whole day is known")
        if context.site.battery is None:
            return rest(context, self.name, "the site has no battery")
        days = self._valued(context.site.battery, context.tick.hours)
        slope = self._patience * self._slope(days, market)
        return proposal_for(context, self.name, slope, days.unit)

    def worth(self, context: DecisionContext) -> StoredWorth | None:
        """Tabulate the worth of stored energy by state of charge and price; None as in `propose`."""
        market = self._market(context)
        if market is None or context.site.battery is None:
            return None
        days = self._valued(context.site.battery, context.tick.hours)
        return stored_worth(
            self._law,
            days.value(market.today, market.before),
            step=market.step,
            curve_usd_per_mwh=float(market.curve[-1]),
            memory=self._law.memory(self._deviations(market)),
        )

    def _market(self, context: DecisionContext) -> Market | None:
        return self._book.market(context)

    def _deviations(self, market: Market) -> Floats:
        return self._law.deviation(market.prices, market.curve)

    def _slope(self, days: StorageDays, market: Market) -> Floats:
        deviations = self._deviations(market)
        weights = self._law.weights(float(deviations[-1]), self._law.memory(deviations))
        slope: Floats = weights @ days.value(market.today, market.before).after[market.step]
        return slope

    def _valued(self, battery: Battery, hours: float) -> StorageDays:
        key = (battery, hours)
        if key not in self._days:
            unit = StorageUnit.of(battery, hours)
            self._days[key] = StorageDays(law=self._law, unit=unit)
        return self._days[key]


class PriceOnlySdp(StorageSdp):
    """The same with the day-ahead curve taken away: the law is that of the price alone."""

    def __init__(
        self,
        law: DeviationLaw,
        *,
        name: str = "storage-sdp-price",
        valued: Valued | None = None,
    ) -> None:
        super().__init__(law, name=name, patience=1.0, valued=valued)

    def _market(self, context: DecisionContext) -> Market | None:
        market = super()._market(context)
        return None if market is None else _levelled(market)


def _levelled(market: Market) -> Market:
    """Keep times and prices, and know nothing of the curve."""
    return Market(
        today=level_days((market.today,))[0],
        before=(),
        step=market.step,
        prices=market.prices,
        curve=np.zeros_like(market.curve),
    )
