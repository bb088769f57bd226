"""Quotes of the MARA event API, in the event's own credits, as internal prices.

The event quotes one interval of five minutes: energy per watt drawn, hash price per unit of
hashrate, token price per token. Its inventory gives watts, hashrate and tokens an interval.
Internally prices are per MWh, per PH/s and day, and per million tokens, so that

- energy: 1 W for 5 min is 1 / 12e6 MWh, hence USD/MWh = 12e6 p,
- hash: a unit read as 1 TH/s earns p each of the 288 intervals a day, hence USD/PH/day = 288e3 p,
- token: USD/Mtok = 1e6 p, and an interval's tokens are spread over its 300 s.

"USD" stands here for the event's credit: the labels of the site say which is meant.
"""

from __future__ import annotations

from typing import Final

from mara.domain.site import QuoteLabels
from mara.units import (
    HOURS_PER_DAY,
    MINUTES_PER_HOUR,
    SECONDS_PER_HOUR,
    TH_PER_PH,
    TOKENS_PER_MTOK,
    W_PER_MW,
)

__all__ = [
    "EVENT_LABELS",
    "EVENT_MINUTES",
    "USD_PER_MTOK_PER_CREDIT",
    "USD_PER_MWH_PER_CREDIT",
    "USD_PER_PH_DAY_PER_CREDIT",
    "event_energy_usd_per_mwh",
    "event_hash_usd_per_ph_day",
    "event_token_usd_per_mtok",
    "event_tokens_per_s",
]

EVENT_MINUTES: Final = 5.0
"""Length of the event's interval."""

_INTERVALS_PER_HOUR: Final = MINUTES_PER_HOUR / EVENT_MINUTES

USD_PER_MWH_PER_CREDIT: Final = W_PER_MW * _INTERVALS_PER_HOUR
"""12e6: USD/MWh of one credit a watt and interval."""

USD_PER_PH_DAY_PER_CREDIT: Final = TH_PER_PH * _INTERVALS_PER_HOUR * HOURS_PER_DAY
"""288e3: USD/PH/day of one credit a TH/s and interval."""

USD_PER_MTOK_PER_CREDIT: Final = TOKENS_PER_MTOK
"""1e6: USD/Mtok of one credit a token."""

EVENT_LABELS: Final = QuoteLabels(
    currency="credits",
    energy_unit="credits/W/5 min",
    energy_factor=1.0 / USD_PER_MWH_PER_CREDIT,
    hash_unit="credits/hash/5 min",
    hash_factor=1.0 / USD_PER_PH_DAY_PER_CREDIT,
    token_unit="credits/token",  # noqa: S106
    token_factor=1.0 / USD_PER_MTOK_PER_CREDIT,
)
"""How a site of the event shows its prices: as the event quotes them."""


def event_energy_usd_per_mwh(energy_price: float) -> float:
    """Convert the event's quote to the internal energy price.

    >>> event_energy_usd_per_mwh(0.5)
    6000000.0
    """
    return energy_price * USD_PER_MWH_PER_CREDIT


def event_hash_usd_per_ph_day(hash_price: float) -> float:
    """Convert the event's quote to the internal hash price.

    >>> event_hash_usd_per_ph_day(1.5)
    432000.0
    """
    return hash_price * USD_PER_PH_DAY_PER_CREDIT


def event_token_usd_per_mtok(token_price: float) -> float:
    """Convert the event's quote to the internal token price.

    >>> event_token_usd_per_mtok(0.85)
    850000.0
    """
    return token_price * USD_PER_MTOK_PER_CREDIT


def event_tokens_per_s(tokens: float) -> float:
    """Throughput in tokens/s of the inventory's `tokens` an interval.

    >>> event_tokens_per_s(1_500)
    5.0
    """
    return tokens * _INTERVALS_PER_HOUR / SECONDS_PER_HOUR
