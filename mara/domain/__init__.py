"""Frozen values of the domain: they refuse the impossible at construction."""

from mara.domain.decision import (
    Alert,
    Decision,
    Mode,
    Override,
    OverrideTarget,
    Proposal,
    Severity,
    TradingState,
    Weight,
)
from mara.domain.flows import CashItem, ClassMargin, Settlement
from mara.domain.forecast import Forecast, Quantile
from mara.domain.history import History
from mara.domain.intent import Intent, IntentKind, Outcome, OutcomeKind
from mara.domain.known import KnownSeries
from mara.domain.plan import ClassUnits, Duals, Plan, Schedule, Setpoint
from mara.domain.record import RecordedInput, TickRecord
from mara.domain.site import (
    Battery,
    Commitment,
    MachineClass,
    MachineKind,
    Outage,
    QuoteLabels,
    Site,
    SlaTier,
)
from mara.domain.state import Backlog, ClassState, SiteState, Start
from mara.domain.tick import FIGURES, Exogenous, Origin, Tick
from mara.domain.trade import Entry, Order, Posting, Side, Trade
from mara.domain.venue import Receipt, Venue

__all__ = [
    "FIGURES",
    "Alert",
    "Backlog",
    "Battery",
    "CashItem",
    "ClassMargin",
    "ClassState",
    "ClassUnits",
    "Commitment",
    "Decision",
    "Duals",
    "Entry",
    "Exogenous",
    "Forecast",
    "History",
    "Intent",
    "IntentKind",
    "KnownSeries",
    "MachineClass",
    "MachineKind",
    "Mode",
    "Order",
    "Origin",
    "Outage",
    "Outcome",
    "OutcomeKind",
    "Override",
    "OverrideTarget",
    "Plan",
    "Posting",
    "Proposal",
    "Quantile",
    "QuoteLabels",
    "Receipt",
    "RecordedInput",
    "Schedule",
    "Setpoint",
    "Settlement",
    "Severity",
    "Side",
    "Site",
    "SiteState",
    "SlaTier",
    "Start",
    "Tick",
    "TickRecord",
    "Trade",
    "TradingState",
    "Venue",
    "Weight",
]
