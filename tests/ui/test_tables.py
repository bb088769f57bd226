"""Tables say what the values say, with units in their headers, and export whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pandas as pd
import pytest

from mara.domain import (
    Intent,
    IntentKind,
    Order,
    Outage,
    Outcome,
    OutcomeKind,
    Override,
    OverrideTarget,
    Side,
    Trade,
    TradingState,
)
from mara.domain.presets import demo_site, mara_2025_site
from mara.ledger.values import BookedPosting
from mara.models.dispatch.explain import Binding
from mara.models.dispatch.whatif import Change, WhatIf
from mara.models.signals import find_anomalies, market_trends
from mara.ui.panels.box import to_csv, to_parquet
from mara.ui.tables.agents import agents_frame, notes_frame
from mara.ui.tables.decisions import binding_frame, decisions_frame, what_if_frame
from mara.ui.tables.market import anomalies_frame, prices_frame, trends_frame
from mara.ui.tables.people import outages_frame, override_wish, overrides_frame
from mara.ui.tables.strategies import proposals_beside, proposals_frame
from mara.ui.tables.trading import balances_frame, orders_frame, postings_frame, trades_frame
from tests.ui import support

SITE = demo_site()


def order() -> Order:
    return Order(
        order_id="o-1",
        site_id="demo",
        at=support.NOW,
        side=Side.BUY,
        quantity_mwh=Decimal("1.5"),
        limit_usd_per_mwh=Decimal("42.10"),
        delivery=support.NOW,
        author="dana",
    )


def intent() -> Intent:
    return Intent(
        intent_id="o-1",
        site_id="demo",
        tick_at=support.NOW,
        kind=IntentKind.TRADE,
        made_at=support.NOW,
        author="dana",
        order=order(),
    )


def trade() -> Trade:
    return Trade(
        trade_id="t-1",
        order_id="o-1",
        site_id="demo",
        at=support.NOW,
        side=Side.BUY,
        quantity_mwh=Decimal("1.5"),
        price_usd_per_mwh=Decimal("41.60"),
        delivery=support.NOW,
    )


def posting() -> BookedPosting:
    return BookedPosting(
        seq=7,
        entry_id="e-7",
        at=support.NOW,
        kind="settlement",
        memo="interval",
        account="income:hash",
        amount=Decimal("-12.34"),
        currency="USD",
    )


def frames() -> dict[str, pd.DataFrame]:
    snapshot = support.snapshot()
    return {
        "agents": agents_frame(snapshot),
        "notes": notes_frame(snapshot),
        "proposals": proposals_frame(snapshot),
        "orders": orders_frame([(intent(), None)], SITE),
        "trades": trades_frame([trade()], SITE),
        "postings": postings_frame([posting()], SITE),
        "balances": balances_frame({"cash": Decimal("12.34")}, "USD"),
        "overrides": overrides_frame(snapshot.overrides, SITE),
        "outages": outages_frame(SITE),
        "decisions": decisions_frame([support.decision()], SITE),
        "prices": prices_frame(support.tick(), SITE.labels),
        "trends": trends_frame(market_trends(support.history()), SITE.labels),
    }


@pytest.mark.parametrize("name", frames())
def test_exports_hold_the_same_rows(name: str) -> None:
    frame = frames()[name]
    assert len(frame) > 0
    from_csv = pd.read_csv(BytesIO(to_csv(frame)))
    from_parquet = pd.read_parquet(BytesIO(to_parquet(frame)))
    assert list(from_csv.columns) == list(from_parquet.columns) == list(frame.columns)
    assert len(from_csv) == len(from_parquet) == len(frame)


def test_no_cell_of_an_export_is_a_formula() -> None:
    texts = ["=1+1", "+A1", "-A1", "@SUM(A1)", "\tx", "plain", "-12.5"]
    frame = pd.DataFrame({"Text": texts, "Number": [-1.5] * 7, "Money": [Decimal("-2.50")] * 7})
    read = pd.read_csv(BytesIO(to_csv(frame)), dtype=str)
    assert list(read["Text"]) == ["'=1+1", "'+A1", "'-A1", "'@SUM(A1)", "'\tx", "plain", "-12.5"]
    assert set(read["Number"]) == {"-1.5"}
    assert set(read["Money"]) == {"-2.50"}


UNITLESS = {
    "Decisions", "Queue", "Errors", "Restarts", "Score", "Entry", "Units", "Value", "Size", "Now",
    "Change 1 h", "Change 24 h",
}  # fmt: skip


@pytest.mark.parametrize("name", frames())
def test_headers_name_their_units(name: str) -> None:
    """Counts have none; a market table has a column of units."""
    frame = frames()[name]
    for column in frame.columns[[pd.api.types.is_numeric_dtype(t) for t in frame.dtypes]]:
        assert "(" in column or column in UNITLESS, column


def test_times_are_the_site_s() -> None:
    frame = trades_frame([trade()], SITE)
    assert str(frame["At (America/Chicago)"].dt.tz) == "America/Chicago"
    assert frame["At (America/Chicago)"][0].hour == 16


def test_money_stays_decimal() -> None:
    assert trades_frame([trade()], SITE)["Price (USD/MWh)"][0] == Decimal("41.60")
    assert postings_frame([posting()], SITE).iloc[0, 3] == Decimal("-12.34")


def test_an_order_tells_what_came_of_it() -> None:
    refused = Outcome(
        intent_id="o-1", at=support.NOW, kind=OutcomeKind.REFUSED, detail="too big", rule="size"
    )
    frame = orders_frame([(intent(), None), (intent(), refused)], SITE)
    assert list(frame["Came of it"]) == ["open", "refused"]
    assert list(frame["Detail"]) == ["", "size"]


def test_proposals_stand_side_by_side() -> None:
    snapshot = support.snapshot()
    turned = proposals_beside(snapshot).set_index("For this interval")
    assert list(turned.columns) == ["Optimiser ✓", "Strike rule", "Hold"]
    assert turned.loc["Hydro miners (units on)", "Hold"] == "1,100"
    assert turned.loc["Expected margin (USD/h)", "Optimiser ✓"] == "893.75"


def test_without_a_verdict_there_are_no_proposals() -> None:
    assert proposals_frame(support.first_snapshot()).empty


def test_outages_are_counted() -> None:
    site = replace(SITE, outages=(Outage(machine_class="air_miners", units=12, note="fans"),))
    row = outages_frame(site).set_index("Class").loc["Air miners"]
    assert row["Out of service (units)"] == 12
    assert row["Note"] == "fans"


@pytest.mark.parametrize(
    ("target", "wish"),
    [
        ({"machine_class": "air_miners", "value": 1_200.0}, "Air miners: 1,200 units on"),
        (
            {"target": OverrideTarget.BATTERY_MW, "machine_class": None, "value": -2.5},
            "Battery: \N{MINUS SIGN}2.50 MW (charging positive)",
        ),
        (
            {
                "target": OverrideTarget.STATE,
                "machine_class": None,
                "value": None,
                "state": TradingState.HALTED,
            },
            "Trading state HALTED",
        ),
    ],
)
def test_a_wish_is_read_aloud(target: dict[str, Any], wish: str) -> None:
    assert override_wish(replace(support.override(), **target)) == wish
    assert isinstance(support.override(), Override)


def test_what_if_lays_plans_side_by_side() -> None:
    plan = support.plan()
    other = replace(plan, expected_margin_usd=plan.expected_margin_usd - 100.0)
    what = WhatIf(change=Change(), plan=plan, changed_plan=other, gain_usd=-100.0)
    frame = what_if_frame(what, SITE).set_index("Now")
    assert frame.loc["Expected margin (USD)", "Difference"] == "\N{MINUS SIGN}100"
    assert frame.loc["Air miners (units on)", "Difference"] == "+0"


def test_what_binds_shows_its_worth() -> None:
    frame = binding_frame(
        (
            Binding(name="import limit", value=20.0, unit="MW", shadow_usd=3.456),
            Binding(name="air_miners in service", value=2_300, unit="units"),
        ),
        "USD",
    )
    assert list(frame["At"]) == ["20.00 MW", "2,300 units"]
    assert list(frame.iloc[:, 2]) == ["3.46", "—"]


def test_prices_are_quoted_as_the_feed_does() -> None:
    labels = mara_2025_site().labels
    row = prices_frame(support.tick(), labels).set_index("Figure").loc["Energy price"]
    assert row["Unit"] == labels.energy_unit
    assert row["Value"] == support.tick().energy_usd_per_mwh * labels.energy_factor


def test_a_spike_is_listed() -> None:
    calm = support.history()
    spiked = calm.extended(
        support.tick(at=support.NOW + timedelta(minutes=5), energy_usd_per_mwh=4_900.0)
    )
    frame = anomalies_frame(find_anomalies(spiked), SITE)
    assert "spike" in list(frame["Kind"])
