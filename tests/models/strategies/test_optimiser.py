"""The optimiser as a strategy: its set points are ones that the settlement carries out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from mara.domain import ClassState, Commitment, Outage, Site, SiteState, Start, Tick
from mara.errors import InvalidValue
from mara.models.settlement import feasible, settle
from mara.models.strategies.optimiser import OptimiserStrategy
from tests.models.dispatch.contexts import context_of
from tests.models.worlds import AT, running, site, sites, states, tick, ticks

if TYPE_CHECKING:
    from mara.models.strategies.base import Strategy


def strategy() -> Strategy:
    return OptimiserStrategy()


@settings(max_examples=60, deadline=None)
@given(where=sites(), state=states(), now=ticks())
def test_set_points_need_no_repair(where: Site, state: SiteState, now: Tick) -> None:
    proposal = strategy().propose(context_of(where, state, now))
    wanted = proposal.plan.setpoint
    carried = feasible(where, state, wanted, now)
    if "waived" in proposal.reason:
        assert proposal.plan.import_mw[0] <= where.import_cap_mw(now.at, now.end) + 1e-6
        return
    assert carried.units == wanted.units
    assert carried.charge_mw == pytest.approx(wanted.charge_mw, abs=1e-6)
    assert carried.discharge_mw == pytest.approx(wanted.discharge_mw, abs=1e-6)
    settlement, _ = settle(where, state, carried, now)
    assert settlement.import_mw == pytest.approx(proposal.plan.import_mw[0], abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(state=states(), now=ticks())
def test_equal_contexts_give_equal_proposals(state: SiteState, now: Tick) -> None:
    context = context_of(site(), state, now)
    one = strategy()
    first = one.propose(context)
    assert one.propose(context) == first
    assert strategy().propose(context) == first


def test_settlement_of_a_single_interval_books_the_planned_margin() -> None:
    """One interval, no store: what the plan expects is what the books say."""
    where = site(battery=None, tiers=())
    state = SiteState(at=AT, classes=(ClassState(name="miner", units_on=4),))
    plan = OptimiserStrategy(hours=5 / 60, stability_usd_per_mw=0.0)
    proposal = plan.propose(context_of(where, state, tick(energy_usd_per_mwh=20.0)))
    settlement, _ = settle(where, state, proposal.plan.setpoint, tick(energy_usd_per_mwh=20.0))
    assert settlement.margin_usd == pytest.approx(proposal.plan.expected_margin_usd, abs=1e-6)


def test_site_that_changes_is_respected_in_the_same_call() -> None:
    optimiser = OptimiserStrategy()
    state = running(miner=10, old=6, server=5)
    now = tick(energy_usd_per_mwh=5.0)
    before = optimiser.propose(context_of(site(), state, now)).plan
    assert before.setpoint.of("miner") == 10
    lame = site(outages=(Outage(machine_class="miner", units=9),))
    assert optimiser.propose(context_of(lame, state, now)).plan.setpoint.of("miner") == 1
    promise = Commitment(start=AT, end=now.end, max_import_mw=0.25)
    curtailed = optimiser.propose(context_of(site(commitments=(promise,)), state, now)).plan
    assert curtailed.import_mw[0] <= 0.25 + 1e-9
    other = optimiser.propose(context_of(site(battery=None), state, now)).plan
    assert set(other.charge_mw) == {0.0}


def test_limits_stand_above_rules_that_spare_machines() -> None:
    started = Start(at=AT, units=10)
    state = SiteState(
        at=AT, classes=(ClassState(name="miner", units_on=10, starts=(started,)),), soc_mwh=0.2
    )
    proposal = strategy().propose(context_of(site(import_limit_mw=0.35), state, tick()))
    assert "machine rules waived" in proposal.reason
    assert "minimum run" in proposal.reason
    assert proposal.plan.import_mw[0] <= 0.35 + 1e-9


@pytest.mark.parametrize(
    ("price", "words"),
    [(-30.0, "battery charges"), (4_000.0, "battery discharges"), (40.0, "battery idle")],
)
def test_reason_is_one_sentence_in_numbers(price: float, words: str) -> None:
    proposal = strategy().propose(context_of(site(), running(), tick(energy_usd_per_mwh=price)))
    assert words in proposal.reason
    assert f"{price:.2f} USD/MWh" in proposal.reason
    assert ("export" in proposal.reason) == (proposal.plan.export_mw[0] > 0.0)


def test_impossible_parameters_are_refused() -> None:
    with pytest.raises(InvalidValue, match="hours"):
        OptimiserStrategy(hours=0.0)
    with pytest.raises(InvalidValue, match="stability"):
        OptimiserStrategy(stability_usd_per_mw=-1.0)
