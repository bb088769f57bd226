"""Price files: CSV, .csv.gz and Parquet, read once and checked whole.

Nothing is filled: intervals that the file lacks are gaps, cells that it leaves empty are NaN. A row
that is corrupt goes to quarantine with its reason; a file with more than a tenth of such rows is
refused.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.errors import DataFileError
from mara.feeds.base import Quarantined
from mara.feeds.columns import Layout, find_time_column, lay_out
from mara.feeds.numbers import Floats, figure_values
from mara.feeds.pricetable import Ints, PriceTable
from mara.feeds.steps import find_step, missing
from mara.feeds.tabular import BadRow, RawTable, read_table
from mara.feeds.timestamps import epochs, zone_of
from mara.units import MINUTES_PER_HOUR, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from zoneinfo import ZoneInfo

__all__ = ["MAX_BAD_SHARE", "read_price_file", "read_series_file"]

MAX_BAD_SHARE: Final = 0.1
"""Share of unusable rows above which a file is refused."""

_MAX_SPARSENESS: Final = 50
_SECONDS_PER_MINUTE: Final = SECONDS_PER_HOUR / MINUTES_PER_HOUR


def read_price_file(
    path: Path,
    *,
    tz: str | None = None,
    columns: Mapping[str, str] | None = None,
    needed: str | None = "energy_price",
) -> PriceTable:
    """Read and check the price file at `path`.

    Parameters
    ----------
    path
        A CSV, gzipped CSV or Parquet file.
    tz
        Zone of times without an offset, such as 'America/Chicago'; also of the calendar days of
        the further series. Times of a column whose name ends in ``_utc`` are in UTC.
    columns
        Our column names to the file's, such as ``{"energy_price": "HB_WEST"}``.
    needed
        The figure's column without which the file is refused; None where series alone will do.

    Raises
    ------
    DataFileError
        The file is not there, is no table, lacks a column, mixes steps or holds too many bad rows.
    InvalidValue
        `tz` or a name in `columns` is unknown.
    """
    raw = read_table(path)
    return _checked(raw, lay_out(raw.name, raw.columns, columns or {}, needed), tz)


def read_series_file(path: Path, *, figure: str, column: str, tz: str | None) -> PriceTable:
    """Read a file of one `figure`, from its `column` or the only one beside the times.

    Raises the same as `read_price_file`.
    """
    raw = read_table(path)
    time = find_time_column(raw.name, list(raw.columns))
    others = [name for name in raw.columns if name != time]
    if column not in others and len(others) != 1:
        raise DataFileError(f"{raw.name}: no column {column!r}; name one as {path}:COLUMN")
    its = column if column in others else others[0]
    layout = Layout(
        time=time,
        in_utc=time.lower().endswith("_utc"),
        figures=((figure, its),),
        exogenous=(),
    )
    return _checked(raw, layout, tz)


def _checked(raw: RawTable, layout: Layout, tz: str | None) -> PriceTable:
    zone = zone_of(tz) if tz else None
    draft = _drafted(raw, layout, zone_of("UTC") if layout.in_utc else zone)
    _check_share(draft)
    return _finished(draft, layout, tz or "UTC")


@dataclass(slots=True, kw_only=True, eq=False)
class _Draft:
    """Rows still in the file's order, with the reasons for which some of them are bad."""

    raw: RawTable
    epoch_s: Ints
    values: dict[str, Floats]
    reasons: dict[int, tuple[str, str]]

    def refuse(self, row: int, column: str, reason: str) -> None:
        self.reasons.setdefault(row, (column, reason))

    def good(self) -> Ints:
        """Usable rows in order of time."""
        mask = np.ones(len(self.raw), dtype=bool)
        mask[list(self.reasons)] = False
        rows = np.flatnonzero(mask)
        return rows[np.argsort(self.epoch_s[rows], kind="stable")]

    def bad(self) -> list[BadRow]:
        """Unusable rows in the file's order."""
        own = [
            BadRow(
                number=self.raw.numbers[row], column=column, record=self.raw.record(row), reason=why
            )
            for row, (column, why) in self.reasons.items()
        ]
        return sorted([*self.raw.bad, *own], key=lambda bad: bad.number)


def _drafted(raw: RawTable, layout: Layout, zone: ZoneInfo | None) -> _Draft:
    told = epochs(raw.columns[layout.time], zone)
    at = np.array([0 if isinstance(t, str) else t for t in told], dtype=np.int64)
    draft = _Draft(raw=raw, epoch_s=at, values={}, reasons={})
    for row, problem in enumerate(told):
        if isinstance(problem, str):
            draft.refuse(row, layout.time, problem)
    for series, column in (*layout.figures, *layout.exogenous):
        draft.values[series], problems = figure_values(raw.columns[column], series)
        for row, why in problems.items():
            draft.refuse(row, column, why)
    _refuse_doubles(draft, layout.time)
    return draft


def _refuse_doubles(draft: _Draft, time: str) -> None:
    """Refuse rows that give one interval different figures: none of them is known to be right."""
    good = draft.good()
    at = draft.epoch_s[good]
    doubled = set(at[1:][at[1:] == at[:-1]].tolist())
    same: dict[int, list[int]] = defaultdict(list)
    for row in good[np.isin(at, list(doubled))] if doubled else ():
        same[int(draft.epoch_s[row])].append(int(row))
    for rows in same.values():
        kinds = {tuple(repr(float(v[row])) for v in draft.values.values()) for row in rows}
        if len(kinds) > 1:
            places = " and ".join(str(draft.raw.numbers[row]) for row in rows[:3])
            for row in rows:
                draft.refuse(
                    row, time, f"{draft.raw.unit}s {places} give one time different figures"
                )


def _check_share(draft: _Draft) -> None:
    bad, total = draft.bad(), len(draft.raw) + len(draft.raw.bad)
    if len(bad) > MAX_BAD_SHARE * total:
        first = bad[0]
        raise DataFileError(
            f"{draft.raw.name}: {len(bad)} of {total} rows cannot be used, at most "
            f"{MAX_BAD_SHARE:.0%} may; the first is {draft.raw.unit} {first.number}, "
            f"column {first.column}: {first.reason}"
        )


def _finished(draft: _Draft, layout: Layout, tz: str) -> PriceTable:
    rows = draft.good()
    rows = rows[np.unique(draft.epoch_s[rows], return_index=True)[1]]
    seconds = _step_of(draft, layout, rows)
    _check_share(draft)
    rows = np.array([row for row in rows if int(row) not in draft.reasons], dtype=np.int64)
    at = draft.epoch_s[rows]
    return PriceTable(
        name=draft.raw.name,
        tz=tz,
        minutes=seconds / _SECONDS_PER_MINUTE,
        epoch_s=at,
        figures={name: draft.values[name][rows] for name, _ in layout.figures},
        exogenous={name: draft.values[name][rows] for name, _ in layout.exogenous},
        gaps_s=missing(at, seconds),
        quarantined=tuple(_quarantined(draft.raw, bad) for bad in draft.bad()),
    )


def _step_of(draft: _Draft, layout: Layout, rows: Ints) -> int:
    """Tell the step of the file; rows off its grid are refused."""
    raw, at = draft.raw, draft.epoch_s[rows]
    if rows.size < 2:
        raise DataFileError(f"{raw.name}: {rows.size} usable row tells no step; give at least two")
    step = find_step(at)
    if step.other is not None:
        row, length = int(rows[step.other]), int(at[step.other + 1] - at[step.other])
        raise DataFileError(
            f"{raw.place(row, layout.time)}: steps of {_minutes(length)} begin in a file of "
            f"{_minutes(step.seconds)}; give one file a step"
        )
    if (at[-1] - at[0]) // step.seconds > _MAX_SPARSENESS * rows.size:
        raise DataFileError(
            f"{raw.place(int(rows[-1]), layout.time)}: {rows.size} rows lie too far apart for "
            f"steps of {_minutes(step.seconds)}; correct the first or the last times"
        )
    for row in rows[~step.on_grid]:
        draft.refuse(int(row), layout.time, f"lies off the grid of {_minutes(step.seconds)}")
    return step.seconds


def _minutes(seconds: int) -> str:
    return f"{seconds / _SECONDS_PER_MINUTE:g} min"


def _quarantined(raw: RawTable, bad: BadRow) -> Quarantined:
    return Quarantined(
        record=bad.record,
        reason=f"{raw.name}, {raw.unit} {bad.number}, column {bad.column}: {bad.reason}",
    )
