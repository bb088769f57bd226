"""Canonical bytes: a round trip for every value, the same bytes in every process."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import (
    FIGURES,
    CashItem,
    ClassUnits,
    Entry,
    Exogenous,
    Forecast,
    Order,
    Origin,
    Posting,
    Quantile,
    Setpoint,
    Settlement,
    Side,
    Tick,
)
from mara.errors import InvalidValue, LedgerCorrupt
from mara.ledger import decode, encode
from tests.ledger import worlds

finite = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=0.0, max_value=1e9)
names = st.text(min_size=1, max_size=20)
times = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
setpoints = st.builds(
    Setpoint,
    units=st.lists(st.builds(ClassUnits, name=names, units=st.integers(0, 10**6)), max_size=4).map(
        tuple
    ),
    charge_mw=positive,
    discharge_mw=positive,
)
ticks = st.builds(
    Tick,
    site_id=names,
    at=times,
    minutes=st.floats(min_value=1e-3, max_value=1e4),
    energy_usd_per_mwh=finite,
    hash_usd_per_ph_day=st.none() | positive,
    token_usd_per_mtok=st.none() | positive,
    demand_mtok_per_h=st.none() | positive,
    grid_load_mw=st.none() | positive,
    temperature_c=st.none() | finite,
    exogenous=st.lists(st.builds(Exogenous, name=names, value=finite), max_size=3).map(tuple),
    origin=st.sampled_from(Origin),
    source=names,
    assumed=st.frozensets(st.sampled_from(FIGURES)),
    revision=st.integers(0, 9),
)
settlements = st.builds(
    Settlement,
    site_id=names,
    at=times,
    hours=st.floats(min_value=1e-3, max_value=1e3),
    setpoint=setpoints,
    import_mw=positive,
    export_mw=positive,
    charge_mw=positive,
    discharge_mw=positive,
    machines_mw=positive,
    soc_mwh=st.none() | positive,
    served_mtok=positive,
    missed_mtok=positive,
    classes=st.just(()),
    cash=st.lists(st.builds(CashItem, account=names, amount_usd=finite), max_size=5).map(tuple),
    estimated=st.booleans(),
)
decimals = st.decimals(
    min_value=Decimal("0.000001"), max_value=Decimal("1e12"), allow_nan=False, allow_infinity=False
)
orders = st.builds(
    Order,
    order_id=names,
    site_id=names,
    at=times,
    side=st.sampled_from(Side),
    quantity_mwh=decimals,
    limit_usd_per_mwh=decimals,
    delivery=times,
    author=names,
)


@given(st.one_of(ticks, settlements, orders, setpoints))
def test_round_trip_gives_the_same_value_and_bytes(value: object) -> None:
    body = encode(value)
    again = decode(type(value), body)
    assert again == value
    assert encode(again) == body


@given(st.one_of(ticks, settlements, orders))
def test_keys_are_in_alphabetical_order(value: object) -> None:
    read = json.loads(encode(value))
    assert json.dumps(read) == json.dumps(read, sort_keys=True)


@pytest.mark.parametrize(
    "value",
    [
        worlds.record(),
        worlds.allocation(),
        worlds.state(),
        worlds.trade(),
        worlds.outcome("a"),
        Entry(
            entry_id="a",
            site_id="b",
            at=worlds.START,
            kind="k",
            memo="",
            postings=(
                Posting(account="x", amount=Decimal("1.10")),
                Posting(account="y", amount=Decimal("-1.10")),
            ),
        ),
        Forecast(
            target="energy_usd_per_mwh",
            issued_at=worlds.START,
            starts=(worlds.at(1),),
            mean=(-1.5,),
            quantiles=(Quantile(level=0.5, values=(0.1 + 0.2,)),),
            model="m",
            origin=Origin.REPLAY,
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_kept_kind_makes_the_round_trip(value: object) -> None:
    assert decode(type(value), encode(value)) == value


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    program = (
        "from mara.ledger import encode; from tests.ledger.worlds import record; "
        "import sys; sys.stdout.buffer.write(encode(record()))"
    )
    written = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert written == {encode(worlds.record())}


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(InvalidValue, match="cannot be written"):
        encode(Setpoint(units=(object(),)))  # type: ignore[arg-type]
    with pytest.raises(LedgerCorrupt, match=r"stored Tick cannot be read.*restore"):
        decode(Tick, b'{"site_id":"demo"}')
