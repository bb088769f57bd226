"""Scarce power by auction: who is served first, and that the default stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mara.agents.auction import auctioned_power, vcg_allocation
from mara.bootstrap.agents import _maker
from mara.domain.presets import demo_site
from mara.models.strategies.allocation import allocate
from mara.models.strategies.game import BestResponse
from mara.models.strike import strike_prices
from mara.settings import Settings
from tests.ui.support import site_state, tick

SITE = demo_site()
CLASSES = [m.name for m in SITE.machines]


def units(**changes: object) -> dict[str, int]:
    found = vcg_allocation(SITE, site_state(), tick(**changes), CLASSES)
    return {u.name: u.units for u in found}


def test_every_tier_is_served_while_power_is_cheap() -> None:
    grants = auctioned_power(SITE, tick(energy_usd_per_mwh=30.0), CLASSES)
    tiers = [g for g in grants if g.bid.bidder.startswith("tier")]
    assert len(tiers) == len(SITE.tiers)
    assert all(g.mw == pytest.approx(g.bid.most_mw) for g in tiers)


def test_tiers_that_pay_least_go_first_as_power_grows_dear() -> None:
    served = []
    for price in (30.0, 900.0, 1_500.0, 4_000.0):
        found = units(energy_usd_per_mwh=price)
        servers = [m for m in SITE.machines if m.tokens_per_s]
        served.append(sum(found[m.name] * m.unit_mtok_per_h for m in servers))
    assert served == sorted(served, reverse=True)
    assert served[0] > served[-1] > 0.0  # Firm demand is served at any price.


def test_a_connection_too_small_for_all_sheds_the_cheapest_bid() -> None:
    small = replace(SITE, import_limit_mw=6.0)
    now = tick(energy_usd_per_mwh=30.0)
    grants = auctioned_power(small, now, CLASSES)
    assert sum(g.mw for g in grants) == pytest.approx(6.0)
    cheapest = min(grants, key=lambda g: g.bid.usd_per_mwh)
    assert cheapest.mw == 0.0
    paying = [g for g in grants if g.payment_usd_per_h > 0.0]
    assert paying
    assert all(g.payment_usd_per_h <= g.bid.usd_per_mwh * g.mw + 1e-9 for g in paying)
    drawn = sum(
        u.units * small.machine(u.name).unit_mw
        for u in vcg_allocation(small, site_state(), now, CLASSES)
    )
    assert drawn <= 6.0 + 0.02


def test_paid_power_and_sites_without_tiers_follow_the_ladder() -> None:
    state = site_state()
    paid = tick(energy_usd_per_mwh=-5.0)
    assert vcg_allocation(SITE, state, paid, CLASSES) == allocate(SITE, state, paid, CLASSES)
    bare = replace(SITE, tiers=())
    assert vcg_allocation(bare, state, tick(), CLASSES) == allocate(bare, state, tick(), CLASSES)
    no_token = tick(token_usd_per_mtok=None)
    assert not [s for s in strike_prices(SITE, no_token) if "compute" in s.name]
    assert all(g.bid.bidder in CLASSES for g in auctioned_power(SITE, no_token, CLASSES))


def test_settings_choose_the_rule_and_the_default_stays() -> None:
    usual = _maker("best-response", Settings())()
    chosen = _maker("best-response", Settings(agents={"allocation": "vcg"}))()
    assert isinstance(usual, BestResponse)
    assert isinstance(chosen, BestResponse)
    assert usual.allocator is allocate
    assert chosen.allocator is vcg_allocation
    assert (
        _maker("strike-rule", Settings(agents={"allocation": "vcg"}))()
        == _maker("strike-rule", Settings())()
    )
