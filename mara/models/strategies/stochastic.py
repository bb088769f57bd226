"""Two-stage stochastic dispatch as a strategy: what stored energy is worth, then the tick's price.

On the hour the two-stage programme is solved for some charges of the battery under scenarios of
the next day; what it says of the value of a MWh in store holds until the next hour. Each tick then
acts on its own price: `mara.models.risk.answers.adapted`.

Scenarios come from the energy forecast: its quantiles by hour are joined into paths by a Gaussian
copula whose scores fade with `_MEMORY_H`, and reduced by forward selection.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from mara.domain import ClassUnits, Proposal, Setpoint, Site
from mara.errors import InvalidValue
from mara.models.dispatch import DispatchProblem, mean_over, problem_from, uniform_grid
from mara.models.risk.answers import adapted
from mara.models.risk.position import Position
from mara.models.scenarios.forward_selection import forward_selection
from mara.models.scenarios.joint import FIGURES_OF, JointScenarios
from mara.models.scenarios.stored_worth import stored_values
from mara.models.scenarios.two_stage import RiskAversion
from mara.models.strategies.allocation import one_interval_plan

if TYPE_CHECKING:
    from mara.domain import Battery, Forecast, Tick
    from mara.models.dispatch import Grid
    from mara.models.strategies.base import DecisionContext

__all__ = ["HOURS", "TwoStageStrategy", "forecast_paths"]

Floats = NDArray[np.float64]

HOURS: Final = 24
_HOUR_MIN: Final = 60.0
_MEMORY_H: Final = 6.0
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
    """Runs what earns at the tick's price; the battery acts on the two-stage value of energy.

    `normals` (paths, `HOURS`) are standard normals drawn once: the same ones give the same plans.
    """

    name = "two-stage"

    def __init__(self, normals: Floats, *, aversion: RiskAversion | None = None) -> None:
        if normals.ndim != 2 or normals.shape[1] != HOURS or len(normals) < 2:
            raise InvalidValue(
                f"TwoStageStrategy: normals has shape {normals.shape}; give two paths or more of "
                f"{HOURS} hours"
            )
        self._normals = normals
        self._aversion = aversion or RiskAversion()
        self._values: _Values | None = None

    def propose(self, context: DecisionContext) -> Proposal:
        """Propose the tick's set point."""
        values = self._in_force(context)
        soc = context.state.soc_mwh
        worth = 0.0 if soc is None else values.of(soc)
        plan = one_interval_plan(context, _setpoint(context, worth), method="two-stage CVaR")
        battery = "" if soc is None else f", a MWh in store is worth {worth:.2f} USD"
        reason = f"runs what earns at {context.tick.energy_usd_per_mwh:.2f} USD/MWh{battery}"
        return Proposal(agent=self.name, plan=plan, reason=f"{reason}; {values.note}")

    def _in_force(self, context: DecisionContext) -> _Values:
        at = context.tick.at.replace(minute=0, second=0, microsecond=0)
        known = self._values
        if known is None or known.at != at or known.site != context.site:
            known = self._valued(context, at)
            self._values = known
        return known

    def _valued(self, context: DecisionContext, at: datetime) -> _Values:
        battery = context.site.battery
        if battery is None:
            none = np.zeros(1)
            return _Values(
                site=context.site, at=at, soc_mwh=none, usd_per_mwh=none, note="no battery"
            )
        problem = problem_from(context, grid=uniform_grid(context.tick.at, _HOUR_MIN, HOURS))
        few = self._scenarios(problem, context.forecast("energy_usd_per_mwh"))
        charges = _charges(battery)
        worth = stored_values(
            problem, few.energy_usd_per_mwh, few.probabilities, charges, self._aversion
        )
        note = f"{few.count} scenarios, the worst {1.0 - self._aversion.level:.0%} weighed"
        return _Values(site=context.site, at=at, soc_mwh=charges, usd_per_mwh=worth, note=note)

    def _scenarios(self, problem: DispatchProblem, forecast: Forecast | None) -> JointScenarios:
        """Keep a few paths of the forecast; where it has no quantiles, its mean alone."""
        energy = problem.energy_usd_per_mwh[None, :]
        if forecast is not None and len(forecast.quantiles) > 1:
            energy = forecast_paths(forecast, problem.grid, self._normals)
            energy[:, 0] = problem.energy_usd_per_mwh[0]
        many = JointScenarios.equally_likely(minutes=_HOUR_MIN, energy_usd_per_mwh=energy)
        return forward_selection(many, min(_SCENARIOS, many.count)).scenarios


def forecast_paths(forecast: Forecast, grid: Grid, normals: Floats) -> Floats:
    """Join a forecast's quantiles into paths over the grid's intervals, shape of `normals`.

    Law: scores follow z[t] = r z[t-1] + sqrt(1 - r^2) e[t], r = exp(-step / memory), e the normals;
    the price is the forecast's quantile at Phi(z), linear in the normal score between its levels
    and beyond them.
    """
    levels = ndtri([quantile.level for quantile in forecast.quantiles])
    knots, keep = _knots(forecast, grid)
    values = np.array(
        [mean_over(grid, knots, np.asarray(q.values)[keep]) for q in forecast.quantiles]
    )
    scores = _scores(normals, grid.minutes[0])
    left = np.clip(np.searchsorted(levels, scores) - 1, 0, len(levels) - 2)
    part = (scores - levels[left]) / (levels[left + 1] - levels[left])
    columns = np.arange(scores.shape[1])
    low, high = values[left, columns], values[left + 1, columns]
    return np.asarray(low + part * (high - low))


def _knots(forecast: Forecast, grid: Grid) -> tuple[Floats, NDArray[np.bool_]]:
    """Minutes from the grid's start to the forecast's steps, and which of them count."""
    minutes = np.array([(s - grid.at).total_seconds() / 60.0 for s in forecast.starts])
    keep = np.append(minutes[1:], np.inf) > 0.0
    knots = np.maximum(minutes[keep], 0.0)
    knots[0] = 0.0
    return knots, keep


def _scores(normals: Floats, minutes: float) -> Floats:
    fade = float(np.exp(-minutes / 60.0 / _MEMORY_H))
    scores = np.empty_like(normals)
    scores[:, 0] = normals[:, 0]
    for t in range(1, normals.shape[1]):
        scores[:, t] = fade * scores[:, t - 1] + np.sqrt(1.0 - fade**2) * normals[:, t]
    return scores


def _charges(battery: Battery) -> Floats:
    usable = battery.ceiling_mwh - battery.floor_mwh
    return battery.floor_mwh + usable * np.array(_CHARGES)


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
