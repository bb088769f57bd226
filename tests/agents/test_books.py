"""Settling intervals, and what the day has earned: to the cent what was booked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.agents.books import Day, Interval, Position, standing
from mara.agents.effects import Effects
from mara.domain import Side, Trade
from mara.ledger.booking import CASH, TRADING
from mara.ledger.export import Exported, frame_of
from mara.ledger.ledger import Ledger
from mara.models.settlement import feasible
from mara.trading.paper import PaperVenue
from tests.agents.readings import running, site
from tests.agents.rig import START, STEP, at, tick

if TYPE_CHECKING:
    from pathlib import Path

    from mara.domain import Tick


def trade(index: int, *, mwh: str = "1.5", price: str = "40.11", side: Side = Side.BUY) -> Trade:
    return Trade(
        trade_id=f"trade:{index}:{side}",
        order_id=f"{index}:{side}",
        site_id="demo",
        at=START,
        side=side,
        quantity_mwh=Decimal(mwh),
        price_usd_per_mwh=Decimal(price),
        delivery=at(index),
    )


def begun(*trades: Trade) -> Position:
    position = Position.taken_over(site(), tick(START))
    position.trades = trades
    return position


def settled(position: Position, known: dict[object, Tick], until: int) -> list[Interval]:
    done, state = [], position.state
    for start in position.due(at(until), STEP):
        done.append(position.settled(site(), state, start, known.get(start) or tick(START)))
        state = done[-1].after
    return done


def test_a_site_is_taken_over_as_the_strike_rule_runs_it() -> None:
    position = Position.taken_over(site(), tick(START))
    assert position.in_force == standing(position.state)
    assert position.state.soc_mwh == pytest.approx(5.0)
    here = feasible(site(), position.state, position.in_force, tick(START))
    assert here.units == position.in_force.units


def test_intervals_due_are_those_that_are_over() -> None:
    position = begun()
    assert position.due(START, STEP) == []
    assert position.due(at(1) - timedelta(seconds=1), STEP) == []
    assert position.due(at(3), STEP) == [at(0), at(1), at(2)]


def test_an_unknown_tick_is_settled_by_estimate_and_says_so() -> None:
    position = begun()
    (one, two) = settled(position, {at(0): tick(at(0))}, 2)
    assert (one.settlement.estimated, two.settlement.estimated) == (False, True)
    assert two.tick.energy_usd_per_mwh == tick(START).energy_usd_per_mwh
    assert two.tick.at == at(1)


def test_trades_count_where_they_are_delivered() -> None:
    position = begun(trade(1), trade(2, side=Side.SELL))
    assert position.open_positions() == {at(1): Decimal("1.5"), at(2): Decimal("-1.5")}
    assert position.open_mwh == 0.0
    known = {at(i): tick(at(i), energy_usd_per_mwh=45.5) for i in range(3)}
    done = settled(position, known, 3)
    assert [len(i.trades) for i in done] == [0, 1, 1]
    for interval in done:
        position.moved(site(), interval)
    gained = dict(position.day.by_account)["income:trading"]
    assert gained == pytest.approx(0.0)
    assert position.trades == ()


def test_the_day_begins_anew_at_the_sites_midnight() -> None:
    """06:00 UTC is 01:00 in Chicago; 05:00 UTC of the next day is its midnight."""
    position = begun()
    midnight = 23 * 12
    for interval in settled(position, {}, midnight + 2):
        position.moved(site(), interval)
    assert position.day.date == "2026-06-03"
    assert len(position.day.at) == 2
    assert position.day.margin_usd == pytest.approx(position.day.cumulated_usd[-1])


def test_a_correction_of_another_day_leaves_this_one() -> None:
    position = begun()
    (first,) = settled(position, {}, 1)
    position.moved(site(), first)
    other = replace(position.day, date="2026-06-01")
    right = first.corrected(site(), tick(at(0), energy_usd_per_mwh=99.0))
    assert other.with_difference(site(), first, right) is other


def test_exposure_is_what_draws_power() -> None:
    position = begun()
    position.in_force = replace(running(hydro_miners=100), charge_mw=1.0)
    unit = site().machine("hydro_miners").unit_mw
    assert position.exposure_mw(site()) == pytest.approx(100 * unit + 1.0)


def test_an_empty_day_has_earned_nothing() -> None:
    assert Day().margin_usd == 0.0


PRICES = st.floats(-300.0, 5_000.0).map(lambda x: round(x, 2))


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(PRICES, min_size=3, max_size=6), st.lists(PRICES, min_size=2, max_size=3))
def test_the_day_is_what_was_booked_to_the_cent(
    tmp_path_factory: pytest.TempPathFactory, prices: list[float], corrections: list[float]
) -> None:
    """Through estimates, true-ups, corrections of corrections, and trades delivered in between."""
    folder: Path = tmp_path_factory.mktemp("books")
    with Ledger.open(f"sqlite:///{folder}/b.db", site_id="demo", synchronous="OFF") as ledger:
        effects = Effects(ledger=ledger, venue=PaperVenue())
        position = begun(trade(1), trade(1, side=Side.SELL, price="39.005"), trade(2, mwh="0.333"))
        for one in position.trades:
            ledger.book_trade(one)
        known = {at(i): tick(at(i), energy_usd_per_mwh=p) for i, p in enumerate(prices) if i != 2}
        for interval in settled(position, known, len(prices)):
            effects._settle(interval)
            position.moved(site(), interval)
        same_to_the_cent(position.day, ledger)
        for number, price in enumerate(corrections):
            fresh = tick(at(2 - number % 2), energy_usd_per_mwh=price, revision=number)
            known[fresh.at] = fresh
            for wrong, right in position.corrections(site(), known, (fresh,)):
                effects._correct(wrong, right, at(50))
                position.replace(site(), wrong, right)
            same_to_the_cent(position.day, ledger)
        ledger.verify()
        effects.close()


def same_to_the_cent(day: Day, ledger: Ledger) -> None:
    balances = ledger.balances()
    assert Decimal(f"{day.margin_usd:.2f}") == balances.get(CASH, Decimal(0))
    for account, amount in day.by_account:
        assert Decimal(f"{amount:.2f}") == -balances.get(account, Decimal(0))
    flows = frame_of(ledger, Exported.FLOWS, at(0), at(9_000))
    assert sum(flows["margin_usd"]) == balances.get(CASH, Decimal(0))
    assert sum(flows["trading_usd"]) == -balances.get(TRADING, Decimal(0))
    assert ledger.trial_balance() == 0


def test_what_says_nothing_new_corrects_nothing() -> None:
    position = begun()
    for interval in settled(position, {at(0): tick(at(0))}, 1):
        position.moved(site(), interval)
    assert position.corrections(site(), {at(0): tick(at(0))}, (tick(at(0)),)) == []
    assert position.corrections(site(), {}, ()) == []
