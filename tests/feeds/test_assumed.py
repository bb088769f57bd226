"""Figures that a person gives for those that a file lacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.domain import Origin
from mara.errors import DataFileError, InvalidValue
from mara.feeds.assumed import with_assumed
from mara.feeds.pricefile import read_price_file

if TYPE_CHECKING:
    from pathlib import Path

    from mara.feeds.pricetable import PriceTable

START = datetime(2023, 1, 1, tzinfo=UTC)


@pytest.fixture
def table(tmp_path: Path) -> PriceTable:
    path = tmp_path / "p.csv"
    lines = [f"{(START + timedelta(hours=6 * i)).isoformat()},1" for i in range(12)]
    path.write_text("\n".join(["timestamp,energy_price", *lines]))
    return read_price_file(path)


@pytest.fixture
def daily(tmp_path: Path) -> Path:
    path = tmp_path / "d.csv"
    path.write_text(
        "date_utc,btc,hp\n2023-01-01,1,50\n2023-01-02,2,60\n2023-01-04,4,80\n2023-01-05,4,80\n"
    )
    return path


def test_a_number_holds_everywhere_and_is_marked(table: PriceTable) -> None:
    table = with_assumed(table, {"hash_price": "55", "token_price": "2.5", "demand": None})
    tick = next(table.ticks(range(1), site_id="s"))
    assert (tick.hash_usd_per_ph_day, tick.token_usd_per_mtok) == (55, 2.5)
    assert tick.origin_of("hash_usd_per_ph_day") is Origin.ASSUMED
    assert tick.origin_of("energy_usd_per_mwh") is Origin.REPLAY


def test_a_value_of_a_file_holds_for_its_own_interval(table: PriceTable, daily: Path) -> None:
    table = with_assumed(table, {"hash_price": f"{daily}:hp"})
    values = table.figures["hash_usd_per_ph_day"]
    assert values[:8].tolist() == [50] * 4 + [60] * 4
    assert np.isnan(values[8:]).all()
    ticks = list(table.ticks(range(12), site_id="s"))
    assert ticks[0].assumed == {"hash_usd_per_ph_day"}
    assert ticks[9].hash_usd_per_ph_day is None
    assert ticks[9].assumed == frozenset()


def test_the_only_column_needs_no_name(table: PriceTable, tmp_path: Path) -> None:
    one = tmp_path / "one.csv"
    one.write_text("time,anything\n2023-01-01,5\n2023-01-02,6\n2023-01-03,7\n")
    filled = with_assumed(table, {"demand": str(one)}, tz="UTC")
    assert filled.figures["demand_mtok_per_h"].tolist() == [5] * 4 + [6] * 4 + [7] * 4
    with pytest.raises(DataFileError, match="has no offset"):
        with_assumed(table, {"demand": str(one)})


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"hash_price": "-1"}, InvalidValue, "--hash -1.0: must not be negative"),
        ({"hash_price": "none.csv"}, InvalidValue, "is neither a number nor a file that exists"),
        ({"temperature": "5"}, InvalidValue, "'temperature' cannot be assumed"),
    ],
)
def test_wrong_values_are_named(
    table: PriceTable, given: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        with_assumed(table, given)


def test_wrong_files_are_named(table: PriceTable, daily: Path, tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"no column 'hash_price'; name one as .*:COLUMN"):
        with_assumed(table, {"hash_price": str(daily)})
    late = tmp_path / "late.csv"
    late.write_text("date_utc,hp\n2024-01-01,1\n2024-01-02,2\n")
    with pytest.raises(DataFileError, match="says nothing from 2023-01-01"):
        with_assumed(table, {"hash_price": str(late)})
    twice = with_assumed(table, {"hash_price": "5"})
    with pytest.raises(DataFileError, match="holds hash_price itself; leave out --hash 6"):
        with_assumed(twice, {"hash_price": "6"})
