"""The gate: what passes is within every limit, what is refused names its rule and numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import ClassUnits, Commitment, Mode, Outage, Setpoint, Side, TradingState
from mara.errors import InvalidValue, RefusedError
from mara.settings import TradingSettings
from mara.trading.gate import GateView, Limits, check_order, check_setpoint
from tests.ledger import worlds
from tests.ledger.worlds import at, order, setpoint, tick

LIMITS = Limits(
    max_order_mwh=1.0,
    max_position_mwh=2.0,
    max_loss_usd_per_day=100.0,
    price_band_usd_per_mwh=50.0,
    spread_usd_per_mwh=0.5,
    max_orders_per_minute=10,
)
STALE = at(1) + timedelta(minutes=11)


def view(**changes: object) -> GateView:
    values: dict[str, object] = {
        "site": worlds.site(),
        "limits": LIMITS,
        "state": TradingState.ACTIVE,
        "mode": Mode.PAPER,
        "tick": tick(),
        "now": at(0),
        "soc_mwh": 0.5,
        "exposure_mw": 0.25,
    }
    return GateView(**(values | changes))  # type: ignore[arg-type]


def mwh(quantity: str) -> Decimal:
    return Decimal(quantity)


@pytest.mark.parametrize(
    ("rule", "changes", "of_view", "numbers"),
    [
        ("mode", {}, {"mode": Mode.ADVISORY}, "advisory"),
        ("trading_state", {}, {"state": TradingState.HALTED}, "HALTED"),
        ("trading_state", {}, {"state": TradingState.REDUCING}, "0 MWh would become 0.250 MWh"),
        ("stale_price", {}, {"now": STALE}, "2.2 intervals old, 2 are allowed"),
        ("delivery", {"delivery": at(-1)}, {}, "05:55 UTC is past"),
        ("order_size", {"quantity_mwh": mwh("1.001")}, {}, "1.001 MWh exceeds 1.0 MWh"),
        ("position", {}, {"positions": {at(1): mwh("1.8")}}, "2.050 MWh exceed 2.0 MWh"),
        ("position", {}, {"positions": {at(5): mwh("-1.8")}}, "2.050 MWh exceed 2.0 MWh"),
        ("price_band", {"limit_usd_per_mwh": mwh("90.01")}, {}, "limit 90.01"),
        ("price_band", {"limit_usd_per_mwh": mwh("-10.01")}, {}, "more than 50 USD/MWh"),
        ("loss_per_day", {}, {"margin_today_usd": mwh("-100")}, "-100 USD"),
        ("orders_per_minute", {}, {"orders_last_minute": 10}, "10 orders in the last minute"),
    ],
)
def test_an_order_is_refused_by_its_rule(
    rule: str, changes: dict[str, object], of_view: dict[str, object], numbers: str
) -> None:
    with pytest.raises(RefusedError, match=rule) as refusal:
        check_order(order(**changes), view(**of_view))
    assert refusal.value.rule == rule
    assert numbers in str(refusal.value)


@pytest.mark.parametrize(
    ("changes", "of_view"),
    [
        ({}, {}),
        ({"quantity_mwh": mwh("1.0")}, {"positions": {at(1): mwh("1.0")}}),
        ({"limit_usd_per_mwh": mwh(90)}, {"margin_today_usd": mwh("-99.99")}),
        ({"delivery": at(0)}, {"now": at(1) + timedelta(minutes=10)}),
        ({"side": Side.SELL}, {"state": TradingState.REDUCING, "positions": {at(1): mwh("0.5")}}),
        ({}, {"state": TradingState.REDUCING, "positions": {at(1): mwh("-0.5")}}),
        ({"side": Side.SELL}, {"positions": {at(1): mwh("3")}}),
    ],
)
def test_an_order_at_the_limit_passes(
    changes: dict[str, object], of_view: dict[str, object]
) -> None:
    check_order(order(**changes), view(**of_view))


@pytest.mark.parametrize("held", ["0.1", "-0.25", "0.25"])
def test_reducing_never_turns_or_raises_a_position(held: str) -> None:
    reducing = view(state=TradingState.REDUCING, positions={at(1): mwh(held)})
    with pytest.raises(RefusedError, match="REDUCING"):
        check_order(order(side=Side.SELL, quantity_mwh=mwh("0.3")), reducing)


@given(
    quantity=st.decimals("0.001", "3", places=3),
    held=st.decimals("-4", "4", places=3),
    side=st.sampled_from(Side),
)
def test_what_passes_is_within_the_position_limit_or_lowers_it(
    quantity: Decimal, held: Decimal, side: Side
) -> None:
    wanted = order(quantity_mwh=quantity, side=side)
    try:
        check_order(wanted, view(positions={at(1): held}))
    except RefusedError:
        return
    after = held + (quantity if side is Side.BUY else -quantity)
    assert quantity <= 1
    assert abs(after) <= max(Decimal(2), abs(held))


@pytest.mark.parametrize(
    ("rule", "wanted", "of_view", "numbers"),
    [
        ("mode", setpoint(), {"mode": Mode.ADVISORY}, "advisory"),
        ("trading_state", setpoint(), {"state": TradingState.HALTED}, "safe controller"),
        (
            "trading_state",
            setpoint(51),
            {"state": TradingState.REDUCING},
            "0.250 MW would become 0.255 MW",
        ),
        ("stale_price", setpoint(), {"now": STALE}, "2.2 intervals"),
        ("units", setpoint(101), {}, "101 units of air asked for, 100 in service"),
        ("battery_power", setpoint(charge_mw=0.51), {}, "0.510 MW exceeds"),
        ("battery_power", setpoint(discharge_mw=0.51), {}, "0.510 MW exceeds"),
        ("battery_energy", setpoint(charge_mw=0.5), {"soc_mwh": 0.99}, "1.030 MWh"),
        ("battery_energy", setpoint(discharge_mw=0.5), {"soc_mwh": 0.01}, "-0.034 MWh"),
        (
            "import_limit",
            setpoint(60, charge_mw=0.3),
            {"site": replace(worlds.site(), import_limit_mw=0.5)},
            "import of 0.600 MW exceeds 0.500 MW",
        ),
        (
            "import_limit",
            setpoint(60),
            {
                "site": replace(
                    worlds.site(),
                    commitments=(Commitment(start=at(0), end=at(1), max_import_mw=0.1),),
                )
            },
            "import of 0.300 MW exceeds 0.100 MW",
        ),
        (
            "export_limit",
            setpoint(0, discharge_mw=0.3),
            {"site": replace(worlds.site(), export_limit_mw=0.2)},
            "export of 0.300 MW exceeds 0.200 MW",
        ),
    ],
)
def test_a_setpoint_is_refused_by_its_rule(
    rule: str, wanted: Setpoint, of_view: dict[str, object], numbers: str
) -> None:
    with pytest.raises(RefusedError, match=rule) as refusal:
        check_setpoint(wanted, view(**of_view))
    assert refusal.value.rule == rule
    assert numbers in str(refusal.value)


@pytest.mark.parametrize(
    ("wanted", "of_view"),
    [
        (setpoint(100, charge_mw=0.5), {}),
        (setpoint(50), {"state": TradingState.REDUCING}),
        (setpoint(60), {"state": TradingState.HALTED, "safe": True}),
        (setpoint(60), {"now": STALE, "safe": True}),
        (setpoint(0, discharge_mw=0.5), {"soc_mwh": None}),
        (setpoint(0, charge_mw=0.1), {"soc_mwh": -0.5}),
        (setpoint(50), {"site": replace(worlds.site(), battery=None)}),
    ],
)
def test_a_setpoint_within_the_limits_passes(wanted: Setpoint, of_view: dict[str, object]) -> None:
    check_setpoint(wanted, view(**of_view))


def test_units_out_of_service_do_not_count() -> None:
    site = replace(worlds.site(), outages=(Outage(machine_class="air", units=60),))
    with pytest.raises(RefusedError, match="50 units of air asked for, 40 in service"):
        check_setpoint(setpoint(50), view(site=site))
    with pytest.raises(InvalidValue, match="'hydro' is unknown"):
        check_setpoint(Setpoint(units=(ClassUnits(name="hydro", units=1),)), view())


@given(st.integers(0, 120), st.floats(0, 1), st.floats(0, 1), st.floats(0, 2))
def test_what_passes_is_within_the_connection(
    units: int, charge_mw: float, discharge_mw: float, limit_mw: float
) -> None:
    site = replace(worlds.site(), import_limit_mw=limit_mw, export_limit_mw=limit_mw)
    try:
        check_setpoint(setpoint(units, charge_mw, discharge_mw), view(site=site))
    except RefusedError:
        return
    assert abs(units * 0.005 + charge_mw - discharge_mw) <= limit_mw + 2e-6


def test_limits_come_from_the_settings() -> None:
    limits = Limits.of(TradingSettings(max_order_mwh=3.0), max_age_ticks=4)
    assert (limits.max_order_mwh, limits.max_age_ticks) == (3.0, 4)
    with pytest.raises(InvalidValue, match="max_position_mwh"):
        replace(limits, max_position_mwh=0.0)
