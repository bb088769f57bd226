"""Sites, feeds, venues and clocks, as the settings ask for them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.clock import Clock, FileClock, SpeedClock, SystemClock
from mara.domain import Mode, Origin, Site, Venue
from mara.domain.presets import DEMO_DEMAND_MTOK_PER_H, preset
from mara.errors import FeedError, SettingsError
from mara.feeds.assumed import with_assumed
from mara.feeds.base import Feed
from mara.feeds.pricefile import read_price_file
from mara.feeds.replay import ReplayFeed
from mara.feeds.simulated import SimulatedFeed
from mara.trading.paper import PaperVenue

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mara.feeds.mara_api import MaraApiClient
    from mara.settings import Settings

__all__ = ["Source", "clock_of", "default_mode", "site_of", "source_maker"]

DEMO_SPEED: Final = 60.0
"""Market seconds a real second of the simulated market."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A feed, and the venue that belongs to it."""

    feed: Feed
    venue: Venue


def site_of(settings: Settings) -> Site:
    """Make the preset's site; a replayed file has books of its own."""
    site = preset(settings.site)
    if settings.feed.kind == "simulated":
        return site
    if settings.feed.kind == "mara_api":
        return replace(site, site_id=f"{site.site_id}-api")
    return replace(site, site_id=f"{site.site_id}-replay")


def source_maker(settings: Settings, site: Site) -> Callable[[], Source]:
    """Prepare a function that makes the feed and its venue anew for each engine.

    Raises
    ------
    SettingsError, DataFileError
        The feed cannot be made; the text says what is missing.
    """
    match settings.feed.kind:
        case "simulated":
            return lambda: _simulated(settings, site)
        case "replay":
            return _replay_maker(settings, site)
        case "mara_api":
            return lambda: _mara_api(settings, site)


def _simulated(settings: Settings, site: Site) -> Source:
    chosen = settings.feed.simulated
    feed = SimulatedFeed(
        site_id=site.site_id,
        rng_for_block=lambda block: np.random.default_rng((chosen.seed, block)),
        start=chosen.start,
        history_days=chosen.history_days,
        demand_mean_mtok_per_h=DEMO_DEMAND_MTOK_PER_H if site.tiers else None,
    )
    return Source(feed=feed, venue=PaperVenue())


def _replay_maker(settings: Settings, site: Site) -> Callable[[], Source]:
    chosen = settings.feed.replay
    if chosen.data is None:
        raise SettingsError(
            "settings: feed.replay.data is missing; give a price file with --data FILE"
        )
    table = read_price_file(Path(chosen.data), tz=chosen.tz, columns=chosen.columns)
    given = {
        "hash_price": chosen.hash_price,
        "token_price": chosen.token_price,
        "demand": chosen.demand,
    }
    whole = with_assumed(table, given, tz=chosen.tz)

    def make() -> Source:
        feed = ReplayFeed(whole, site_id=site.site_id, train_days=chosen.train_days)
        return Source(feed=feed, venue=PaperVenue())

    return make


def _client(settings: Settings) -> MaraApiClient:
    from mara.feeds.mara_api import MaraApiClient  # noqa: PLC0415 - for those who connect to it

    chosen = settings.feed.mara_api
    return MaraApiClient(
        base_url=chosen.base_url,
        clock=SystemClock(),
        rng=np.random.default_rng(),
        api_key=chosen.api_key,
        timeout_s=chosen.timeout_s,
        attempts=chosen.attempts,
    )


def _mara_api(settings: Settings, site: Site) -> Source:
    from mara.feeds.mara_api import MaraApiFeed, MaraApiVenue  # noqa: PLC0415

    client = _client(settings)
    venue = MaraApiVenue(client, clock=SystemClock(), site_name=settings.feed.mara_api.site_name)
    return Source(feed=MaraApiFeed(client, site_id=site.site_id), venue=venue)


def clock_of(settings: Settings, source: Source, resumed_at: datetime | None) -> Clock:
    """Choose the clock: a simulated market and a file start where they stopped.

    A live feed runs at the machine's time. A local exchange that runs faster is followed at
    `feed.speed` from its newest tick on.

    Raises
    ------
    SettingsError
        Such an exchange does not answer.
    """
    speed = settings.feed.speed
    start = resumed_at or source.feed.start
    if settings.feed.kind == "mara_api":
        if not isinstance(speed, float) or speed == 1.0:
            return SystemClock()
        return SpeedClock(start=asyncio.run(_newest(settings)), speed=speed)
    if start is None:
        return SystemClock()
    if speed == "max":
        return FileClock(start=start)
    usual = DEMO_SPEED if settings.feed.kind == "simulated" else 1.0
    return SpeedClock(start=start, speed=float(speed or usual))


async def _newest(settings: Settings) -> datetime:
    client = _client(settings)
    try:
        quotes = (await client.prices()).prices.quotes
    except FeedError as error:
        raise SettingsError(
            f"feed.speed={settings.feed.speed}: the clock starts at the exchange's newest price, "
            f"and {client.name} gives none ({error}); start it first"
        ) from None
    finally:
        await client.close()
    return max(quote.at for quote in quotes)


def default_mode(settings: Settings, source: Source) -> Mode:
    """Paper on a simulated or replayed market, advisory on a real one, unless set.

    Raises
    ------
    SettingsError
        Live mode is not set, it is confirmed.
    """
    if settings.trading.mode == "live":
        raise SettingsError(
            "trading.mode=live: live mode takes a typed confirmation and the operator's password; "
            "leave it out, and switch in the dashboard"
        )
    if settings.trading.mode is not None:
        return Mode(settings.trading.mode)
    return Mode.ADVISORY if source.feed.origin is Origin.LIVE else Mode.PAPER
