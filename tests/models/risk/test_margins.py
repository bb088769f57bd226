"""The margin of a plan under scenarios is the margin that the books would show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from mara.domain import ClassState, ClassUnits, Origin, Setpoint, SiteState, Tick
from mara.domain.presets import demo_site, mara_2025_site
from mara.errors import InvalidValue
from mara.models.risk.answers import Answer, Flows, answered
from mara.models.risk.day_ahead import DayPlanner
from mara.models.risk.margins import margins_of
from mara.models.risk.position import Position, position_of
from mara.models.scenarios.joint import JointScenarios
from mara.models.settlement import settle
from tests.models.risk.days import BEGIN, MINUTES, T, drawn, position, wave

SHEET = wave(30)
POSITION = position(SHEET)


def settled_usd(where: Position, scenarios: JointScenarios, flows: Flows, row: int) -> float:
    """Carry the flows of one scenario out, interval by interval, by the law of the books."""
    names = [m.name for m in where.site.machines]
    state = SiteState(
        at=where.at,
        classes=tuple(
            ClassState(name=n, units_on=int(u))
            for n, u in zip(names, where.units_before, strict=True)
        ),
        soc_mwh=where.soc_mwh,
    )
    total = 0.0
    series = dict(scenarios.figures())
    for t in range(where.intervals):
        figures = {n: float(v[row, min(t, v.shape[1] - 1)]) for n, v in series.items()}
        tick = Tick(
            site_id=where.site.site_id,
            at=where.at + t * timedelta(minutes=where.minutes),
            minutes=where.minutes,
            origin=Origin.REPLAY,
            source="test",
            **figures,
        )
        point = Setpoint(
            units=tuple(
                ClassUnits(name=n, units=int(u))
                for n, u in zip(names, flows.units[:, row, t], strict=True)
            ),
            charge_mw=float(flows.charge_mw[row, t]),
            discharge_mw=float(flows.discharge_mw[row, t]),
        )
        done, state = settle(where.site, state, point, tick)
        total += done.margin_usd
    return total


@pytest.mark.parametrize("answer", list(Answer))
def test_margins_are_those_of_the_books(answer: Answer) -> None:
    """Where no work may wait they are equal."""
    tiers = tuple(replace(tier, longest_delay_min=0.0) for tier in demo_site().tiers)
    prompt = replace(POSITION, site=replace(demo_site(), tiers=tiers))
    scenarios = drawn(SHEET, 4)
    margins = margins_of(prompt, scenarios, answer)
    flows = answered(prompt, scenarios, answer)
    for row in range(4):
        books = settled_usd(prompt, scenarios, flows, row)
        assert margins.usd[row] == pytest.approx(books, rel=1e-9)


@pytest.mark.parametrize("answer", list(Answer))
def test_what_may_wait_is_worth_a_little_more_in_the_books(answer: Answer) -> None:
    scenarios = drawn(SHEET, 4)
    margins = margins_of(POSITION, scenarios, answer)
    flows = answered(POSITION, scenarios, answer)
    for row in range(4):
        books = settled_usd(POSITION, scenarios, flows, row)
        assert books - 0.01 * abs(books) <= margins.usd[row] <= books + 1e-6


def test_what_waits_is_never_overstated() -> None:
    """With servers out, work that may wait is missed here and served later in the books."""
    few = replace(
        POSITION, units=POSITION.units * np.array([[1], [1], [1], [0.4], [0.4]]).round(6) // 1
    )
    scenarios = drawn(SHEET, 2)
    margins = margins_of(few, scenarios, Answer.HELD)
    flows = answered(few, scenarios, Answer.HELD)
    assert margins.by_part[-1, 0] < 0.0
    assert margins.usd[0] <= settled_usd(few, scenarios, flows, 0) + 1e-6


def test_the_plan_as_expected_earns_what_it_said() -> None:
    expected = SHEET.expected(7)
    plan = DayPlanner(demo_site()).plan(SHEET.begins[7], expected)
    margin = margins_of(POSITION, expected, Answer.HELD).mean_usd
    assert margin == pytest.approx(plan.expected_margin_usd, rel=0.02)


def test_adapting_at_the_expected_price_loses_little() -> None:
    expected = SHEET.expected(7)
    held = margins_of(POSITION, expected, Answer.HELD).mean_usd
    adapted = margins_of(POSITION, expected, Answer.ADAPTED).mean_usd
    assert adapted >= 0.97 * held


def test_the_future_of_a_scenario_is_not_looked_at() -> None:
    scenarios = drawn(SHEET, 6)
    energy = scenarios.energy_usd_per_mwh.copy()
    energy[:, 50:] = 4_000.0
    other = replace(scenarios, energy_usd_per_mwh=energy)
    before, after = (answered(POSITION, s, Answer.ADAPTED) for s in (scenarios, other))
    np.testing.assert_array_equal(before.units[:, :, :50], after.units[:, :, :50])
    np.testing.assert_array_equal(before.charge_mw[:, :50], after.charge_mw[:, :50])
    assert not np.array_equal(before.units[:, :, 50:], after.units[:, :, 50:])


def test_adapting_stays_within_connection_and_store() -> None:
    scenarios = drawn(SHEET, 30)
    flows = answered(POSITION, scenarios, Answer.ADAPTED)
    site, battery = POSITION.site, POSITION.site.battery
    assert battery is not None
    load = np.einsum("cst,c->st", flows.units, [m.unit_mw for m in site.machines])
    net = load + flows.charge_mw - flows.discharge_mw
    assert net.max() <= site.import_limit_mw + 1e-6
    assert net.min() >= -site.export_limit_mw - 1e-6
    stored = POSITION.soc_mwh + 0.25 * np.cumsum(
        battery.charge_efficiency * flows.charge_mw
        - flows.discharge_mw / battery.discharge_efficiency,
        axis=1,
    )
    assert stored.min() >= battery.floor_mwh - 1e-6
    assert stored.max() <= battery.ceiling_mwh + 1e-6
    assert (flows.discharge_mw > 0).any()
    assert (flows.charge_mw > 0).any()
    assert not ((flows.charge_mw > 0) & (flows.discharge_mw > 0)).any()


def test_a_dollar_on_the_price_costs_the_energy_imported() -> None:
    scenarios = drawn(SHEET, 3)
    dearer = replace(scenarios, energy_usd_per_mwh=scenarios.energy_usd_per_mwh + 1.0)
    held = answered(POSITION, scenarios, Answer.HELD)
    load = np.einsum("cst,c->st", held.units, [m.unit_mw for m in POSITION.site.machines])
    mwh = 0.25 * (load + held.charge_mw - held.discharge_mw).sum(axis=1)
    low, high = (margins_of(POSITION, s, Answer.HELD).usd for s in (scenarios, dearer))
    np.testing.assert_allclose(low - high, mwh, rtol=1e-9)


def test_without_tokens_demand_or_hash_prices_nothing_is_sold() -> None:
    bare = JointScenarios.equally_likely(minutes=MINUTES, energy_usd_per_mwh=np.full((2, T), -5.0))
    flows = answered(POSITION, bare, Answer.ADAPTED)
    assert flows.units.max() == 0.0
    assert margins_of(POSITION, bare, Answer.ADAPTED).by_part[:5].sum() == 0.0
    for dropped in ("token_usd_per_mtok", "demand_mtok_per_h"):
        poorer = replace(drawn(SHEET, 2), **{dropped: None})
        assert answered(POSITION, poorer, Answer.ADAPTED).units[3:].max() == 0.0
    margins_of(POSITION, replace(drawn(SHEET, 2), demand_mtok_per_h=None), Answer.HELD)


def test_a_site_without_battery_and_tiers() -> None:
    site = mara_2025_site()
    scenarios = drawn(SHEET, 3)
    where = DayPlanner(site).position(BEGIN, SHEET.expected(7))
    margins = margins_of(where, scenarios, Answer.ADAPTED)
    assert margins.by_part[margins.parts.index("battery")].tolist() == [0.0] * 3
    flows = answered(where, scenarios, Answer.ADAPTED)
    assert settled_usd(where, scenarios, flows, 1) == pytest.approx(float(margins.usd[1]))


def test_a_warm_up_longer_than_the_span() -> None:
    plan = DayPlanner(demo_site()).plan(BEGIN, SHEET.expected(7))
    five = position_of(plan, demo_site(), at=BEGIN, minutes=5.0, intervals=1)
    cold = replace(five, units_before=np.zeros(5))
    now = JointScenarios.equally_likely(
        minutes=5.0,
        energy_usd_per_mwh=np.zeros((1, 1)),
        hash_usd_per_ph_day=np.full((1, 1), 50.0),
        token_usd_per_mtok=np.full((1, 1), 0.7),
        demand_mtok_per_h=np.full((1, 1), 2_000.0),
    )
    margins = margins_of(cold, now, Answer.ADAPTED)
    assert margins.by_part[:3, 0].max() < 0.0
    assert margins.by_part[-1, 0] < 0.0


def test_positions_must_lie_within_the_plan() -> None:
    plan = DayPlanner(demo_site()).plan(BEGIN, SHEET.expected(7))
    with pytest.raises(InvalidValue, match="plan a longer horizon"):
        position_of(plan, demo_site(), at=BEGIN, minutes=15.0, intervals=97)
    later = position_of(plan, demo_site(), at=BEGIN + timedelta(hours=2), minutes=15.0, intervals=4)
    assert later.soc_mwh == pytest.approx(plan.soc_mwh[1])
    assert position_of(replace(plan, duals=None), demo_site(), at=BEGIN, minutes=60.0, intervals=2)


def test_position_and_scenarios_must_match() -> None:
    other = drawn(SHEET, 2).averaged(60.0)
    with pytest.raises(InvalidValue, match="cut both alike"):
        margins_of(POSITION, other, Answer.HELD)
