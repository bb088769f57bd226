"""Units as texts write them: each is a factor of the base unit of its dimension.

Base units: USD, USD/MWh, MW, MWh, hours, a share of one, and for other things their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

__all__ = ["Unit", "dimension_of", "unit_pattern"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit: its dimension, and how many base units it is."""

    dimension: str
    factor: float


_MONEY: Final = r"(?:USD|US\$|\$|dollars?)"
_CENTS: Final = r"(?:cents?|ct|¢|c)"
_PER: Final = r"\s*(?:/|per|an?)\s*(?:an?\s+)?"
_MWH: Final = r"(?:MWh|megawatt[- ]?hours?)"
_KWH: Final = r"(?:kWh|kilowatt[- ]?hours?)"
_MTOK: Final = r"(?:Mtok(?:ens?)?|million\s+tokens?)"
_HOUR: Final = r"(?:hours?|hrs?|h)"

_TABLE: Final[tuple[tuple[str, str, float], ...]] = (
    (rf"{_MONEY}{_PER}{_MWH}", "price", 1.0),
    (rf"{_MONEY}{_PER}{_KWH}", "price", 1_000.0),
    (rf"{_CENTS}{_PER}{_KWH}", "price", 10.0),
    (rf"{_CENTS}{_PER}{_MWH}", "price", 0.01),
    (rf"{_MONEY}{_PER}PH(?:/s)?(?:/|\s+(?:a|per|and)\s+)day", "hash price", 1.0),
    (rf"{_MONEY}{_PER}TH(?:/s)?(?:/|\s+(?:a|per|and)\s+)day", "hash price", 1_000.0),
    (rf"{_MONEY}{_PER}{_MTOK}", "token price", 1.0),
    (rf"{_MONEY}{_PER}(?:MW|megawatt)(?!h)", "usd per mw", 1.0),
    (rf"{_MONEY}{_PER}{_HOUR}", "usd per h", 1.0),
    (rf"{_MONEY}{_PER}(?:interval|tick)", "usd per interval", 1.0),
    (_MONEY, "money", 1.0),
    (r"(?:cents?|¢)", "money", 0.01),
    (rf"{_MTOK}{_PER}{_HOUR}", "token rate", 1.0),
    (rf"tokens?{_PER}(?:seconds?|s)", "token rate", 0.0036),
    (_MTOK, "tokens", 1.0),
    (r"(?:MWh|megawatt[- ]?hours?)", "energy", 1.0),
    (r"(?:kWh|kilowatt[- ]?hours?)", "energy", 1e-3),
    (r"(?:GWh|gigawatt[- ]?hours?)", "energy", 1e3),
    (r"(?:MW|megawatts?)", "power", 1.0),
    (r"(?:kW|kilowatts?)", "power", 1e-3),
    (r"(?:GW|gigawatts?)", "power", 1e3),
    (r"(?:W|watts?)", "power", 1e-6),
    (r"(?:TH/s|terahash(?:es)?(?:\s+(?:a|per)\s+second)?)", "hashrate", 1e-3),
    (r"(?:PH/s|petahash(?:es)?(?:\s+(?:a|per)\s+second)?)", "hashrate", 1.0),
    (r"(?:EH/s)", "hashrate", 1e3),
    (r"(?:percentage\s+points?|pp)", "share", 0.01),
    (r"(?:%|percent|per\s+cent)", "share", 0.01),
    (r"(?:times|x|\u00d7)", "share", 1.0),
    (r"(?:°\s?C|degrees?(?:\s+Celsius)?)", "temperature", 1.0),
    (r"(?:milliseconds?|ms)", "time", 1.0 / 3.6e6),
    (r"(?:seconds?|secs?|s)", "time", 1.0 / 3_600.0),
    (r"(?:minutes?|mins?)", "time", 1.0 / 60.0),
    (_HOUR, "time", 1.0),
    (r"days?", "time", 24.0),
    (r"weeks?", "time", 168.0),
)
_COMPILED: Final = tuple(
    (re.compile(pattern), Unit(dimension=dimension, factor=factor))
    for pattern, dimension, factor in _TABLE
)
_COUNT: Final = Unit(dimension="count", factor=1.0)
_COUNTED: Final = re.compile(
    r"(?:units?|machines?|miners?|servers?|intervals?|ticks?|decisions?|agents?|trades?|orders?|"
    r"headlines?|alerts?|class(?:es)?|paths?|proposals?|scenarios?|strateg(?:y|ies)|forecasts?)"
)


@lru_cache(maxsize=512)
def dimension_of(unit: str) -> Unit:
    """Read a unit; one that the table lacks is its own dimension, and "" counts things.

    >>> dimension_of("cents/kWh")
    Unit(dimension='price', factor=10.0)
    """
    text = unit.strip()
    if not text or _COUNTED.fullmatch(text):
        return _COUNT
    for pattern, found in _COMPILED:
        if pattern.fullmatch(text):
            return found
    return Unit(dimension=f"unit {text}", factor=1.0)


@lru_cache(maxsize=64)
def unit_pattern(others: tuple[str, ...] = ()) -> re.Pattern[str]:
    """Match a unit after a figure; `others` are units of a sheet that the table lacks."""
    literal = [re.escape(o) for o in sorted(others, key=len, reverse=True) if o]
    known = [pattern for pattern, _, _ in _TABLE]
    longest = sorted(known, key=lambda p: -len(p))
    options = "|".join(f"(?:{p})" for p in [*literal, *longest, _COUNTED.pattern])
    return re.compile(rf"[\s\u00a0\u202f-]?(?P<unit>{options})(?![A-Za-z])")
