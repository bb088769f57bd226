"""Ticks, intents, records, notes: kept once, in full, and read back as they were."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.domain import Alert, OutcomeKind, Severity
from mara.errors import AlreadyDone, InvalidValue, LedgerError
from mara.ledger import Ledger, QuarantinedRecord, Recorded, encode, entries_of
from mara.ledger.part import Part
from tests.ledger import worlds
from tests.ledger.worlds import SITE_ID, at

if TYPE_CHECKING:
    from mara.domain import Tick


def test_the_same_tick_counts_once(ledger: Ledger) -> None:
    """F5: a duplicate record changes nothing."""
    assert ledger.record_tick(worlds.tick()) is Recorded.NEW
    assert ledger.record_tick(worlds.tick()) is Recorded.DUPLICATE
    assert ledger.ticks(at(0), at(9)) == (worlds.tick(),)


def test_a_revision_keeps_both_and_the_newest_counts(ledger: Ledger) -> None:
    """F6: same time, another price."""
    first, second = worlds.tick(price=40.0), worlds.tick(price=44.0, revision=1)
    third = worlds.tick(price=40.0, revision=2)
    assert ledger.record_ticks([first, second]) == (Recorded.NEW, Recorded.REVISION)
    assert ledger.record_tick(first) is Recorded.DUPLICATE
    assert ledger.last_tick() == second
    assert ledger.record_tick(third) is Recorded.REVISION
    assert ledger.ticks(at(0), at(1)) == (third,)
    assert ledger.ticks(at(0), at(1), effective=False) == (first, second, third)


def test_an_older_revision_that_comes_late_is_kept_and_does_not_count(ledger: Ledger) -> None:
    ledger.record_tick(worlds.tick(price=44.0, revision=1))
    assert ledger.record_tick(worlds.tick(price=40.0)) is Recorded.REVISION
    assert [t.energy_usd_per_mwh for t in ledger.ticks(at(0), at(1))] == [44.0]
    assert len(ledger.ticks(at(0), at(1), effective=False)) == 2


@settings(max_examples=15, deadline=None)
@given(shuffled=st.permutations(range(6)))
def test_order_of_arrival_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, shuffled: list[int]
) -> None:
    """F7: what counts in the end is the same for every permutation."""
    sent: list[Tick] = [worlds.tick(i // 2, price=i, revision=i % 2) for i in range(6)]
    url = f"sqlite:///{tmp_path_factory.mktemp('ticks')}/mara.db"
    with Ledger.open(url, site_id=SITE_ID, synchronous="OFF") as ledger:
        for i in shuffled:
            ledger.record_tick(sent[i])
        assert [t.energy_usd_per_mwh for t in ledger.ticks(at(0), at(9))] == [1.0, 3.0, 5.0]


def test_no_tick_yet(ledger: Ledger) -> None:
    assert ledger.last_tick() is None
    assert ledger.last_settlement() is None
    assert ledger.last_state() is None


def test_refused_records_are_kept_short(ledger: Ledger) -> None:
    """F4: a rejected row stands in quarantine with its reason."""
    ledger.quarantine(at(0), "x" * 5000, "price is NaN")
    ledger.quarantine(at(1), "{}", "no price")
    assert ledger.quarantined() == (
        QuarantinedRecord(at=at(1), record="{}", reason="no price"),
        QuarantinedRecord(at=at(0), record="x" * 1024, reason="price is NaN"),
    )
    assert len(ledger.quarantined(limit=1)) == 1


def test_an_intent_is_made_once(ledger: Ledger) -> None:
    ledger.journal(worlds.allocation(), worlds.record())
    with pytest.raises(AlreadyDone, match=r"allocate:0: already made by manager at 2026-03-01"):
        ledger.journal(worlds.allocation())
    assert ledger.pending() == (worlds.allocation(),)
    assert ledger.intent("allocate:0") == worlds.allocation()
    assert ledger.intent("allocate:1") is None
    assert ledger.decision(at(0)) == worlds.record()


@pytest.mark.parametrize("kind", [k for k in OutcomeKind if k is not OutcomeKind.FILLED])
def test_what_is_final_closes_an_intent(ledger: Ledger, kind: OutcomeKind) -> None:
    ledger.journal(worlds.allocation())
    assert ledger.outcome("allocate:0") is None
    assert ledger.acknowledge(worlds.outcome("allocate:0", kind))
    unsure = kind in {OutcomeKind.UNKNOWN, OutcomeKind.RESENT}
    assert bool(ledger.pending()) is unsure
    later = worlds.outcome("allocate:0", OutcomeKind.EXPIRED)
    assert ledger.acknowledge(later) is unsure
    assert ledger.outcome("allocate:0") == (later if unsure else replace(later, kind=kind))
    assert ledger.pending() == ()


def test_orders_come_newest_first_with_the_newest_word(ledger: Ledger) -> None:
    ledger.journal(worlds.allocation())
    for number in range(3):
        ledger.journal(worlds.intent(number))
    refused = worlds.outcome("order-1", OutcomeKind.REFUSED)
    ledger.acknowledge(refused)
    assert ledger.orders() == (
        (worlds.intent(2), None),
        (worlds.intent(1), refused),
        (worlds.intent(0), None),
    )
    assert len(ledger.orders(limit=1)) == 1


def test_what_was_filled_closes_when_it_is_booked(ledger: Ledger) -> None:
    ledger.journal(worlds.intent(0))
    ledger.acknowledge(worlds.outcome("order-0", OutcomeKind.FILLED, worlds.trade(0)))
    assert ledger.pending() == (worlds.intent(0),)
    ledger.book_trade(worlds.trade(0))
    assert ledger.pending() == ()


def test_an_unknown_intent_cannot_be_acknowledged(ledger: Ledger) -> None:
    with pytest.raises(InvalidValue, match="journal the intent first"):
        ledger.acknowledge(worlds.outcome("nothing"))


def test_an_interval_is_recorded_once_and_to_the_byte(ledger: Ledger) -> None:
    assert ledger.record_decision(worlds.record(0))
    other = replace(worlds.record(0), decision=worlds.decision(0, units=1))
    assert not ledger.record_decision(other)
    read = ledger.decision(at(0))
    assert read is not None
    assert encode(read) == encode(worlds.record(0))
    assert ledger.decision(at(1)) is None


def test_reading_and_pruning_decisions(ledger: Ledger) -> None:
    for index in range(4):
        ledger.record_decision(worlds.record(index))
    assert [d.tick_at for d in ledger.decisions(limit=2)] == [at(3), at(2)]
    assert [d.tick_at for d in ledger.decisions_between(at(1), at(3))] == [at(1), at(2)]
    assert ledger.records_between(at(1), at(3)) == (worlds.record(1), worlds.record(2))
    assert ledger.prune_records(at(3)) == 3
    assert ledger.decisions() == (worlds.decision(3),)


def test_notes_are_replaced(ledger: Ledger) -> None:
    assert ledger.note("weights") is None
    ledger.save_note("weights", b"1")
    ledger.save_note("weights", b"2")
    ledger.save_note("weights_old", b"0")
    ledger.save_note("overrides", b"[]")
    assert ledger.note("weights") == b"2"
    assert ledger.note("weight") is None
    assert ledger.notes("weights") == {"weights": b"2", "weights_old": b"0"}
    assert ledger.notes("w%") == {}
    assert len(ledger.notes()) == 3


def test_alerts_are_kept_once(ledger: Ledger) -> None:
    alert = Alert(code="feed_stale", severity=Severity.WARNING, text="no price", since=at(0))
    later = replace(alert, since=at(2))
    assert ledger.record_alert(alert)
    assert not ledger.record_alert(alert)
    assert ledger.record_alert(later)
    assert ledger.alerts() == (later, alert)


def test_a_settlement_is_kept_once_with_its_state_and_postings(ledger: Ledger) -> None:
    booked = [worlds.entry(0)]
    assert ledger.settle(worlds.settlement(0), worlds.state(1), booked)
    assert not ledger.settle(worlds.settlement(0), worlds.state(1), [worlds.entry(1)])
    assert ledger.entries() == (worlds.entry(0),)
    ledger.settle(worlds.settlement(1), worlds.state(2), [])
    assert ledger.last_state() == worlds.state(2)
    assert ledger.last_settlement() == worlds.settlement(1)
    assert ledger.settlements(at(0), at(1)) == (worlds.settlement(0),)
    with pytest.raises(InvalidValue, match="must come after"):
        ledger.settle(worlds.settlement(2), worlds.state(2), [])


@pytest.mark.parametrize("cash_moved", [True, False])
def test_an_estimate_is_trued_up_by_a_reversal(ledger: Ledger, *, cash_moved: bool) -> None:
    """F8: settlement estimates with a flag, and is trued up later."""
    cash = worlds.settlement().cash if cash_moved else ()
    estimate = worlds.settlement(0, estimated=True, cash=cash)
    real = worlds.settlement(0)
    ledger.settle(estimate, worlds.state(1), entries_of(estimate, "USD"))
    assert not ledger.settle(estimate, worlds.state(1), entries_of(estimate, "USD"))
    assert ledger.settle(real, worlds.state(1), entries_of(real, "USD"))
    assert not ledger.settle(estimate, worlds.state(1), entries_of(estimate, "USD"))
    assert ledger.settlements(at(0), at(1)) == (real,)
    (booked,) = entries_of(real, "USD")
    assert ledger.balances()["assets:cash"] == booked.postings[0].amount != 0
    assert ledger.trial_balance() == 0
    assert len(ledger.entries()) == (3 if cash_moved else 1)


def test_a_batch_is_all_or_nothing(ledger: Ledger) -> None:
    def batch_that_breaks() -> None:
        with ledger.batch():
            ledger.journal(worlds.allocation())
            ledger.book(worlds.entry())
            raise InvalidValue("stop")

    with pytest.raises(InvalidValue, match="stop"):
        batch_that_breaks()
    assert ledger.pending() == ()
    assert ledger.entries() == ()
    with ledger.batch():
        ledger.journal(worlds.allocation())
        with ledger.batch():
            ledger.book(worlds.entry())
        assert ledger.entries() == ()
    assert ledger.entries() == (worlds.entry(),)
    assert ledger.pending() == (worlds.allocation(),)


def test_a_part_that_fails_spoils_its_batch(ledger: Ledger) -> None:
    def batch_that_goes_on() -> None:
        with ledger.batch():
            ledger.journal(worlds.allocation())
            with pytest.raises(AlreadyDone):
                ledger.journal(worlds.allocation())
            ledger.book(worlds.entry())

    with pytest.raises(LedgerError, match=r"already made by .* nothing of it is kept"):
        batch_that_goes_on()
    assert ledger.pending() == ()
    with ledger.batch():
        ledger.book(worlds.entry())
    assert ledger.entries() == (worlds.entry(),)


def test_parts_do_not_hide_each_others_methods() -> None:
    parts = [p for p in Ledger.__mro__ if issubclass(p, Part) and p not in {Part, Ledger}]
    for one, other in itertools.combinations(parts, 2):
        shared = {n for n in vars(one).keys() & vars(other).keys() if not n.startswith("__")}
        assert not shared, f"{one.__name__} and {other.__name__} both define {shared}"
