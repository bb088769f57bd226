"""Where the exchange's prices come from: the simulator, or a file of the event's quotes."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from mara.domain import Origin
from mara.errors import DataFileError, FeedError
from mara.exchange.economics import EventQuote

if TYPE_CHECKING:
    from mara.feeds.pricetable import PriceTable
    from mara.models.market import MarketSimulator

__all__ = ["HISTORY", "STEP", "Market", "ReplayedMarket", "SimulatedMarket"]

STEP: Final = timedelta(minutes=5)
HISTORY: Final = 7 * 24 * 12
"""Most prices of one answer: a week."""

_CREDITS_PER_USD_PER_MWH: Final = 1.0 / 30.0
_CREDITS_PER_USD_PER_PH_DAY: Final = 1.0 / 35.0
_CREDITS_PER_USD_PER_MTOK: Final = 2.2
# The simulator's long-run means (47 USD/MWh, 70 USD/PH/day, 0.66 USD/Mtok) become those of the
# event's day, 2025-06-21 (1.66, 1.97 and 1.46 credits): its machines then compete as they did there.


class Market(Protocol):
    """A source of the event's quotes."""

    @property
    def origin(self) -> Origin:
        """SIMULATED or REPLAY."""
        ...

    def quotes(self, now: datetime) -> tuple[EventQuote, ...]:
        """Quotes of intervals that have begun by `now`, newest first, at most `HISTORY`.

        Raises
        ------
        FeedError
            There is none yet.
        """
        ...


class SimulatedMarket:
    """The seeded market in credits."""

    origin: Origin = Origin.SIMULATED

    def __init__(self, simulator: MarketSimulator) -> None:
        self._simulator = simulator
        self._newest: tuple[EventQuote, ...] = ()

    def quotes(self, now: datetime) -> tuple[EventQuote, ...]:
        """Quotes that have begun by `now`, newest first; the same for the same `now`."""
        begun = (now - self._simulator.start) // STEP + 1
        if begun <= 0:
            raise FeedError(f"exchange: the market begins {self._simulator.start.isoformat()}")
        last = self._simulator.start + (begun - 1) * STEP
        if not self._newest or self._newest[0].at != last:
            self._newest = self._drawn(last, min(begun, HISTORY))
        return self._newest

    def _drawn(self, last: datetime, steps: int) -> tuple[EventQuote, ...]:
        path = self._simulator.path(last - (steps - 1) * STEP, steps)
        columns = (
            path.energy_usd_per_mwh * _CREDITS_PER_USD_PER_MWH,
            path.hash_usd_per_ph_day * _CREDITS_PER_USD_PER_PH_DAY,
            path.token_usd_per_mtok * _CREDITS_PER_USD_PER_MTOK,
        )
        rows = zip(*(column[::-1].tolist() for column in columns), strict=True)
        return tuple(
            EventQuote(at=last - i * STEP, energy_price=e, hash_price=h, token_price=t)
            for i, (e, h, t) in enumerate(rows)
        )


class ReplayedMarket:
    """A price file whose figures are the event's own quotes.

    Raises
    ------
    DataFileError
        The file lacks a price or has another step than five minutes.
    """

    origin: Origin = Origin.REPLAY

    def __init__(self, table: PriceTable) -> None:
        if table.minutes != STEP / timedelta(minutes=1):
            raise DataFileError(
                f"{table.name}: has steps of {table.minutes:g} min; the event's are of 5 min"
            )
        wanted = ("energy_usd_per_mwh", "hash_usd_per_ph_day", "token_usd_per_mtok")
        if missing := [name for name in wanted if name not in table.figures]:
            raise DataFileError(
                f"{table.name}: lacks {missing}; the event quotes energy_price, hash_price, token_price"
            )
        self.start = table.first
        self._quotes = tuple(
            EventQuote(
                at=datetime.fromtimestamp(at, UTC), energy_price=e, hash_price=h, token_price=t
            )
            for at, e, h, t in zip(
                table.epoch_s.tolist(), *(table.figures[n].tolist() for n in wanted), strict=True
            )
            if math.isfinite(h) and math.isfinite(t)
        )

    def quotes(self, now: datetime) -> tuple[EventQuote, ...]:
        """Quotes that have begun by `now`, newest first; after its end the file stands still."""
        begun = tuple(quote for quote in self._quotes if quote.at <= now)
        if not begun:
            raise FeedError(f"exchange: the file's first price is of {self.start.isoformat()}")
        return begun[: -HISTORY - 1 : -1]
