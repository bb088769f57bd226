"""Double entry: the books sum to zero, each entry counts once, nothing is changed afterwards."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.domain import CashItem, Entry, Posting, Side
from mara.errors import AlreadyDone, InvalidValue
from mara.ledger import CASH, TRADING, Ledger, entries_of, entry_of_trade
from mara.ledger.money import from_cents, to_cents
from mara.units import money
from tests.ledger import worlds
from tests.ledger.worlds import SITE_ID, at

if TYPE_CHECKING:
    import pathlib

accounts = st.sampled_from(["income:hash", "income:tokens", "expense:energy", "expense:wear"])
cents = st.integers(-(10**12), 10**12)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    lines = draw(st.lists(st.tuples(accounts, cents), min_size=1, max_size=5))
    postings = [Posting(account=a, amount=from_cents(c)) for a, c in lines]
    cash = -sum((p.amount for p in postings), start=Decimal(0))
    return Entry(
        entry_id=str(draw(st.integers(0, 8))),
        site_id=SITE_ID,
        at=at(draw(st.integers(0, 600))),
        kind="test",
        memo=draw(st.text(max_size=10)),
        postings=(*postings, Posting(account=CASH, amount=cash)),
    )


@settings(max_examples=25, deadline=None)
@given(booked=st.lists(entries(), max_size=12))
def test_books_sum_to_zero_and_balances_are_the_journal(
    tmp_path_factory: pytest.TempPathFactory, booked: list[Entry]
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('books')}/mara.db"
    first: dict[str, Entry] = {}
    with Ledger.open(url, site_id=SITE_ID, synchronous="OFF") as ledger:
        for entry in booked:
            assert ledger.book(entry) is (entry.entry_id not in first)
            first.setdefault(entry.entry_id, entry)
        expected: defaultdict[str, Decimal] = defaultdict(Decimal)
        for entry in first.values():
            for posting in entry.postings:
                expected[posting.account] += posting.amount
        assert ledger.trial_balance() == 0
        assert ledger.balances() == expected
        assert ledger.balances(until=at(1000)) == expected
        assert ledger.entries() == tuple(first.values())
        ledger.verify()


@given(cents)
def test_cents_are_exact(number: int) -> None:
    assert to_cents(from_cents(number)) == number


def test_a_fraction_of_a_cent_is_refused(ledger: Ledger) -> None:
    with pytest.raises(InvalidValue, match="whole cents"):
        ledger.book(worlds.entry(amount="0.001"))
    assert ledger.entries() == ()


def test_an_entry_has_postings_of_one_currency(ledger: Ledger) -> None:
    with pytest.raises(InvalidValue, match="no currency"):
        ledger.book(worlds.entry(postings=()))
    ledger.book(worlds.entry(0))
    other = (
        Posting(account=CASH, amount=Decimal(1), currency="EUR"),
        Posting(account="income:hash", amount=Decimal(-1), currency="EUR"),
    )
    with pytest.raises(InvalidValue, match="a site has one currency"):
        ledger.book(worlds.entry(1, postings=other))
    assert len(ledger.entries()) == 1


def test_another_sites_entry_is_refused(ledger: Ledger) -> None:
    with pytest.raises(InvalidValue, match="not this ledger's"):
        ledger.book(worlds.entry(site_id="elsewhere"))


def test_sites_share_a_database_and_no_row(url: str, ledger: Ledger) -> None:
    ledger.book(worlds.entry())
    with Ledger.open(url, site_id="elsewhere") as other:
        assert other.balances() == {}
        assert other.book(worlds.entry(site_id="elsewhere"))
    assert len(ledger.entries()) == 1


def test_correction_is_a_reversal(ledger: Ledger) -> None:
    ledger.book(worlds.entry(0))
    reversal = ledger.reverse("entry-0", reversal_id="back", at=at(2), memo="wrong meter")
    assert reversal.reverses == "entry-0"
    assert set(ledger.balances().values()) == {Decimal(0)}
    assert ledger.reverse("entry-0", reversal_id="back", at=at(3), memo="again") == reversal
    with pytest.raises(AlreadyDone, match="already reversed by back"):
        ledger.reverse("entry-0", reversal_id="other", at=at(3), memo="again")
    with pytest.raises(InvalidValue, match="'entry-9' is not booked"):
        ledger.reverse("entry-9", reversal_id="other", at=at(3), memo="")
    assert [e.entry_id for e in ledger.entries()] == ["entry-0", "back"]
    ledger.verify()


def test_reading_the_journal(ledger: Ledger) -> None:
    for number in range(4):
        ledger.book(worlds.entry(number))
    assert [e.entry_id for e in ledger.entries(limit=2, after=1)] == ["entry-1", "entry-2"]
    assert ledger.entry("entry-3") == worlds.entry(3)
    assert ledger.entry("entry-4") is None
    newest = ledger.postings(limit=3)
    assert [(p.entry_id, p.account) for p in newest] == [
        ("entry-3", "assets:cash"),
        ("entry-3", "income:hash"),
        ("entry-2", "assets:cash"),
    ]
    assert len(ledger.postings_between(at(1), at(3))) == 4
    assert ledger.balances(until=at(2))[CASH] == Decimal("20.00")


def test_a_day_is_the_sites_own(ledger: Ledger) -> None:
    """Chicago's 2026-03-08 has 23 hours: 06:00 UTC to 05:00 UTC of the next day."""
    for number, moment in enumerate(
        [
            datetime(2026, 3, 8, 5, 55, tzinfo=UTC),
            datetime(2026, 3, 8, 6, tzinfo=UTC),
            datetime(2026, 3, 9, 4, 55, tzinfo=UTC),
            datetime(2026, 3, 9, 5, tzinfo=UTC),
        ]
    ):
        ledger.book(worlds.entry(number, amount="1.00", at=moment))
    zone, start, end = ZoneInfo("America/Chicago"), at(0), datetime(2027, 1, 1, tzinfo=UTC)
    assert ledger.margin_by_day(zone, start, end) == {
        date(2026, 3, 7): Decimal("1.00"),
        date(2026, 3, 8): Decimal("2.00"),
        date(2026, 3, 9): Decimal("1.00"),
    }


@given(st.lists(st.tuples(accounts, st.floats(-1e7, 1e7)), max_size=8))
def test_a_settlement_is_one_balanced_entry_whose_cash_is_the_margin_rounded_once(
    items: list[tuple[str, float]],
) -> None:
    cash = tuple(CashItem(account=a, amount_usd=v) for a, v in items)
    booked = entries_of(worlds.settlement(cash=cash), "USD")
    assert len(booked) <= 1
    for entry in booked:
        assert sum(p.amount for p in entry.postings) == 0
        assert all(p.amount for p in entry.postings[1:])
        assert entry.postings[0].amount == money(sum(v for _, v in items))


def test_settlement_books_income_and_expense_against_cash() -> None:
    (entry,) = entries_of(worlds.settlement(), "USD")
    assert [(p.account, str(p.amount)) for p in entry.postings] == [
        (CASH, "-0.77"),
        ("income:hash", "-1.74"),
        ("expense:energy", "2.51"),
    ]
    assert entry.entry_id == "settle:demo:2026-03-01T06:00:00Z"


@pytest.mark.parametrize(
    ("side", "settle_price", "gain"),
    [(Side.BUY, 100.5, "15.00"), (Side.SELL, 100.5, "-15.00"), (Side.SELL, -19.5, "15.00")],
)
def test_a_trade_earns_the_move_from_fill_to_settlement(
    side: Side, settle_price: float, gain: str
) -> None:
    """0.25 MWh filled at 40.50 USD/MWh."""
    entry = entry_of_trade(worlds.trade(side=side), settle_price, "USD")
    assert entry is not None
    assert {p.account: str(p.amount) for p in entry.postings} == {
        CASH: gain,
        TRADING: str(-Decimal(gain)),
    }
    assert entry.at == at(1)


def test_a_trade_that_nets_to_zero_books_nothing() -> None:
    assert entry_of_trade(worlds.trade(), 40.5, "USD") is None


def test_the_memo_tells_an_estimate() -> None:
    told = entry_of_trade(worlds.trade(), 41.0, "USD", estimated=True)
    real = entry_of_trade(worlds.trade(), 41.0, "USD")
    assert told is not None
    assert real is not None
    assert told.memo == f"{real.memo}, estimated"
    (entry,) = entries_of(worlds.settlement(estimated=True), "USD")
    assert entry.memo == "interval of 5 min, estimated"


def test_trades_and_positions(ledger: Ledger) -> None:
    assert ledger.book_trade(worlds.trade(0))
    assert not ledger.book_trade(worlds.trade(0))
    with pytest.raises(AlreadyDone, match="already filled by trade trade:order-0"):
        ledger.book_trade(worlds.trade(0, trade_id="other"))
    ledger.book_trade(worlds.trade(1, quantity_mwh=Decimal("0.100")))
    ledger.book_trade(worlds.trade(2, delivery=at(4)))
    assert ledger.trade("order-1") == worlds.trade(1, quantity_mwh=Decimal("0.100"))
    assert ledger.trade("order-7") is None
    assert [t.order_id for t in ledger.trades(limit=2)] == ["order-2", "order-1"]
    assert [t.order_id for t in ledger.trades_between(at(1), at(2))] == ["order-1", "order-0"]
    assert ledger.positions(at(1)) == {at(1): Decimal("0.150"), at(4): Decimal("0.250")}
    assert ledger.positions(at(2)) == {at(4): Decimal("0.250")}


def test_backup_is_a_ledger(ledger: Ledger, tmp_path: pathlib.Path) -> None:
    ledger.book(worlds.entry())
    copy = ledger.backup(tmp_path / "copy.db")
    ledger.book(worlds.entry(1))
    with Ledger.open(f"sqlite:///{copy}", site_id=SITE_ID) as restored:
        assert restored.entries() == (worlds.entry(),)
