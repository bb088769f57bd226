"""Exports: energy is conserved, nothing is overwritten unasked, units stand in the headers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.errors import DataFileError, InvalidValue, LedgerFull
from mara.ledger import Ledger, entries_of
from mara.ledger.booking import entry_of_trade
from mara.ledger.export import Exported, export, frame_of
from mara.ledger.flows import flows_of, hourly_flows
from tests.ledger import worlds
from tests.ledger.worlds import at

if TYPE_CHECKING:
    from pathlib import Path

    from mara.domain import Settlement

power = st.floats(0.0, 50.0)


@st.composite
def balanced(draw: st.DrawFn) -> Settlement:
    """A settlement whose bus balances; it neither charges while discharging nor the like."""
    machines, battery = draw(power), draw(st.floats(-50.0, 50.0))
    net = machines + battery
    return worlds.settlement(
        import_mw=max(net, 0.0),
        export_mw=max(-net, 0.0),
        charge_mw=max(battery, 0.0),
        discharge_mw=max(-battery, 0.0),
        machines_mw=machines,
    )


@given(balanced())
def test_every_flow_has_one_origin_and_one_end(settlement: Settlement) -> None:
    flows = flows_of(settlement)
    near = pytest.approx
    assert flows.grid_to_battery_mwh + flows.grid_to_machines_mwh == near(flows.import_mwh)
    assert flows.battery_to_grid_mwh == near(flows.export_mwh)
    assert flows.grid_to_battery_mwh == near(flows.charge_mwh)
    assert flows.battery_to_grid_mwh + flows.battery_to_machines_mwh == near(flows.discharge_mwh)
    assert flows.grid_to_machines_mwh + flows.battery_to_machines_mwh == near(
        flows.machines_mwh, abs=1e-9
    )


def test_hours_sum_their_intervals() -> None:
    margins = {at(i): Decimal("-0.77") for i in range(18)}
    trading = {at(3): Decimal("1.25"), at(12): Decimal("-0.10")}
    done = [worlds.settlement(i) for i in range(18)]
    hours = hourly_flows(done, margins=margins, trading=trading)
    assert [(f.start, round(f.hours, 9)) for f in hours] == [(at(0), 1.0), (at(12), 0.5)]
    assert hours[0].import_mwh == pytest.approx(0.75)
    assert hours[0].grid_to_battery_mwh == pytest.approx(0.5)
    assert hours[0].margin == 12 * Decimal("-0.77")
    assert [f.trading for f in hours] == [Decimal("1.25"), Decimal("-0.10")]


def test_a_negative_flow_is_refused() -> None:
    with pytest.raises(InvalidValue, match="machines_mwh"):
        replace(flows_of(worlds.settlement()), machines_mwh=-1.0)


@pytest.fixture
def booked(ledger: Ledger) -> Ledger:
    for index in range(14):
        settlement = worlds.settlement(index)
        ledger.record_tick(worlds.tick(index))
        ledger.record_decision(worlds.record(index))
        ledger.settle(settlement, worlds.state(index + 1), entries_of(settlement, "USD"))
    return ledger


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
@pytest.mark.parametrize("what", list(Exported))
def test_every_table_reads_back_with_units_in_its_headers(
    booked: Ledger, tmp_path: Path, what: Exported, suffix: str
) -> None:
    frame = frame_of(booked, what, at(0), at(99))
    path = export(frame, tmp_path / f"{what}{suffix}")
    read = pd.read_parquet(path) if suffix == ".parquet" else pd.read_csv(path)
    assert list(read.columns) == list(frame.columns)
    assert len(read) == {"flows": 2, "postings": 42}.get(what, 14)
    assert any(name.endswith("_utc") for name in read.columns)
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".new")] == []


def test_money_is_exact(booked: Ledger, tmp_path: Path) -> None:
    frame = frame_of(booked, Exported.POSTINGS, at(0), at(99))
    path = export(frame, tmp_path / "postings.parquet")
    amounts = pd.read_parquet(path)["amount"]
    assert sum(amounts, start=Decimal(0)) == 0
    cash = frame[frame["account"] == "assets:cash"]["amount"]
    assert sum(cash) == booked.balances()["assets:cash"]


def test_the_margin_of_the_flows_is_the_cash(booked: Ledger) -> None:
    """With trades delivered, and with what was booked in one hour corrected in another."""
    for number, price in enumerate((90.0, 12.5)):
        trade = worlds.trade(number, delivery=at(11 + number))
        entry = entry_of_trade(trade, price, "USD")
        assert entry is not None
        booked.book(entry)
    (wrong,) = entries_of(worlds.settlement(2), "USD")
    booked.reverse(wrong.entry_id, reversal_id="taken back", at=at(13), memo="corrected")
    booked.book(worlds.entry(2, "7.31"))
    frame = frame_of(booked, Exported.FLOWS, at(0), at(99))
    balances = booked.balances()
    assert sum(frame["margin_usd"]) == balances["assets:cash"]
    assert sum(frame["trading_usd"]) == -balances["income:trading"]
    assert list(frame["trading_usd"]) == [Decimal("12.38"), Decimal("7.00")]
    assert frame["margin_usd"][0] == 11 * Decimal("-0.77") + Decimal("7.31") + Decimal("12.38")
    day = sum(booked.margin_by_day(worlds.site().zone, at(0), at(99)).values())
    assert sum(frame["margin_usd"]) == day


def test_headers_name_the_sites_currency(booked: Ledger) -> None:
    frame = frame_of(booked, Exported.FLOWS, at(0), at(99), currency="Credits")
    assert "margin_credits" in frame.columns
    ticks = frame_of(booked, Exported.TICKS, at(0), at(2))
    assert "energy_price_usd_per_mwh" in ticks.columns
    assert len(ticks) == 2


def test_an_empty_ledger_exports_headers(ledger: Ledger, tmp_path: Path) -> None:
    path = export(frame_of(ledger, Exported.FLOWS, at(0), at(9)), tmp_path / "flows.csv")
    assert path.read_text(encoding="utf-8").startswith("hour_start_utc,covered_h,estimated_h,")


def test_a_file_is_overwritten_only_when_told(booked: Ledger, tmp_path: Path) -> None:
    frame = frame_of(booked, Exported.TICKS, at(0), at(99))
    path = tmp_path / "ticks.csv"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(DataFileError, match="exists; give another path"):
        export(frame, path)
    assert path.read_text(encoding="utf-8") == "mine"
    export(frame, path, overwrite=True)
    assert len(pd.read_csv(path)) == 14


def test_what_cannot_be_written_is_named(booked: Ledger, tmp_path: Path) -> None:
    frame = frame_of(booked, Exported.TICKS, at(0), at(99))
    with pytest.raises(InvalidValue, match=r"must end in \.csv"):
        export(frame, tmp_path / "ticks.xlsx")
    with pytest.raises(LedgerFull, match="cannot be written"):
        export(frame, tmp_path / "nowhere" / "ticks.csv")
    (tmp_path / "file").touch()
    for suffix in ("csv", "csv.gz", "parquet"):
        with pytest.raises(LedgerFull, match="cannot be written"):
            export(frame, tmp_path / "file" / f"ticks.{suffix}")
