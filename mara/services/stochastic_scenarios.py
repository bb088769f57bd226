"""Scenarios of tomorrow, a few that stand for them, and the dispatch that hedges among them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mara.models.risk.day_ahead import day_problem
from mara.models.scenarios.forward_selection import forward_selection
from mara.models.scenarios.joint import JointScenarios
from mara.models.scenarios.kmeans import k_means
from mara.models.scenarios.simulated import calibrate_day, simulate_day
from mara.models.scenarios.two_stage import RiskAversion, solve_two_stage
from mara.models.stochastic import law_called

if TYPE_CHECKING:
    from mara.domain import Site
    from mara.models.dispatch import DispatchProblem
    from mara.models.scenarios.days import DaySheet

__all__ = [
    "DECIDED_H",
    "FORWARD",
    "K_MEANS",
    "Draw",
    "FrontierPoint",
    "ScenarioAsk",
    "ScenarioReport",
    "scenario_report",
]

Floats = NDArray[np.float64]

FORWARD: Final = "forward selection"
K_MEANS: Final = "k-means"
WEIGHTS: Final = (0.0, 0.25, 0.5, 0.75, 0.95)
DECIDED_H: Final = 6
"""Hours that the frontier's plans decide now, the same in all scenarios."""

_HOUR_MIN: Final = 60.0
_FAN: Final = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioAsk:
    """Draw scenarios of tomorrow, keep few by `method`, and dispatch under them.

    `level` begins the tail that the dispatch weighs; `digest` names the frozen past.
    """

    digest: str
    law: str
    scenarios: int
    keep: int
    method: str
    level: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draw:
    """Many scenarios as quantiles of energy's price by interval, and the few that stand for them."""

    hours: Floats
    many: int
    fan: Floats
    few: JointScenarios
    distance: float
    of_all_to_mean: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierPoint:
    """What the two-stage dispatch does at one weight of the tail."""

    weight: float
    expected_usd: float
    tail_usd: float
    charge_mw: float
    discharge_mw: float
    stored_usd_per_mwh: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScenarioReport:
    """Scenarios and the frontier of the dispatch under them."""

    draw: Draw
    frontier: tuple[FrontierPoint, ...]


def scenario_report(
    site: Site, sheet: DaySheet, ask: ScenarioAsk, rng: np.random.Generator
) -> ScenarioReport:
    """Draw joint days, keep few, and dispatch under these at several weights of the tail."""
    day = calibrate_day(sheet, len(sheet), law_called(ask.law), zone=site.zone)
    many = simulate_day(day, rng, ask.scenarios)
    few = (
        k_means(many, ask.keep, rng) if ask.method == K_MEANS else forward_selection(many, ask.keep)
    )
    draw = Draw(
        hours=many.hours * np.arange(many.intervals, dtype=np.float64),
        many=many.count,
        fan=np.quantile(many.energy_usd_per_mwh, _FAN, axis=0),
        few=few.scenarios,
        distance=few.distance,
        of_all_to_mean=few.of_all_to_mean,
        method=few.method,
    )
    return ScenarioReport(draw=draw, frontier=_frontier(site, sheet, few.scenarios, ask.level))


def _frontier(
    site: Site, sheet: DaySheet, few: JointScenarios, level: float
) -> tuple[FrontierPoint, ...]:
    hourly = few.averaged(max(few.minutes, _HOUR_MIN))
    problems = tuple(_problem(site, sheet, hourly, row) for row in range(hourly.count))
    return tuple(_point(problems, hourly.probabilities, weight, level) for weight in WEIGHTS)


def _problem(site: Site, sheet: DaySheet, few: JointScenarios, row: int) -> DispatchProblem:
    one = few.chosen(np.array([row]), np.ones(1))
    expected = sheet.expected(len(sheet)).averaged(few.minutes)
    base = day_problem(site, sheet.next_day(), expected)
    problem = day_problem(site, sheet.next_day(), one)
    return replace(problem, terminal_usd_per_mwh=base.terminal_usd_per_mwh)


def _point(
    problems: tuple[DispatchProblem, ...], probabilities: Floats, weight: float, level: float
) -> FrontierPoint:
    found = solve_two_stage(
        problems,
        probabilities,
        shared=min(DECIDED_H, len(problems[0].grid)),
        aversion=RiskAversion(weight=weight, level=level),
    )
    return FrontierPoint(
        weight=weight,
        expected_usd=found.expected_usd,
        tail_usd=found.tail_usd,
        charge_mw=_first(found.charge_mw),
        discharge_mw=_first(found.discharge_mw),
        stored_usd_per_mwh=found.stored_usd_per_mwh,
    )


def _first(values: Floats) -> float:
    return float(values[0]) if len(values) else 0.0
