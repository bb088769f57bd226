"""A site of the domain as a player: its own power, work and prices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mara.domain import MachineKind
from mara.domain.presets import demo_site
from mara.errors import InvalidValue
from mara.games.cooperative.energy import EnergyPrices
from mara.games.cooperative.energy_game import energy_game
from mara.games.cooperative.site_player import energy_site_of

STRIKES = {
    "air_miners": 67.0,
    "hydro_miners": 126.0,
    "immersion_miners": 109.0,
    "gpu_compute": 1_500.0,
    "asic_compute": 4_000.0,
}


def test_power_and_work_are_those_of_the_site() -> None:
    site = demo_site()
    player = energy_site_of(site, strike_usd_per_mwh=STRIKES, demand_mtok_per_h=[3_240.0, 1_620.0])
    miners = [m for m in site.machines if m.kind is MachineKind.MINER]
    servers = [m for m in site.machines if m.kind is MachineKind.INFERENCE]
    assert [b.power_mw for b in player.blocks] == pytest.approx(
        [m.count * m.unit_mw for m in miners]
    )
    assert player.compute_mw == pytest.approx(sum(m.count * m.unit_mw for m in servers))
    assert player.work_mw == pytest.approx((player.compute_mw, player.compute_mw / 2))
    earned = sum(m.count * m.unit_mw * STRIKES[m.name] for m in servers)
    assert player.compute_mw * player.work_usd_per_mwh == pytest.approx(earned)
    assert player.battery == site.battery


def test_neighbours_gain_by_sharing() -> None:
    """One has all the work, the other none: together they serve what one cannot."""
    busy = energy_site_of(
        demo_site(), strike_usd_per_mwh=STRIKES, demand_mtok_per_h=[5_000.0, 5_000.0]
    )
    calm = replace(busy, name="calm", work_mw=(0.0, 0.0))
    prices = EnergyPrices(
        hours=1.0, import_usd_per_mwh=(40.0, 90.0), export_usd_per_mwh=(38.0, 88.0)
    )
    values = energy_game([busy, calm], prices).values
    assert values[3] > values[1] + values[2] + 1.0


def test_classes_without_a_price_stay_out() -> None:
    player = energy_site_of(
        demo_site(), strike_usd_per_mwh={"air_miners": 60.0}, demand_mtok_per_h=[0.0]
    )
    assert len(player.blocks) == 1
    assert player.compute_mw == 0.0
    assert player.work_mw == (0.0,)


def test_demand_needs_machines() -> None:
    with pytest.raises(InvalidValue, match="site demo has demand but no inference machine"):
        energy_site_of(demo_site(), strike_usd_per_mwh={}, demand_mtok_per_h=[1.0])
