"""Where the exchange's prices come from."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from mara.clock import FileClock
from mara.domain import Origin
from mara.errors import DataFileError, FeedError
from mara.exchange.app import Exchange
from mara.exchange.faults import Faults
from mara.exchange.market import HISTORY, STEP, ReplayedMarket, SimulatedMarket
from mara.exchange.store import ExchangeStore
from mara.feeds.mara_api import MaraApiFeed
from mara.feeds.pricefile import read_price_file
from mara.models.market import MarketSimulator
from tests.exchange.serving import client_of, serving

if TYPE_CHECKING:
    from pathlib import Path

    from mara.feeds.pricetable import PriceTable

START = datetime(2026, 6, 1, 5, tzinfo=UTC)
FIRST = datetime(2025, 6, 21, 12, tzinfo=UTC)


def simulated(start: datetime = START) -> SimulatedMarket:
    return SimulatedMarket(
        MarketSimulator(rng_for_block=lambda k: np.random.default_rng([7, k]), start=start)
    )


@pytest.fixture
def captured(tmp_path: Path) -> PriceTable:
    path = tmp_path / "event.csv"
    lines = [
        f"{(FIRST + i * STEP).isoformat()[:19]},{3 - i / 64},{4 + i / 8},{2 + i / 16}"
        for i in range(30)
    ]
    lines[4] = lines[4].rsplit(",", 1)[0] + ","
    path.write_text("\n".join(["timestamp,energy_price,hash_price,token_price", *lines]))
    return read_price_file(path, tz="UTC")


def test_quotes_are_newest_first_and_the_same_again() -> None:
    market = simulated()
    quotes = market.quotes(START + timedelta(hours=3, minutes=4))
    assert quotes[0].at == START + timedelta(hours=3)
    assert [a.at - b.at for a, b in itertools.pairwise(quotes)] == [STEP] * 36
    assert simulated().quotes(START + timedelta(hours=3)) == quotes
    assert market.quotes(START + timedelta(hours=4))[12:] == quotes


def test_a_week_is_told_at_most() -> None:
    assert len(simulated().quotes(START + timedelta(days=20))) == HISTORY


def test_before_its_beginning_a_market_has_no_price(captured: PriceTable) -> None:
    with pytest.raises(FeedError, match="the market begins 2026-06-01"):
        simulated().quotes(START - STEP)
    with pytest.raises(FeedError, match="the file's first price is of 2025-06-21"):
        ReplayedMarket(captured).quotes(FIRST - STEP)


def test_simulated_levels_are_those_of_the_event() -> None:
    market = simulated(datetime(2025, 1, 1, 6, tzinfo=UTC))
    weeks = [market.quotes(START + timedelta(weeks=w)) for w in range(0, 50, 2)]
    quotes = [quote for week in weeks for quote in week]
    assert 0.8 < np.mean([q.energy_price for q in quotes]) < 3.0
    assert 1.2 < np.mean([q.hash_price for q in quotes]) < 3.2
    assert 0.8 < np.mean([q.token_price for q in quotes]) < 2.4


async def test_a_replayed_capture_comes_out_as_it_stands(
    captured: PriceTable, tmp_path: Path
) -> None:
    market = ReplayedMarket(captured)
    last = FIRST + 29 * STEP
    exchange = Exchange(
        store=ExchangeStore(f"sqlite:///{tmp_path}/e.db"),
        market=market,
        clock=FileClock(start=last + timedelta(days=1)),
        faults=Faults(rng=np.random.default_rng(0)),
    )
    with serving(exchange) as url:
        async with client_of(url) as client:
            batch = await MaraApiFeed(client, site_id="s").read(after=None, until=last)
    assert {tick.origin for tick in batch.ticks} == {Origin.REPLAY}
    assert batch.ticks[0].energy_usd_per_mwh == 3.0 * 12e6
    assert batch.ticks[0].hash_usd_per_ph_day == 4.0 * 288_000
    assert batch.ticks[0].token_usd_per_mtok == 2.0e6
    assert len(batch.ticks) == 29
    assert batch.gaps == (FIRST + 4 * STEP,)


def test_no_price_yet_is_503(captured: PriceTable, tmp_path: Path) -> None:
    exchange = Exchange(
        store=ExchangeStore(f"sqlite:///{tmp_path}/e.db"),
        market=ReplayedMarket(captured),
        clock=FileClock(start=FIRST - STEP),
        faults=Faults(rng=np.random.default_rng(0)),
    )
    with serving(exchange) as url:
        assert httpx.get(f"{url}/prices").status_code == 503


def test_files_of_other_shapes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("timestamp,energy_price\n2025-01-01T00:00Z,1\n2025-01-01T00:15Z,1\n")
    with pytest.raises(DataFileError, match="has steps of 15 min; the event's are of 5 min"):
        ReplayedMarket(read_price_file(path))
    path.write_text("timestamp,energy_price\n2025-01-01T00:00Z,1\n2025-01-01T00:05Z,1\n")
    with pytest.raises(DataFileError, match="lacks"):
        ReplayedMarket(read_price_file(path))


def test_the_real_capture_is_served(bench_data: Path) -> None:
    market = ReplayedMarket(read_price_file(bench_data / "mara_api_prices_20250621.csv", tz="UTC"))
    assert len(market.quotes(FIRST + timedelta(days=2))) == 147
    assert market.quotes(FIRST)[0].energy_price == 3.0
