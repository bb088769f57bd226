"""The best tariff against a search over prices, and its sites against their own programmes."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from mara.errors import InvalidValue, SolverFailed
from mara.games.stackelberg.bilevel import best_flat_tariff, best_tariff
from mara.games.stackelberg.tariff import FlexibleSite, TariffMarket


def site_of(
    name: str = "s",
    need: float = 6.0,
    most: float = 4.0,
    shift: tuple[float, ...] = (0.0, 8.0),
    own: float = 60.0,
) -> FlexibleSite:
    return FlexibleSite(
        name=name, need_mwh=need, most_mwh=most, shift_usd_per_mwh=shift, own_usd_per_mwh=own
    )


def market_of(
    *sites: FlexibleSite,
    wholesale: tuple[float, ...] = (50.0, 20.0),
    low: float = 10.0,
    high: float = 80.0,
) -> TariffMarket:
    return TariffMarket(
        wholesale_usd_per_mwh=wholesale, low_usd_per_mwh=low, high_usd_per_mwh=high, sites=sites
    )


def leader_profit(market: TariffMarket, tariff: np.ndarray) -> float:
    """Profit when each site answers best and, among best answers, as the leader likes."""
    return sum(_from(site, market, tariff) for site in market.sites)


def _from(site: FlexibleSite, market: TariffMarket, tariff: np.ndarray) -> float:
    horizon = len(tariff)
    cost = np.append(tariff + np.array(site.shift_usd_per_mwh), site.own_usd_per_mwh)
    bounds = [(0.0, site.most_mwh)] * horizon + [(0.0, site.need_mwh)]
    everything = np.ones((1, horizon + 1))
    least = linprog(cost, A_eq=everything, b_eq=[site.need_mwh], bounds=bounds).fun
    margin = np.append(np.array(market.wholesale_usd_per_mwh) - tariff, 0.0)
    return -float(
        linprog(
            margin,
            A_ub=cost[None, :],
            b_ub=[least + 1e-9],
            A_eq=everything,
            b_eq=[site.need_mwh],
            bounds=bounds,
        ).fun
    )


def drawn(seed: int) -> TariffMarket:
    rng = np.random.default_rng(seed)
    sites = tuple(
        site_of(
            f"s{i}",
            need=float(rng.integers(0, 9)),
            most=float(rng.integers(1, 6)),
            shift=tuple(rng.integers(-5, 16, size=2).astype(float).tolist()),
            own=float(rng.integers(20, 90)),
        )
        for i in range(2)
    )
    wholesale = tuple(rng.integers(-10, 60, size=2).astype(float).tolist())
    return market_of(*sites, wholesale=wholesale, low=0.0, high=70.0)


@pytest.mark.slow
@settings(max_examples=6)
@given(st.integers(0, 10**6))
def test_no_prices_on_a_grid_earn_more(seed: int) -> None:
    """Whole figures throughout, so the best prices are whole: the grid holds them."""
    market = drawn(seed)
    found, flat = best_tariff(market), best_flat_tariff(market)
    assert found.converged
    assert found.regret_usd <= 1e-4
    assert found.profit_usd >= flat.profit_usd - 1e-4
    assert found.profit_usd == pytest.approx(
        leader_profit(market, np.array(found.tariff_usd_per_mwh)), abs=1e-3
    )
    for prices in itertools.product(np.linspace(0.0, 70.0, 6), repeat=2):
        assert leader_profit(market, np.array(prices)) <= found.profit_usd + 1e-4


def test_one_site_is_brought_to_the_brink() -> None:
    """Six MWh at the price of own making less the trouble: 60 and 52; four in the cheap interval.

    4 x (52 - 20) + 2 x (60 - 50) = 148.
    """
    found = best_tariff(market_of(site_of()))
    assert found.profit_usd == pytest.approx(148.0, abs=1e-4)
    assert found.tariff_usd_per_mwh == pytest.approx((60.0, 52.0), abs=1e-4)
    assert found.taken_mwh[0] == pytest.approx((2.0, 4.0), abs=1e-6)
    assert found.site_costs_usd == pytest.approx((360.0,), abs=1e-3)


def test_one_price_earns_less() -> None:
    """At 52 throughout the site fills the interval without trouble first: 4 x 2 + 2 x 32 = 72.

    Above 52 only that interval sells: 4 x (60 - 50) = 40.
    """
    found = best_flat_tariff(market_of(site_of()))
    assert found.profit_usd == pytest.approx(72.0, abs=1e-4)
    assert len(set(np.round(found.tariff_usd_per_mwh, 6))) == 1


def test_time_that_runs_out_is_said_so() -> None:
    with pytest.raises(SolverFailed, match="best tariff: the programme ran out of time"):
        best_tariff(drawn(3), seconds=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"need": -1.0}, "need_mwh"),
        ({"most": 0.0}, "most_mwh"),
        ({"shift": (0.0, math.nan)}, "shift_usd_per_mwh"),
        ({"own": math.inf}, "own_usd_per_mwh"),
        ({"name": ""}, "name"),
    ],
)
def test_impossible_sites_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        site_of(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wholesale": ()}, "one interval and one site"),
        ({"wholesale": (1.0, math.nan)}, "wholesale"),
        ({"wholesale": (1.0,)}, "s has 2 shift costs for 1 intervals"),
        ({"low": math.nan}, "low_usd_per_mwh"),
        ({"high": math.nan}, "high_usd_per_mwh"),
        ({"low": 90.0}, "swap them"),
    ],
)
def test_impossible_tariff_markets_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        market_of(site_of(), **change)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="one interval and one site"):
        market_of()
