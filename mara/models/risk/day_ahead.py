"""Plans of a day, and what such days earned against what their plans expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mara.domain import ClassState, Site, SiteState
from mara.errors import InvalidValue
from mara.models.dispatch import (
    DispatchProblem,
    FastDispatch,
    import_caps,
    stored_value,
    uniform_grid,
)
from mara.models.risk.margins import margins_of
from mara.models.risk.position import Position, position_of
from mara.models.scenarios.days import PROFILE_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mara.domain import Plan
    from mara.models.risk.answers import Answer
    from mara.models.scenarios.days import DaySheet
    from mara.models.scenarios.joint import JointScenarios

__all__ = ["DayPlanner", "DayRecord", "day_problem", "day_records", "deviations_of", "tomorrow"]

Floats = NDArray[np.float64]

_HALF: Final = 0.5
_HOUR_MIN: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRecord:
    """One day: when it began, what its plan expected, and what it earned, USD."""

    begins: datetime
    expected_usd: float
    earned_usd: float

    @property
    def deviation_usd(self) -> float:
        """Earned less expected."""
        return self.earned_usd - self.expected_usd


def deviations_of(records: tuple[DayRecord, ...]) -> Floats:
    """Deviations of the days, oldest first."""
    return np.array([record.deviation_usd for record in records])


class DayPlanner:
    """Plans days hour by hour with one kept optimiser; not to be shared by threads.

    Every day starts alike, so that days compare: all machines in service on and warm, the battery
    half full.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._dispatch: FastDispatch | None = None

    def plan(self, at: datetime, expected: JointScenarios) -> Plan:
        """Plan the day from `at` on the one scenario that is expected.

        Raises
        ------
        InvalidValue
            `expected` holds several scenarios.
        Infeasible
            No plan keeps the site's limits.
        """
        problem = day_problem(self.site, at, expected.averaged(max(expected.minutes, _HOUR_MIN)))
        if self._dispatch is None or not self._dispatch.fits(problem):
            self._dispatch = FastDispatch(self.site, problem.grid)
        return self._dispatch.plan(problem)

    def position(self, at: datetime, expected: JointScenarios) -> Position:
        """Plan the day, and give what the plan commits the site to in the scenario's intervals."""
        return position_of(
            self.plan(at, expected),
            self.site,
            at=at,
            minutes=expected.minutes,
            intervals=expected.intervals,
        )


def day_problem(site: Site, at: datetime, expected: JointScenarios) -> DispatchProblem:
    """Ask for the plan of a day whose figures are those of the one scenario `expected`."""
    if expected.count != 1:
        raise InvalidValue(
            f"day_problem: expected holds {expected.count} scenarios; a plan is made on one"
        )
    n = expected.intervals
    grid = uniform_grid(at, expected.minutes, n)
    figures = {name: np.broadcast_to(values[0], n) for name, values in expected.figures()}
    battery = site.battery
    half = None if battery is None else _HALF * (battery.floor_mwh + battery.ceiling_mwh)
    classes = tuple(ClassState(name=m.name, units_on=site.available(m.name)) for m in site.machines)
    return DispatchProblem(
        site=site,
        state=SiteState(at=at, classes=classes, soc_mwh=half),
        grid=grid,
        import_cap_mw=import_caps(site, grid),
        export_cap_mw=np.full(n, site.export_limit_mw),
        terminal_usd_per_mwh=stored_value(site, grid, figures["energy_usd_per_mwh"]),
        energy_usd_per_mwh=figures["energy_usd_per_mwh"],
        hash_usd_per_ph_day=figures.get("hash_usd_per_ph_day"),
        token_usd_per_mtok=figures.get("token_usd_per_mtok"),
        demand_mtok_per_h=figures.get("demand_mtok_per_h"),
    )


def day_records(
    site: Site, sheet: DaySheet, answer: Answer, *, profile_days: int = PROFILE_DAYS
) -> Iterator[DayRecord]:
    """Plan each day by what was known when it began, and settle it at what then came.

    The first `profile_days` days only serve to expect the next. Nothing of a day enters its plan.
    """
    planner = DayPlanner(site)
    for row in range(profile_days, len(sheet)):
        expected = sheet.expected(row, profile_days=profile_days)
        position = planner.position(sheet.begins[row], expected)
        yield DayRecord(
            begins=sheet.begins[row],
            expected_usd=margins_of(position, expected, answer).mean_usd,
            earned_usd=margins_of(position, sheet.day(row), answer).mean_usd,
        )


def tomorrow(
    site: Site, sheet: DaySheet, *, profile_days: int = PROFILE_DAYS
) -> tuple[Position, JointScenarios]:
    """Plan the day after the sheet's last, and say what was expected of it."""
    expected = sheet.expected(len(sheet), profile_days=profile_days)
    planner = DayPlanner(site)
    return planner.position(sheet.begins[-1] + timedelta(days=1), expected), expected
