"""The best response to learnt supply: its line, its battery, its machines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import FIGURES, History, Plan, Site, SiteState, Tick
from mara.errors import InvalidValue
from mara.models.settlement import feasible, settle
from mara.models.strategies.base import DecisionContext
from mara.models.strategies.game import BestResponse, learnt_line
from tests.models.worlds import AT, BATTERY, running, site, sites, states, tick, ticks


def day(prices: np.ndarray) -> History:
    values = np.full((len(prices), len(FIGURES)), np.nan)
    values[:, 0] = prices
    end = int(AT.timestamp())
    epochs = end - 300 * np.arange(len(prices), 0, -1, dtype=np.int64)
    return History(minutes=5.0, epoch_s=epochs, values=values)


def plan(now: Tick, prices: np.ndarray, *, place: Site | None = None, **units: int) -> Plan:
    context = DecisionContext(
        site=place or site(import_limit_mw=5.0),
        state=running(**units),
        tick=now,
        history=day(prices),
    )
    return BestResponse().propose(context).plan


def units(made: Plan) -> dict[str, int]:
    return {u.name: u.units for u in made.setpoint.units}


@given(place=sites(), state=states(), now=ticks(), level=st.floats(-50.0, 200.0))
def test_a_proposal_is_feasible_and_says_what_settling_will(
    place: Site, state: SiteState, now: Tick, level: float
) -> None:
    history = day(level + 20.0 * np.sin(np.arange(288) / 40.0))
    context = DecisionContext(site=place, state=state, tick=now, history=history)
    proposal = BestResponse().propose(context)
    setpoint = proposal.plan.setpoint
    again = feasible(place, state, setpoint, now)
    assert again.units == setpoint.units
    assert again.charge_mw == pytest.approx(setpoint.charge_mw, abs=1e-9)
    assert again.discharge_mw == pytest.approx(setpoint.discharge_mw, abs=1e-9)
    got, _ = settle(place, state, setpoint, now)
    assert proposal.plan.expected_margin_usd == pytest.approx(got.margin_usd, abs=1e-9)
    assert proposal == BestResponse().propose(context)
    assert proposal.reason


def test_the_line_is_that_of_the_deciles_and_no_spike_tilts_it() -> None:
    prices = np.linspace(0.0, 80.0, 289)
    line = learnt_line(prices, 400.0)
    assert line.rise == pytest.approx(80.0 / 400.0)
    assert line.median == pytest.approx(40.0)
    spiked = prices.copy()
    spiked[-5:] = 5_000.0
    assert learnt_line(spiked, 400.0).rise == pytest.approx(line.rise, rel=1e-6)
    assert learnt_line(np.full(10, 30.0), 400.0).rise > 0.0


def test_the_battery_answers_the_line_as_cournot_does() -> None:
    # Median 40, rise 0.2: at 20 USD/MWh it takes (40 n_in - 20) / 0.4 MW, within its power.
    prices = np.linspace(0.0, 80.0, 289)
    place = site(import_limit_mw=5.0, battery=replace(BATTERY, power_mw=100.0, energy_mwh=1_000.0))
    state = replace(running(), soc_mwh=200.0)
    for price in (35.6, 34.0):
        now = tick(energy_usd_per_mwh=price)
        history = day(prices)
        context = DecisionContext(site=place, state=state, tick=now, history=history)
        made = BestResponse().propose(context).plan
        line = learnt_line(np.append(prices[-288:], price), 400.0)
        wanted = (line.median * 0.9 - price) / (2.0 * line.rise)
        assert made.charge_mw[0] == pytest.approx(
            min(max(wanted, 0.0), 5.0 - made_load(made, place)), abs=1e-6
        )


def made_load(made: Plan, place: Site) -> float:
    return sum(u.units * place.machine(u.name).unit_mw for u in made.setpoint.units)


def test_it_sells_above_the_middle_of_the_day_and_rests_near_it() -> None:
    prices = np.linspace(0.0, 80.0, 289)
    assert plan(tick(energy_usd_per_mwh=300.0), prices).discharge_mw[0] > 0.0
    rests = plan(tick(energy_usd_per_mwh=42.0), prices)
    assert (rests.charge_mw[0], rests.discharge_mw[0]) == (0.0, 0.0)


def test_without_a_battery_it_only_runs_machines() -> None:
    made = plan(tick(energy_usd_per_mwh=1.0), np.linspace(0, 80, 289), place=site(battery=None))
    assert (made.charge_mw[0], made.discharge_mw[0]) == (0.0, 0.0)


def test_it_holds_back_where_its_own_draw_makes_power_dear() -> None:
    # Strikes: miner 125, old 41.67 USD/MWh; at 41 the strike rule runs both.
    flat, steep = np.full(289, 41.0), np.linspace(-4_000.0, 4_000.0, 289)
    now = tick(energy_usd_per_mwh=41.0)
    assert units(plan(now, flat))["old"] == 6
    assert units(plan(now, steep))["old"] == 0


def test_a_market_without_size_is_refused() -> None:
    with pytest.raises(InvalidValue, match="market_mw"):
        BestResponse(market_mw=0.0)
