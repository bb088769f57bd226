"""The manager: who decides, on what, and what it learns from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.agents.manager import ALONE, decide_alone
from mara.agents.messages import Advanced, Decided, Failed, MarketSeen
from mara.domain import Outage, OverrideTarget, TradingState
from mara.models.settlement import feasible
from mara.models.strategies.safe import SafeController
from tests.agents.readings import (
    NAMES,
    START,
    STEP,
    decide,
    manager,
    override,
    proposal,
    proposed,
    reading,
    state,
    units,
)

ALL = tuple(proposal(name, hydro_miners=400 + 100 * i) for i, name in enumerate(NAMES))


def test_all_have_answered_then_the_best_trusted_is_followed() -> None:
    one, read = manager(totals=(0.0, 5.0, 0.0)), reading()
    assert one.handle(read) == ()
    assert one.handle(proposed(read, ALL[0])) == ()
    assert one.handle(proposed(read, ALL[1])) == ()
    (decided,) = one.handle(proposed(read, ALL[2]))
    assert isinstance(decided, Decided)
    assert decided.proposals == ALL
    decision = decided.decision
    assert (decision.chosen, decision.safe) == ("strike-rule", False)
    assert decision.setpoint.of("hydro_miners") == 500
    assert decision.plan == ALL[1].plan
    assert [w.agent for w in decision.weights] == list(NAMES)
    assert sum(w.weight for w in decision.weights) == pytest.approx(1.0)
    assert decision.weights[0].score_usd == -5.0
    assert one.handle(proposed(read, ALL[2])) == (), "an interval is decided once"


def test_without_a_majority_the_mean_is_repaired_and_says_so() -> None:
    decision = decide(manager(), reading(), *ALL).decision
    assert decision.resolved_by == "weighted mean, repaired to a feasible plan"
    assert decision.setpoint.of("hydro_miners") == 500


def test_answers_of_another_interval_do_not_count() -> None:
    one, read = manager(), reading()
    later = replace(
        read, situation=replace(read.situation, state=replace(state(), at=START + STEP))
    )
    one.handle(later)
    for p in ALL:
        assert one.handle(proposed(read, p)) == ()
    assert one.handle(Failed(agent="hold", tick_at=START, reason="old")) == ()


def test_who_fails_is_left_out_and_told_of() -> None:
    one, read = manager(), reading()
    one.handle(read)
    one.handle(proposed(read, ALL[1]))
    one.handle(Failed(agent="optimiser", tick_at=START, reason="no plan"))
    (decided,) = one.handle(Failed(agent="hold", tick_at=START, reason="broken"))
    assert isinstance(decided, Decided)
    assert {f.agent for f in decided.failures} == {"optimiser", "hold"}
    assert decided.decision.chosen == "strike-rule"


def test_no_proposal_at_all_leaves_the_safe_controller() -> None:
    one = manager()
    one.handle(reading())
    (decided,) = one.handle(Failed(agent="data", tick_at=START, reason="broken"))
    assert isinstance(decided, Decided)
    assert decided.decision.safe
    assert decided.decision.resolved_by == "safe controller"
    assert "no strategy answered" in decided.decision.reason


def test_one_silent_interval_holds_the_last_allocation() -> None:
    here = state(hydro_miners=321, air_miners=5)
    decision = decide(manager(), reading(age=1, here=here)).decision
    assert decision.resolved_by == "last allocation held"
    assert units(decision.setpoint) == units(decision.setpoint) | {
        "hydro_miners": 321,
        "air_miners": 5,
    }
    assert (decision.setpoint.charge_mw, decision.setpoint.discharge_mw) == (0.0, 0.0)


@pytest.mark.parametrize("age", [2, 3, 50])
def test_a_feed_that_is_too_old_leaves_the_safe_controller(age: int) -> None:
    decision = decide(manager(), reading(age=age)).decision
    assert decision.resolved_by == "safe controller"
    assert f"the feed is {age} intervals old" in decision.reason


def test_halted_leaves_the_safe_controller_even_on_a_good_feed() -> None:
    decision = decide(manager(which=TradingState.HALTED), reading(), *ALL).decision
    assert decision.resolved_by == "safe controller"
    assert "HALTED" in decision.reason
    assert decision.state is TradingState.HALTED


@settings(max_examples=40)
@given(st.integers(0, 1_100), st.integers(0, 1_100), st.floats(0.0, 5.0))
def test_reducing_never_raises_what_runs(wanted: int, there: int, charge: float) -> None:
    here = state(hydro_miners=there)
    one = proposal("strike-rule", hydro_miners=wanted, charge=charge)
    chosen = manager(totals=(0.0, 9.0, 0.0), which=TradingState.REDUCING)
    decision = decide(chosen, reading(here=here), ALL[0], one, ALL[2]).decision
    assert decision.setpoint.of("hydro_miners") <= there
    assert decision.setpoint.charge_mw == 0.0
    assert decision.state is TradingState.REDUCING


def test_overrides_stand_above_all_and_are_named() -> None:
    mine = override(value=77.0)
    for read in (reading(), reading(age=1), reading(age=9)):
        one = manager(overrides=(mine,))
        decision = decide(one, read, *(() if read.feed.age_ticks else ALL)).decision
        assert decision.setpoint.of("hydro_miners") == 77
        assert decision.overrides == ("o-1",)
        assert decision.reason.startswith("hydro_miners held at 77 units by dana; without that: ")


def test_the_battery_that_a_person_charges_has_room_before_the_miners() -> None:
    """The connection is full of miners: some stop, and what the battery cannot take is said."""
    full = {"hydro_miners": 1_100, "air_miners": 2_300, "immersion_miners": 1_100}
    asked = override(OverrideTarget.BATTERY_MW, value=3.0)
    greedy = proposal("strike-rule", **full)
    read = reading(here=state(**full))
    one = manager(totals=(0.0, 9.0, 0.0), overrides=(asked,))
    decision = decide(one, read, ALL[0], greedy, ALL[2]).decision
    assert decision.setpoint.charge_mw == pytest.approx(3.0)
    assert "battery held at +3 MW by dana" in decision.reason
    hardly = replace(read.situation.state, soc_mwh=read.situation.site.battery.ceiling_mwh - 0.05)
    there = replace(read, situation=replace(read.situation, state=hardly))
    decision = decide(manager(overrides=(asked,)), there, *ALL).decision
    assert 0.0 < decision.setpoint.charge_mw < 1.0
    assert f"({decision.setpoint.charge_mw:+.2f} MW is possible)" in decision.reason


def test_an_override_is_dropped_when_it_expires_and_not_before() -> None:
    one = manager(overrides=(override(hours=1 / 12),))
    decision = decide(one, reading(), *ALL).decision
    assert decision.overrides == ()
    assert one.state.overrides == ()


def test_an_override_of_the_state_counts_as_the_state() -> None:
    one = manager(overrides=(override(OverrideTarget.STATE),))
    assert one.trading_state is TradingState.HALTED
    assert decide(one, reading(), *ALL).decision.state is TradingState.HALTED


def test_an_impossible_override_is_repaired() -> None:
    one = manager(overrides=(override(value=5_000.0),))
    decision = decide(one, reading(), *ALL).decision
    assert decision.setpoint.of("hydro_miners") == 1_100
    assert "held at 5000 units (1100 is possible)" in decision.reason


def test_what_was_decided_is_feasible() -> None:
    read = reading(here=state(hydro_miners=1_100, air_miners=2_300, immersion_miners=1_100))
    greedy = proposal(
        "strike-rule", charge=5.0, hydro_miners=1_100, air_miners=2_300, immersion_miners=1_100
    )
    decision = decide(manager(totals=(0.0, 9.0, 0.0)), read, ALL[0], greedy, ALL[2]).decision
    site = read.situation.site
    assert feasible(site, read.situation.state, decision.setpoint, read.tick) == decision.setpoint
    load = sum(u.units * site.machine(u.name).unit_mw for u in decision.setpoint.units)
    assert load <= site.import_limit_mw + 1e-9


def gains(one: object, index: int, **usd: float) -> None:
    for name in NAMES:
        if name in usd:
            advanced = Advanced(agent=name, tick_at=START + index * STEP, gain_usd=usd[name])
            one.handle(advanced)  # type: ignore[attr-defined]


def test_a_decision_uses_only_margins_of_earlier_ticks() -> None:
    one, read = manager(), reading()
    before = one.weights()
    decided = decide(one, read, *ALL)
    assert decided.decision.weights == before
    gains(one, 0, **{"optimiser": 9.0, "strike-rule": 1.0, "hold": 0.0})
    assert one.weights() != before
    assert one.weights()[0].weight == max(w.weight for w in one.weights())
    assert one.score() is not None


def test_gains_of_different_ticks_are_never_compared() -> None:
    """Whoever misses a tick makes that tick teach nothing, and the next one teaches rightly."""
    one = manager()
    gains(one, 0, **{"strike-rule": 100.0, "hold": 100.0})
    gains(one, 1, **{"optimiser": 3.0, "strike-rule": 2.0, "hold": 1.0})
    assert one.state.hedge.totals == (3.0, 2.0, 1.0)
    gains(one, 2, **{"optimiser": 1.0, "strike-rule": 1.0, "hold": 1.0})
    assert one.state.hedge.totals == (4.0, 3.0, 2.0)


def test_a_message_for_others_is_none_of_its_business() -> None:
    read = reading()
    assert manager().handle(MarketSeen(read=read, trends=(), anomalies=())) == ()


def test_without_a_baseline_scores_are_against_the_first() -> None:
    one = manager(names=("hold",), totals=(4.0,))
    assert one.weights()[0].score_usd == 0.0


def test_a_silent_manager_leaves_overrides_in_force() -> None:
    mine = (override(value=77.0), override(name="o-2", hours=1 / 12, value=9.0))
    read = reading(here=state(hydro_miners=300))
    decision = decide_alone(read, manager(overrides=mine).state, SafeController())
    assert decision.resolved_by == ALONE
    assert decision.setpoint.of("hydro_miners") == 77
    assert decision.overrides == ("o-1",)
    assert decision.safe


@pytest.mark.parametrize("trusted", [(0.0, 0.0, 9.0), (0.0, 0.0, 0.0)])
def test_a_spike_sheds_whoever_is_trusted(trusted: tuple[float, ...]) -> None:
    """F14: hold may have earned all the trust; at 5,000 USD/MWh no miner runs."""
    read = reading(energy_usd_per_mwh=5_000.0)
    decision = decide(manager(totals=trusted), read, *ALL).decision
    assert decision.setpoint.of("hydro_miners") == 0


def test_units_out_of_service_are_not_asked_for() -> None:
    read = reading()
    site = replace(
        read.situation.site, outages=(Outage(machine_class="hydro_miners", units=1_000, note=""),)
    )
    read = replace(read, situation=replace(read.situation, site=site))
    decision = decide(manager(), read, *ALL).decision
    assert decision.setpoint.of("hydro_miners") <= 100
