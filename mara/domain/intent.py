"""What is about to be done, written down before it is done, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mara.domain.checks import aware, named
from mara.domain.decision import Decision, Override
from mara.domain.trade import Order, Trade
from mara.domain.venue import Receipt
from mara.errors import InvalidValue

__all__ = ["Intent", "IntentKind", "Outcome", "OutcomeKind"]


class IntentKind(StrEnum):
    """What an intent would change."""

    ALLOCATE = "ALLOCATE"
    TRADE = "TRADE"
    STATE = "STATE"
    OVERRIDE = "OVERRIDE"


class OutcomeKind(StrEnum):
    """What came of an intent; UNKNOWN, RESENT and FILLED leave it open.

    FILLED closes when its trade is booked; RESENT is written before the one repetition allowed.
    """

    ACKNOWLEDGED = "ACKNOWLEDGED"
    FILLED = "FILLED"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"
    RESENT = "RESENT"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An effect that MARA is about to have, under an id made by whoever asked for it.

    The same `intent_id` takes effect once. ALLOCATE carries `decision`, TRADE carries `order`,
    OVERRIDE and STATE carry `override`.
    """

    intent_id: str
    site_id: str
    tick_at: datetime
    kind: IntentKind
    made_at: datetime
    author: str
    decision: Decision | None = None
    order: Order | None = None
    override: Override | None = None

    def __post_init__(self) -> None:
        named("Intent", "intent_id", self.intent_id)
        named("Intent", "site_id", self.site_id)
        named("Intent", "author", self.author)
        aware("Intent", "tick_at", self.tick_at)
        aware("Intent", "made_at", self.made_at)
        self._check_content()

    def _check_content(self) -> None:
        if self.kind is IntentKind.ALLOCATE and self.decision is None:
            raise InvalidValue(f"Intent {self.intent_id}: decision is missing for kind ALLOCATE")
        if self.kind is IntentKind.TRADE and self.order is None:
            raise InvalidValue(f"Intent {self.intent_id}: order is missing for kind TRADE")
        if self.kind in {IntentKind.STATE, IntentKind.OVERRIDE} and self.override is None:
            raise InvalidValue(f"Intent {self.intent_id}: override is missing for {self.kind}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of the intent `intent_id`, known `at` a time, with its reason in `detail`.

    `rule` names the gate's rule of a refusal.
    """

    intent_id: str
    at: datetime
    kind: OutcomeKind
    detail: str = ""
    rule: str | None = None
    receipt: Receipt | None = None
    trade: Trade | None = None

    def __post_init__(self) -> None:
        named("Outcome", "intent_id", self.intent_id)
        aware("Outcome", "at", self.at)
        if (self.kind is OutcomeKind.FILLED) != (self.trade is not None):
            raise InvalidValue(f"Outcome {self.intent_id}: a trade goes with kind FILLED alone")
