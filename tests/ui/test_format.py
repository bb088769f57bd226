"""Figures, times and texts as people read them."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import hypothesis.strategies as some
import pytest
from hypothesis import given

from mara.ui import format as fmt
from mara.ui import palette

if TYPE_CHECKING:
    from types import ModuleType


@pytest.mark.parametrize("module", [fmt, palette], ids=lambda m: m.__name__)
def test_examples_hold(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (fmt.money(None), "—"),
        (fmt.money(-0.5, digits=2), "\N{MINUS SIGN}0.50 USD"),
        (fmt.signed_money(None), "—"),
        (fmt.signed_money(-3.2, digits=1), "\N{MINUS SIGN}3.2 USD"),
        (fmt.percent(None), "—"),
        (fmt.price(None, "USD/MWh"), "—"),
        (fmt.price(0.0, "USD/MWh"), "0.00 USD/MWh"),
        (fmt.age(timedelta(hours=26, minutes=3)), "26 h 3 min"),
        (fmt.age(timedelta(minutes=10)), "10 min"),
        (fmt.age(timedelta(seconds=-4)), "0 s"),
    ],
)
def test_edges(shown: str, expected: str) -> None:
    assert shown == expected


def test_identifiers_become_words() -> None:
    shown = fmt.prose("break-even of hydro_miners, energy_usd_per_mwh")
    assert shown == "Break-even of hydro miners, energy price"


def test_a_repeated_hour_keeps_its_zone() -> None:
    zone = ZoneInfo("America/Chicago")
    before, after = (datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (6, 7))
    assert fmt.clock(before, zone) == fmt.clock(after, zone) == "01:30"
    assert fmt.moment(before, zone).endswith("CDT")
    assert fmt.moment(after, zone).endswith("CST")


@given(some.text(alphabet=some.characters(codec="ascii"), max_size=80))
def test_outside_text_has_no_live_markup(text: str) -> None:
    shown = fmt.plain(text)
    for i, character in enumerate(shown):
        if character in "`*_[]<>$:!":
            assert shown[i - 1] == "\\"


@given(some.text(max_size=200), some.integers(min_value=20, max_value=120))
def test_cut_sentences_fit(text: str, most: int) -> None:
    assert len(fmt.prose(text, most=most)) <= max(most, 20) + 1
