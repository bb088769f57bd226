"""Trades: filled at the stated quote, each order once, whatever is pressed and however often."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import Intent, OutcomeKind, Receipt, Side
from mara.errors import AlreadyDone, InvalidValue, RefusedError
from mara.ledger import Ledger
from mara.trading.desk import TradeDesk
from mara.trading.paper import PaperVenue, fill, quote
from tests.ledger import worlds
from tests.ledger.worlds import SITE_ID, at, order, tick
from tests.trading.test_gate import view

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/mara.db", site_id=SITE_ID) as opened:
        yield opened


@given(
    price=st.floats(-300, 5000),
    spread=st.floats(0, 10),
    limit=st.decimals("-300", "5000", places=2),
    side=st.sampled_from(Side),
)
def test_a_fill_is_never_worse_than_the_limit(
    price: float, spread: float, limit: Decimal, side: Side
) -> None:
    wanted = order(side=side, limit_usd_per_mwh=limit)
    trade = fill(wanted, tick(price=price), spread)
    asked = quote(side, tick(price=price), spread)
    if trade is None:
        assert asked > limit if side is Side.BUY else asked < limit
    else:
        assert trade.price_usd_per_mwh == asked
        assert asked <= limit if side is Side.BUY else asked >= limit


def test_the_spread_is_paid_on_both_sides() -> None:
    assert quote(Side.BUY, tick(price=-12.344), 0.5) == Decimal("-11.84")
    assert quote(Side.SELL, tick(price=-12.344), 0.5) == Decimal("-12.84")


def test_an_order_is_traded_and_booked(ledger: Ledger) -> None:
    passed: list[str] = []
    trade = TradeDesk(ledger, probe=passed.append).execute(order(), view())
    assert passed == ["intent", "send", "ack", "book"]
    assert trade.price_usd_per_mwh == Decimal("40.50")
    assert ledger.trades() == (trade,)
    assert ledger.pending() == ()
    assert ledger.positions(at(1)) == {at(1): Decimal("0.250")}


def test_the_same_order_again_is_the_first_trade(ledger: Ledger) -> None:
    """F31: a double click or a retry after a time-out."""
    desk = TradeDesk(ledger)
    first = desk.execute(order(), view())
    assert desk.execute(order(author="somebody else"), view(tick=tick(price=55.0))) == first
    assert desk.execute(order(), view(orders_last_minute=99)) == first
    assert len(ledger.trades()) == 1


def test_an_id_of_another_order_is_refused(ledger: Ledger) -> None:
    desk = TradeDesk(ledger)
    desk.execute(order(), view())
    with pytest.raises(InvalidValue, match="belongs to another order of trader"):
        desk.execute(order(quantity_mwh=Decimal("0.5")), view())
    ledger.journal(worlds.allocation())
    with pytest.raises(InvalidValue, match="belongs to another order of manager"):
        desk.execute(order(order_id="allocate:0"), view())


def test_what_the_gate_refuses_leaves_no_trace(ledger: Ledger) -> None:
    with pytest.raises(RefusedError, match="order_size"):
        TradeDesk(ledger).execute(order(quantity_mwh=Decimal(9)), view())
    assert ledger.intent("order-0") is None


def test_what_the_market_refuses_stays_refused(ledger: Ledger) -> None:
    desk = TradeDesk(ledger)
    low = order(limit_usd_per_mwh=Decimal(40))
    with pytest.raises(RefusedError, match=r"buy at 40 .* price 40.00 with a spread of 0.5") as no:
        desk.execute(low, view())
    assert no.value.rule == "limit_price"
    with pytest.raises(RefusedError, match="limit_price"):
        desk.execute(low, view(tick=tick(price=10.0)))
    assert ledger.pending() == ()
    assert ledger.trades() == ()


def test_an_order_at_work_elsewhere_is_not_sent_again(ledger: Ledger) -> None:
    ledger.journal(worlds.intent())
    with pytest.raises(AlreadyDone, match=r"made by trader .*still at work"):
        TradeDesk(ledger).execute(order(), view())
    ledger.acknowledge(worlds.outcome("order-0", OutcomeKind.UNKNOWN))
    with pytest.raises(AlreadyDone, match="UNKNOWN"):
        TradeDesk(ledger).execute(order(), view())
    assert ledger.trades() == ()


def test_what_was_filled_is_booked_by_the_next_press(ledger: Ledger) -> None:
    ledger.journal(worlds.intent())
    ledger.acknowledge(worlds.outcome("order-0", OutcomeKind.FILLED, worlds.trade()))
    assert TradeDesk(ledger).execute(order(), view()) == worlds.trade()
    assert ledger.trades() == (worlds.trade(),)


class Overtaken:
    """A ledger in which another session journals between the look and the write."""

    def __init__(self, ledger: Ledger, *, visible: bool) -> None:
        self._ledger = ledger
        self._visible = visible
        self.outcome = ledger.outcome
        self.acknowledge = ledger.acknowledge
        self.book_trade = ledger.book_trade

    def intent(self, intent_id: str) -> Intent | None:
        return self._ledger.intent(intent_id) if self._visible else None

    def journal(self, intent: Intent) -> None:
        if self._visible:
            TradeDesk(self._ledger).execute(order(), view())
        raise AlreadyDone(f"intent {intent.intent_id}: already made")


def test_the_slower_of_two_sessions_gets_the_first_trade(ledger: Ledger) -> None:
    assert TradeDesk(Overtaken(ledger, visible=True)).execute(order(), view()) == worlds.trade()
    assert ledger.trades() == (worlds.trade(),)


def test_an_intent_that_cannot_be_read_is_not_guessed(ledger: Ledger) -> None:
    with pytest.raises(AlreadyDone, match="already made"):
        TradeDesk(Overtaken(ledger, visible=False)).execute(order(), view())


async def test_paper_machines_follow_at_once() -> None:
    venue = PaperVenue()
    before = await venue.read_back(worlds.site(), worlds.decision(), tick())
    assert before.setpoint == worlds.setpoint(0)
    receipt = await venue.apply(worlds.site(), worlds.decision(), tick())
    assert receipt == Receipt(
        decision_id="demo:0", at=at(0), setpoint=worlds.setpoint(50), venue="paper"
    )
    assert await venue.read_back(worlds.site(), worlds.decision(), tick()) == receipt


async def test_paper_machines_go_on_as_last_seen() -> None:
    venue = PaperVenue(worlds.setpoint(7))
    seen = await venue.read_back(worlds.site(), replace(worlds.decision()), tick())
    assert seen.setpoint == worlds.setpoint(7)
