"""Joint scenarios of tomorrow drawn from calibrated laws.

Energy is what is expected of the day plus the path of a law calibrated to past departures from
what was expected; hash and token price are geometric Brownian motions, whose rank correlation with
the day's energy is that of the past.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from mara.errors import InvalidValue
from mara.models.scenarios.days import PROFILE_DAYS
from mara.models.scenarios.joint import JointScenarios
from mara.models.stochastic import SIGNED_LAWS, Calibration, Grid, Law, PriceSeries
from mara.units import MINUTES_PER_HOUR

if TYPE_CHECKING:
    from mara.models.scenarios.days import DaySheet

__all__ = ["MOST_SCENARIOS", "CompanionLaw", "DayLaw", "calibrate_day", "simulate_day"]

Floats = NDArray[np.float64]

MOST_SCENARIOS: Final = 100_000
PAST_DAYS: Final = 28
"""Days whose departures a law is calibrated to."""

FLOOR_USD_PER_MWH: Final = -251.0
CAP_USD_PER_MWH: Final = 5_000.0
"""Bounds of the Texas market's real-time price: -251 USD/MWh and the cap of 16 TAC 25.509."""

_FEWEST: Final = 8
_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionLaw:
    """A price that moves once a day: ln(tomorrow / today) ~ N(0, `daily_sd`^2), correlated.

    `rank_correlation` is that of its daily change with the day's mean departure of energy.
    """

    figure: str
    now: float
    daily_sd: float
    rank_correlation: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayLaw:
    """The joint law of one day: `expected` is its centre, `start` energy's departure just before.

    `begins` is the start of the day, UTC.
    """

    begins: datetime
    expected: JointScenarios
    energy: Calibration[Any]
    start: float
    companions: tuple[CompanionLaw, ...]

    def at(self, sheet: DaySheet, row: int) -> DayLaw:
        """Take the same parameters to another day, with what is known when that begins."""
        before = sheet.expected(row - 1).energy_usd_per_mwh[0]
        return replace(
            self,
            begins=_begin(sheet, row),
            expected=sheet.expected(row),
            start=float(sheet.energy_usd_per_mwh[row - 1, -1] - before[-1]),
            companions=tuple(
                replace(law, now=float(getattr(sheet, law.figure)[row - 1, -1]))
                for law in self.companions
            ),
        )


def calibrate_day(
    sheet: DaySheet,
    row: int,
    law: type[Law],
    *,
    past_days: int = PAST_DAYS,
    zone: ZoneInfo = _UTC,
) -> DayLaw:
    """Calibrate the law of day `row`, which may be the one after the last, to the days before it.

    The seasons of a law that has some are those of the clock in `zone`.

    Raises
    ------
    InvalidValue
        Too few days stand before it, or `law` is of positive prices.
    SolverFailed
        The calibration did not converge.
    """
    if not law.signed:
        raise InvalidValue(
            f"calibrate_day: {law.name} is of positive prices, and departures from the expected day "
            f"go both ways; use one of {', '.join(SIGNED_LAWS)}"
        )
    first = max(row - past_days, PROFILE_DAYS)
    if row - first < 2:
        raise InvalidValue(
            f"calibrate_day: row={row} leaves {max(row - first, 0)} days after the first "
            f"{PROFILE_DAYS}; give at least two more"
        )
    expected = [sheet.expected(day).energy_usd_per_mwh[0] for day in range(first, row)]
    departures = sheet.energy_usd_per_mwh[first:row] - np.array(expected)
    series = PriceSeries(
        values=departures.ravel(),
        dt=sheet.minutes / MINUTES_PER_HOUR,
        begins=sheet.begins[first],
        zone=zone,
    )
    return DayLaw(
        begins=_begin(sheet, row),
        expected=sheet.expected(row),
        energy=law.calibrate(series),
        start=float(departures[-1, -1]),
        companions=tuple(
            _companion(figure, values[first:row], departures)
            for figure, values in (
                ("hash_usd_per_ph_day", sheet.hash_usd_per_ph_day),
                ("token_usd_per_mtok", sheet.token_usd_per_mtok),
            )
            if values is not None
        ),
    )


def _begin(sheet: DaySheet, row: int) -> datetime:
    """Start of day `row`, which may be the one after the last."""
    return sheet.begins[row] if row < len(sheet) else sheet.next_day()


def _companion(figure: str, values: Floats, departures: Floats) -> CompanionLaw:
    days = values.mean(axis=1)
    positive = bool(days.min() > 0.0)
    change = np.diff(np.log(days)) if positive else np.zeros(len(days) - 1)
    spread = float(change.std(ddof=1)) if len(change) > 1 else 0.0
    moves = len(change) >= _FEWEST and spread > 1e-12
    level = departures.mean(axis=1)[1:]
    return CompanionLaw(
        figure=figure,
        now=float(values[-1, -1]),
        daily_sd=spread,
        rank_correlation=_rank_correlation(change, level) if moves else 0.0,
    )


def _rank_correlation(x: Floats, y: Floats) -> float:
    """Spearman's correlation."""
    return float(np.corrcoef(_ranks(x), _ranks(y))[0, 1])


def _ranks(values: Floats) -> Floats:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(np.float64)


def simulate_day(day: DayLaw, rng: np.random.Generator, count: int) -> JointScenarios:
    """Draw `count` equally likely days.

    Law of the companions: with u the rank of the day's mean energy among the scenarios as a
    normal score, z = rho u + sqrt(1 - rho^2) e, e standard normal, and price = now e^(sd z).

    Raises
    ------
    InvalidValue
        `count` is not between 2 and `MOST_SCENARIOS`.
    """
    if not 2 <= count <= MOST_SCENARIOS:
        raise InvalidValue(f"simulate_day: count={count} must be 2 to {MOST_SCENARIOS:,}")
    centre = day.expected.energy_usd_per_mwh
    grid = Grid(
        n_paths=count,
        n_steps=centre.shape[1],
        dt=day.expected.hours,
        start=day.start,
        begins=day.begins - timedelta(hours=day.expected.hours),
    )
    departures = np.asarray(day.energy.law.simulate(rng, grid), dtype=np.float64)[:, 1:]
    energy = np.clip(centre + departures, FLOOR_USD_PER_MWH, CAP_USD_PER_MWH)
    scores = ndtri((_ranks(energy.mean(axis=1)) + 0.5) / count)
    demand = day.expected.demand_mtok_per_h
    return JointScenarios.equally_likely(
        minutes=day.expected.minutes,
        energy_usd_per_mwh=energy,
        demand_mtok_per_h=None if demand is None else np.repeat(demand, count, axis=0),
        **{law.figure: _drawn(law, scores, rng) for law in day.companions},
    )


def _drawn(law: CompanionLaw, scores: Floats, rng: np.random.Generator) -> Floats:
    own = rng.standard_normal(len(scores))
    rho = law.rank_correlation
    moved: Floats = law.now * np.exp(law.daily_sd * (rho * scores + np.sqrt(1.0 - rho**2) * own))
    return moved[:, None]
