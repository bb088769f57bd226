"""VCG: its properties over random markets, the published examples, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.errors import InvalidValue, SolverFailed
from mara.games.mechanisms.market import (
    Bid,
    Market,
    bundle_bid,
    capacity_market,
    single_item,
)
from mara.games.mechanisms.truthfulness import explore
from mara.games.mechanisms.vcg import vcg
from mara.games.mechanisms.winners import WinnerDetermination
from tests.games.mechanisms.markets import best_welfare, random_market

SEEDS = st.integers(0, 10**9)


def market_of(*bids: tuple[str, str, float]) -> Market:
    """Items are letters: ("A", "xy", 200) is A's bid on both."""
    items = sorted({letter for _, bundle, _ in bids for letter in bundle})
    return Market(
        supply=tuple((item, 1.0) for item in items),
        bids=tuple(bundle_bid(*bid) for bid in bids),
    )


@settings(max_examples=150)
@given(SEEDS)
def test_welfare_and_payments_are_those_of_enumeration(seed: int) -> None:
    market = random_market(np.random.default_rng(seed))
    found = vcg(market)
    assert found.welfare == pytest.approx(best_welfare(market))
    assert found.welfare == pytest.approx(sum(win.bid.value for win in found.wins))
    for win in found.wins:
        others = found.welfare - win.bid.value
        expected = best_welfare(market, without=win.bid.bidder) - others
        assert win.payment == pytest.approx(expected, abs=1e-9)


@settings(max_examples=100)
@given(SEEDS)
def test_supply_is_kept_and_each_wins_once(seed: int) -> None:
    market = random_market(np.random.default_rng(seed), bidders=5, most_bids=3)
    found = vcg(market)
    winners = [win.bid.bidder for win in found.wins]
    assert len(set(winners)) == len(winners)
    for item, supply in market.supply:
        sold = sum(q for win in found.wins for name, q in win.bid.quantities if name == item)
        assert sold <= supply + 1e-9


@settings(max_examples=100)
@given(SEEDS)
def test_nobody_pays_more_than_his_value(seed: int) -> None:
    found = vcg(random_market(np.random.default_rng(seed), bidders=5, most_bids=3))
    assert found.individually_rational
    assert found.budget_balanced
    assert found.converged
    assert all(0.0 <= win.payment <= win.bid.value for win in found.wins)
    assert found.revenue == pytest.approx(sum(found.payments().values()))


def largest_misreport_gain(seed: int) -> float:
    rng = np.random.default_rng(seed)
    market = random_market(rng)
    bidder = market.bidders[rng.integers(len(market.bidders))]
    own = sum(bid.bidder == bidder for bid in market.bids)
    return explore(market, bidder, [rng.uniform(0.0, 30.0, size=own).tolist()]).regret


@settings(max_examples=100)
@given(SEEDS)
def test_no_misreport_gains(seed: int) -> None:
    assert largest_misreport_gain(seed) <= 1e-8


@pytest.mark.slow
@pytest.mark.no_cover
def test_no_misreport_gains_over_ten_thousand_markets() -> None:
    assert max(largest_misreport_gain(seed) for seed in range(10_000)) <= 1e-8


# Two items, three bidders: the textbook case of complements against substitutes.
@pytest.mark.parametrize(
    ("first", "payments"),
    [(150.0, {"A": 50.0, "B": 50.0, "C": 0.0}), (160.0, {"A": 50.0, "B": 40.0, "C": 0.0})],
)
def test_two_items(first: float, payments: dict[str, float]) -> None:
    found = vcg(market_of(("A", "x", first), ("B", "y", 150.0), ("C", "xy", 200.0)))
    assert found.payments() == pytest.approx(payments, abs=1e-6)
    assert found.welfare == pytest.approx(first + 150.0)
    assert found.revenue == pytest.approx(sum(payments.values()), abs=1e-6)


# Vickrey, Journal of Finance 16, 1961: the winner of one item pays the second price.
def test_one_item_goes_at_the_second_price() -> None:
    found = vcg(single_item("slot", {"a": 7.0, "b": 11.0, "c": 9.0}))
    assert [(win.bid.bidder, win.payment, win.utility) for win in found.wins] == [("b", 9.0, 2.0)]


# Vickrey (1961): m equal units, one each, at the highest rejected bid.
def test_equal_units_go_at_the_first_rejected_bid() -> None:
    demands = {name: [(1.0, value)] for name, value in zip("abcde", (9, 8, 7, 6, 5), strict=True)}
    found = vcg(capacity_market("MW", 3.0, demands))
    assert found.payments() == {"a": 6.0, "b": 6.0, "c": 6.0, "d": 0.0, "e": 0.0}


def test_capacity_goes_to_the_best_mix() -> None:
    """10 MW: 6 + 4 are worth 90 + 50, more than 10 alone at 120."""
    demands = {"hpc": [(10.0, 120.0)], "train": [(6.0, 90.0), (10.0, 110.0)], "chat": [(4.0, 50.0)]}
    found = vcg(capacity_market("MW", 10.0, demands))
    assert found.welfare == 140.0
    assert found.payments() == pytest.approx({"hpc": 0.0, "train": 70.0, "chat": 30.0})


def test_a_market_without_demand_sells_nothing() -> None:
    empty = vcg(Market(supply=(("x", 1.0),), bids=()))
    assert empty.wins == ()
    assert empty.welfare == empty.revenue == 0.0
    assert vcg(market_of(("A", "x", 0.0))).payments() == {"A": 0.0}


def test_a_bundle_larger_than_supply_never_wins() -> None:
    found = vcg(capacity_market("MW", 10.0, {"a": [(11.0, 99.0)], "b": [(5.0, 1.0)]}))
    assert [win.bid.bidder for win in found.wins] == ["b"]


def many_equal_bundles() -> Market:
    """Bundles of 7 in 100: the relaxation packs 14.3, and 14 is the best."""
    demands = {f"b{i}": [(7.0, 5.0 + 1e-4 * i)] for i in range(40)}
    return capacity_market("MW", 100.0, demands)


def test_the_general_solver_takes_over_many_equal_bundles() -> None:
    found = WinnerDetermination(many_equal_bundles()).solve()
    assert found.accepted == tuple(range(26, 40))


def test_time_that_runs_out_is_said_so() -> None:
    with pytest.raises(SolverFailed, match="give it more seconds or fewer bids"):
        WinnerDetermination(many_equal_bundles(), seconds=0.0).solve()


def large_market(rng: np.random.Generator) -> Market:
    bids = []
    for bidder in range(100):
        for _ in range(5):
            bundle = rng.choice(30, size=rng.integers(1, 6), replace=False)
            value = float(rng.uniform(10, 100) * len(bundle) ** 1.1)
            bids.append(bundle_bid(f"b{bidder}", [f"i{i}" for i in bundle], value))
    return Market(supply=tuple((f"i{i}", 1.0) for i in range(30)), bids=tuple(bids))


def test_a_hundred_bidders_on_thirty_items() -> None:
    market = large_market(np.random.default_rng(1))
    found = vcg(market)
    assert found.individually_rational


def test_reports_are_explored_beside_the_truth() -> None:
    market = market_of(("A", "x", 160.0), ("B", "y", 150.0), ("C", "xy", 200.0))
    found = explore(market, "A", [[60.0], [40.0], [900.0]])
    assert found.truth.utility == pytest.approx(110.0)
    assert [report.bundle for report in found.reports] == [("x",), (), ("x",)]
    assert [report.utility for report in found.reports] == pytest.approx([110.0, 0.0, 110.0])
    assert [report.payment for report in found.reports] == pytest.approx([50.0, 0.0, 50.0])
    assert found.regret == pytest.approx(0.0, abs=1e-9)
    assert explore(market, "A", []).regret == 0.0


@pytest.mark.parametrize("report", [[1.0, 2.0], [-1.0], [math.nan], [math.inf]])
def test_impossible_reports_are_refused(report: list[float]) -> None:
    with pytest.raises(InvalidValue, match="give 1 finite values"):
        explore(market_of(("A", "x", 1.0)), "A", [report])


def test_only_bidders_can_be_explored() -> None:
    with pytest.raises(InvalidValue, match="'Z' has no bid"):
        explore(market_of(("A", "x", 1.0)), "Z", [])


@pytest.mark.parametrize(
    ("supply", "bid", "message"),
    [
        ((), ("A", ["x"], 1.0), "there is no item"),
        ((("x", 1.0), ("x", 1.0)), ("A", ["x"], 1.0), "named twice"),
        ((("x", 0.0),), ("A", ["x"], 1.0), "supply of x"),
        ((("x", 1.0),), ("A", ["y"], 1.0), "A bids on 'y', which is not for sale; items are x"),
        ((("x", 1.0),), ("A", [], 1.0), "bundle is empty"),
        ((("x", 1.0),), ("A", ["x", "x"], 1.0), "stands twice"),
        ((("x", 1.0),), ("A", ["x"], -1.0), "must not be negative"),
        ((("x", 1.0),), ("A", ["x"], math.nan), "finite"),
        ((("x", 1.0),), ("", ["x"], 1.0), "bidder"),
    ],
)
def test_impossible_markets_are_refused(
    supply: tuple[tuple[str, float], ...], bid: tuple[str, list[str], float], message: str
) -> None:
    with pytest.raises(InvalidValue, match=message):
        Market(supply=supply, bids=(bundle_bid(*bid),))


def test_quantities_must_be_above_zero() -> None:
    with pytest.raises(InvalidValue, match="quantity of x"):
        Bid(bidder="A", quantities=(("x", 0.0),), value=1.0)
