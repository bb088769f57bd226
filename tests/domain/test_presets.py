"""The preset sites, and the event's documented example to the digit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mara.domain import ClassUnits, MachineKind, Origin, Setpoint, Site, Tick
from mara.domain.event_quotes import (
    EVENT_LABELS,
    event_energy_usd_per_mwh,
    event_hash_usd_per_ph_day,
    event_token_usd_per_mtok,
)
from mara.domain.presets import DEMO_DEMAND_MTOK_PER_H, PRESETS, demo_site, mara_2025_site, preset
from mara.errors import InvalidValue
from mara.models.settlement import feasible, initial_state, settle

# The documentation prints the results in full and no prices: these are the quotients that give
# them, 238466.35509633605 / 325,000 W and so on; 0.850937..., 1.505965..., 0.733742... are theirs.
ENERGY = 238466.35509633605 / 325_000
HASH = 150596.58003406858 / 100_000
TOKEN = 212734.43494337276 / 250_000


def _event_tick() -> Tick:
    return Tick(
        site_id="mara-2025",
        at=datetime(2025, 6, 21, 13, 15, tzinfo=UTC),
        minutes=5.0,
        energy_usd_per_mwh=event_energy_usd_per_mwh(ENERGY),
        hash_usd_per_ph_day=event_hash_usd_per_ph_day(HASH),
        token_usd_per_mtok=event_token_usd_per_mtok(TOKEN),
        origin=Origin.REPLAY,
        source="event documentation",
    )


def test_the_event_documents_its_example_and_we_settle_it_so() -> None:
    """MARA Hackathon 2025 API documentation, GET /machines."""
    site, tick = mara_2025_site(), _event_tick()
    setpoint = Setpoint(
        units=(
            ClassUnits(name="asic_compute", units=5),
            ClassUnits(name="gpu_compute", units=30),
            ClassUnits(name="immersion_miners", units=10),
        )
    )
    state = initial_state(site, tick.at)
    assert feasible(site, state, setpoint, tick).of("gpu_compute") == 30
    got, _ = settle(site, state, setpoint, tick)
    revenue = {c.name: c.revenue_usd for c in got.classes if c.revenue_usd}
    assert revenue == pytest.approx(
        {
            "asic_compute": 212734.43494337276,
            "gpu_compute": 25528.132193204732,
            "immersion_miners": 150596.58003406858,
        },
        rel=1e-14,
    )
    cash = {item.account: item.amount_usd for item in got.cash}
    assert got.import_mw == pytest.approx(0.325)
    assert round(-cash["expense:energy"], 2) == 238_466.36
    assert round(cash["income:hash"] + cash["income:tokens"], 2) == 388_859.15
    assert (f"{TOKEN:.7f}"[:8], f"{HASH:.7f}"[:8], f"{ENERGY:.7f}"[:8]) == (
        "0.850937",
        "1.505965",
        "0.733742",
    )


def test_labels_show_the_quotes_of_the_event() -> None:
    tick = _event_tick()
    assert tick.energy_usd_per_mwh * EVENT_LABELS.energy_factor == pytest.approx(ENERGY)
    assert (tick.hash_usd_per_ph_day or 0.0) * EVENT_LABELS.hash_factor == pytest.approx(HASH)
    assert (tick.token_usd_per_mtok or 0.0) * EVENT_LABELS.token_factor == pytest.approx(TOKEN)


def test_the_event_site_has_the_inventory_that_a_megawatt_feeds() -> None:
    site = mara_2025_site()
    assert {m.name: m.count for m in site.machines} == {
        "air_miners": 285,
        "hydro_miners": 200,
        "immersion_miners": 100,
        "gpu_compute": 200,
        "asic_compute": 66,
    }
    assert all(m.unit_mw * m.count <= site.import_limit_mw for m in site.machines)
    assert (site.battery, site.tiers) == (None, ())


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_found_by_name(name: str) -> None:
    site = preset(name)
    assert site.site_id == name
    assert all(m.source for m in site.machines)


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(InvalidValue, match="name='moon'"):
        preset("moon")


def _capacity_mtok_per_h(site: Site) -> float:
    return sum(m.unit_mtok_per_h * m.count for m in site.machines)


def test_the_demo_site_is_short_of_connection_and_long_of_servers() -> None:
    site = demo_site()
    assert 20.0 < sum(m.unit_mw * m.count for m in site.machines) < 25.0
    assert 0.6 <= DEMO_DEMAND_MTOK_PER_H / _capacity_mtok_per_h(site) <= 0.7
    assert {m.kind for m in site.machines} == {MachineKind.MINER, MachineKind.INFERENCE}
    assert site.battery is not None
    assert [t.name for t in site.tiers] == ["firm", "standard", "flexible", "spot"]
