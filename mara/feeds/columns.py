"""Which column of a price file holds what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mara.errors import DataFileError, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "EXOGENOUS_PREFIX",
    "FIGURE_OF",
    "Layout",
    "find_time_column",
    "lay_out",
    "parse_columns",
]

FIGURE_OF: Final = {
    "energy_price": "energy_usd_per_mwh",
    "hash_price": "hash_usd_per_ph_day",
    "token_price": "token_usd_per_mtok",
    "demand": "demand_mtok_per_h",
    "grid_load": "grid_load_mw",
    "temperature": "temperature_c",
}
"""Names of a price file's columns, and the figures of a tick that they hold."""

EXOGENOUS_PREFIX: Final = "exog_"
_TIME: Final = "timestamp"
_TIME_PREFIXES: Final = ("timestamp", "time", "date", "interval_start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The file's column for the time, for each figure and for each further series."""

    time: str
    in_utc: bool
    figures: tuple[tuple[str, str], ...]
    exogenous: tuple[tuple[str, str], ...]


def parse_columns(text: str) -> dict[str, str]:
    """Read a mapping as the command line gives it.

    >>> parse_columns("energy_price=HB_WEST, exog_load=Exogenous 1")
    {'energy_price': 'HB_WEST', 'exog_load': 'Exogenous 1'}
    """
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    for name, equals, column in pairs:
        if not equals or not name.strip() or not column.strip():
            raise InvalidValue(
                f"--columns {text!r}: write our name = the file's, such as energy_price=HB_WEST"
            )
    return {name.strip(): column.strip() for name, _, column in pairs}


def lay_out(
    name: str, held: Iterable[str], columns: Mapping[str, str], needed: str | None = "energy_price"
) -> Layout:
    """Find out which of the columns `held` by file `name` is what; `columns` maps ours to its.

    `needed` is the figure's column without which the file is refused; None for none.

    Raises
    ------
    DataFileError
        A column is missing or ambiguous.
    InvalidValue
        `columns` maps a name that we do not know.
    """
    there = list(held)
    _check_mapping(name, there, columns)
    time = columns.get(_TIME) or find_time_column(name, there)
    own = {ours: columns.get(ours, ours) for ours in FIGURE_OF}
    figures = tuple((FIGURE_OF[ours], its) for ours, its in own.items() if its in there)
    if needed is not None and own[needed] not in there:
        raise DataFileError(
            f"{name}: no column {needed} among {_list(there)}; map it with --columns {needed}=NAME"
        )
    return Layout(
        time=time,
        in_utc=time.lower().endswith("_utc"),
        figures=figures,
        exogenous=_exogenous(there, columns),
    )


def _check_mapping(name: str, there: list[str], columns: Mapping[str, str]) -> None:
    for ours, its in columns.items():
        if ours not in (_TIME, *FIGURE_OF) and not ours.startswith(EXOGENOUS_PREFIX):
            raise InvalidValue(
                f"--columns {ours}={its}: {ours!r} is unknown; use {_TIME}, "
                f"{', '.join(FIGURE_OF)} or {EXOGENOUS_PREFIX}..."
            )
        if its not in there:
            raise DataFileError(
                f"{name}: no column {its!r}, to which --columns maps {ours}; it has {_list(there)}"
            )


def find_time_column(name: str, there: list[str]) -> str:
    """Find the column of the times: `timestamp`, or the only one that is called like one."""
    if _TIME in there:
        return _TIME
    found = [column for column in there if column.lower().startswith(_TIME_PREFIXES)]
    if len(found) == 1:
        return found[0]
    state = "several columns may be" if found else "no column is"
    raise DataFileError(
        f"{name}: {state} the timestamp among {_list(found or there)}; "
        "map it with --columns timestamp=NAME"
    )


def _exogenous(there: list[str], columns: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    named = {column: column for column in there if column.startswith(EXOGENOUS_PREFIX)}
    mapped = {o: its for o, its in columns.items() if o.startswith(EXOGENOUS_PREFIX)}
    return tuple(sorted((named | mapped).items()))


def _list(names: list[str]) -> str:
    """Show at most twelve names, each on one printable line."""
    shown = [ascii(name[:40]) for name in names[:12]]
    return ", ".join(shown) + (", ..." if len(names) > 12 else "")
