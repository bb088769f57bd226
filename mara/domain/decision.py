"""What agents propose, what is decided, and who may overrule it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mara.domain.checks import aware, finite, named, non_negative
from mara.domain.plan import Plan, Setpoint
from mara.errors import InvalidValue

__all__ = [
    "Alert",
    "Decision",
    "Mode",
    "Override",
    "OverrideTarget",
    "Proposal",
    "Severity",
    "TradingState",
    "Weight",
]


class TradingState(StrEnum):
    """How much MARA may do by itself."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


class Mode(StrEnum):
    """What a decision moves: nothing, paper, or the site."""

    ADVISORY = "advisory"
    PAPER = "paper"
    LIVE = "live"


class Severity(StrEnum):
    """How urgent an alert is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something a person should know; `code` stays the same while the cause lasts."""

    code: str
    severity: Severity
    text: str
    since: datetime

    def __post_init__(self) -> None:
        named("Alert", "code", self.code)
        aware("Alert", "since", self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A strategy's plan for this tick, with its reason in one sentence."""

    agent: str
    plan: Plan
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """Trust in one strategy, learnt from its shadow profit; weights sum to one."""

    agent: str
    weight: float
    score_usd: float

    def __post_init__(self) -> None:
        finite("Weight", "weight", self.weight)
        finite("Weight", "score_usd", self.score_usd)


class OverrideTarget(StrEnum):
    """What a person takes into their own hands."""

    CLASS_UNITS = "class_units"
    BATTERY_MW = "battery_mw"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A person's order that stands above the agents until it expires.

    `value`: units on for CLASS_UNITS, MW of charging (positive) or discharging (negative) for
    BATTERY_MW; `state` for STATE.
    """

    override_id: str
    target: OverrideTarget
    author: str
    reason: str
    at: datetime
    expires_at: datetime
    machine_class: str | None = None
    value: float | None = None
    state: TradingState | None = None

    def __post_init__(self) -> None:
        named("Override", "override_id", self.override_id)
        named("Override", "author", self.author)
        named("Override", "reason", self.reason)
        aware("Override", "at", self.at)
        aware("Override", "expires_at", self.expires_at)
        if self.expires_at <= self.at:
            raise InvalidValue(f"Override: expires_at={self.expires_at} must come after {self.at}")
        self._check_target()

    def _check_target(self) -> None:
        if self.target is OverrideTarget.STATE:
            if self.state is None:
                raise InvalidValue("Override: state is missing for target state")
            return
        if self.value is None:
            raise InvalidValue(f"Override: value is missing for target {self.target}")
        finite("Override", "value", self.value)
        if self.target is OverrideTarget.CLASS_UNITS:
            non_negative("Override", "value", self.value)
        if self.target is OverrideTarget.CLASS_UNITS and not self.machine_class:
            raise InvalidValue("Override: machine_class is missing for target class_units")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the site does in the interval that begins at `tick_at`, and by whose advice.

    `decision_id` names site and interval, so that an interval is decided once. `safe` says that
    the safe controller decided alone, `resolved_by` how the weights became one plan.
    """

    decision_id: str
    site_id: str
    tick_at: datetime
    setpoint: Setpoint
    chosen: str
    resolved_by: str
    reason: str
    state: TradingState
    mode: Mode
    safe: bool
    weights: tuple[Weight, ...] = ()
    overrides: tuple[str, ...] = ()
    plan: Plan | None = None

    def __post_init__(self) -> None:
        named("Decision", "decision_id", self.decision_id)
        named("Decision", "site_id", self.site_id)
        named("Decision", "chosen", self.chosen)
        aware("Decision", "tick_at", self.tick_at)
