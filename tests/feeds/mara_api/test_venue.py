"""Decisions over HTTP: cut, clamped, refused, repeated (F17, F18, F19, F20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from mara.domain import (
    ClassUnits,
    Decision,
    Mode,
    Origin,
    Setpoint,
    Tick,
    TradingState,
)
from mara.domain.presets import mara_2025_site
from mara.errors import InvalidValue, Mismatch, OutcomeUnknown, Unauthorized, VenueError
from mara.exchange.faults import Fault, FaultKind, FaultPlan
from mara.feeds.mara_api import MaraApiVenue
from mara.feeds.mara_api.values import Allocation
from tests.exchange.serving import START, HurriedClock, client_of, exchange_of, raw_server, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mara.exchange.app import Exchange

    Market = tuple[MaraApiVenue, Exchange, str]

pytestmark = pytest.mark.slow
SITE = mara_2025_site()
COUNTS = {"asic_compute": 5, "gpu_compute": 30, "immersion_miners": 10}
TICK = Tick(
    site_id=SITE.site_id,
    at=START,
    minutes=5.0,
    energy_usd_per_mwh=1.0,
    origin=Origin.SIMULATED,
    source="test",
)


def decision(charge_mw: float = 0.0, **counts: int) -> Decision:
    return Decision(
        decision_id="mara-2025:1",
        site_id=SITE.site_id,
        tick_at=START,
        setpoint=Setpoint(
            units=tuple(ClassUnits(name=n, units=u) for n, u in counts.items()), charge_mw=charge_mw
        ),
        chosen="hold",
        resolved_by="test",
        reason="test",
        state=TradingState.ACTIVE,
        mode=Mode.LIVE,
        safe=False,
    )


@pytest.fixture
async def market(tmp_path: Path) -> AsyncIterator[Market]:
    """A venue, and the exchange behind it with a way to misbehave."""
    exchange = exchange_of(tmp_path, controls=True)
    with serving(exchange) as url:
        async with client_of(url, timeout_s=3.0, clock=HurriedClock()) as client:
            yield MaraApiVenue(client, clock=HurriedClock(), site_name="test"), exchange, url


def misbehave(exchange: Exchange, *faults: Fault) -> None:
    exchange.faults.use(FaultPlan(faults=faults))


def sent(exchange: Exchange) -> list[int]:
    return [served.status for served in exchange.log if served.method == "PUT"]


def in_force(exchange: Exchange) -> dict[str, int]:
    return exchange.store.allocated(1).counts


async def test_a_decision_is_in_force_with_the_venues_own_figures(market: Market) -> None:
    venue, exchange, _ = market
    receipt = await venue.apply(SITE, decision(**COUNTS), TICK)
    quote = exchange.quotes()[0]
    assert {u.name: u.units for u in receipt.setpoint.units if u.units} == COUNTS
    assert receipt.power_cost_usd == 325_000 * quote.energy_price
    tokens, hashes = 5 * 50_000 + 30 * 1_000, 10 * 10_000
    revenue = tokens * quote.token_price + hashes * quote.hash_price
    assert receipt.revenue_usd == pytest.approx(revenue, abs=0.005)
    assert receipt == await venue.read_back(SITE, decision(**COUNTS), TICK)
    assert venue.name.startswith("exchange 127.0.0.1:")


async def test_all_five_counts_are_sent_always(market: Market) -> None:
    venue, exchange, _ = market
    await venue.apply(SITE, decision(**COUNTS), TICK)
    await venue.apply(SITE, decision(air_miners=2), TICK)
    assert in_force(exchange) == Allocation(air_miners=2).counts()


@pytest.mark.parametrize("kind", [FaultKind.CUT, FaultKind.ERROR_AFTER])
async def test_a_reply_that_is_lost_after_the_fact_is_read_back_and_not_sent_again(
    market: Market, kind: FaultKind
) -> None:
    venue, exchange, _ = market
    misbehave(exchange, Fault(kind=kind, method="PUT"))
    receipt = await venue.apply(SITE, decision(**COUNTS), TICK)
    assert receipt.setpoint.of("asic_compute") == 5
    assert len(sent(exchange)) == 1


@pytest.mark.parametrize("kind", [FaultKind.ERROR, FaultKind.DROP_KEY])
async def test_a_reply_that_is_lost_before_the_fact_is_sent_once_more(
    market: Market, kind: FaultKind
) -> None:
    venue, exchange, _ = market
    faults = [Fault(kind=kind, method="PUT", times=1)]
    if kind is FaultKind.DROP_KEY:
        faults.append(Fault(kind=FaultKind.CUT, method="PUT", times=1))
    misbehave(exchange, *faults)
    await venue.apply(SITE, decision(**COUNTS), TICK)
    assert len(sent(exchange)) == 2
    assert in_force(exchange) == Allocation(**COUNTS).counts()


async def test_after_any_cut_the_site_holds_the_intent_or_it_is_unknown(market: Market) -> None:
    venue, exchange, _ = market
    await venue.apply(SITE, decision(), TICK)
    kinds = (FaultKind.CUT, FaultKind.ERROR, FaultKind.ERROR_AFTER, FaultKind.GARBAGE)
    misbehave(exchange, *(Fault(kind=kind, probability=0.25) for kind in kinds))
    held = set()
    for units in range(1, 7):
        before = len(sent(exchange))
        try:
            await venue.apply(SITE, decision(air_miners=units), TICK)
            assert in_force(exchange)["air_miners"] == units
        except (OutcomeUnknown, Mismatch):
            held.add(units)
        assert len(sent(exchange)) - before <= 2
        assert in_force(exchange)["air_miners"] in {units, *range(units)}
    assert len(held) < 6


async def test_what_cannot_be_read_back_is_unknown(market: Market) -> None:
    venue, exchange, _ = market
    await venue.apply(SITE, decision(), TICK)
    misbehave(exchange, Fault(kind=FaultKind.GARBAGE, method="GET"))
    with pytest.raises(OutcomeUnknown, match=r"cannot be read back"):
        await venue.apply(SITE, decision(**COUNTS), TICK)


@pytest.mark.parametrize("kind", [FaultKind.DROP_KEY, FaultKind.CLAMP])
async def test_an_allocation_that_is_changed_is_a_mismatch_with_its_difference(
    market: Market, kind: FaultKind
) -> None:
    venue, exchange, _ = market
    misbehave(exchange, Fault(kind=kind, method="PUT"))
    there = 0 if kind is FaultKind.DROP_KEY else 3
    with pytest.raises(Mismatch, match=f"air_miners 7 sent, {there} there"):
        await venue.apply(SITE, decision(air_miners=7), TICK)
    assert len(sent(exchange)) == 1


async def test_a_lowered_limit_refuses_and_says_so(market: Market) -> None:
    venue, _, url = market
    await venue.apply(SITE, decision(**COUNTS), TICK)
    key = venue._client._needed_key().get_secret_value()
    async with httpx.AsyncClient(base_url=url, headers={"X-Api-Key": key}) as http:
        await http.put("/_power", json={"power": 300_000})
    with pytest.raises(VenueError, match=r"325000 W are over the site's limit of 300000 W"):
        await venue.apply(SITE, decision(**COUNTS), TICK)
    await venue.apply(SITE, decision(asic_compute=5), TICK)


async def test_a_revoked_key_ends_the_matter_at_one_call(market: Market) -> None:
    venue, exchange, _ = market
    await venue.apply(SITE, decision(), TICK)
    exchange.log.clear()
    misbehave(exchange, Fault(kind=FaultKind.UNAUTHORIZED))
    with pytest.raises(Unauthorized):
        await venue.apply(SITE, decision(**COUNTS), TICK)
    assert len(exchange.log) == 1


async def test_a_pause_longer_than_the_deadline_is_unknown(market: Market) -> None:
    venue, exchange, _ = market
    await venue.apply(SITE, decision(), TICK)
    misbehave(exchange, Fault(kind=FaultKind.RATE_LIMIT, seconds=60.0))
    with pytest.raises(OutcomeUnknown, match="not taken yet"):
        await venue.apply(SITE, decision(**COUNTS), TICK)
    assert in_force(exchange) == Allocation().counts()


async def test_a_venue_that_hangs_is_unknown_in_time(market: Market) -> None:
    venue, exchange, _ = market
    hasty = MaraApiVenue(venue._client, clock=HurriedClock(), deadline_s=0.2)
    misbehave(exchange, Fault(kind=FaultKind.DELAY, seconds=1.0))
    with pytest.raises(OutcomeUnknown, match=r"nothing certain within 0.2 s"):
        await hasty.apply(SITE, decision(), TICK)


async def test_what_the_api_does_not_have_is_refused_before_it_is_sent(market: Market) -> None:
    venue, exchange, _ = market
    with pytest.raises(InvalidValue, match=r"classes \['s21'\] are unknown"):
        await venue.apply(SITE, decision(s21=3), TICK)
    with pytest.raises(InvalidValue, match="moves no battery"):
        await venue.apply(SITE, decision(charge_mw=1.0), TICK)
    with pytest.raises(InvalidValue, match="air_miners=True must be a whole number"):
        Allocation(air_miners=True)
    assert not exchange.log


async def test_on_another_host_no_site_is_made_unasked() -> None:
    async with client_of("https://api.example.invalid") as client:
        venue = MaraApiVenue(client, clock=HurriedClock())
        with pytest.raises(Unauthorized, match="no api_key is set"):
            await venue.apply(SITE, decision(), TICK)
        await venue.close()


async def test_a_site_without_a_key_is_an_error(tmp_path: Path) -> None:
    async with raw_server() as raw:
        raw.answer(b'{"name": "n", "power": 5}')
        async with client_of(raw.url) as client:
            with pytest.raises(VenueError, match="gave no api_key"):
                await client.create_site("n")
