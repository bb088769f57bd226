"""What a move is worth: the optimiser walks the next intervals with it and without it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from mara.domain import Tick
from mara.models.dispatch import FastDispatch, Forced, problem_from
from mara.models.settlement import feasible, settle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mara.domain import Forecast, Setpoint, SiteState
    from mara.models.dispatch import Solved
    from mara.models.strategies.base import DecisionContext

__all__ = ["Worth", "Worths", "forced_by"]

_ENERGY: Final = "energy_usd_per_mwh"
_FIGURES: Final = ("hash_usd_per_ph_day", "token_usd_per_mtok", "demand_mtok_per_h")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """Gain against the decision in force: as forecast, and at the worse edge of the interval."""

    gain_usd: float
    worst_usd: float


def forced_by(setpoint: Setpoint) -> Forced:
    """Force all that a set point does."""
    return Forced(
        units=setpoint.units, charge_mw=setpoint.charge_mw, discharge_mw=setpoint.discharge_mw
    )


class Worths:
    """Values moves with one model of the site; not to be shared by threads.

    Law: W(f) = sum over the window of the margin settled with the first interval forced to f and
    prices as forecast, + the objective of the best plan after it, + energy stored meanwhile at the
    optimiser's cautious value. Gain = W(move) - W(in force),
    where what is in force is forced in the first interval alone. The worst of a positive
    gain is the least over energy prices at the forecast's mean and outermost quantiles.
    """

    def __init__(self) -> None:
        self._dispatch: FastDispatch | None = None
        self._kept: dict[tuple[object, ...], float] = {}

    def of(
        self, context: DecisionContext, move: Forced, in_force: Forced, *, intervals: int
    ) -> Worth:
        """Value a move that lasts `intervals`.

        Raises
        ------
        Infeasible
            The move breaks a limit of the site.
        SolverFailed
            A limit of time or nodes came before any plan.
        """
        seen, *edges = _edges(context)
        gain = self._gain(seen, move, in_force, intervals)
        if gain <= 0.0:
            return Worth(gain_usd=gain, worst_usd=gain)
        worst = min([gain, *(self._gain(edge, move, in_force, intervals) for edge in edges)])
        return Worth(gain_usd=gain, worst_usd=worst)

    def _gain(
        self, context: DecisionContext, move: Forced, in_force: Forced, intervals: int
    ) -> float:
        with_it = self._walked(context, [move] * intervals)
        return with_it - self._without(context, in_force, intervals)

    def _without(self, context: DecisionContext, in_force: Forced, intervals: int) -> float:
        """Walk with what is in force; the same for every move of a tick, so it is kept."""
        energy = context.forecast(_ENERGY)
        mean = energy.mean if energy else ()
        key = (context.state, context.tick, in_force, intervals, context.site, mean)
        if key not in self._kept:
            self._kept = {k: v for k, v in self._kept.items() if k[1] == context.tick}
            forced = [in_force, *[None] * (intervals - 1)]
            self._kept[key] = self._walked(context, forced)
        return self._kept[key]

    def _walked(self, context: DecisionContext, forced: Sequence[Forced | None]) -> float:
        earned, stored_mwh = 0.0, context.state.soc_mwh or 0.0
        for one in forced:
            plan = self._solve(context, one).plan
            site, state, tick = context.site, context.state, context.tick
            done, after = settle(site, state, feasible(site, state, plan.setpoint, tick), tick)
            earned += done.margin_usd
            context = _next(context, after)
        stored = (context.state.soc_mwh or 0.0) - stored_mwh
        rest = self._solve(context, None).objective_usd
        return earned + rest + problem_from(context).terminal_usd_per_mwh * stored

    def _solve(self, context: DecisionContext, forced: Forced | None) -> Solved:
        problem = problem_from(context)
        if self._dispatch is None or not self._dispatch.fits(problem):
            self._dispatch = FastDispatch(problem.site, problem.grid)
        return self._dispatch.solve(problem, forced)


def _next(context: DecisionContext, state: SiteState) -> DecisionContext:
    """Move on by one interval: the tick is what the forecasts say."""
    tick = context.tick
    at = tick.at + timedelta(minutes=tick.minutes)
    values = {f.target: _value_at(f, at) for f in context.forecasts}
    known = {name: value for name, value in values.items() if value is not None}
    hash_price, token_price, demand = (known.get(name, tick.figure(name)) for name in _FIGURES)
    forecasts = tuple(left for f in context.forecasts if (left := f.after(at)).starts)
    fresh = Tick(
        site_id=tick.site_id,
        at=at,
        minutes=tick.minutes,
        origin=tick.origin,
        source=tick.source,
        energy_usd_per_mwh=known.get(_ENERGY, tick.energy_usd_per_mwh),
        hash_usd_per_ph_day=hash_price,
        token_usd_per_mtok=token_price,
        demand_mtok_per_h=demand,
    )
    return replace(context, state=state, tick=fresh, forecasts=forecasts)


def _value_at(forecast: Forecast, at: datetime) -> float | None:
    found = [m for start, m in zip(forecast.starts, forecast.mean, strict=True) if start <= at]
    value = found[-1] if found else None
    if value is None or forecast.target == _ENERGY:
        return value
    return max(value, 0.0)


def _edges(context: DecisionContext) -> list[DecisionContext]:
    """Give the context as forecast, and with the energy price at its outermost quantiles."""
    energy = context.forecast(_ENERGY)
    if energy is None or not energy.quantiles:
        return [context]
    others = tuple(f for f in context.forecasts if f is not energy)
    outer = (energy.quantiles[0], energy.quantiles[-1])
    paths = [replace(context, forecasts=(*others, replace(energy, mean=q.values))) for q in outer]
    return [context, *paths]
