"""Prices of the MARA event API as a feed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mara.domain import Origin, Tick
from mara.domain.event_quotes import (
    EVENT_MINUTES,
    event_energy_usd_per_mwh,
    event_hash_usd_per_ph_day,
    event_token_usd_per_mtok,
)
from mara.feeds.base import Batch
from mara.feeds.mara_api.values import Quote

if TYPE_CHECKING:
    from mara.feeds.mara_api.client import MaraApiClient

__all__ = ["MaraApiFeed"]

_STEP: Final = timedelta(minutes=EVENT_MINUTES)
_HISTORY: Final = timedelta(days=60)
_MAX_KNOWN: Final = _HISTORY // _STEP


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    quote: Quote
    revision: int


class MaraApiFeed:
    """Ticks of the event's prices, in the event's credits.

    LIVE only where the server is another machine and does not say otherwise. A price that the
    server changed afterwards, or added to the past, comes again with a higher revision. Times are
    the server's; the difference of the clocks is reported, never applied.

    Parameters
    ----------
    client
        Where prices come from; it is closed with the feed.
    site_id
        The site whose ticks they are.
    """

    def __init__(self, client: MaraApiClient, *, site_id: str) -> None:
        self._client = client
        self._site_id = site_id
        self._origin = Origin.SIMULATED if client.is_local_name else Origin.LIVE
        self._known: OrderedDict[datetime, _Known] = OrderedDict()

    @property
    def name(self) -> str:
        """How the source is called on the screen."""
        return self._client.name

    @property
    def origin(self) -> Origin:
        """What its figures are: by the last reply, or by the address before the first."""
        return self._origin

    @property
    def minutes(self) -> float:
        """Length of an interval."""
        return EVENT_MINUTES

    @property
    def start(self) -> datetime | None:
        """Nothing fixes it: the market runs by itself."""
        return None

    async def read(self, *, after: datetime | None, until: datetime) -> Batch:
        """Ticks after `after` and not after `until`, and earlier ones that were corrected."""
        reply = await self._client.prices()
        self._origin = reply.origin
        quotes = [q for q in reply.prices.quotes if until - _HISTORY < q.at <= until]
        fresh = not self._known
        told = [q for q in quotes if self._is_news(q, after, fresh=fresh)]
        return Batch(
            ticks=tuple(self._tick(quote) for quote in told),
            quarantined=reply.prices.quarantined,
            gaps=_gaps([q.at for q in quotes], after),
            skew_s=reply.skew_s,
        )

    def _is_news(self, quote: Quote, after: datetime | None, *, fresh: bool) -> bool:
        """Remember `quote`, and tell whether the caller must hear of it."""
        known = self._known.get(quote.at)
        late = after is not None and quote.at <= after
        if known is None:
            self._remember(quote, revision=1 if late and not fresh else 0)
            return not late or not fresh
        if known.quote != quote:
            self._remember(quote, revision=known.revision + 1)
            return True
        return not late

    def _remember(self, quote: Quote, *, revision: int) -> None:
        self._known[quote.at] = _Known(quote=quote, revision=revision)
        while len(self._known) > _MAX_KNOWN:
            del self._known[min(self._known)]

    def _tick(self, quote: Quote) -> Tick:
        return Tick(
            site_id=self._site_id,
            at=quote.at,
            minutes=EVENT_MINUTES,
            energy_usd_per_mwh=event_energy_usd_per_mwh(quote.energy_price),
            hash_usd_per_ph_day=event_hash_usd_per_ph_day(quote.hash_price),
            token_usd_per_mtok=event_token_usd_per_mtok(quote.token_price),
            origin=self._origin,
            source=self.name,
            revision=self._known[quote.at].revision,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _gaps(there: list[datetime], after: datetime | None) -> tuple[datetime, ...]:
    """Give the intervals up to the newest that are not `there`, which is in order of time."""
    if not there:
        return ()
    first = there[0] if after is None else max(after + _STEP, there[-1] - _HISTORY)
    held = set(there)
    steps = (there[-1] - first) // _STEP
    grid = (first + i * _STEP for i in range(steps + 1))
    return tuple(at for at in grid if at not in held)
