"""The decision card: why this plan, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mara.domain import ClassUnits, Plan, Setpoint, Tick
from mara.models.dispatch.forced import Forced
from mara.models.feasibility import battery_limits_mw
from mara.models.strike import StrikePrice, strike_prices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mara.models.dispatch.fast import FastDispatch
    from mara.models.dispatch.planning import Solved
    from mara.models.dispatch.problem import DispatchProblem

__all__ = ["Binding", "DecisionCard", "RunnerUp", "explain"]

_SLACK = 1e-6
_STEP_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A limit that the first interval reaches: `value` in `unit`, and its shadow price if known."""

    name: str
    value: float
    unit: str
    shadow_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerUp:
    """The best plan whose first interval differs as `change` says, and what it loses.

    `loses_usd` is the gap in what the optimiser compares: margin less the stability price.
    """

    change: str
    forced: Forced
    plan: Plan
    loses_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCard:
    """Why a set point, and what it does to the plan: `plan` begins with it.

    `connection_usd_per_mw`: what one more MW of import through the first interval adds, by a full
    re-solve, both plans free. `strikes`: break-even prices of power by class, highest first. `runner_up`: None
    where no other decision is possible.
    """

    plan: Plan
    energy_usd_per_mwh: float
    binding: tuple[Binding, ...]
    connection_usd_per_mw: float
    strikes: tuple[StrikePrice, ...]
    runner_up: RunnerUp | None


def explain(
    problem: DispatchProblem, point: Setpoint, tick: Tick, dispatch: FastDispatch
) -> DecisionCard:
    """Solve `problem` with `point` in its first interval, with one MW more, and with others.

    `tick` is the first interval's, for the strike ladder. `dispatch` is best one of its own: the
    deciding one's chain of ticks then stays what it is.
    """
    chosen = dispatch.solve(problem, Forced.of(point))
    return DecisionCard(
        plan=chosen.plan,
        energy_usd_per_mwh=float(problem.energy_usd_per_mwh[0]),
        binding=_binding(problem, chosen.plan),
        connection_usd_per_mw=_worth_of_one_mw(problem, dispatch),
        strikes=strike_prices(problem.site, tick),
        runner_up=_runner_up(problem, chosen, dispatch),
    )


def _worth_of_one_mw(problem: DispatchProblem, dispatch: FastDispatch) -> float:
    """Objective with one MW more of import in the first interval, less the objective, USD.

    Neither is held to what was decided: what another choice would gain is no worth of the room.
    More room never costs: the plan without it stays possible, so what rounding takes away is zero.
    """
    caps = problem.import_cap_mw.copy()
    caps[0] += 1.0
    wider, plain = (
        dispatch.solve(one).objective_usd for one in (replace(problem, import_cap_mw=caps), problem)
    )
    return max(wider - plain, 0.0)


def _binding(problem: DispatchProblem, plan: Plan) -> tuple[Binding, ...]:
    return (
        *_connection_binds(problem, plan),
        *_machines_bind(problem, plan),
        *_store(problem, plan),
    )


def _connection_binds(problem: DispatchProblem, plan: Plan) -> Iterator[Binding]:
    if plan.import_mw[0] >= (cap := float(problem.import_cap_mw[0])) - _SLACK:
        shadow = None if plan.duals is None else plan.duals.import_limit[0]
        yield Binding(name="import limit", value=cap, unit="MW", shadow_usd=shadow)
    if 0.0 < plan.export_mw[0] >= (cap := float(problem.export_cap_mw[0])) - _SLACK:
        shadow = None if plan.duals is None else plan.duals.export_limit[0]
        yield Binding(name="export limit", value=cap, unit="MW", shadow_usd=shadow)


def _machines_bind(problem: DispatchProblem, plan: Plan) -> Iterator[Binding]:
    for schedule in plan.units:
        available = problem.site.available(schedule.name)
        if available and schedule.values[0] >= available - _SLACK:
            yield Binding(name=f"{schedule.name} in service", value=available, unit="units")


def _store(problem: DispatchProblem, plan: Plan) -> Iterator[Binding]:
    battery = problem.site.battery
    if battery is None:
        return
    stored = plan.soc_mwh[0]
    for name, value, reached in (
        ("battery floor", battery.floor_mwh, stored <= battery.floor_mwh + _SLACK),
        ("battery ceiling", battery.ceiling_mwh, stored >= battery.ceiling_mwh - _SLACK),
    ):
        if reached:
            yield Binding(name=name, value=value, unit="MWh")
    if max(plan.charge_mw[0], plan.discharge_mw[0]) >= battery.power_mw - _SLACK:
        yield Binding(name="battery power", value=battery.power_mw, unit="MW")


def _runner_up(problem: DispatchProblem, chosen: Solved, dispatch: FastDispatch) -> RunnerUp | None:
    """Force each other first decision and keep the best."""
    options = [*_other_units(problem, chosen.plan), *_other_battery(problem, chosen.plan)]
    best = dispatch.best_forced(problem, [forced for _, forced in options])
    if best is None:
        return None
    return RunnerUp(
        change=options[best.index][0],
        forced=Forced.first_of(best.solved.plan),
        plan=best.solved.plan,
        loses_usd=chosen.objective_usd - best.solved.objective_usd,
    )


def _other_units(problem: DispatchProblem, plan: Plan) -> Iterator[tuple[str, Forced]]:
    """Give each class a step (a twentieth of it) fewer and more, none, and all; small moves first.

    A single machine among thousands would always come second, and tell nothing.
    """
    moves = []
    for unit in plan.setpoint.units:
        most = problem.site.available(unit.name)
        step = max(1, round(_STEP_SHARE * most))
        others = {max(unit.units - step, 0), min(unit.units + step, most), 0, most}
        moves += [(abs(n - unit.units), n, unit) for n in sorted(others - {unit.units})]
    for _, count, unit in sorted(moves, key=lambda move: move[0]):
        forced = Forced(units=(ClassUnits(name=unit.name, units=count),))
        yield f"{count} instead of {unit.units} {unit.name}", forced


def _other_battery(problem: DispatchProblem, plan: Plan) -> Iterator[tuple[str, Forced]]:
    if problem.site.battery is None:
        return
    charge, discharge = battery_limits_mw(problem.site, problem.state, plan.hours[0])
    now = plan.charge_mw[0] - plan.discharge_mw[0]
    for text, power in (("idle", 0.0), ("charging", charge), ("discharging", -discharge)):
        if not np.isclose(power, now, atol=1e-3):
            forced = Forced(charge_mw=max(power, 0.0), discharge_mw=max(-power, 0.0))
            yield f"battery {text} {abs(power):.2f} MW".replace("idle 0.00 MW", "idle"), forced
