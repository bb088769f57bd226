"""Numbers of a file's cells: finite, plausible, or refused with the reason."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LARGEST", "Floats", "figure_values", "number_of"]

Floats = NDArray[np.float64]

LARGEST: Final = 1e9
"""No figure of a market is larger; what is, is corrupt."""

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_REQUIRED: Final = "energy_usd_per_mwh"
_SIGNED: Final = frozenset({_REQUIRED, "temperature_c"})


def number_of(cell: object) -> float | str:
    """Give the number that a cell states, or why it states none."""
    if isinstance(cell, str) and not _NUMBER.fullmatch(cell):
        return f"{cell[:40]!r} is not a number"
    if isinstance(cell, bool) or not isinstance(cell, str | int | float | Decimal):
        return f"{str(cell)[:40]!r} is not a number"
    try:
        value = float(cell)
    except OverflowError:
        value = math.inf
    if not abs(value) <= LARGEST:
        return f"{value!r} is not a plausible figure (beyond {LARGEST:g})"
    return value


def figure_values(cells: Sequence[object], series: str) -> tuple[Floats, dict[int, str]]:
    """Values of one series, NaN where a cell is empty, and what is wrong by row.

    The price of energy may not be empty; prices of output, demand and load may not be negative.
    """
    values = np.full(len(cells), np.nan)
    problems: dict[int, str] = {}
    for row, cell in enumerate(cells):
        if cell is None:
            continue
        number = number_of(cell)
        if isinstance(number, str):
            problems[row] = number
        else:
            values[row] = number
    _check_empty(values, series, problems)
    _check_sign(values, series, problems)
    return values, problems


def _check_empty(values: Floats, series: str, problems: dict[int, str]) -> None:
    if series == _REQUIRED:
        for row in np.flatnonzero(np.isnan(values)):
            problems.setdefault(int(row), "is empty; the price of energy must be there")


def _check_sign(values: Floats, series: str, problems: dict[int, str]) -> None:
    if series in _SIGNED or series.startswith("exog_"):
        return
    for row in np.flatnonzero(values < 0):
        problems[int(row)] = f"{float(values[row])} must not be negative"
