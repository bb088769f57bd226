"""Start-up is recovery: what to do with each intent that nothing final came of.

One path after a crash and after a clean stop. An unknown outcome is no failure: what the venue has
in force decides, and nothing is sent more than once again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from mara.domain import Intent, IntentKind, Outcome, OutcomeKind, Receipt, Setpoint, Trade
from mara.domain.checks import aware, positive

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Action", "Open", "Situation", "Step", "recover"]


class Step(StrEnum):
    """What to do with an open intent.

    REACK writes down that it is in force, RESEND sends it once more (write RESENT first), BOOK
    books the trade that was filled, DROP writes EXPIRED, WAIT leaves it open until the venue can
    be read: trading does not start while one waits.
    """

    REACK = "REACK"
    RESEND = "RESEND"
    BOOK = "BOOK"
    DROP = "DROP"
    WAIT = "WAIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An open intent and the newest word on it."""

    intent: Intent
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known at start-up: market time, length of an interval, what the venue has in force.

    `read_back` is None where the venue cannot be read.
    """

    now: datetime
    interval_s: float
    read_back: Receipt | None

    def __post_init__(self) -> None:
        aware("Situation", "now", self.now)
        positive("Situation", "interval_s", self.interval_s)

    def over(self, start: datetime) -> bool:
        """Whether the interval that begins at `start` is over."""
        return (self.now - start).total_seconds() >= self.interval_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One step of recovery, with its reason in one sentence."""

    step: Step
    intent: Intent
    reason: str
    receipt: Receipt | None = None
    trade: Trade | None = None


def recover(pending: Sequence[Open], situation: Situation) -> tuple[Action, ...]:
    """Decide what to do with each open intent, in the order they were made."""
    allocations = [o.intent.tick_at for o in pending if o.intent.kind is IntentKind.ALLOCATE]
    newest = max(allocations, default=None)
    return tuple(_decide(found, situation, newest) for found in pending)


def _decide(found: Open, situation: Situation, newest: datetime | None) -> Action:
    if found.intent.kind is IntentKind.ALLOCATE:
        return _allocation(found, situation, superseded=found.intent.tick_at != newest)
    if found.intent.kind is IntentKind.TRADE:
        return _trade(found, situation)
    return _act(found, Step.REACK, "it takes effect by being written down")


def _allocation(found: Open, situation: Situation, *, superseded: bool) -> Action:
    receipt = situation.read_back
    if receipt is not None and not superseded and _in_force(found.intent, receipt):
        return Action(
            step=Step.REACK, intent=found.intent, reason="the venue has it", receipt=receipt
        )
    if superseded or situation.over(found.intent.tick_at):
        reason = "a later allocation took its place" if superseded else "its interval is over"
        return _act(found, Step.DROP, reason)
    if receipt is None:
        return _act(found, Step.WAIT, "the venue cannot be read")
    if _resent(found):
        return _act(found, Step.DROP, "it was sent again before, and is still not in force")
    return _act(found, Step.RESEND, "the venue does not have it")


def _trade(found: Open, situation: Situation) -> Action:
    outcome, order = found.outcome, found.intent.order
    if outcome is not None and outcome.trade is not None:
        reason = "it was filled and not booked"
        return Action(step=Step.BOOK, intent=found.intent, reason=reason, trade=outcome.trade)
    if order is None or situation.over(order.delivery):
        return _act(found, Step.DROP, "its delivery is over")
    if _resent(found):
        return _act(found, Step.DROP, "it was sent again before, without an answer")
    return _act(found, Step.RESEND, "no fill was written down")


def _act(found: Open, step: Step, reason: str) -> Action:
    return Action(step=step, intent=found.intent, reason=reason)


def _resent(found: Open) -> bool:
    return found.outcome is not None and found.outcome.kind is OutcomeKind.RESENT


def _in_force(intent: Intent, receipt: Receipt) -> bool:
    return intent.decision is not None and _same(intent.decision.setpoint, receipt.setpoint)


def _same(wanted: Setpoint, got: Setpoint) -> bool:
    names = {u.name for u in (*wanted.units, *got.units)}
    power = abs(wanted.charge_mw - got.charge_mw) + abs(wanted.discharge_mw - got.discharge_mw)
    return power < 1e-6 and all(wanted.of(name) == got.of(name) for name in names)
