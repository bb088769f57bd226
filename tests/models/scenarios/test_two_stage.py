"""Two-stage dispatch against what it must equal, and the order in which values must stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.domain.presets import demo_site
from mara.errors import InvalidValue, SolverFailed
from mara.models.dispatch import FastDispatch, uniform_grid
from mara.models.dispatch.layout import shape_of
from mara.models.dispatch.model import Model
from mara.models.dispatch.solver import Budget, Programme
from mara.models.risk.day_ahead import day_problem
from mara.models.scenarios.two_stage import RiskAversion, TwoStage, solve_two_stage
from tests.models.risk.days import BEGIN, wave

if TYPE_CHECKING:
    from mara.models.dispatch import DispatchProblem

SITE = demo_site()
HOURS = 8
NEUTRAL = RiskAversion(weight=0.0)


def problem(energy: np.ndarray) -> DispatchProblem:
    day = wave(8).expected(8).averaged(60.0)
    short = type(day).equally_likely(
        minutes=60.0,
        energy_usd_per_mwh=energy[None, :],
        hash_usd_per_ph_day=np.full((1, 1), 50.0),
        token_usd_per_mtok=np.full((1, 1), 0.7),
        demand_mtok_per_h=np.full((1, 1), 2_000.0),
    )
    return replace(day_problem(SITE, BEGIN, short), terminal_usd_per_mwh=30.0)


CALM = problem(np.full(HOURS, 35.0))
SPIKE = problem(np.array([35.0, 35, 35, 35, 35, 900, 900, 35]))
GLUT = problem(np.array([35.0, 35, 5, 5, 5, 5, 5, 5]))
PROBLEMS = (CALM, SPIKE, GLUT)
P = np.array([0.5, 0.2, 0.3])


def relaxed(one: DispatchProblem) -> float:
    model = Model(shape_of(one.site, one.grid))
    figures = model.figures(one)
    answer = Programme(model, figures, budget=Budget()).solve()
    return -(answer.cost + figures.offset)


def test_one_scenario_is_the_plain_programme() -> None:
    for one in PROBLEMS:
        found = solve_two_stage((one,), np.ones(1), aversion=NEUTRAL)
        assert found.objective_usd == pytest.approx(relaxed(one), rel=1e-7)
        assert found.expected_usd == found.tail_usd == pytest.approx(relaxed(one), rel=1e-7)
    averse = solve_two_stage((CALM,), np.ones(1), aversion=RiskAversion(weight=1.0))
    assert averse.objective_usd == pytest.approx(relaxed(CALM), rel=1e-7)


def test_equal_scenarios_are_one() -> None:
    found = solve_two_stage((SPIKE, SPIKE), np.array([0.4, 0.6]), shared=3)
    assert found.objective_usd == pytest.approx(relaxed(SPIKE), rel=1e-7)


def test_values_stand_in_order() -> None:
    """Knowing the scenario is worth most, one plan for the mean least."""
    stochastic = solve_two_stage(PROBLEMS, P, shared=2, aversion=NEUTRAL)
    wait_and_see = float(P @ [relaxed(one) for one in PROBLEMS])
    assert stochastic.expected_usd <= wait_and_see + 1e-6
    assert stochastic.objective_usd == pytest.approx(stochastic.expected_usd)
    committed = solve_two_stage(PROBLEMS, P, shared=HOURS, aversion=NEUTRAL)
    assert committed.expected_usd < stochastic.expected_usd
    mean = problem(P @ np.array([one.energy_usd_per_mwh for one in PROBLEMS]))
    plan = FastDispatch(SITE, uniform_grid(BEGIN, 60.0, HOURS)).plan(mean)
    assert sum(plan.hours) == HOURS


def frontier() -> list[TwoStage]:
    weights = (0.0, 0.5, 1.0)
    return [
        solve_two_stage(PROBLEMS, P, shared=5, aversion=RiskAversion(weight=w, level=0.8))
        for w in weights
    ]


def test_aversion_trades_the_mean_for_the_tail() -> None:
    found = frontier()
    means, tails = [f.expected_usd for f in found], [f.tail_usd for f in found]
    assert means == sorted(means, reverse=True)
    assert tails == sorted(tails)
    assert tails[-1] > tails[0] - 1e-9
    for weight, one in zip((0.0, 0.5, 1.0), found, strict=True):
        mixed = (1.0 - weight) * one.expected_usd + weight * one.tail_usd
        assert one.objective_usd == pytest.approx(mixed, rel=1e-6)


def test_the_first_stage_keeps_the_limits() -> None:
    found = solve_two_stage(PROBLEMS, P, shared=2)
    load = found.units.T @ [m.unit_mw for m in SITE.machines]
    net = load + found.charge_mw - found.discharge_mw
    assert net.max() <= SITE.import_limit_mw + 1e-6
    assert found.charge_mw.max() <= SITE.battery.power_mw + 1e-9  # type: ignore[union-attr]
    assert found.units.shape == (5, 2)


def test_a_mwh_in_store_is_worth_what_the_objective_gains() -> None:
    """The dual against a finite difference of the state of charge."""
    base = solve_two_stage(PROBLEMS, P)
    more = tuple(
        replace(one, state=replace(one.state, soc_mwh=(one.state.soc_mwh or 0.0) + 0.01))
        for one in PROBLEMS
    )
    gained = (solve_two_stage(more, P).objective_usd - base.objective_usd) / 0.01
    assert gained + 30.0 == pytest.approx(base.stored_usd_per_mwh, rel=0.05)


def test_refusals() -> None:
    with pytest.raises(InvalidValue, match="give problems of one site"):
        solve_two_stage((), np.zeros(0))
    with pytest.raises(InvalidValue, match="not to 1"):
        solve_two_stage((CALM,), np.array([0.5]))
    with pytest.raises(InvalidValue, match="shared=9"):
        solve_two_stage((CALM,), np.ones(1), shared=9)
    with pytest.raises(InvalidValue, match="weight"):
        RiskAversion(weight=2.0)


def test_no_feasible_point_is_said_so() -> None:
    """A battery far below its floor that the scenarios want at different levels at once."""
    closed = replace(CALM, import_cap_mw=np.full(HOURS, -1.0), export_cap_mw=np.zeros(HOURS))
    with pytest.raises(SolverFailed, match="HiGHS ended with"):
        solve_two_stage((CALM, closed), np.array([0.5, 0.5]))
