"""Reading a table as it stands on disk: CSV, gzipped CSV or Parquet, told apart by its first bytes."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mara.errors import DataFileError

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

__all__ = ["MAX_BYTES", "BadRow", "RawTable", "read_table"]

MAX_BYTES: Final = 256 * 2**20
"""Most bytes of text a file may unpack to: ten years of five minutes take a quarter of it."""

_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that cannot be used: where it stands, what it says and why it is refused."""

    number: int
    column: str
    record: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawTable:
    """Cells by column, as text or as Parquet's own values; None where a cell is empty.

    `numbers[i]` is where the i-th row stands in the file, counted as `unit` ('line' or 'row').
    """

    name: str
    unit: str
    numbers: list[int]
    columns: dict[str, list[object]]
    bad: tuple[BadRow, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    def place(self, row: int, column: str) -> str:
        """Say where a cell stands, for messages."""
        return f"{self.name}, {self.unit} {self.numbers[row]}, column {column}"

    def record(self, row: int) -> str:
        """Tell what the row says, in at most 1 KB."""
        return ",".join(_shown(cells[row]) for cells in self.columns.values())[:1024]


def _shown(cell: object) -> str:
    return "" if cell is None else str(cell)


def read_table(path: Path) -> RawTable:
    """Read the table in the file at `path`.

    Raises
    ------
    DataFileError
        There is no such file, it cannot be read, or it is no table.
    """
    data = _bytes_of(path)
    table = _parquet(data, path.name) if data.startswith(_PARQUET) else _csv(data, path.name)
    if not len(table) and not table.bad:
        raise DataFileError(f"{path.name}: holds no rows; give a file with a header and rows below")
    return table


def _bytes_of(path: Path) -> bytes:
    if path.is_dir():
        raise DataFileError(f"{path}: is a directory; name the file inside it")
    if not path.exists():
        raise DataFileError(f"{path}: there is no such file; check the path")
    try:
        with path.open("rb") as stream:
            zipped = stream.peek(2).startswith(_GZIP)
            data = (gzip.GzipFile(fileobj=stream) if zipped else stream).read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataFileError(
            f"{path.name}: cannot be read ({error}); fetch or unpack it again"
        ) from None
    if len(data) > MAX_BYTES:
        raise DataFileError(f"{path.name}: is larger than {MAX_BYTES // 2**20} MiB; split it")
    return data


def _csv(data: bytes, name: str) -> RawTable:
    try:
        text = data.decode("utf-8-sig")
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = [cell.strip() for cell in next(rows, [])]
        _check_header(header, name)
        return _rows_of(rows, header, name)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataFileError(
            f"{name}: is not a CSV, .csv.gz or Parquet file ({error}); save it as CSV in UTF-8"
        ) from None


def _check_header(header: list[str], name: str) -> None:
    if not any(header):
        raise DataFileError(f"{name}: holds no rows; give a file with a header and rows below")
    doubled = sorted({cell for cell in header if header.count(cell) > 1})
    if doubled:
        raise DataFileError(f"{name}, line 1: columns {doubled} stand twice; rename one of each")


def _rows_of(rows: csv._reader, header: list[str], name: str) -> RawTable:  # type: ignore[name-defined]
    numbers: list[int] = []
    kept: list[list[str]] = []
    bad: list[BadRow] = []
    for row in rows:
        if len(row) == len(header):
            numbers.append(rows.line_num)
            kept.append(row)
        elif row:
            bad.append(_ragged(row, header, rows.line_num))
    turned = list(zip(*kept, strict=True)) if kept else [() for _ in header]
    columns = {key: _cells(cells) for key, cells in zip(header, turned, strict=True)}
    return RawTable(name=name, unit="line", numbers=numbers, columns=columns, bad=tuple(bad))


def _cells(cells: tuple[str, ...]) -> list[object]:
    return [cell.strip() or None for cell in cells]


def _ragged(row: list[str], header: list[str], number: int) -> BadRow:
    reason = f"has {len(row)} cells where the header has {len(header)}"
    return BadRow(number=number, column=header[0], record=",".join(row)[:1024], reason=reason)


def _parquet(data: bytes, name: str) -> RawTable:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(pa.BufferReader(data), use_threads=False)
    except (pa.ArrowException, OSError) as error:
        words = str(error).splitlines()[0][:200]
        raise DataFileError(
            f"{name}: is not a whole Parquet file ({words}); fetch it again"
        ) from None
    _check_header(table.column_names, name)
    columns = {key: _values(table.column(key)) for key in table.column_names}
    numbers = list(range(1, table.num_rows + 1))
    return RawTable(name=name, unit="row", numbers=numbers, columns=columns)


def _values(column: pa.ChunkedArray) -> list[object]:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    values: list[object] = column.to_pylist()
    return values
