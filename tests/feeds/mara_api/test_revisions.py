"""Prices that come again, change, come late or never (F5, F6, F7, F8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mara.domain.event_quotes import event_energy_usd_per_mwh
from mara.feeds.mara_api import MaraApiFeed
from tests.exchange.serving import START, STEP, client_of, exchange_of, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.exchange.serving import StandingMarket

    Fed = tuple[MaraApiFeed, StandingMarket]

LAST = START + 11 * STEP


@pytest.fixture
async def fed(tmp_path: Path) -> AsyncIterator[Fed]:
    """A feed, and the market that it reads."""
    exchange = exchange_of(tmp_path)
    with serving(exchange) as url:
        async with client_of(url) as client:
            yield MaraApiFeed(client, site_id="s"), exchange.market


async def test_a_price_that_comes_again_is_no_news(fed: Fed) -> None:
    feed, _ = fed
    await feed.read(after=None, until=LAST)
    again = await feed.read(after=LAST, until=LAST + STEP)
    assert again.ticks == ()
    assert again.gaps == ()


async def test_a_price_that_changed_comes_with_a_revision(fed: Fed) -> None:
    feed, market = fed
    first = await feed.read(after=None, until=LAST)
    market.quoted = (
        *market.quoted[:-2],
        replace(market.quoted[-2], energy_price=9.0),
        market.quoted[-1],
    )
    (changed,) = (await feed.read(after=LAST, until=LAST)).ticks
    assert changed.at == LAST - STEP
    assert changed.revision == 1
    assert changed.energy_usd_per_mwh == event_energy_usd_per_mwh(9.0)
    assert first.ticks[-2].revision == 0
    whole = await feed.read(after=None, until=LAST)
    assert [tick.revision for tick in whole.ticks] == [0] * 10 + [1, 0]


async def test_a_price_that_comes_late_closes_its_gap(fed: Fed) -> None:
    feed, market = fed
    quotes = market.quoted
    market.quoted = quotes[:5] + quotes[6:]
    first = await feed.read(after=None, until=LAST)
    assert first.gaps == (START + 5 * STEP,)
    market.quoted = quotes
    late = await feed.read(after=LAST, until=LAST)
    assert [(tick.at, tick.revision) for tick in late.ticks] == [(START + 5 * STEP, 1)]


async def test_a_restart_repeats_nothing(fed: Fed) -> None:
    feed, _ = fed
    batch = await feed.read(after=LAST - STEP, until=LAST)
    assert [tick.at for tick in batch.ticks] == [LAST]


async def test_gaps_since_the_last_tick_are_told(fed: Fed) -> None:
    feed, _ = fed
    batch = await feed.read(after=START - 4 * STEP, until=LAST)
    assert batch.gaps == tuple(START - i * STEP for i in (3, 2, 1))


async def test_prices_from_the_future_wait(fed: Fed) -> None:
    feed, _ = fed
    batch = await feed.read(after=None, until=START + timedelta(minutes=12))
    assert [tick.at for tick in batch.ticks] == [START, START + STEP, START + 2 * STEP]
    rest = await feed.read(after=START + 2 * STEP, until=LAST)
    assert [tick.revision for tick in rest.ticks] == [0] * 9


async def test_a_source_without_prices_has_no_gaps(fed: Fed) -> None:
    feed, market = fed
    market.quoted = ()
    batch = await feed.read(after=None, until=LAST)
    assert batch.ticks == batch.gaps == ()


async def test_memory_is_bounded(fed: Fed, monkeypatch: pytest.MonkeyPatch) -> None:
    feed, _ = fed
    monkeypatch.setattr("mara.feeds.mara_api.feed._MAX_KNOWN", 5)
    assert len((await feed.read(after=LAST - STEP, until=LAST)).ticks) == 1
    assert len(feed._known) == 5
