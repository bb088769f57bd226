"""Conversions: round trips, known figures, money to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara import units

SIZES = st.floats(-1e9, 1e9)


@given(SIZES)
def test_conversions_are_linear(value: float) -> None:
    assert units.kw_to_mw(value) * 1_000 == pytest.approx(value)
    assert units.kwh_to_mwh(value) * 1_000 == pytest.approx(value)
    assert units.cents_per_kwh_to_usd_per_mwh(value) == pytest.approx(10 * value)
    assert units.usd_per_mwh_to_cents_per_kwh(value) == pytest.approx(value / 10)
    assert units.mtok_per_h(value) == pytest.approx(value * 3_600 / 1e6)


def test_a_petahash_for_a_day_earns_the_hash_price() -> None:
    assert 24 * units.hash_usd_per_h(1_000.0, 55.0) == pytest.approx(55.0)


def test_known_figures() -> None:
    assert units.cents_per_kwh_to_usd_per_mwh(3.25) == 32.5
    assert units.mtok_per_h(1_000.0) == pytest.approx(3.6)


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        (0.125, "0.12"),
        (0.135, "0.14"),
        (-0.125, "-0.12"),
        (2.675, "2.68"),
        (1e-9, "0.00"),
        (238466.35509633605, "238466.36"),
    ],
)
def test_money_rounds_the_shortest_decimal_half_to_even(amount: float, cents: str) -> None:
    assert units.money(amount) == Decimal(cents)


@given(st.floats(-1e12, 1e12))
def test_money_is_within_half_a_cent(amount: float) -> None:
    assert abs(units.money(amount) - Decimal(repr(amount))) <= Decimal("0.005")
    assert units.money(amount).as_tuple().exponent == -2
