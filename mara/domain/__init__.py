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
from mara.domain.plan import ClassUnits, Duals, Plan, Schedule, Setpoint
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
    "MachineClass",
    "MachineKind",
    "Mode",
    "Order",
    "Origin",
    "Outage",
    "Override",
    "OverrideTarget",
    "Plan",
    "Posting",
    "Proposal",
    "Quantile",
    "QuoteLabels",
    "Receipt",
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
    "Trade",
    "TradingState",
    "Venue",
    "Weight",
]
