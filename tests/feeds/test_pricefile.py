"""Price files: what is read, what is refused, and in which words."""

from __future__ import annotations

import gzip
import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mara.errors import DataFileError, InvalidValue, MaraError
from mara.feeds.columns import parse_columns
from mara.feeds.numbers import number_of
from mara.feeds.pricefile import read_price_file
from mara.feeds.pricetable import PriceTable

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2023, 1, 1, tzinfo=UTC)


def stamps(count: int, minutes: int = 15) -> list[str]:
    return [(START + timedelta(minutes=minutes * i)).isoformat() for i in range(count)]


def written(path: Path, lines: list[str], header: str = "timestamp,energy_price") -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def rows(count: int, minutes: int = 15) -> list[str]:
    return [f"{at},{i}.5" for i, at in enumerate(stamps(count, minutes))]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "p.csv"


@pytest.mark.parametrize("minutes", [1, 5, 15, 30, 60, 1440])
def test_any_regular_step_is_found(file: Path, minutes: int) -> None:
    table = read_price_file(written(file, rows(30, minutes)))
    assert table.minutes == minutes
    assert len(table) == 30
    assert table.gaps_s.size == 0


def test_csv_gzip_and_parquet_say_the_same(tmp_path: Path) -> None:
    lines = rows(20)
    plain = written(tmp_path / "p.csv", lines)
    packed = tmp_path / "p.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    times = pa.array([datetime.fromisoformat(at) for at in stamps(20)])
    prices = pa.array([i + 0.5 for i in range(20)])
    for name, column in {"utc": times, "ns": times.cast(pa.timestamp("ns", "UTC"))}.items():
        target = tmp_path / f"{name}.parquet"
        pq.write_table(pa.table({"timestamp": column, "energy_price": prices}), target)
        table = read_price_file(target)
        first = read_price_file(plain)
        again = read_price_file(packed)
        for other in (first, again):
            assert np.array_equal(table.epoch_s, other.epoch_s)
            assert np.array_equal(
                table.figures["energy_usd_per_mwh"], other.figures["energy_usd_per_mwh"]
            )


@pytest.mark.parametrize(
    ("cells", "bad"),
    [
        ([1, 2] * 20, 0),
        ([Decimal("1.5"), Decimal(2)] * 20, 0),
        ([1.0] * 39 + [float("nan")], 1),
        ([1.0] * 39 + [None], 1),
        ([1.0] * 39 + [10**18 * 1.0], 1),
        (["1.5"] * 39 + ["x"], 1),
    ],
)
def test_parquet_cells_of_any_kind_are_checked(file: Path, cells: list[object], bad: int) -> None:
    pq.write_table(pa.table({"timestamp": stamps(40), "energy_price": cells}), file)
    table = read_price_file(file)
    assert len(table.quarantined) == bad
    assert len(table) == 40 - bad


def test_parquet_cells_that_are_no_figures_are_refused(file: Path) -> None:
    for cells in ([True] * 40, [[1.0]] * 40, [b"1"] * 40):
        pq.write_table(pa.table({"timestamp": stamps(40), "energy_price": cells}), file)
        with pytest.raises(DataFileError, match=r"p.csv: 40 of 40 rows.*row 1, column energy"):
            read_price_file(file)


def test_a_table_that_cannot_be_is_refused() -> None:
    at = np.array([0, 900, 1800], dtype=np.int64)
    none = np.empty(0, dtype=np.int64)
    fit = {"name": "t", "tz": "UTC", "minutes": 15.0, "exogenous": {}, "gaps_s": none}
    with pytest.raises(InvalidValue, match="times must be there and rise strictly"):
        PriceTable(epoch_s=at[::-1], figures={}, **fit)
    with pytest.raises(InvalidValue, match="energy_usd_per_mwh has shape"):
        PriceTable(epoch_s=at, figures={"energy_usd_per_mwh": np.ones(2)}, **fit)


def test_gaps_are_marked_and_never_filled(file: Path) -> None:
    lines = rows(20)
    table = read_price_file(written(file, lines[:5] + lines[8:]))
    assert len(table) == 17
    assert table.gaps_s.tolist() == [int(START.timestamp()) + 900 * i for i in (5, 6, 7)]


def test_order_and_equal_doubles_do_not_matter(file: Path, tmp_path: Path) -> None:
    lines = rows(20)
    straight = read_price_file(written(file, lines))
    odd = read_price_file(written(tmp_path / "o.csv", [*reversed(lines), lines[3], ""]))
    assert np.array_equal(straight.epoch_s, odd.epoch_s)
    assert odd.quarantined == ()


def test_rows_that_contradict_each_other_go_to_quarantine(file: Path) -> None:
    lines = rows(40)
    lines.insert(10, lines[3].replace("3.5", "99"))
    table = read_price_file(written(file, lines))
    assert len(table) == 39
    assert table.gaps_s.tolist() == [int(START.timestamp()) + 900 * 3]
    assert len(table.quarantined) == 2
    assert "p.csv, line 5, column timestamp: lines 5 and 12 give one time different" in (
        table.quarantined[0].reason
    )


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("NaN", "'NaN' is not a number"),
        ("inf", "'inf' is not a number"),
        ("-Infinity", "is not a number"),
        ("abc", "'abc' is not a number"),
        ("1_000", "'1_000' is not a number"),
        ("True", "'True' is not a number"),
        ("1e308", "not a plausible figure"),
        ("", "is empty; the price of energy must be there"),
        ("1,5", "has 3 cells where the header has 2"),
    ],
)
def test_a_corrupt_row_is_quarantined_with_its_place(file: Path, cell: str, words: str) -> None:
    lines = rows(40)
    lines[7] = f"{stamps(40)[7]},{cell}"
    table = read_price_file(written(file, lines))
    assert len(table) == 39
    (bad,) = table.quarantined
    assert bad.reason.startswith("p.csv, line 9, column ")
    assert words in bad.reason
    assert len(bad.record) <= 1024


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("yesterday", "is not a time of ISO 8601"),
        ("", "is empty"),
        ("2023-01-01T01:45:00", "has no offset; add one, or say --tz"),
        ("2023-01-01T01:45:00.5Z", "is not at a whole second"),
        ("2023-01-01T01:46:00Z", "lies off the grid of 15 min"),
    ],
)
def test_a_corrupt_time_is_quarantined(file: Path, cell: str, words: str) -> None:
    lines = rows(40)
    lines[7] = f"{cell},3.5"
    table = read_price_file(written(file, lines))
    assert len(table) == 39
    assert words in table.quarantined[0].reason


def test_prices_of_output_may_be_empty_but_not_negative(file: Path) -> None:
    header = "timestamp,energy_price,hash_price,temperature,exog_load"
    lines = [f"{line},55,-3,-1" for line in rows(40)]
    lines[2] = f"{stamps(40)[2]},-251,,,"
    lines[3] = f"{stamps(40)[3]},1,-0.5,1,1"
    table = read_price_file(written(file, lines, header))
    assert "hash_price: -0.5 must not be negative" in table.quarantined[0].reason
    tick = list(table.ticks(range(4), site_id="s"))[2]
    assert tick.energy_usd_per_mwh == -251
    assert tick.hash_usd_per_ph_day is None
    assert tick.exogenous == ()
    first = next(table.ticks(range(1), site_id="s"))
    assert first.exogenous[0].name == "exog_load"


def test_more_than_a_tenth_of_bad_rows_is_refused(file: Path) -> None:
    lines = rows(40)
    for i in range(5):
        lines[i] = f"{stamps(40)[i]},x"
    with pytest.raises(DataFileError, match=r"p.csv: 5 of 40 rows cannot be used.*line 2, column"):
        read_price_file(written(file, lines))
    lines[0] = rows(40)[0]
    assert len(read_price_file(written(file, lines)).quarantined) == 4


def test_mixed_steps_are_refused_with_their_row(file: Path) -> None:
    quarter = rows(100)
    hourly = [
        f"{(START + timedelta(minutes=15 * 99, hours=i + 1)).isoformat()},1" for i in range(30)
    ]
    words = r"p.csv, line 101, column timestamp: steps of 60 min begin in a file of 15 min"
    with pytest.raises(DataFileError, match=words):
        read_price_file(written(file, quarter + hourly))


def test_one_far_row_is_refused(file: Path) -> None:
    lines = [*rows(40), "9999-01-01T00:00:00Z,1"]
    with pytest.raises(DataFileError, match="lie too far apart"):
        read_price_file(written(file, lines))


@pytest.mark.parametrize("lines", [[], ["2023-01-01T00:00:00Z,1"]])
def test_too_few_rows_are_refused(file: Path, lines: list[str]) -> None:
    with pytest.raises(DataFileError, match=r"holds no rows|tells no step"):
        read_price_file(written(file, lines))


def test_paths_that_are_no_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="is a directory"):
        read_price_file(tmp_path)
    with pytest.raises(DataFileError, match="there is no such file"):
        read_price_file(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff\xfe\x01" * 100,
        b"PAR1 but no more",
        gzip.compress(b"timestamp,energy_price\n" * 50, mtime=0)[:-20],
        b"\x1f\x8bnot gzip",
        b'timestamp,energy_price\n"2023',
        b"a,a\n1,2\n",
        b"\n\n\n",
        b"timestamp;energy_price\n2023-01-01;4\n",
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    with pytest.raises(DataFileError) as caught:
        read_price_file(file)
    assert str(caught.value).startswith("p.csv")
    assert "\n" not in str(caught.value)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_no_bytes_break_the_reader(file: Path, data: bytes) -> None:
    file.write_bytes(b"timestamp,energy_price\n" + data)
    with pytest.raises(DataFileError):
        read_price_file(file)


def test_a_file_too_large_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mara.feeds.tabular.MAX_BYTES", 100)
    with pytest.raises(DataFileError, match="is larger than"):
        read_price_file(written(file, rows(40)))


def test_the_one_column_called_like_a_time_is_taken(file: Path) -> None:
    table = read_price_file(written(file, rows(20), "interval_start_utc,energy_price"))
    assert len(table) == 20
    naive = [line.replace("+00:00", "") for line in rows(20)]
    assert read_price_file(written(file, naive, "date_utc,energy_price")).first == START


def test_columns_are_mapped(file: Path) -> None:
    lines = [f"{line},7" for line in rows(20)]
    written(file, lines, "hour_beginning,HB_WEST,load MW")
    text = "timestamp=hour_beginning, energy_price=HB_WEST,exog_load=load MW"
    table = read_price_file(file, columns=parse_columns(text))
    assert table.exogenous["exog_load"].tolist() == [7.0] * 20


@pytest.mark.parametrize(
    ("header", "columns", "words"),
    [
        ("date,time", {"energy_price": "time"}, "several columns may be the timestamp"),
        ("x,energy_price", {}, "no column is the timestamp among 'x', 'energy_price'"),
        ("timestamp,HB_WEST", {}, "no column energy_price among.*--columns energy_price=NAME"),
        ("timestamp,x", {"energy_price": "y"}, "no column 'y', to which --columns maps"),
    ],
)
def test_missing_columns_are_named(
    file: Path, header: str, columns: dict[str, str], words: str
) -> None:
    with pytest.raises(DataFileError, match=words):
        read_price_file(written(file, rows(5), header), columns=columns)


def test_wrong_arguments_are_named(file: Path) -> None:
    written(file, rows(5))
    with pytest.raises(InvalidValue, match="'price' is unknown; use timestamp, energy_price"):
        read_price_file(file, columns={"price": "energy_price"})
    with pytest.raises(InvalidValue, match="time zone 'Mars/Base' is unknown"):
        read_price_file(file, tz="Mars/Base")
    with pytest.raises(InvalidValue, match="write our name = the file's"):
        parse_columns("energy_price")


TIMED = """
import pathlib, sys, time
from mara.feeds.pricefile import read_price_file
begun = time.process_time()
assert len(read_price_file(pathlib.Path(sys.argv[1]))) == 35_040
print(time.process_time() - begun)
"""


def test_a_year_of_quarter_hours_is_read_within_a_second(file: Path) -> None:
    written(file, rows(35_040))
    clean = subprocess.run(  # a process of its own, where nothing traces
        [sys.executable, "-c", TIMED, str(file)], capture_output=True, text=True, check=True
    )
    assert float(clean.stdout) < 1.0


def test_a_history_holds_the_file(file: Path) -> None:
    history = read_price_file(written(file, rows(20))).history()
    assert history.series("energy_usd_per_mwh").tolist() == [i + 0.5 for i in range(20)]
    assert np.isnan(history.series("hash_usd_per_ph_day")).all()


@pytest.mark.slow
def test_real_files_are_read(bench_data: Path) -> None:
    west = read_price_file(
        bench_data / "ercot_rt15min_2023.csv.gz", columns={"energy_price": "HB_WEST"}
    )
    assert (len(west), west.minutes, west.gaps_s.size, west.quarantined) == (35_040, 15, 0, ())
    with pytest.raises(MaraError, match="has no offset"):
        read_price_file(bench_data / "epf_NP.csv.gz", columns={"energy_price": "Price"})


@pytest.mark.parametrize("cell", [10**400, Decimal("1e400"), float("nan"), -math.inf, 2e9, "2e9"])
def test_figures_beyond_reason_are_refused(cell: object) -> None:
    assert "not a plausible figure" in str(number_of(cell))
