"""Figures that a file lacks and a person gives: one number, or a file of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import DataFileError, InvalidValue
from mara.feeds.columns import FIGURE_OF
from mara.feeds.numbers import number_of
from mara.feeds.pricefile import read_series_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mara.feeds.pricetable import Floats, PriceTable

__all__ = ["with_assumed"]

_OPTION = {"hash_price": "--hash", "token_price": "--token", "demand": "--demand"}


def with_assumed(
    table: PriceTable, given: Mapping[str, str | None], *, tz: str | None = None
) -> PriceTable:
    """Add to `table` the figures `given`, by column name, such as ``{"hash_price": "55"}``.

    A value is a number, a file, or ``FILE:COLUMN``. A value of a file holds for its own interval
    of that file and no longer: where it says nothing, the figure is missing. What is added is
    marked as assumed. `tz` is the zone of times without an offset in those files.

    Raises
    ------
    InvalidValue
        A value is neither a number nor a file, or its name is not one of these.
    DataFileError
        The table has that figure itself, or the file is wrong.
    """
    for column, value in given.items():
        if value is not None:
            table = _with_one(table, column, value, tz)
    return table


def _with_one(table: PriceTable, column: str, value: str, tz: str | None) -> PriceTable:
    if column not in _OPTION:
        raise InvalidValue(f"{column!r} cannot be assumed; only {', '.join(_OPTION)} can")
    figure = FIGURE_OF[column]
    if figure in table.figures:
        raise DataFileError(
            f"{table.name}: holds {column} itself; leave out {_OPTION[column]} {value}"
        )
    number = number_of(value)
    if isinstance(number, float):
        return table.assuming(figure, _constant(table, column, number))
    return table.assuming(figure, _from_file(table, column, value, tz))


def _constant(table: PriceTable, column: str, number: float) -> Floats:
    if number < 0:
        raise InvalidValue(f"{_OPTION[column]} {number}: must not be negative")
    return np.full(len(table), number)


def _from_file(table: PriceTable, column: str, value: str, tz: str | None) -> Floats:
    """Values that hold at the table's times: of the file's interval that each begins in."""
    path, its = _path_and_column(column, value)
    source = read_series_file(path, figure=FIGURE_OF[column], column=its, tz=tz)
    row = np.searchsorted(source.epoch_s, table.epoch_s, side="right") - 1
    age_s = table.epoch_s - source.epoch_s[np.maximum(row, 0)]
    held = (row >= 0) & (age_s < source.minutes * 60)
    if not held.any():
        raise DataFileError(
            f"{source.name}: says nothing from {table.first.isoformat()} to "
            f"{table.last.isoformat()}; give a file of that time, or a number"
        )
    return np.where(held, source.figures[FIGURE_OF[column]][np.maximum(row, 0)], np.nan)


def _path_and_column(column: str, value: str) -> tuple[Path, str]:
    if Path(value).exists():
        return Path(value), column
    name, colon, its = value.rpartition(":")
    if colon and Path(name).exists():
        return Path(name), its
    raise InvalidValue(
        f"{_OPTION[column]} {value!r}: is neither a number nor a file that exists; "
        "give a number, FILE or FILE:COLUMN"
    )
