"""From weighted proposals to one set point; people's overrides above it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.agents.consensus import resolve, weighted_mean
from mara.agents.overrides import in_force, lowered, overridden
from mara.domain import OverrideTarget, Setpoint, Weight
from tests.agents.readings import START, STEP, override, proposal, running, site, state, units
from tests.agents.rig import tick


def weights(*shares: float) -> tuple[Weight, ...]:
    names = ("optimiser", "strike-rule", "hold")
    return tuple(
        Weight(agent=n, weight=s, score_usd=0.0) for n, s in zip(names, shares, strict=True)
    )


PROPOSALS = (
    proposal("optimiser", charge=4.0, hydro_miners=1_000),
    proposal("strike-rule", hydro_miners=500),
    proposal("hold", discharge=2.0, hydro_miners=0),
)


def test_the_majority_is_taken_as_it_is() -> None:
    agreed = resolve(site(), tick(START), PROPOSALS, weights(0.2, 0.55, 0.25))
    assert agreed.leading is PROPOSALS[1]
    assert agreed.setpoint == PROPOSALS[1].plan.setpoint
    assert "majority" in agreed.resolved_by


def test_without_a_majority_the_mean_is_taken() -> None:
    agreed = resolve(site(), tick(START), PROPOSALS, weights(0.4, 0.3, 0.3))
    assert agreed.leading is PROPOSALS[0]
    assert "weighted mean" in agreed.resolved_by
    assert agreed.setpoint.of("hydro_miners") == 550
    assert agreed.setpoint.charge_mw == pytest.approx(0.4 * 4.0 - 0.3 * 2.0)
    assert agreed.setpoint.discharge_mw == 0.0


def test_the_mean_does_not_run_at_a_loss_for_whoever_ignores_the_price() -> None:
    dear = tick(START, energy_usd_per_mwh=300.0)
    agreed = resolve(site(), dear, PROPOSALS, weights(0.4, 0.3, 0.3))
    assert agreed.setpoint.of("hydro_miners") == 0
    assert agreed.setpoint.charge_mw > 0.0


def test_one_proposal_needs_no_weight() -> None:
    agreed = resolve(site(), tick(START), PROPOSALS[2:], weights(1.0, 0.0, 0.0))
    assert agreed.leading is PROPOSALS[2]
    assert "majority" in agreed.resolved_by


@pytest.mark.slow
@given(st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3), st.permutations(range(3)))
def test_the_mean_does_not_depend_on_the_order(shares: list[float], order: list[int]) -> None:
    total = sum(shares)
    parts = [s / total for s in shares]
    here = weighted_mean(site(), PROPOSALS, parts)
    there = weighted_mean(site(), [PROPOSALS[i] for i in order], [parts[i] for i in order])
    assert here.units == there.units
    assert here.charge_mw == pytest.approx(there.charge_mw, abs=1e-12)
    assert min(here.charge_mw, here.discharge_mw) == 0.0
    assert 0 <= here.of("hydro_miners") <= 1_000


def test_the_later_of_two_overrides_wins() -> None:
    first = override(name="first", value=10.0)
    second = override(name="second", value=20.0, at=START)
    point = overridden(running(hydro_miners=5, air_miners=7), (second, first))
    assert units(point) == {"hydro_miners": 20, "air_miners": 7}


def test_the_battery_is_charged_and_discharged_by_sign() -> None:
    here = running(hydro_miners=5)
    charging = override(OverrideTarget.BATTERY_MW, value=1.5)
    discharging = override(OverrideTarget.BATTERY_MW, value=-2.5)
    assert overridden(here, (charging,)).charge_mw == 1.5
    assert overridden(here, (discharging,)).discharge_mw == 2.5
    assert overridden(here, (override(OverrideTarget.STATE),)) == here


def test_an_override_ends_when_it_expires() -> None:
    one = override(hours=1 / 12)
    assert one.expires_at == START
    assert in_force((one,), START) == ()
    assert in_force((one,), START - STEP / 2) == (one,)


@given(st.integers(0, 1_100), st.integers(0, 1_100), st.floats(0.0, 5.0))
def test_reducing_never_raises_anything(wanted: int, there: int, charge: float) -> None:
    point = Setpoint(units=running(hydro_miners=wanted).units, charge_mw=charge)
    left = lowered(point, state(hydro_miners=there))
    assert left.of("hydro_miners") == min(wanted, there)
    assert left.charge_mw == left.discharge_mw == 0.0
