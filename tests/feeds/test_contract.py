"""What every feed keeps to; a new feed is tested by being listed here."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.domain import Origin
from mara.errors import DataFileError, FeedEnded, InvalidValue
from mara.feeds.mara_api import MaraApiFeed
from mara.feeds.pricefile import read_price_file
from mara.feeds.replay import ReplayFeed
from mara.feeds.simulated import SimulatedFeed
from tests.exchange.serving import START, client_of, exchange_of, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mara.feeds.base import Feed

NOW = START + timedelta(minutes=55)


@dataclass(frozen=True)
class Case:
    origin: Origin
    make: object


@contextlib.asynccontextmanager
async def replay(folder: Path) -> AsyncIterator[ReplayFeed]:
    path = folder / "p.csv"
    lines = [f"{(START + timedelta(minutes=5 * i)).isoformat()},{i}" for i in range(-288, 50)]
    path.write_text("\n".join(["timestamp,energy_price", *lines]))
    yield ReplayFeed(read_price_file(path), site_id="s", train_days=1.0)


def simulated_feed(**options: float) -> SimulatedFeed:
    return SimulatedFeed(
        site_id="s",
        rng_for_block=lambda block: np.random.default_rng([7, block]),
        start=START,
        history_days=2,
        **options,
    )


@contextlib.asynccontextmanager
async def simulated(folder: Path) -> AsyncIterator[SimulatedFeed]:
    yield simulated_feed()


@contextlib.asynccontextmanager
async def mara_api(folder: Path) -> AsyncIterator[MaraApiFeed]:
    with serving(exchange_of(folder)) as url:
        async with client_of(url) as client:
            yield MaraApiFeed(client, site_id="s")


@pytest.fixture(params=[replay, simulated, mara_api], ids=lambda make: make.__name__)
async def feed(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Feed]:
    async with request.param(tmp_path) as feed:
        yield feed
        await feed.close()


async def test_ticks_come_in_order_once_and_not_from_the_future(feed: Feed) -> None:
    batch = await feed.read(after=None, until=NOW)
    times = [tick.at for tick in batch.ticks]
    assert times == sorted(set(times))
    assert times[-1] <= NOW < times[-1] + timedelta(minutes=feed.minutes)
    assert {tick.minutes for tick in batch.ticks} == {feed.minutes}
    assert {tick.origin for tick in batch.ticks} == {feed.origin}
    assert feed.origin is not Origin.LIVE
    assert feed.name


async def test_parts_are_the_whole(feed: Feed) -> None:
    whole = await feed.read(after=None, until=NOW)
    cut = NOW - timedelta(minutes=20)
    first = await feed.read(after=None, until=cut)
    rest = await feed.read(after=first.ticks[-1].at, until=NOW)
    assert first.ticks + rest.ticks == whole.ticks


async def test_reading_twice_says_the_same(feed: Feed) -> None:
    one = await feed.read(after=NOW - timedelta(minutes=30), until=NOW)
    assert one.ticks == (await feed.read(after=NOW - timedelta(minutes=30), until=NOW)).ticks


async def test_nothing_is_there_between_two_intervals(feed: Feed) -> None:
    last = (await feed.read(after=None, until=NOW)).ticks[-1].at
    assert (await feed.read(after=last, until=last + timedelta(minutes=1))).ticks == ()


async def test_history_ends_where_deciding_begins(feed: Feed) -> None:
    if feed.start is None:
        pytest.skip("nothing fixes the start of this feed")
    history = await feed.read(after=None, until=feed.start - timedelta(minutes=feed.minutes))
    assert history.ticks[-1].end == feed.start


async def test_a_file_ends(tmp_path: Path) -> None:
    async with replay(tmp_path) as feed:
        assert feed.end == START + timedelta(minutes=245)
        await feed.read(after=feed.end - timedelta(minutes=5), until=feed.end)
        with pytest.raises(FeedEnded, match="the file ends 2026-06-01T09:05"):
            await feed.read(after=feed.end, until=feed.end + timedelta(days=1))


async def test_a_file_tells_gaps_and_quarantine(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    lines = [f"{(START + timedelta(minutes=5 * i)).isoformat()},{i}" for i in range(40)]
    del lines[5]
    lines[20] = lines[20].replace(",21", ",x")
    path.write_text("\n".join(["timestamp,energy_price", *lines]))
    feed = ReplayFeed(read_price_file(path), site_id="s")
    first = await feed.read(after=None, until=START + timedelta(minutes=50))
    assert first.gaps == (START + timedelta(minutes=25),)
    assert len(first.quarantined) == 1
    rest = await feed.read(after=START + timedelta(minutes=50), until=NOW + timedelta(hours=9))
    assert rest.gaps == (START + timedelta(minutes=105),)
    assert rest.quarantined == ()
    with pytest.raises(DataFileError, match="before 2 days of history have passed"):
        ReplayFeed(read_price_file(path), site_id="s", train_days=2.0)


async def test_the_simulated_market_goes_on_after_a_restart() -> None:
    until = START + timedelta(days=40)
    one = await simulated_feed().read(after=None, until=until)
    assert len(one.ticks) == (40 + 2) * 288 + 1
    other = await simulated_feed().read(after=until - timedelta(days=1), until=until)
    assert other.ticks == one.ticks[-288:]


async def test_the_simulated_market_fits_a_site() -> None:
    plain = await simulated_feed().read(after=None, until=NOW)
    sized = await simulated_feed(demand_mean_mtok_per_h=100.0, energy_scale=2.0).read(
        after=None, until=NOW
    )
    assert sized.ticks[9].energy_usd_per_mwh == pytest.approx(plain.ticks[9].energy_usd_per_mwh * 2)
    assert sized.ticks[9].hash_usd_per_ph_day == plain.ticks[9].hash_usd_per_ph_day
    demand = np.mean([tick.demand_mtok_per_h for tick in sized.ticks])
    assert 30 < demand < 300
    with pytest.raises(InvalidValue, match="energy_scale"):
        simulated_feed(energy_scale=0.0)


async def test_before_its_beginning_there_is_nothing() -> None:
    early = datetime(2020, 1, 1, tzinfo=UTC)
    assert (await simulated_feed().read(after=None, until=early)).ticks == ()
