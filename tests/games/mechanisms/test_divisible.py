"""VCG of a divisible good: optimal, truthful, individually rational."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.errors import InvalidValue
from mara.games.mechanisms.divisible import PowerBid, divisible_vcg
from mara.games.mechanisms.market import capacity_market
from mara.games.mechanisms.vcg import vcg

bids = st.lists(st.tuples(st.integers(0, 6), st.integers(-5, 30)), min_size=1, max_size=5).map(
    lambda rows: [
        PowerBid(bidder=f"b{k}", most_mw=float(q), usd_per_mwh=float(v))
        for k, (q, v) in enumerate(rows)
    ]
)


@given(made=bids, capacity=st.integers(0, 12), reserve=st.integers(0, 10))
def test_grants_are_feasible_and_no_payment_exceeds_the_value(
    made: list[PowerBid], capacity: int, reserve: int
) -> None:
    grants = divisible_vcg(made, capacity, reserve_usd_per_mwh=reserve)
    assert sum(g.mw for g in grants) <= capacity + 1e-9
    for grant in grants:
        assert 0.0 <= grant.mw <= grant.bid.most_mw
        gain = (grant.bid.usd_per_mwh - reserve) * grant.mw - grant.payment_usd_per_h
        assert gain >= -1e-9
        assert grant.payment_usd_per_h >= 0.0


@given(made=bids, capacity=st.integers(0, 12), lie=st.integers(-5, 40))
def test_no_misreport_gains(made: list[PowerBid], capacity: int, lie: int) -> None:
    true = made[0].usd_per_mwh

    def gain(value: float) -> float:
        told = [replace(made[0], usd_per_mwh=value), *made[1:]]
        first = divisible_vcg(told, capacity)[0]
        return true * first.mw - first.payment_usd_per_h

    assert gain(float(lie)) <= gain(true) + 1e-9


def test_it_equals_vcg_of_single_megawatts() -> None:
    made = [
        PowerBid(bidder="a", most_mw=3.0, usd_per_mwh=20.0),
        PowerBid(bidder="b", most_mw=2.0, usd_per_mwh=14.0),
        PowerBid(bidder="c", most_mw=4.0, usd_per_mwh=9.0),
    ]
    grants = divisible_vcg(made, 6.0)
    steps = {
        b.bidder: [(float(k), k * b.usd_per_mwh) for k in range(1, int(b.most_mw) + 1)]
        for b in made
    }
    whole = vcg(capacity_market("MW", 6.0, steps))
    assert {g.bid.bidder: g.payment_usd_per_h for g in grants} == pytest.approx(whole.payments())
    assert [g.mw for g in grants] == [3.0, 2.0, 1.0]
    assert [g.payment_usd_per_h for g in grants] == pytest.approx([27.0, 18.0, 0.0])


def test_bids_at_the_reserve_or_below_get_nothing() -> None:
    (grant,) = divisible_vcg(
        [PowerBid(bidder="a", most_mw=3.0, usd_per_mwh=20.0)], 6.0, reserve_usd_per_mwh=20.0
    )
    assert (grant.mw, grant.payment_usd_per_h) == (0.0, 0.0)


def test_impossible_figures_are_refused() -> None:
    with pytest.raises(InvalidValue, match="capacity_mw"):
        divisible_vcg([], -1.0)
    with pytest.raises(InvalidValue, match="most_mw"):
        PowerBid(bidder="a", most_mw=-1.0, usd_per_mwh=1.0)
