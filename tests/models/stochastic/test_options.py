"""Calls under Merton's jumps: the published table, by the series and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from mara.errors import InvalidValue
from mara.models.stochastic import MertonJumps
from mara.models.stochastic.merton_option import (
    CallOption,
    call_by_series,
    call_by_simulation,
)

TABLE = [
    # strike, expiry, jumps a year, share of the variance in jumps, price
    (80.0, 0.1, 1.0, 0.25, 20.67),
    (80.0, 0.5, 10.0, 0.25, 23.61),
    (90.0, 0.25, 5.0, 0.25, 12.75),
    (100.0, 0.5, 10.0, 0.25, 9.03),
    (110.0, 0.5, 1.0, 0.5, 4.42),
    (90.0, 0.1, 1.0, 0.75, 11.11),
]
"""Merton calls at spot 100, interest 8 %, total volatility 25 %, mean relative jump 0."""

each_row = pytest.mark.parametrize(("strike", "expiry", "jumps", "share", "price"), TABLE)


def law_of(jumps: float, share: float) -> MertonJumps:
    deviation = 0.25 * np.sqrt(share / jumps)
    return MertonJumps(
        drift=0.0,
        volatility=0.25 * np.sqrt(1.0 - share),
        intensity=jumps,
        jump_mean=-0.5 * deviation**2,
        jump_deviation=deviation,
    )


def option_of(strike: float, expiry: float) -> CallOption:
    return CallOption(spot=100.0, strike=strike, expiry=expiry, interest=0.08)


@each_row
def test_series(strike: float, expiry: float, jumps: float, share: float, price: float) -> None:
    found = call_by_series(option_of(strike, expiry), law_of(jumps, share))
    assert found == pytest.approx(price, abs=0.01)


@pytest.mark.stat
@each_row
def test_simulation(strike: float, expiry: float, jumps: float, share: float, price: float) -> None:
    """Within a cent, and within three of its own errors of the series."""
    option, law = option_of(strike, expiry), law_of(jumps, share)
    found = call_by_simulation(option, law, np.random.default_rng(1), n_paths=1_500_000)
    assert found.standard_error < 0.005
    assert abs(found.value - call_by_series(option, law)) < 3.0 * found.standard_error
    assert found.value == pytest.approx(price, abs=0.01 + 2.0 * found.standard_error)


def test_without_jumps_it_is_black_and_scholes() -> None:
    """Hull, Options, Futures and Other Derivatives, example 15.6: 4.76."""
    law = MertonJumps(drift=0.0, volatility=0.2, intensity=0.0, jump_mean=0.0, jump_deviation=0.1)
    option = CallOption(spot=42.0, strike=40.0, expiry=0.5, interest=0.1)
    assert call_by_series(option, law) == pytest.approx(4.76, abs=0.005)


def test_an_impossible_option_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"strike=0.0"):
        CallOption(spot=1.0, strike=0.0, expiry=1.0, interest=0.0)
