"""The safe controller: two levels, windows in a row, spikes, and nothing to go by."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import Commitment, Setpoint, Site, SiteState, Tick
from mara.errors import InvalidValue
from mara.models.feasibility import feasible
from mara.models.strategies.safe import SafeController, SafeState, WindowCount
from mara.settings import SafeSettings
from tests.models.worlds import AT, running, site, sites, states, tick, ticks

SAFE = SafeController()
WIDE = site(import_limit_mw=5.0)
MINING = running(miner=10, old=6, server=5)


def _through(prices: list[float], *, state: SiteState = MINING) -> list[int]:
    """Miners on after each of `prices`."""
    memory, seen = SafeState(), []
    for price in prices:
        point, memory, _ = SAFE.decide(
            WIDE, state, tick(energy_usd_per_mwh=price), stale=False, memory=memory
        )
        seen.append(point.of("miner"))
    return seen


def _stale(price: float, memory: SafeState, *, place: Site = WIDE) -> tuple[Setpoint, SafeState]:
    point, after, _ = SAFE.decide(
        place, MINING, tick(energy_usd_per_mwh=price), stale=True, memory=memory
    )
    return point, after


def test_two_windows_above_curtail() -> None:
    assert _through([130.0, 130.0]) == [10, 0]


def test_windows_must_follow_each_other() -> None:
    assert _through([130.0, 120.0, 130.0, 110.0, 130.0, 130.0]) == [10, 10, 10, 10, 10, 0]


def test_four_windows_below_the_lower_level_resume() -> None:
    # Strike 125, lower level 112.5: a price between the levels starts the count afresh.
    assert _through([130.0, 130.0, 112.0, 112.0, 112.0, 112.0]) == [10, 0, 0, 0, 0, 10]
    assert _through([130.0, 130.0, 112.0, 112.0, 120.0, 112.0, 112.0, 112.0])[-1] == 0


def test_a_spike_curtails_at_once() -> None:
    assert _through([501.0]) == [0]
    assert _through([499.0]) == [10]


def test_a_spike_does_not_stop_what_still_earns() -> None:
    point, _, _ = SAFE.decide(
        WIDE,
        MINING,
        tick(energy_usd_per_mwh=600.0, demand_mtok_per_h=800.0),
        stale=False,
        memory=SafeState(),
    )
    assert (point.of("server"), point.of("miner")) == (5, 0)


def test_a_negative_price_runs_all_at_once_and_charges() -> None:
    off = replace(MINING, classes=())
    point, memory, reason = SAFE.decide(
        WIDE, off, tick(energy_usd_per_mwh=-0.01), stale=False, memory=SafeState()
    )
    assert [u.units for u in point.units] == [10, 6, 5]
    assert point.charge_mw == pytest.approx(1.0)
    assert all(c.running for c in memory.counts)
    assert "-0.01" in reason
    full, _, _ = SAFE.decide(
        WIDE,
        replace(off, soc_mwh=1.8),
        tick(energy_usd_per_mwh=-0.01),
        stale=False,
        memory=SafeState(),
    )
    assert full.charge_mw == 0.0
    bare, _, _ = SAFE.decide(
        site(battery=None), off, tick(energy_usd_per_mwh=-0.01), stale=False, memory=SafeState()
    )
    assert bare.charge_mw == 0.0


def test_firm_demand_is_served_at_any_price() -> None:
    point, _, reason = SAFE.decide(
        WIDE, MINING, tick(energy_usd_per_mwh=5_000.0), stale=False, memory=SafeState()
    )
    assert [u.units for u in point.units] == [0, 0, 2]
    assert "above the spike level" in reason
    assert reason.endswith("may run: none")


def test_a_stale_price_curtails_but_never_resumes() -> None:
    off = SafeState(counts=(WindowCount(name="miner", running=False),))
    memory = off
    for _ in range(10):
        point, memory = _stale(10.0, memory)
    assert point.of("miner") == 0
    assert memory.of("miner") == WindowCount(name="miner", running=False)
    paid, _ = _stale(-10.0, off)
    assert (paid.of("miner"), paid.charge_mw) == (0, 0.0)
    _, memory = _stale(130.0, SafeState())
    point, _ = _stale(130.0, memory)
    assert point.of("miner") == 0


def test_without_any_tick_miners_stop_and_promised_inference_goes_on() -> None:
    point, memory, reason = SAFE.decide(WIDE, MINING, None, stale=True, memory=SafeState())
    assert [u.units for u in point.units] == [0, 0, 5]
    assert memory == SafeState()
    assert "no price" in reason
    free, _, _ = SAFE.decide(site(tiers=()), MINING, None, stale=True, memory=SafeState())
    assert [u.units for u in free.units] == [0, 0, 0]


def test_the_promise_to_the_grid_holds_at_the_time_decided() -> None:
    later = AT + timedelta(hours=3)
    promise = Commitment(start=later, end=later + timedelta(hours=1), max_import_mw=0.25)
    place = site(commitments=(promise,))
    for known in (tick(), None):
        now, _, _ = SAFE.decide(place, MINING, known, stale=True, memory=SafeState())
        then, _, _ = SAFE.decide(place, MINING, known, stale=True, memory=SafeState(), at=later)
        assert now.of("server") >= 3
        assert [u.units for u in then.units] == [0, 0, 2]


@given(sites(), states(), ticks(), st.booleans())
def test_a_decision_is_feasible(place: Site, state: SiteState, now: Tick, stale: bool) -> None:  # noqa: FBT001
    point, memory, _ = SAFE.decide(place, state, now, stale=stale, memory=SafeState())
    assert feasible(place, state, point, now) == point
    again, _, _ = SAFE.decide(place, state, now, stale=stale, memory=memory)
    assert feasible(place, state, again, now) == again


@given(st.lists(st.floats(-50.0, 450.0), min_size=2, max_size=40))
def test_below_the_spike_level_no_single_window_stops_a_class(prices: list[float]) -> None:
    stopped = _through(prices)
    for i in range(1, len(stopped)):
        if stopped[i] < stopped[i - 1]:
            assert prices[i] > 125.0 < prices[i - 1]


def test_levels_are_settings() -> None:
    hasty = SafeController(levels=SafeSettings(curtail_after=1))
    point, _, _ = hasty.decide(
        WIDE, MINING, tick(energy_usd_per_mwh=130.0), stale=False, memory=SafeState()
    )
    assert point.of("miner") == 0


def test_counts_are_not_negative() -> None:
    with pytest.raises(InvalidValue, match="above"):
        WindowCount(name="miner", running=True, above=-1)
