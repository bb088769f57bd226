"""Plans, states, settlements, decisions, trades, intents and records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mara.domain import (
    Alert,
    Backlog,
    CashItem,
    ClassMargin,
    ClassState,
    ClassUnits,
    Decision,
    Entry,
    Intent,
    IntentKind,
    Mode,
    Order,
    Outcome,
    OutcomeKind,
    Override,
    OverrideTarget,
    Plan,
    Posting,
    Receipt,
    RecordedInput,
    Schedule,
    Setpoint,
    Settlement,
    Severity,
    Side,
    SiteState,
    Start,
    TickRecord,
    Trade,
    TradingState,
    Weight,
)
from mara.errors import InvalidValue

AT = datetime(2026, 6, 1, tzinfo=UTC)
NAIVE = AT.replace(tzinfo=None)
NAN = float("nan")
SETPOINT = Setpoint(units=(ClassUnits(name="miner", units=3),), charge_mw=1.0)
PLAN = Plan(
    site_id="s",
    issued_at=AT,
    starts=(AT, AT + timedelta(minutes=5)),
    hours=(1 / 12, 1 / 12),
    units=(Schedule(name="miner", values=(2.6, 3.0)),),
    charge_mw=(1.0, 0.0),
    discharge_mw=(0.0, 0.0),
    import_mw=(2.0, 2.0),
    export_mw=(0.0, 0.0),
    soc_mwh=(5.0, 5.0),
    served=(Schedule(name="firm", values=(1.0, 1.0)),),
    expected_margin_usd=10.0,
    method="test",
)
STATE = SiteState(
    at=AT,
    classes=(ClassState(name="miner", units_on=3, starts=(Start(at=AT, units=2),)),),
    soc_mwh=5.0,
    backlog=(Backlog(tier="firm", due=AT, mtok=1.0),),
)
SETTLEMENT = Settlement(
    site_id="s",
    at=AT,
    hours=1 / 12,
    setpoint=SETPOINT,
    import_mw=2.0,
    export_mw=0.0,
    charge_mw=1.0,
    discharge_mw=0.0,
    machines_mw=1.0,
    soc_mwh=5.0,
    served_mtok=0.0,
    missed_mtok=0.0,
    classes=(ClassMargin(name="miner", units_on=3, power_mw=1.0, revenue_usd=2.0),),
    cash=(
        CashItem(account="income:hash", amount_usd=2.0),
        CashItem(account="expense:energy", amount_usd=-0.5),
    ),
)
DECISION = Decision(
    decision_id="s:1",
    site_id="s",
    tick_at=AT,
    setpoint=SETPOINT,
    chosen="optimiser",
    resolved_by="majority",
    reason="because",
    state=TradingState.ACTIVE,
    mode=Mode.PAPER,
    safe=False,
)
OVERRIDE = Override(
    override_id="o",
    target=OverrideTarget.CLASS_UNITS,
    author="ann",
    reason="maintenance",
    at=AT,
    expires_at=AT + timedelta(hours=1),
    machine_class="miner",
    value=3.0,
)
ORDER = Order(
    order_id="o",
    site_id="s",
    at=AT,
    side=Side.BUY,
    quantity_mwh=Decimal(1),
    limit_usd_per_mwh=Decimal("-32.5"),
    delivery=AT,
    author="ann",
)
TRADE = Trade(
    trade_id="t",
    order_id="o",
    site_id="s",
    at=AT,
    side=Side.BUY,
    quantity_mwh=Decimal(1),
    price_usd_per_mwh=Decimal(-5),
    delivery=AT,
)
RECEIPT = Receipt(decision_id="s:1", at=AT, setpoint=SETPOINT, venue="paper")
POSTINGS = (
    Posting(account="cash", amount=Decimal("1.50")),
    Posting(account="income:hash", amount=Decimal("-1.50")),
)
ENTRY = Entry(entry_id="e", site_id="s", at=AT, kind="settle", memo="", postings=POSTINGS)
INTENT = Intent(
    intent_id="i",
    site_id="s",
    tick_at=AT,
    kind=IntentKind.ALLOCATE,
    made_at=AT,
    author="mara",
    decision=DECISION,
)
OUTCOME = Outcome(intent_id="i", at=AT, kind=OutcomeKind.ACKNOWLEDGED)
RECORD = TickRecord(site_id="s", tick_at=AT, made_at=AT, tick=None, state=STATE, decision=DECISION)
ALERT = Alert(code="c", severity=Severity.INFO, text="t", since=AT)

IMPOSSIBLE: list[tuple[Any, dict[str, Any], str]] = [
    (SETPOINT.units[0], {"name": ""}, "name"),
    (SETPOINT.units[0], {"units": -1}, "units"),
    (SETPOINT.units[0], {"units": 1.5}, "units"),
    (SETPOINT, {"charge_mw": -1.0}, "charge_mw"),
    (SETPOINT, {"discharge_mw": NAN}, "discharge_mw"),
    (PLAN, {"site_id": ""}, "site_id"),
    (PLAN, {"issued_at": NAIVE}, "time zone"),
    (PLAN, {"expected_margin_usd": NAN}, "expected_margin_usd"),
    (PLAN, {"starts": ()}, "at least one interval"),
    (PLAN, {"hours": (1.0,)}, "must have 2 values"),
    (PLAN, {"units": (Schedule(name="miner", values=(1.0,)),)}, "must have 2 values"),
    (PLAN, {"soc_mwh": (1.0,)}, "must have 2 values"),
    (PLAN, {"import_mw": (NAN, 1.0)}, r"import_mw\[0\]"),
    (PLAN, {"served": (Schedule(name="firm", values=(1.0, NAN)),)}, r"firm: values\[1\]"),
    (STATE, {"at": NAIVE}, "time zone"),
    (STATE, {"import_mw": -1.0}, "import_mw"),
    (STATE, {"export_mw": NAN}, "export_mw"),
    (STATE, {"soc_mwh": -1.0}, "soc_mwh"),
    (STATE.classes[0], {"name": ""}, "name"),
    (STATE.classes[0], {"units_on": 2.5}, "units_on"),
    (STATE.classes[0], {"units_on": 1}, "more units started"),
    (STATE.classes[0].starts[0], {"units": 0}, "units"),
    (STATE.classes[0].starts[0], {"at": NAIVE}, "time zone"),
    (STATE.backlog[0], {"tier": ""}, "tier"),
    (STATE.backlog[0], {"due": NAIVE}, "time zone"),
    (STATE.backlog[0], {"mtok": -1.0}, "mtok"),
    (SETTLEMENT, {"at": NAIVE}, "time zone"),
    (SETTLEMENT, {"hours": 0.0}, "hours"),
    (SETTLEMENT, {"import_mw": -1.0}, "import_mw"),
    (SETTLEMENT, {"missed_mtok": NAN}, "missed_mtok"),
    (SETTLEMENT, {"soc_mwh": NAN}, "soc_mwh"),
    (SETTLEMENT.cash[0], {"amount_usd": NAN}, "income:hash"),
    (SETTLEMENT.classes[0], {"name": ""}, "name"),
    (SETTLEMENT.classes[0], {"units_on": -1}, "units_on"),
    (SETTLEMENT.classes[0], {"power_mw": NAN}, "power_mw"),
    (SETTLEMENT.classes[0], {"revenue_usd": NAN}, "revenue_usd"),
    (DECISION, {"decision_id": ""}, "decision_id"),
    (DECISION, {"site_id": ""}, "site_id"),
    (DECISION, {"chosen": ""}, "chosen"),
    (DECISION, {"tick_at": NAIVE}, "time zone"),
    (OVERRIDE, {"override_id": ""}, "override_id"),
    (OVERRIDE, {"author": ""}, "author"),
    (OVERRIDE, {"reason": ""}, "reason"),
    (OVERRIDE, {"at": NAIVE}, "time zone"),
    (OVERRIDE, {"expires_at": NAIVE}, "time zone"),
    (OVERRIDE, {"expires_at": AT}, "must come after"),
    (OVERRIDE, {"target": OverrideTarget.STATE}, "state is missing"),
    (OVERRIDE, {"value": None}, "value is missing"),
    (OVERRIDE, {"value": NAN}, "value"),
    (OVERRIDE, {"value": -1.0}, "value"),
    (OVERRIDE, {"machine_class": None}, "machine_class is missing"),
    (Weight(agent="a", weight=0.5, score_usd=1.0), {"weight": NAN}, "weight"),
    (Weight(agent="a", weight=0.5, score_usd=1.0), {"score_usd": NAN}, "score_usd"),
    (ALERT, {"code": ""}, "code"),
    (ALERT, {"since": NAIVE}, "time zone"),
    (ORDER, {"order_id": ""}, "order_id"),
    (ORDER, {"author": ""}, "author"),
    (ORDER, {"at": NAIVE}, "time zone"),
    (ORDER, {"delivery": NAIVE}, "time zone"),
    (ORDER, {"quantity_mwh": Decimal(0)}, "quantity_mwh"),
    (ORDER, {"quantity_mwh": Decimal("NaN")}, "quantity_mwh"),
    (ORDER, {"limit_usd_per_mwh": Decimal("Infinity")}, "is no price"),
    (TRADE, {"trade_id": ""}, "trade_id"),
    (TRADE, {"order_id": ""}, "order_id"),
    (TRADE, {"at": NAIVE}, "time zone"),
    (TRADE, {"delivery": NAIVE}, "time zone"),
    (TRADE, {"quantity_mwh": Decimal(-1)}, "quantity_mwh"),
    (TRADE, {"price_usd_per_mwh": Decimal("NaN")}, "is no price"),
    (RECEIPT, {"decision_id": ""}, "decision_id"),
    (RECEIPT, {"at": NAIVE}, "time zone"),
    (RECEIPT, {"revenue_usd": NAN}, "revenue_usd"),
    (RECEIPT, {"power_cost_usd": NAN}, "power_cost_usd"),
    (POSTINGS[0], {"account": ""}, "account"),
    (POSTINGS[0], {"amount": Decimal("NaN")}, "is no amount"),
    (ENTRY, {"entry_id": ""}, "entry_id"),
    (ENTRY, {"at": NAIVE}, "time zone"),
    (ENTRY, {"postings": POSTINGS[:1]}, "not to zero"),
    (ENTRY, {"postings": (POSTINGS[0], replace(POSTINGS[1], currency="EUR"))}, "not to zero"),
    (INTENT, {"intent_id": ""}, "intent_id"),
    (INTENT, {"site_id": ""}, "site_id"),
    (INTENT, {"author": ""}, "author"),
    (INTENT, {"tick_at": NAIVE}, "time zone"),
    (INTENT, {"made_at": NAIVE}, "time zone"),
    (INTENT, {"decision": None}, "decision is missing"),
    (INTENT, {"kind": IntentKind.TRADE}, "order is missing"),
    (INTENT, {"kind": IntentKind.STATE}, "override is missing"),
    (INTENT, {"kind": IntentKind.OVERRIDE}, "override is missing"),
    (OUTCOME, {"intent_id": ""}, "intent_id"),
    (OUTCOME, {"at": NAIVE}, "time zone"),
    (OUTCOME, {"kind": OutcomeKind.FILLED}, "a trade goes with"),
    (OUTCOME, {"trade": TRADE}, "a trade goes with"),
    (RECORD, {"site_id": ""}, "site_id"),
    (RECORD, {"tick_at": NAIVE}, "time zone"),
    (RECORD, {"made_at": NAIVE}, "time zone"),
    (RECORD, {"site_id": "other"}, "is not of other"),
    (RECORD, {"tick_at": AT + timedelta(minutes=5)}, "is not of s"),
    (RecordedInput(name="fit", value="1"), {"name": ""}, "name"),
]


@pytest.mark.parametrize(
    ("value", "changes", "says"),
    IMPOSSIBLE,
    ids=[f"{type(v).__name__}-{'-'.join(c)}-{i}" for i, (v, c, _) in enumerate(IMPOSSIBLE)],
)
def test_the_impossible_is_refused_by_name(value: Any, changes: dict[str, Any], says: str) -> None:  # noqa: ANN401
    with pytest.raises(InvalidValue, match=says):
        replace(value, **changes)


POSSIBLE: list[tuple[Any, dict[str, Any]]] = [
    (PLAN, {"soc_mwh": (), "served": ()}),
    (STATE, {"soc_mwh": None, "backlog": ()}),
    (SETTLEMENT, {"soc_mwh": None}),
    (RECEIPT, {"revenue_usd": 1.0, "power_cost_usd": -1.0}),
    (OVERRIDE, {"target": OverrideTarget.BATTERY_MW, "machine_class": None, "value": -2.0}),
    (OVERRIDE, {"target": OverrideTarget.STATE, "state": TradingState.HALTED, "value": None}),
    (INTENT, {"kind": IntentKind.TRADE, "order": ORDER}),
    (INTENT, {"kind": IntentKind.OVERRIDE, "override": OVERRIDE}),
    (OUTCOME, {"kind": OutcomeKind.FILLED, "trade": TRADE}),
    (ENTRY, {"postings": ()}),
]


@pytest.mark.parametrize(("value", "changes"), POSSIBLE)
def test_the_possible_is_kept(value: Any, changes: dict[str, Any]) -> None:  # noqa: ANN401
    changed = replace(value, **changes)
    assert all(getattr(changed, field) == kept for field, kept in changes.items())


def test_a_plans_first_interval_is_its_set_point() -> None:
    assert PLAN.setpoint == Setpoint(units=(ClassUnits(name="miner", units=3),), charge_mw=1.0)


def test_classes_that_are_not_listed_are_off() -> None:
    assert (SETPOINT.of("miner"), SETPOINT.of("server")) == (3, 0)
    assert STATE.of("miner").units_on == 3
    assert STATE.of("server") == ClassState(name="server", units_on=0)


def test_a_margin_is_the_sum_of_the_cash() -> None:
    assert SETTLEMENT.margin_usd == 1.5


def test_what_is_sold_is_negative() -> None:
    assert TRADE.signed_mwh == Decimal(1)
    assert replace(TRADE, side=Side.SELL).signed_mwh == Decimal(-1)
