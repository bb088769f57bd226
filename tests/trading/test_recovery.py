"""Recovery: what the venue has in force decides; nothing is sent more than once again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mara.domain import (
    Intent,
    IntentKind,
    OutcomeKind,
    Override,
    OverrideTarget,
    Receipt,
    TradingState,
)
from mara.trading.recovery import Open, Situation, Step, recover
from tests.ledger import worlds
from tests.ledger.worlds import SITE_ID, at

SOON, LATE = at(0) + timedelta(minutes=1), at(1)
RESENT = worlds.outcome("allocate:0", OutcomeKind.RESENT)
UNKNOWN = worlds.outcome("allocate:0", OutcomeKind.UNKNOWN)


def receipt(units: int, charge_mw: float = 0.0) -> Receipt:
    return Receipt(decision_id="x", at=at(0), setpoint=worlds.setpoint(units, charge_mw), venue="v")


def situation(read_back: Receipt | None, now: object = SOON) -> Situation:
    return Situation(now=now, interval_s=300.0, read_back=read_back)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "read_back", "now", "step"),
    [
        (None, receipt(50), SOON, Step.REACK),
        (UNKNOWN, receipt(50), SOON, Step.REACK),
        (RESENT, receipt(50), LATE, Step.REACK),
        (None, receipt(49), SOON, Step.RESEND),
        (UNKNOWN, receipt(50, charge_mw=0.1), SOON, Step.RESEND),
        (RESENT, receipt(49), SOON, Step.DROP),
        (None, receipt(49), LATE, Step.DROP),
        (None, None, SOON, Step.WAIT),
        (RESENT, None, SOON, Step.WAIT),
        (None, None, LATE, Step.DROP),
    ],
)
def test_an_allocation(outcome: object, read_back: object, now: object, step: Step) -> None:
    """F17: an unknown outcome is no failure: read back, then decide."""
    found = Open(intent=worlds.allocation(), outcome=outcome)  # type: ignore[arg-type]
    (action,) = recover([found], situation(read_back, now))  # type: ignore[arg-type]
    assert action.step is step
    assert action.reason
    assert action.receipt == (read_back if step is Step.REACK else None)


def test_only_the_newest_allocation_counts() -> None:
    both = [Open(intent=worlds.allocation(0)), Open(intent=worlds.allocation(1))]
    actions = recover(both, situation(receipt(50), at(1)))
    assert [a.step for a in actions] == [Step.DROP, Step.REACK]
    assert "later allocation" in actions[0].reason


@pytest.mark.parametrize(
    ("outcome", "now", "step"),
    [
        (None, at(1), Step.RESEND),
        (worlds.outcome("order-0", OutcomeKind.UNKNOWN), at(1), Step.RESEND),
        (worlds.outcome("order-0", OutcomeKind.RESENT), at(1), Step.DROP),
        (None, at(2), Step.DROP),
        (worlds.outcome("order-0", OutcomeKind.FILLED, worlds.trade()), at(2), Step.BOOK),
    ],
)
def test_a_trade(outcome: object, now: object, step: Step) -> None:
    found = Open(intent=worlds.intent(), outcome=outcome)  # type: ignore[arg-type]
    (action,) = recover([found], situation(None, now))
    assert action.step is step
    assert (action.trade is not None) is (step is Step.BOOK)


def test_a_persons_word_takes_effect_by_being_written() -> None:
    override = Override(
        override_id="o",
        target=OverrideTarget.STATE,
        author="operator",
        reason="storm",
        at=at(0),
        expires_at=at(5),
        state=TradingState.HALTED,
    )
    intent = Intent(
        intent_id="o",
        site_id=SITE_ID,
        tick_at=at(0),
        kind=IntentKind.STATE,
        made_at=at(0),
        author="operator",
        override=override,
    )
    (action,) = recover([Open(intent=intent)], situation(None))
    assert action.step is Step.REACK


def test_nothing_open_needs_nothing() -> None:
    assert recover([], situation(None)) == ()


def test_recovering_twice_sends_once() -> None:
    """What RESEND does is written first, so a second crash does not send a third time."""
    found = Open(intent=worlds.allocation())
    (first,) = recover([found], situation(receipt(0)))
    (second,) = recover([replace(found, outcome=RESENT)], situation(receipt(0)))
    assert (first.step, second.step) == (Step.RESEND, Step.DROP)
