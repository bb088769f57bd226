"""The strike ladder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from mara.domain.presets import demo_site
from mara.errors import InvalidValue
from mara.models.settlement import settle
from mara.models.strike import StrikePrice, strike_prices
from tests.models.worlds import on, running, site, tick, ticks

if TYPE_CHECKING:
    from mara.domain import Tick


@given(ticks())
def test_the_ladder_falls(now: Tick) -> None:
    ladder = [s.usd_per_mwh for s in strike_prices(site(), now)]
    assert ladder == sorted(ladder, reverse=True)


@pytest.mark.parametrize("name", ["miner", "old", "server"])
def test_at_its_strike_a_class_breaks_even(name: str) -> None:
    place = site(tiers=())
    strike = next(s.usd_per_mwh for s in strike_prices(place, tick()) if s.name == name)
    got, _ = settle(place, running(**{name: 3}), on(**{name: 3}), tick(energy_usd_per_mwh=strike))
    assert got.margin_usd == pytest.approx(0.0, abs=1e-9)


def test_inference_counts_the_mean_price_factor_of_the_tiers() -> None:
    full = {s.name: s.usd_per_mwh for s in strike_prices(site(tiers=()), tick())}
    tiered = {s.name: s.usd_per_mwh for s in strike_prices(site(), tick())}
    assert tiered["server"] == pytest.approx(0.75 * full["server"])
    assert tiered["miner"] == full["miner"] == pytest.approx(6.0 * 50.0 / 24.0 / 0.1)


def test_classes_without_a_price_are_left_out() -> None:
    assert [s.name for s in strike_prices(site(), tick(token_usd_per_mtok=None))] == [
        "miner",
        "old",
    ]
    assert strike_prices(site(), tick(token_usd_per_mtok=None, hash_usd_per_ph_day=None)) == ()


def test_a_price_of_zero_is_a_strike_of_zero() -> None:
    ladder = strike_prices(site(), tick(hash_usd_per_ph_day=0.0))
    assert ladder[-1] == StrikePrice(name="old", usd_per_mwh=0.0)


def test_the_ladder_of_the_demo_site() -> None:
    ladder = {s.name: round(s.usd_per_mwh) for s in strike_prices(demo_site(), tick())}
    assert ladder == {
        "asic_compute": 4054,
        "gpu_compute": 1714,
        "hydro_miners": 126,
        "immersion_miners": 109,
        "air_miners": 67,
    }


def test_no_strike_is_not_a_number() -> None:
    with pytest.raises(InvalidValue, match="usd_per_mwh"):
        StrikePrice(name="x", usd_per_mwh=float("nan"))
