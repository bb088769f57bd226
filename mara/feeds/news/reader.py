"""Several feeds, read side by side: one that fails says so and keeps what it gave before."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mara.domain.checks import non_negative, positive
from mara.errors import FeedError, InvalidValue, RateLimited
from mara.feeds.news.fetch import Fetched, Validators, checked_url, fetch
from mara.feeds.news.headline import Headline, newest
from mara.feeds.news.parse import parse_feed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mara.clock import Clock

__all__ = ["MOST_FEEDS", "NewsReader", "NewsReading"]

MOST_FEEDS: Final = 20
_AHEAD: Final = timedelta(hours=26)
"""Clocks of publishers may run ahead, and dates without a zone may be of any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsReading:
    """What a feed gave when it last could, at `read_at`; `problem` says why it cannot now."""

    name: str
    headlines: tuple[Headline, ...] = ()
    read_at: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A reading, what it was a version of, and before when the feed is left alone."""

    reading: NewsReading
    validators: Validators = field(default_factory=Validators)
    not_before: float = float("-inf")


class NewsReader:
    """Reads feeds, each at most every `every_s`; whole headlines only, never a fault.

    Parameters
    ----------
    feeds
        Addresses by the name under which their headlines are shown.
    clock
        Time of the world, because headlines are dated in it, whatever time the market has.
    timeout_s
        Longest time for one feed, its redirects included.
    """

    def __init__(
        self,
        *,
        feeds: Mapping[str, str],
        clock: Clock,
        timeout_s: float = 8.0,
        every_s: float = 300.0,
    ) -> None:
        positive("NewsReader", "timeout_s", timeout_s)
        non_negative("NewsReader", "every_s", every_s)
        if len(feeds) > MOST_FEEDS:
            raise InvalidValue(f"NewsReader: {len(feeds)} feeds are too many; name {MOST_FEEDS}")
        self._feeds = {name: str(checked_url(url)) for name, url in feeds.items()}
        self._clock = clock
        self._timeout_s = timeout_s
        self._every_s = every_s
        self._known = {name: _Known(reading=NewsReading(name=name)) for name in feeds}

    @property
    def readings(self) -> tuple[NewsReading, ...]:
        """What is known, without asking anybody."""
        return tuple(known.reading for known in self._known.values())

    def headlines(self, most: int = 200) -> tuple[Headline, ...]:
        """Give all headlines known, the newest first, each once."""
        return newest((one for r in self.readings for one in r.headlines), most)

    async def read(self) -> tuple[NewsReading, ...]:
        """Ask the feeds that are due, all at once, and give what is known then."""
        now = self._clock.monotonic()
        due = [name for name, known in self._known.items() if known.not_before <= now]
        self._known.update(zip(due, await asyncio.gather(*map(self._asked, due)), strict=True))
        return self.readings

    async def _asked(self, name: str) -> _Known:
        known = self._known[name]
        try:
            fetched = await fetch(
                self._feeds[name],
                known=known.validators,
                clock=self._clock,
                limit_s=self._timeout_s,
            )
            return self._learnt(known, fetched)
        except FeedError as error:
            pause = error.retry_after_s if isinstance(error, RateLimited) else 0.0
            said = replace(known.reading, problem=str(error))
            return replace(known, reading=said, not_before=self._later(pause))

    def _learnt(self, known: _Known, fetched: Fetched) -> _Known:
        now = self._clock.now()
        headlines = known.reading.headlines
        if fetched.body is not None:
            found = parse_feed(fetched.body, url=fetched.url, origin=fetched.origin)
            headlines = tuple(_named(one, known.reading.name, now) for one in found)
        reading = replace(known.reading, headlines=headlines, read_at=now, problem=None)
        return _Known(reading=reading, validators=fetched.validators, not_before=self._later(0.0))

    def _later(self, pause_s: float) -> float:
        return self._clock.monotonic() + max(self._every_s, pause_s)


def _named(headline: Headline, name: str, now: datetime) -> Headline:
    """Show a headline under the name of its feed; a date that is to come is none."""
    published = headline.published
    if published is not None and published > now + _AHEAD:
        published = None
    return replace(headline, source=name, published=published)
