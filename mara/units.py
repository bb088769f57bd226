"""Conversions between units; the only place where such factors stand.

Conventions: power in MW, energy in MWh, money in USD (or the currency a site names), hash price in
USD per PH/s and day, token price in USD per million tokens. Energy = power x real elapsed hours.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

__all__ = [
    "CENT",
    "HOURS_PER_DAY",
    "KWH_PER_MWH",
    "KW_PER_MW",
    "MINUTES_PER_HOUR",
    "SECONDS_PER_HOUR",
    "TH_PER_PH",
    "TOKENS_PER_MTOK",
    "W_PER_MW",
    "cents_per_kwh_to_usd_per_mwh",
    "hash_usd_per_h",
    "kw_to_mw",
    "kwh_to_mwh",
    "money",
    "mtok_per_h",
    "usd_per_mwh_to_cents_per_kwh",
]

KW_PER_MW: Final = 1_000.0
W_PER_MW: Final = 1_000_000.0
KWH_PER_MWH: Final = 1_000.0
TH_PER_PH: Final = 1_000.0
TOKENS_PER_MTOK: Final = 1_000_000.0
SECONDS_PER_HOUR: Final = 3_600.0
MINUTES_PER_HOUR: Final = 60.0
HOURS_PER_DAY: Final = 24.0
CENT: Final = Decimal("0.01")


def kw_to_mw(power_kw: float) -> float:
    """Power in MW of a power in kW."""
    return power_kw / KW_PER_MW


def kwh_to_mwh(energy_kwh: float) -> float:
    """Energy in MWh of an energy in kWh."""
    return energy_kwh / KWH_PER_MWH


def cents_per_kwh_to_usd_per_mwh(price_cents_per_kwh: float) -> float:
    """Price in USD/MWh of a price in US cents per kWh.

    >>> cents_per_kwh_to_usd_per_mwh(3.25)
    32.5
    """
    return price_cents_per_kwh * KWH_PER_MWH / 100.0


def usd_per_mwh_to_cents_per_kwh(price_usd_per_mwh: float) -> float:
    """Price in US cents per kWh of a price in USD/MWh.

    >>> usd_per_mwh_to_cents_per_kwh(32.5)
    3.25
    """
    return price_usd_per_mwh * 100.0 / KWH_PER_MWH


def hash_usd_per_h(hashrate_th_s: float, price_usd_per_ph_day: float) -> float:
    """Revenue in USD/h of a hashrate in TH/s at a hash price in USD/PH/day."""
    return hashrate_th_s / TH_PER_PH * price_usd_per_ph_day / HOURS_PER_DAY


def mtok_per_h(tokens_per_s: float) -> float:
    """Throughput in million tokens an hour of a throughput in tokens a second."""
    return tokens_per_s * SECONDS_PER_HOUR / TOKENS_PER_MTOK


def money(amount: float) -> Decimal:
    """Money in whole cents of an amount computed in floating point.

    The named conversion between physics and books: the shortest decimal that denotes the float,
    rounded half to even.

    >>> money(0.125)
    Decimal('0.12')
    """
    return Decimal(repr(amount)).quantize(CENT, rounding=ROUND_HALF_EVEN)
