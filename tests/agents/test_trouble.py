"""What goes wrong is an alert while it lasts, and a halt where no retry can help."""

from __future__ import annotations

import structlog

from mara.agents.alerts import AlertBoard
from mara.agents.messages import Failed
from mara.agents.trouble import Trouble
from mara.domain import Severity, TradingState
from mara.errors import LedgerBusy, LedgerFull, Mismatch, OutcomeUnknown, Unauthorized
from mara.models.signals import Anomaly, AnomalyKind
from mara.trading.states import StateChange
from tests.agents.readings import START, STEP, manager, override, reading
from tests.agents.rig import at


class Case:
    def __init__(self) -> None:
        self.manager = manager()
        self.board = AlertBoard()
        self.trouble = Trouble(self.board, lambda: self.manager)

    @property
    def codes(self) -> set[str]:
        return {alert.code for alert in self.board.all()}

    @property
    def state(self) -> TradingState:
        return self.manager.trading_state

    def resume(self) -> None:
        change = StateChange(
            state=TradingState.ACTIVE, at=START, author="dana", reason="seen", by_person=True
        )
        self.manager.set_trading(change)


def test_alerts_are_raised_once_renewed_and_cleared_once() -> None:
    board = AlertBoard()
    with structlog.testing.capture_logs() as lines:
        for i in range(5):
            board.show("x", Severity.INFO, f"text {i}", at(i))
        board.clear("x")
        board.clear("x")
    assert [line["event"] for line in lines] == ["alert raised", "alert cleared"]
    board.show("late", Severity.INFO, "a", at(9))
    board.show("bad", Severity.CRITICAL, "b", at(9))
    board.show("early", Severity.INFO, "c", at(1))
    board.show("early", Severity.INFO, "d" * 900, at(5))
    assert [(a.code, a.since) for a in board.all()] == [
        ("bad", at(9)),
        ("early", at(1)),
        ("late", at(9)),
    ]
    assert len(board.all()[1].text) == 500
    board.set("early", Severity.INFO, None, at(6))
    assert not board.has("early")


def test_a_silent_feed_warns_until_it_speaks() -> None:
    case = Case()
    case.trouble.feed(reading(age=2).feed, START)
    assert "feed:stale" in case.codes
    case.trouble.feed(reading().feed, START)
    assert case.codes == set()


def test_a_skewed_clock_is_shown() -> None:
    from dataclasses import replace  # noqa: PLC0415

    case = Case()
    case.trouble.feed(replace(reading().feed, skew_s=-600.0), START)
    (alert,) = case.board.all()
    assert (alert.code, alert.severity) == ("feed:skew", Severity.INFO)
    assert "-600 s" in alert.text
    case.trouble.feed(replace(reading().feed, skew_s=2.0), START)
    assert case.codes == set()


def test_a_refused_key_halts_until_a_person_resumes() -> None:
    case = Case()
    case.trouble.unauthorized(Unauthorized("key ***1 is refused"), START)
    assert case.trouble.key_refused()
    assert case.state is TradingState.HALTED
    case.trouble.ledger(None, START)
    assert case.state is TradingState.HALTED, "nothing but a person lifts it"
    case.resume()
    assert not case.trouble.key_refused()
    assert case.codes == set()


def test_a_venue_that_refuses_the_key_halts_too() -> None:
    case = Case()
    case.trouble.venue(Unauthorized("key is refused"), START)
    assert case.trouble.key_refused()
    assert case.codes == {"venue", "venue:key"}


def test_three_mismatches_in_a_row_halt() -> None:
    case = Case()
    for _ in range(2):
        case.trouble.venue(Mismatch("air 1 for 2"), START)
    case.trouble.venue(OutcomeUnknown("cut"), START)
    for _ in range(2):
        case.trouble.venue(Mismatch("air 1 for 2"), START)
    assert case.state is TradingState.ACTIVE
    case.trouble.venue(Mismatch("air 1 for 2"), START)
    assert case.state is TradingState.HALTED
    case.trouble.venue(None, START)
    assert case.state is TradingState.HALTED
    assert "venue" not in case.codes


def test_a_full_disk_halts_and_space_resumes() -> None:
    case = Case()
    case.trouble.ledger(LedgerFull("the disk is full"), START)
    assert case.state is TradingState.HALTED
    assert case.codes == {"ledger"}
    case.trouble.ledger(LedgerFull("the disk is full"), at(1))
    case.trouble.ledger(None, at(2))
    assert case.state is TradingState.ACTIVE
    assert case.codes == set()


def test_a_busy_ledger_is_an_alert_and_no_halt() -> None:
    case = Case()
    case.trouble.ledger(LedgerBusy("locked"), START)
    assert case.state is TradingState.ACTIVE
    assert case.codes == {"ledger"}


def test_a_persons_halt_outlasts_a_full_disk() -> None:
    case = Case()
    halt = StateChange(
        state=TradingState.HALTED, at=START, author="dana", reason="storm", by_person=True
    )
    case.manager.set_trading(halt)
    case.trouble.ledger(LedgerFull("full"), START)
    case.trouble.ledger(None, START)
    assert case.state is TradingState.HALTED


def test_the_days_loss_halts_at_the_limit() -> None:
    case = Case()
    case.trouble.loss(-24_999.0, 25_000.0, START)
    assert case.state is TradingState.ACTIVE
    case.trouble.loss(-25_001.0, 25_000.0, START)
    assert case.state is TradingState.HALTED
    assert case.codes == {"loss"}
    case.trouble.loss(10.0, 25_000.0, START + STEP)
    assert case.codes == set()
    assert case.state is TradingState.HALTED


def test_agents_that_fail_are_named_until_they_answer() -> None:
    case = Case()
    case.trouble.no_manager(START)
    failed = Failed(agent="hold", tick_at=START, reason="broken")
    case.trouble.failures((failed,), START)
    assert case.codes == {"agent:hold"}
    case.trouble.failures((), START)
    assert case.codes == set()


def test_anomalies_are_shown_while_they_last() -> None:
    case = Case()
    spike = Anomaly(
        kind=AnomalyKind.SPIKE,
        figure="energy_usd_per_mwh",
        at=START,
        size=9.0,
        reason="spike to 5,000",
    )
    case.trouble.anomalies((spike,), START)
    assert case.codes == {"market:spike"}
    case.trouble.anomalies((), START)
    assert case.codes == set()


def test_why_the_agents_stopped_for_good_is_shown() -> None:
    case = Case()
    case.trouble.fatal(RuntimeError("fenced"), START)
    assert case.board.all()[0].severity is Severity.CRITICAL


def test_an_override_of_the_state_stands_above_the_systems_word() -> None:
    from mara.domain import OverrideTarget  # noqa: PLC0415

    case = Case()
    case.manager = manager(overrides=(override(OverrideTarget.STATE),))
    case.trouble.ledger(None, START)
    assert case.state is TradingState.HALTED
