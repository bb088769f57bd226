"""The past cut into days of equal intervals: what scenarios of a day are drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue
from mara.models.scenarios.joint import FIGURES_OF, JointScenarios
from mara.units import HOURS_PER_DAY, MINUTES_PER_HOUR, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from mara.domain import History

__all__ = ["PROFILE_DAYS", "DaySheet", "day_sheet"]

Floats = NDArray[np.float64]

PROFILE_DAYS: Final = 7
"""Days whose mean is what is expected of the next."""

_DAY_S: Final = int(HOURS_PER_DAY * SECONDS_PER_HOUR)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DaySheet:
    """D days of 24 real hours, each of T intervals of `minutes`; one row a day.

    `begins[d]` is the start of day d, UTC. Every figure has shape (D, T); one that the source
    lacks is None. Days with a missing value are not in the sheet.
    """

    minutes: float
    begins: tuple[datetime, ...]
    energy_usd_per_mwh: Floats
    hash_usd_per_ph_day: Floats | None = None
    token_usd_per_mtok: Floats | None = None
    demand_mtok_per_h: Floats | None = None

    def __len__(self) -> int:
        return len(self.begins)

    @property
    def intervals(self) -> int:
        """Intervals of a day."""
        return int(self.energy_usd_per_mwh.shape[1])

    def day(self, row: int) -> JointScenarios:
        """Give one day as it was, the only scenario."""
        return self._scenarios({name: v[row : row + 1] for name, v in self._known()})

    def days(self, rows: NDArray[np.intp]) -> JointScenarios:
        """Give some days, equally likely."""
        return self._scenarios({name: values[rows] for name, values in self._known()})

    def expected(self, row: int, *, profile_days: int = PROFILE_DAYS) -> JointScenarios:
        """Say what is expected of day `row` when it begins; it may be the one after the last.

        Law: energy and demand take the mean of the last `profile_days` days, interval by
        interval; hash and token price stay at the last value before the day.

        Raises
        ------
        InvalidValue
            Fewer days stand before it.
        """
        if not profile_days <= row <= len(self):
            raise InvalidValue(
                f"DaySheet: row={row} needs {profile_days} days before it and has "
                f"{min(row, len(self))}; give a longer past"
            )
        shapes = {}
        for name, values in self._known():
            past = values[row - profile_days : row]
            mean = past.mean(axis=0, keepdims=True)
            still = name in {"hash_usd_per_ph_day", "token_usd_per_mtok"}
            shapes[name] = np.full_like(mean, past[-1, -1]) if still else mean
        return self._scenarios(shapes)

    def rows(self, first: int, last: int) -> DaySheet:
        """Cut the days `first` to `last`, the latter not included."""
        known = {name: values[first:last] for name, values in self._known()}
        return DaySheet(
            minutes=self.minutes,
            begins=self.begins[first:last],
            energy_usd_per_mwh=known["energy_usd_per_mwh"],
            hash_usd_per_ph_day=known.get("hash_usd_per_ph_day"),
            token_usd_per_mtok=known.get("token_usd_per_mtok"),
            demand_mtok_per_h=known.get("demand_mtok_per_h"),
        )

    def next_day(self) -> datetime:
        """Start of the day after the last."""
        return self.begins[-1] + timedelta(days=1)

    def _known(self) -> list[tuple[str, Floats]]:
        held = ((name, getattr(self, name)) for name in FIGURES_OF)
        return [(name, values) for name, values in held if values is not None]

    def _scenarios(self, figures: dict[str, Floats]) -> JointScenarios:
        return JointScenarios.equally_likely(minutes=self.minutes, **figures)


def day_sheet(history: History, *, minutes: float, begin_hour_utc: int | None = None) -> DaySheet:
    """Cut a history into days, averaged to intervals of `minutes`.

    Days begin at `begin_hour_utc`, by default where the history ends, so that the next day begins
    now. A figure that is missing anywhere in the days kept is left out, energy never is.

    Raises
    ------
    InvalidValue
        `minutes` do not hold whole steps of the history, or no day is whole.
    """
    width = _width(history, minutes)
    first_s, tables = _laid_out(history, begin_hour_utc)
    whole = np.isfinite(tables["energy_usd_per_mwh"]).all(axis=1)
    if not whole.any():
        raise InvalidValue(
            f"day_sheet: {len(history)} intervals of {history.minutes:g} min hold no whole day of "
            "energy prices; wait for one, or give a file"
        )
    figures = {name: _averaged(table[whole], width) for name, table in tables.items()}
    return DaySheet(
        minutes=minutes,
        begins=tuple(
            datetime.fromtimestamp(first_s + _DAY_S * int(d), UTC) for d in np.flatnonzero(whole)
        ),
        **figures,  # type: ignore[arg-type]
    )


def _width(history: History, minutes: float) -> int:
    """Count the steps of the history in an interval."""
    steps, per_day = minutes / history.minutes, HOURS_PER_DAY * MINUTES_PER_HOUR / minutes
    if round(steps) < 1 or abs(steps - round(steps)) > 1e-9 or per_day != round(per_day):
        raise InvalidValue(
            f"day_sheet: minutes={minutes:g} does not hold whole steps of {history.minutes:g} min "
            "or does not divide a day; use 15 or 60"
        )
    return round(steps)


def _laid_out(history: History, begin_hour_utc: int | None) -> tuple[int, dict[str, Floats]]:
    """Start of the first day, and each figure by day and step, NaN where nothing is known."""
    step_s = round(history.minutes * SECONDS_PER_HOUR / MINUTES_PER_HOUR)
    at = history.epoch_s if len(history) else np.zeros(1, dtype=np.int64)
    offset_s = (
        int(at[-1]) + step_s if begin_hour_utc is None else int(begin_hour_utc * SECONDS_PER_HOUR)
    )
    first_s = int((at[0] - offset_s) // _DAY_S * _DAY_S + offset_s)
    days, steps = (at - first_s) // _DAY_S, (at - first_s) % _DAY_S // step_s
    tables = {}
    for name in FIGURES_OF:
        table = np.full((int(days[-1]) + 1, _DAY_S // step_s), np.nan)
        if len(history):
            table[days, steps] = history.series(name)
        tables[name] = table
    return first_s, tables


def _averaged(days: Floats, width: int) -> Floats | None:
    """Average to the sheet's intervals; None where the figure is missing somewhere."""
    mean: Floats = days.reshape(len(days), -1, width).mean(axis=2)
    return mean if np.isfinite(mean).all() else None
