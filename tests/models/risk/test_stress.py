"""Stress: the new plan is within the stress, and never worse than leaving the old one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from mara.domain import ClassState, MachineKind, Start
from mara.domain.presets import demo_site, mara_2025_site
from mara.errors import Infeasible, InvalidValue
from mara.models.risk.day_ahead import day_problem
from mara.models.risk.replan import HeldBack, replanned
from mara.models.risk.stress import NAMED, Stress, stressed, stressed_all
from tests.models.risk.days import BEGIN, wave

SITE = demo_site()
EXPECTED = wave(8).expected(8)
RESULTS = {r.stress.name: r for r in stressed_all(SITE, BEGIN, EXPECTED)}


def local_hours(result: str) -> np.ndarray:
    starts = RESULTS[result].plan.starts
    return np.array([s.astimezone(SITE.zone).hour for s in starts])


def test_all_named_are_there() -> None:
    assert set(RESULTS) == {
        "cap-price evening",
        "negative night",
        "hash price -50 %",
        "feed loss",
        "connection derate",
        "battery failure",
        "heat wave",
    }
    assert len({r.normal_usd for r in RESULTS.values()}) == 1


def test_planning_anew_never_loses_to_doing_nothing() -> None:
    for result in RESULTS.values():
        if result.unanswered_usd is not None:
            assert result.replanned_usd >= result.unanswered_usd - 0.003 * abs(result.normal_usd)
    assert RESULTS["cap-price evening"].unanswered_usd is not None
    gain = RESULTS["cap-price evening"].replanned_usd - RESULTS["cap-price evening"].unanswered_usd
    assert gain > 100_000.0


def test_losses_have_the_right_sign() -> None:
    assert RESULTS["negative night"].loss_usd < 0.0
    for name in ("hash price -50 %", "feed loss", "connection derate", "battery failure"):
        assert RESULTS[name].loss_usd > 0.0, name


def test_the_stress_holds_in_the_plan() -> None:
    blind = RESULTS["feed loss"].plan
    hit = (local_hours("feed loss") >= 15) & (local_hours("feed loss") < 21)
    assert hit.sum() == 6
    for schedule in blind.units:
        if SITE.machine(schedule.name).kind is MachineKind.MINER:
            assert np.asarray(schedule.values)[hit].max() == 0.0
    assert np.asarray(blind.charge_mw)[hit].max() == 0.0
    derated = RESULTS["connection derate"].plan
    hours = local_hours("connection derate")
    cut = (hours >= 12) & (hours < 22)
    assert np.asarray(derated.import_mw)[cut].max() <= 10.0 + 1e-6
    assert np.asarray(derated.import_mw)[~cut].max() > 10.0
    broken = RESULTS["battery failure"].plan
    assert max(*broken.charge_mw, *broken.discharge_mw) == 0.0
    assert RESULTS["battery failure"].unanswered_usd is None


def test_heat_costs_cooling() -> None:
    heat = RESULTS["heat wave"]
    assert heat.unanswered_usd is None
    mild = stressed(SITE, BEGIN, EXPECTED, replace(heat.stress, cooling_added=0.0))
    assert mild.replanned_usd > heat.replanned_usd


def test_no_stress_changes_nothing() -> None:
    same = stressed(SITE, BEGIN, EXPECTED, Stress(name="none"))
    assert same.loss_usd == pytest.approx(0.0, abs=1e-6)
    assert same.unanswered_usd == pytest.approx(same.normal_usd)
    assert all(p.normal_usd == pytest.approx(p.stressed_usd) for p in same.parts)


def test_windows_may_pass_midnight() -> None:
    late = Stress(name="late", from_hour=22.0, to_hour=2.0)
    hit = late.strikes(BEGIN, 60.0, 24, SITE)
    hours = [(BEGIN + timedelta(hours=h)).astimezone(SITE.zone).hour for h in range(24)]
    assert [h for h, x in zip(hours, hit, strict=True) if x] == [0, 1, 22, 23]


def test_a_site_without_battery() -> None:
    result = stressed(mara_2025_site(), BEGIN, EXPECTED, NAMED[5])
    assert result.loss_usd == pytest.approx(0.0)


def test_impossible_stresses_are_refused() -> None:
    for changes in ({"from_hour": 25.0}, {"import_share": 1.5}, {"hash_factor": -1.0}):
        with pytest.raises(InvalidValue, match=next(iter(changes))):
            Stress(name="x", **changes)
    with pytest.raises(InvalidValue, match="finite"):
        Stress(name="x", energy_usd_per_mwh=float("nan"))


def test_no_plan_is_said_so() -> None:
    """Machines that must not stop yet, and no connection to feed them."""
    calm = day_problem(SITE, BEGIN, EXPECTED.averaged(60.0))
    starts = (Start(at=BEGIN, units=1_000),)
    locked = ClassState(name="air_miners", units_on=1_000, starts=starts)
    problem = replace(
        calm,
        state=replace(calm.state, classes=(locked,), soc_mwh=0.5),
        import_cap_mw=np.zeros(24),
    )
    held = HeldBack(units=np.full((5, 24), np.inf), battery_mw=np.full(24, 5.0))
    with pytest.raises(Infeasible):
        replanned(problem, held)
