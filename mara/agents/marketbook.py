"""What the engine knows of the market: history, newest tick, health of the feed."""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING

from mara.agents.snapshot import FeedStatus
from mara.domain import History, KnownSeries, Origin, Tick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mara.feeds.base import Batch, Feed

__all__ = ["MarketBook"]

_KNOWN = 1_200


class MarketBook:
    """The market's past as arrays, and its newest ticks as they came.

    A tick that comes again replaces its row; whoever settled with the older one corrects.
    """

    def __init__(self, feed: Feed, *, past: Sequence[Tick] = ()) -> None:
        self._feed = feed
        self.history = History.of(past, minutes=feed.minutes)
        self.newest: Tick | None = past[-1] if past else None
        self._known: OrderedDict[datetime, Tick] = OrderedDict((t.at, t) for t in past[-_KNOWN:])
        self._quarantined = 0
        self.skew_s: float | None = None
        self.trouble: str | None = None
        self.series: tuple[KnownSeries, ...] = ()

    @property
    def step(self) -> timedelta:
        """Length of an interval."""
        return timedelta(minutes=self._feed.minutes)

    @property
    def known(self) -> Mapping[datetime, Tick]:
        """The newest ticks by the start of their interval."""
        return self._known

    @property
    def newest_at(self) -> datetime | None:
        """Start of the newest tick's interval."""
        return None if self.newest is None else self.newest.at

    def word_on(self, at: datetime) -> Tick | None:
        """Give the tick of the interval `at`, else the last one before it; None where none is."""
        here = self._known.get(at)
        earlier = (t for t in self._known.values() if t.at < at)
        return here or max(earlier, key=lambda t: t.at, default=None)

    def take(self, batch: Batch) -> tuple[Tick, ...]:
        """Take a reading in; return the ticks that say something new."""
        self._quarantined += len(batch.quarantined)
        self.skew_s = batch.skew_s
        self.series = batch.known or self.series
        fresh = tuple(t for t in batch.ticks if self._known.get(t.at) != t)
        for tick in fresh:
            self._known[tick.at] = tick
            self.history = self.history.extended(tick)
            if self.newest is None or tick.at >= self.newest.at:
                self.newest = tick
        while len(self._known) > _KNOWN:
            self._known.popitem(last=False)
        return fresh

    def status(self, at: datetime) -> FeedStatus:
        """Health of the feed, seen from the interval that begins `at`."""
        newest = self.newest
        age = 0 if newest is None else max(round((at - newest.at) / self.step), 0)
        origin = self._feed.origin if newest is None else newest.origin
        return FeedStatus(
            name=self._feed.name,
            origin=origin,
            label=_label(origin, newest, age),
            stale=age > 0,
            age_ticks=age,
            skew_s=self.skew_s,
            error=self.trouble,
            assumed=tuple(sorted(newest.assumed)) if newest else (),
            quarantined=self._quarantined,
        )


def _label(origin: Origin, newest: Tick | None, age: int) -> str:
    if age > 0:
        return "STALE"
    via = newest is not None and newest.source.startswith("exchange") and origin is not Origin.LIVE
    return f"{origin} via exchange" if via else str(origin)
