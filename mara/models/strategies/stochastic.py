"""Two-stage stochastic dispatch as a strategy: what stored energy is worth, then the tick's price.

On the hour the two-stage programme is solved for some charges of the battery under scenarios of
the next day; what it says of the value of a MWh in store holds until the next hour. Each tick then
acts on its own price: `mara.models.risk.answers.adapted`. The values rest on the site and on the
market before the hour alone, so that a tick decided again is decided the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mara.domain import ClassUnits, History, Proposal, Setpoint, Site
from mara.errors import InvalidValue
from mara.models.dispatch import horizon_grid, stored_value
from mara.models.risk.answers import adapted
from mara.models.risk.day_ahead import day_problem
from mara.models.risk.position import Position
from mara.models.scenarios.days import PROFILE_DAYS, DaySheet, day_sheet
from mara.models.scenarios.forward_selection import forward_selection
from mara.models.scenarios.joint import FIGURES_OF, JointScenarios
from mara.models.scenarios.two_stage import RiskAversion, solve_two_stage
from mara.models.strategies.allocation import one_interval_plan

if TYPE_CHECKING:
    from mara.domain import Battery, Tick
    from mara.models.dispatch import DispatchProblem
    from mara.models.strategies.base import DecisionContext

__all__ = ["TwoStageStrategy", "stored_values"]

Floats = NDArray[np.float64]

_HOUR: Final = timedelta(hours=1)
_HOUR_MIN: Final = 60.0
_DAYS: Final = 28
_SCENARIOS: Final = 6
_CHARGES: Final = (0.1, 0.5, 0.9)
"""Charges of the battery, as shares of its usable energy, for which stored energy is valued."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Values:
    """Worth of a MWh at some states of charge, in force for the hour that begins `at`."""

    site: Site
    at: datetime
    soc_mwh: Floats
    usd_per_mwh: Floats
    note: str

    def of(self, soc_mwh: float) -> float:
        """Worth at `soc_mwh`, between the charges that were solved."""
        return float(np.interp(soc_mwh, self.soc_mwh, self.usd_per_mwh))


class TwoStageStrategy:
    """Runs what earns at the tick's price; the battery acts on the two-stage value of energy."""

    name = "two-stage"

    def __init__(self, *, aversion: RiskAversion | None = None) -> None:
        self._aversion = aversion or RiskAversion()
        self._values: _Values | None = None

    def propose(self, context: DecisionContext) -> Proposal:
        """Propose the tick's set point."""
        values = self._in_force(context)
        soc = context.state.soc_mwh
        worth = 0.0 if soc is None else values.of(soc)
        plan = one_interval_plan(
            context, _setpoint(context, worth), method="two-stage CVaR (HiGHS)"
        )
        battery = "" if soc is None else f", a MWh in store is worth {worth:.2f} USD"
        reason = f"runs what earns at {context.tick.energy_usd_per_mwh:.2f} USD/MWh{battery}"
        return Proposal(agent=self.name, plan=plan, reason=f"{reason}; {values.note}")

    def _in_force(self, context: DecisionContext) -> _Values:
        at = context.tick.at.replace(minute=0, second=0, microsecond=0)
        known = self._values
        if known is None or known.at != at or known.site != context.site:
            known = _valued(context.site, context.history, at, self._aversion)
            self._values = known
        return known


def _valued(site: Site, history: History, at: datetime, aversion: RiskAversion) -> _Values:
    past = _before(history, at)
    battery = site.battery
    if battery is None:
        nothing = np.zeros(1)
        return _Values(site=site, at=at, soc_mwh=nothing, usd_per_mwh=nothing, note="no battery")
    charges = _charges(battery)
    try:
        worth = stored_values(site, _recent(past), charges, aversion)
        note = f"{_SCENARIOS} scenarios at most, worst {1 - aversion.level:.0%} weighed"
    except InvalidValue:
        grid = horizon_grid(at, _HOUR_MIN)
        prices = past.series("energy_usd_per_mwh")[-1:]
        level = stored_value(
            site, grid, np.full(len(grid), prices[0] if len(prices) else 0.0), past
        )
        worth, note = np.full(len(charges), level), "too short a past for scenarios"
    return _Values(site=site, at=at, soc_mwh=charges, usd_per_mwh=worth, note=note)


def _before(history: History, at: datetime) -> History:
    """Keep what was known when the hour began."""
    rows = int(np.searchsorted(history.epoch_s, at.timestamp()))
    return History(
        minutes=history.minutes,
        max_rows=history.max_rows,
        epoch_s=history.epoch_s[:rows],
        values=history.values[:rows],
    )


def _recent(past: History) -> DaySheet:
    """Cut the days that scenarios are made of."""
    rows = round((_DAYS + PROFILE_DAYS) * 24 * 60 / past.minutes)
    return day_sheet(past.last(rows), minutes=_HOUR_MIN)


def _charges(battery: Battery) -> Floats:
    usable = battery.ceiling_mwh - battery.floor_mwh
    return battery.floor_mwh + usable * np.array(_CHARGES)


def stored_values(
    site: Site, sheet: DaySheet, charges_mwh: Floats, aversion: RiskAversion
) -> Floats:
    """Worth of a MWh in store an hour from now, USD/MWh, for each charge now.

    Law: scenarios are what is expected of the next day plus the departures of past days from what
    was expected of them, reduced by forward selection; the worth is the dual of the two-stage
    programme's store at the end of its first hour.

    Raises
    ------
    InvalidValue
        Fewer than eight days.
    """
    few = forward_selection(*_scenarios(sheet))
    worth = []
    for charge in charges_mwh.tolist():
        problems = tuple(
            _problem(site, sheet, few.scenarios, row, charge) for row in range(few.scenarios.count)
        )
        found = solve_two_stage(problems, few.scenarios.probabilities, aversion=aversion)
        worth.append(found.stored_usd_per_mwh)
    return np.array(worth)


def _scenarios(sheet: DaySheet) -> tuple[JointScenarios, int]:
    """Add each past day's departure from its expectation to what is expected of the next day."""
    expected = sheet.expected(len(sheet))
    past = range(PROFILE_DAYS, len(sheet))
    if not past:
        raise InvalidValue(f"TwoStageStrategy: {len(sheet)} days are too few; give more than 7")
    departures = [
        sheet.energy_usd_per_mwh[day] - sheet.expected(day).energy_usd_per_mwh[0] for day in past
    ]
    energy = expected.energy_usd_per_mwh + np.array(departures)
    many = JointScenarios.equally_likely(minutes=sheet.minutes, energy_usd_per_mwh=energy)
    return many, min(_SCENARIOS, many.count)


def _problem(
    site: Site, sheet: DaySheet, scenarios: JointScenarios, row: int, soc_mwh: float
) -> DispatchProblem:
    """Pose one scenario: its energy prices, and what is expected of the other figures."""
    one = replace(
        sheet.expected(len(sheet)),
        energy_usd_per_mwh=scenarios.energy_usd_per_mwh[row : row + 1],
    )
    problem = day_problem(site, sheet.next_day(), one)
    return replace(
        problem,
        state=replace(problem.state, soc_mwh=soc_mwh),
        terminal_usd_per_mwh=max(float(np.quantile(sheet.energy_usd_per_mwh[-1], 0.25)), 0.0),
    )


def _setpoint(context: DecisionContext, worth: float) -> Setpoint:
    """Run what earns at the tick's own figures, stored energy being worth `worth`."""
    site, tick = context.site, context.tick
    none = np.zeros(1)
    position = Position(
        site=site,
        at=tick.at,
        minutes=tick.minutes,
        units=np.zeros((len(site.machines), 1)),
        units_before=np.zeros(len(site.machines)),
        charge_mw=none,
        discharge_mw=none,
        import_cap_mw=np.array([site.import_cap_mw(tick.at, tick.end)]),
        stored_usd_per_mwh=np.array([worth]),
        soc_mwh=context.state.soc_mwh,
    )
    flows = adapted(position, _present(tick))
    return Setpoint(
        units=tuple(
            ClassUnits(name=m.name, units=int(flows.units[c, 0, 0]))
            for c, m in enumerate(site.machines)
        ),
        charge_mw=float(flows.charge_mw[0, 0]),
        discharge_mw=float(flows.discharge_mw[0, 0]),
    )


def _present(tick: Tick) -> JointScenarios:
    """Take the tick's figures as the only scenario of one interval."""
    known = ((name, tick.figure(name)) for name in FIGURES_OF)
    figures = {name: np.full((1, 1), value) for name, value in known if value is not None}
    return JointScenarios.equally_likely(minutes=tick.minutes, **figures)
