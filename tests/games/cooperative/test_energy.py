"""The energy game: what its law implies, and sites small enough to reckon by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.domain import Battery
from mara.errors import InvalidValue
from mara.games.cooperative.core import core
from mara.games.cooperative.energy import EnergyPrices, EnergySite, FlexibleBlock
from mara.games.cooperative.energy_game import energy_game
from mara.games.cooperative.gains import gains_by_size, random_site
from mara.games.cooperative.game import CoalitionalGame
from tests.games.cooperative.published import game_of

SEEDS = st.integers(0, 10**6)


def prices_of(
    *imports: float, spread: float = 0.0, peak: float = 0.0, hours: float = 1.0
) -> EnergyPrices:
    return EnergyPrices(
        hours=hours,
        import_usd_per_mwh=imports,
        export_usd_per_mwh=tuple(price - spread for price in imports),
        peak_usd_per_mw=peak,
    )


def site_of(name: str, **figures: object) -> EnergySite:
    bare: dict[str, object] = {
        "import_limit_mw": 10.0,
        "export_limit_mw": 10.0,
        "blocks": (),
        "compute_mw": 0.0,
        "work_mw": (0.0, 0.0),
        "work_usd_per_mwh": 0.0,
    }
    return EnergySite(name=name, **(bare | figures))  # type: ignore[arg-type]


def drawn(seed: int, n: int) -> tuple[list[EnergySite], EnergyPrices]:
    rng = np.random.default_rng(seed)
    sites = [random_site(f"s{i}", horizon=4, rng=rng) for i in range(n)]
    return sites, prices_of(*rng.uniform(-20.0, 160.0, size=4), spread=6.0, peak=20.0, hours=6.0)


@settings(max_examples=15)
@given(SEEDS)
def test_disjoint_coalitions_gain_by_joining_and_the_core_holds(seed: int) -> None:
    game = energy_game(*drawn(seed, 3))
    for one in range(8):
        for other in range(8):
            if not one & other:
                together = game.values[one | other]
                assert together >= game.values[one] + game.values[other] - 1e-6
    assert not core(game).empty


@settings(max_examples=15)
@given(SEEDS)
def test_copies_of_a_site_gain_nothing(seed: int) -> None:
    sites, prices = drawn(seed, 1)
    game = energy_game([sites[0], replace(sites[0], name="copy")], prices)
    assert game.values[3] == pytest.approx(2.0 * game.values[1], abs=1e-5)


@settings(max_examples=15)
@given(SEEDS)
def test_half_the_step_earns_the_same(seed: int) -> None:
    sites, prices = drawn(seed, 2)
    fine = EnergyPrices(
        hours=prices.hours / 2,
        import_usd_per_mwh=tuple(np.repeat(prices.import_usd_per_mwh, 2).tolist()),
        export_usd_per_mwh=tuple(np.repeat(prices.export_usd_per_mwh, 2).tolist()),
        peak_usd_per_mw=prices.peak_usd_per_mw,
    )
    halved = [replace(s, work_mw=tuple(np.repeat(s.work_mw, 2).tolist())) for s in sites]
    assert energy_game(halved, fine).values == pytest.approx(
        energy_game(sites, prices).values, abs=1e-5
    )


def test_blocks_run_where_they_are_worth_the_price() -> None:
    blocks = (
        FlexibleBlock(power_mw=6.0, usd_per_mwh=70.0),
        FlexibleBlock(power_mw=6.0, usd_per_mwh=50.0),
    )
    game = energy_game([site_of("a", blocks=blocks)], prices_of(40.0, 60.0, hours=0.5))
    assert game.values[1] == pytest.approx(0.5 * (6 * 30 + 4 * 10 + 6 * 10))


def test_work_of_one_runs_on_machines_of_the_other() -> None:
    idle = site_of("idle", compute_mw=3.0)
    busy = site_of("busy", compute_mw=1.0, work_mw=(2.0, 5.0), work_usd_per_mwh=300.0)
    game = energy_game([idle, busy], prices_of(50.0, 100.0))
    assert game.values[1] == pytest.approx(0.0)
    assert game.values[2] == pytest.approx(250.0 + 200.0)
    assert game.values[3] == pytest.approx(2 * 250.0 + 4 * 200.0)


def test_peaks_at_different_times_cost_once() -> None:
    early = site_of("early", compute_mw=4.0, work_mw=(4.0, 0.0), work_usd_per_mwh=300.0)
    late = site_of("late", compute_mw=4.0, work_mw=(0.0, 4.0), work_usd_per_mwh=300.0)
    game = energy_game([early, late], prices_of(100.0, 100.0, peak=50.0))
    assert game.values[1] == pytest.approx(4 * 200.0 - 4 * 50.0)
    assert game.values[3] == pytest.approx(2 * 4 * 200.0 - 4 * 50.0)


def test_a_battery_moves_energy_and_loses_some() -> None:
    """Charges 4 MWh from 20 USD/MWh, sells 4 x 0.9 x 0.8 of them at 100, less 10 of wear."""
    battery = Battery(
        energy_mwh=9.0,
        power_mw=4.0,
        soc_min=0.1,
        charge_efficiency=0.9,
        discharge_efficiency=0.8,
        wear_usd_per_mwh=10.0,
    )
    game = energy_game([site_of("a", battery=battery)], prices_of(20.0, 100.0))
    sold = 4.0 * 0.9 * 0.8
    assert game.values[1] == pytest.approx(sold * 90.0 - 4.0 * 20.0)


def test_connection_is_shared() -> None:
    narrow = site_of("narrow", import_limit_mw=1.0, blocks=(_mined(5.0),))
    wide = site_of("wide", import_limit_mw=9.0, blocks=(_mined(5.0),))
    game = energy_game([narrow, wide], prices_of(50.0, 50.0))
    assert game.values[1:].tolist() == pytest.approx([2 * 50.0, 2 * 250.0, 2 * 500.0])


def _mined(power_mw: float) -> FlexibleBlock:
    return FlexibleBlock(power_mw=power_mw, usd_per_mwh=100.0)


def test_gains_are_shares_of_what_sites_earn_alone() -> None:
    two = gains_by_size([game_of({"1": 4, "2": 6, "12": 12}), game_of({"1": 5, "2": 5, "12": 14})])
    assert [(g.size, g.coalitions) for g in two] == [(2, 2)]
    assert two[0].mean == pytest.approx(0.3)
    assert two[0].usd == pytest.approx(3.0)
    assert two[0].low == pytest.approx(0.22)
    assert two[0].high == pytest.approx(0.38)


@pytest.mark.stat
def test_larger_coalitions_of_random_sites_gain_no_less_in_the_mean() -> None:
    gains = gains_by_size([energy_game(*drawn(seed, 4)) for seed in range(6)])
    usd = [gain.usd for gain in gains]
    assert [gain.size for gain in gains] == [2, 3, 4]
    assert usd == sorted(usd)
    assert usd[0] > 0.0


def test_gains_need_something_to_compare_with() -> None:
    with pytest.raises(InvalidValue, match=r"\{1,2\} earn 0 alone"):
        gains_by_size([game_of({"1": 0, "2": 0, "12": 3})])
    alone = CoalitionalGame(players=("a",), values=np.array([0.0, 1.0]))
    with pytest.raises(InvalidValue, match="no game has two players"):
        gains_by_size([alone])


def test_games_beyond_reach_are_refused() -> None:
    sites = [site_of(f"s{i}") for i in range(13)]
    with pytest.raises(InvalidValue, match="13 sites make 8191 programmes"):
        energy_game(sites, prices_of(1.0, 2.0))
    with pytest.raises(InvalidValue, match="a has work for 2 intervals, the prices have 1"):
        energy_game([site_of("a")], prices_of(1.0))


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"import_limit_mw": -1.0}, "import_limit_mw"),
        ({"compute_mw": math.nan}, "compute_mw"),
        ({"work_mw": (1.0, -1.0)}, r"work_mw\[1\]"),
        ({"work_usd_per_mwh": math.inf}, "work_usd_per_mwh"),
    ],
)
def test_impossible_sites_are_refused(figures: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        site_of("a", **figures)


def test_impossible_prices_and_blocks_are_refused() -> None:
    with pytest.raises(InvalidValue, match="above the import price"):
        prices_of(10.0, spread=-1.0)
    with pytest.raises(InvalidValue, match="0 import and 0 export prices"):
        prices_of()
    with pytest.raises(InvalidValue, match="power_mw"):
        FlexibleBlock(power_mw=-1.0, usd_per_mwh=1.0)
