"""Two-sided auctions: balance, rationality, efficiency, and where the price lies."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from mara.errors import InvalidValue
from mara.games.mechanisms.crossing import Offer, Role
from mara.games.mechanisms.pay_as_bid import pay_as_bid
from mara.games.mechanisms.uniform_price import uniform_price

OFFER = st.builds(
    Offer,
    name=st.sampled_from("abcdef"),
    role=st.sampled_from(Role),
    quantity_mwh=st.integers(1, 9).map(float),
    usd_per_mwh=st.integers(-20, 60).map(float),
)
OFFERS = st.lists(OFFER, max_size=10)


def buy(name: str, quantity: float, price: float) -> Offer:
    return Offer(name=name, role=Role.BUYER, quantity_mwh=quantity, usd_per_mwh=price)


def sell(name: str, quantity: float, price: float) -> Offer:
    return Offer(name=name, role=Role.SELLER, quantity_mwh=quantity, usd_per_mwh=price)


def greatest_welfare(offers: list[Offer]) -> float:
    """Linear programme: quantities within offers, as much bought as sold."""
    if not offers:
        return 0.0
    signs = np.array([1.0 if o.role is Role.BUYER else -1.0 for o in offers])
    prices = np.array([o.usd_per_mwh for o in offers])
    bounds = [(0.0, o.quantity_mwh) for o in offers]
    return -float(linprog(-signs * prices, A_eq=signs[None, :], b_eq=[0.0], bounds=bounds).fun)


@settings(max_examples=150)
@given(OFFERS, st.floats(0.0, 1.0))
def test_both_balance_and_reach_the_greatest_welfare(offers: list[Offer], split: float) -> None:
    for found in (uniform_price(offers, split=split), pay_as_bid(offers)):
        assert found.converged
        assert found.welfare_usd == pytest.approx(greatest_welfare(offers), abs=1e-7)
        assert all(fill.gain_usd >= -1e-9 for fill in found.fills)
        assert all(0 < fill.quantity_mwh <= fill.offer.quantity_mwh for fill in found.fills)


@settings(max_examples=150)
@given(OFFERS, st.sampled_from([0.1, 0.3, 1e-3, 7.7]))
def test_the_price_does_not_hang_on_the_unit_of_quantity(offers: list[Offer], unit: float) -> None:
    """A residue such as .3 - .1 - .2 = 3e-17 is no open offer that could set the price."""
    scaled = [replace(offer, quantity_mwh=offer.quantity_mwh * unit) for offer in offers]
    assert uniform_price(scaled).usd_per_mwh == uniform_price(offers).usd_per_mwh


@settings(max_examples=150)
@given(OFFERS, st.floats(0.0, 1.0))
def test_one_price_leaves_nobody_wanting(offers: list[Offer], split: float) -> None:
    """Whoever gains at the price is filled whole; the operator keeps nothing."""
    found = uniform_price(offers, split=split)
    assert found.revenue_usd == pytest.approx(0.0, abs=1e-7)
    if found.usd_per_mwh is None:
        assert found.fills == ()
        return
    filled = {id(fill.offer): fill.quantity_mwh for fill in found.fills}
    for offer in offers:
        sign = 1.0 if offer.role is Role.BUYER else -1.0
        if sign * (offer.usd_per_mwh - found.usd_per_mwh) > 1e-9:
            assert filled[id(offer)] == pytest.approx(offer.quantity_mwh)


def test_price_lies_between_the_marginal_offers() -> None:
    offers = [buy("b1", 5, 50), buy("b2", 5, 30), sell("s1", 5, 10), sell("s2", 5, 20)]
    assert uniform_price(offers).usd_per_mwh == pytest.approx(25.0)
    assert uniform_price(offers, split=0.0).usd_per_mwh == pytest.approx(20.0)
    assert uniform_price(offers, split=1.0).usd_per_mwh == pytest.approx(30.0)
    kept = pay_as_bid(offers)
    assert kept.usd_per_mwh is None
    assert kept.revenue_usd == kept.welfare_usd == pytest.approx(5 * 40 + 5 * 10)


def test_a_part_filled_offer_sets_the_price() -> None:
    found = uniform_price([buy("b", 10, 50), sell("s", 4, 10)])
    assert found.usd_per_mwh == 50.0
    assert found.quantity_mwh == 4.0


def test_a_rejected_offer_narrows_the_price() -> None:
    found = uniform_price([buy("b", 4, 50), buy("late", 4, 40), sell("s", 4, 10)], split=0.0)
    assert found.usd_per_mwh == 40.0


def test_equal_prices_are_served_in_order() -> None:
    found = uniform_price([buy("first", 4, 50), buy("second", 4, 50), sell("s", 6, 10)])
    assert [(f.offer.name, f.quantity_mwh) for f in found.fills] == [
        ("first", 4.0),
        ("second", 2.0),
        ("s", 6.0),
    ]


@pytest.mark.parametrize("split", [-0.1, 1.1, math.nan])
def test_split_is_a_share(split: float) -> None:
    with pytest.raises(InvalidValue, match="split"):
        uniform_price([], split=split)


@pytest.mark.parametrize(
    ("quantity", "price"), [(0.0, 1.0), (math.nan, 1.0), (1.0, math.nan), (1.0, math.inf)]
)
def test_impossible_offers_are_refused(quantity: float, price: float) -> None:
    with pytest.raises(InvalidValue, match="Offer a"):
        buy("a", quantity, price)
