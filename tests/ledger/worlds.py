"""Values of a small site, for tests of the ledger and of trading."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from mara.domain import (
    Battery,
    CashItem,
    ClassState,
    ClassUnits,
    Decision,
    Entry,
    Intent,
    IntentKind,
    MachineClass,
    MachineKind,
    Mode,
    Order,
    Origin,
    Outcome,
    OutcomeKind,
    Posting,
    Setpoint,
    Settlement,
    Side,
    Site,
    SiteState,
    Tick,
    TickRecord,
    Trade,
    TradingState,
)

SITE_ID = "demo"
START = datetime(2026, 3, 1, 6, tzinfo=UTC)
MINUTES = 5.0


def at(index: int) -> datetime:
    """Start of the interval number `index`."""
    return START + timedelta(minutes=MINUTES * index)


def site() -> Site:
    return Site(
        site_id=SITE_ID,
        time_zone="America/Chicago",
        import_limit_mw=1.0,
        export_limit_mw=0.5,
        machines=(
            MachineClass(
                name="air", kind=MachineKind.MINER, count=100, power_kw=5.0, hashrate_th_s=200.0
            ),
        ),
        battery=Battery(energy_mwh=1.0, power_mw=0.5),
    )


def tick(index: int = 0, price: float = 40.0, **changes: object) -> Tick:
    values: dict[str, object] = {
        "site_id": SITE_ID,
        "at": at(index),
        "minutes": MINUTES,
        "energy_usd_per_mwh": price,
        "hash_usd_per_ph_day": 50.0,
        "origin": Origin.SIMULATED,
        "source": "test",
        "assumed": frozenset({"temperature_c", "hash_usd_per_ph_day"}),
    }
    return Tick(**(values | changes))  # type: ignore[arg-type]


def setpoint(units: int = 50, charge_mw: float = 0.0, discharge_mw: float = 0.0) -> Setpoint:
    return Setpoint(
        units=(ClassUnits(name="air", units=units),),
        charge_mw=charge_mw,
        discharge_mw=discharge_mw,
    )


def decision(index: int = 0, units: int = 50) -> Decision:
    return Decision(
        decision_id=f"{SITE_ID}:{index}",
        site_id=SITE_ID,
        tick_at=at(index),
        setpoint=setpoint(units),
        chosen="strike",
        resolved_by="best weight",
        reason="hashes pay more than power costs",
        state=TradingState.ACTIVE,
        mode=Mode.PAPER,
        safe=False,
    )


def state(index: int = 0) -> SiteState:
    return SiteState(at=at(index), classes=(ClassState(name="air", units_on=50),), soc_mwh=0.5)


def record(index: int = 0) -> TickRecord:
    return TickRecord(
        site_id=SITE_ID,
        tick_at=at(index),
        made_at=at(index),
        tick=tick(index),
        state=state(index),
        decision=decision(index),
    )


def allocation(index: int = 0) -> Intent:
    return Intent(
        intent_id=f"allocate:{index}",
        site_id=SITE_ID,
        tick_at=at(index),
        kind=IntentKind.ALLOCATE,
        made_at=at(index),
        author="manager",
        decision=decision(index),
    )


def outcome(
    intent_id: str, kind: OutcomeKind = OutcomeKind.ACKNOWLEDGED, trade: Trade | None = None
) -> Outcome:
    return Outcome(intent_id=intent_id, at=at(0), kind=kind, trade=trade)


def order(number: int = 0, **changes: object) -> Order:
    values: dict[str, object] = {
        "order_id": f"order-{number}",
        "site_id": SITE_ID,
        "at": at(0),
        "side": Side.BUY if number % 2 == 0 else Side.SELL,
        "quantity_mwh": Decimal("0.250"),
        "limit_usd_per_mwh": Decimal(60) if number % 2 == 0 else Decimal(20),
        "delivery": at(1),
        "author": "trader",
    }
    return Order(**(values | changes))  # type: ignore[arg-type]


def intent(number: int = 0) -> Intent:
    return Intent(
        intent_id=f"order-{number}",
        site_id=SITE_ID,
        tick_at=at(0),
        kind=IntentKind.TRADE,
        made_at=at(0),
        author="trader",
        order=order(number),
    )


def trade(number: int = 0, **changes: object) -> Trade:
    values: dict[str, object] = {
        "trade_id": f"trade:order-{number}",
        "order_id": f"order-{number}",
        "site_id": SITE_ID,
        "at": at(0),
        "side": Side.BUY if number % 2 == 0 else Side.SELL,
        "quantity_mwh": Decimal("0.250"),
        "price_usd_per_mwh": Decimal("40.50"),
        "delivery": at(1),
    }
    return Trade(**(values | changes))  # type: ignore[arg-type]


def entry(number: int = 0, amount: str = "10.00", **changes: object) -> Entry:
    cash = Decimal(amount)
    values: dict[str, object] = {
        "entry_id": f"entry-{number}",
        "site_id": SITE_ID,
        "at": at(number),
        "kind": "test",
        "memo": "a test",
        "postings": (
            Posting(account="assets:cash", amount=cash),
            Posting(account="income:hash", amount=-cash),
        ),
    }
    return Entry(**(values | changes))  # type: ignore[arg-type]


def settlement(index: int = 0, **changes: object) -> Settlement:
    values: dict[str, object] = {
        "site_id": SITE_ID,
        "at": at(index),
        "hours": MINUTES / 60.0,
        "setpoint": setpoint(),
        "import_mw": 0.75,
        "export_mw": 0.0,
        "charge_mw": 0.5,
        "discharge_mw": 0.0,
        "machines_mw": 0.25,
        "soc_mwh": 0.5,
        "served_mtok": 0.0,
        "missed_mtok": 0.0,
        "classes": (),
        "cash": (
            CashItem(account="income:hash", amount_usd=1.736111),
            CashItem(account="expense:energy", amount_usd=-2.505),
            CashItem(account="expense:wear", amount_usd=0.0),
        ),
    }
    return Settlement(**(values | changes))  # type: ignore[arg-type]
