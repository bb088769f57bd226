"""What stands around a number and makes it a quantity: currency, scale, unit, rate."""

from __future__ import annotations

import re
from typing import Final

from mara.insights.scripts import CURRENCY_SIGNS
from mara.insights.units import Unit, dimension_of, unit_pattern

__all__ = ["CURRENCY", "measured_by", "quantity_after"]

_CODES: Final = (
    "GBP|CHF|JPY|CNY|RMB|AUD|CAD|NZD|INR|BRL|MXN|SEK|NOK|DKK|PLN|CZK|HUF|ZAR|KRW|SGD|HKD|THB|ILS|"
    "AED|SAR|RUB|UAH|BTC|XBT|ETH|USDT|USDC|Rs\\.?|Fr\\.?|kr\\.?|\u0631\u06cc\u0627\u0644"
)
CURRENCY: Final = rf"(?-i:[A-Z]{{0,2}})[{CURRENCY_SIGNS}]|(?<![^\W\d_])(?:USD|EUR|(?-i:{_CODES}))(?:/[A-Za-z]+)?\s?"
"""A currency before a number, as of a pattern that ignores case."""

_SCALE: Final = re.compile(
    r"\s?(?P<scale>hundred|thousand|million|billion|trillion|quadrillion|lakh|crore|ml[nd]|mio|mrd|mn|bn|tn"
    r"|k|M|B|T)(?![A-Za-z0-9/])",
    re.IGNORECASE,
)
_SCALES: Final = {
    "hundred": 1e2,
    "k": 1e3,
    "thousand": 1e3,
    "lakh": 1e5,
    "m": 1e6,
    "mn": 1e6,
    "mln": 1e6,
    "mio": 1e6,
    "million": 1e6,
    "crore": 1e7,
    "b": 1e9,
    "bn": 1e9,
    "mld": 1e9,
    "mrd": 1e9,
    "billion": 1e9,
    "t": 1e12,
    "tn": 1e12,
    "trillion": 1e12,
    "quadrillion": 1e15,
}
_WORD_SCALE: Final = re.compile(
    r"\s?(?:thousand|million|billion|trillion|quadrillion)(?![A-Za-z])", re.IGNORECASE
)
_ODD_UNIT: Final = re.compile(
    rf"\s?(?P<unit>\u00b0\s?[A-Za-z]+|(?!GPU|CPU|API|UTC)[A-Z]{{3}}(?:/\w+)?|[A-Za-z]+/[A-Za-z]\w*"
    rf"|[{CURRENCY_SIGNS}](?:\s?/\s?\w+)?|[\u2030\u2031\u066a\u0609\u060a]"
    r"|(?:yen|yuan|euros?|pounds?|pence|francs?|rupees?|roubles?|rubles?|pesos?|bitcoins?|sats?|satoshis?"
    r"|kron[aeor]+|crowns?|rand|reais|dirhams?|shekels?|liras?|zlotys?|won|baht|euro\s?cents?|Rs\.?|kr\.?|basis\s+points?"
    r"|bps)"
    r"(?:\s+per\s+\w+)?|[A-Za-z]+\s+per\s+[A-Za-z]\w*)(?!\w)"
)
"""What looks like a unit and is none of ours: it makes the figure another quantity."""

_TIME: Final = (
    r"(?:second|minute|hour|day|night|week|fortnight|month|quarter|year|decade|interval|tick)s?"
)
_RATE: Final = re.compile(
    rf"/(?:an?\s+)?(?P<slash>[A-Za-z][\w-]*)|\s*/\s*(?:{_TIME}|[kMG]Wh?|min|s|h)\b"
    r"|\s*(?:[(,]\s*)?per\s+(?!(?:the|our|its|their|this|se|forecast|plan)\b)(?:an?\s+)?(?P<per>[A-Za-z][\w-]*)"
    rf"|\s*(?:[(,]\s*)?(?:each|every)(?:\s+single|\s+and\s+every)?\s+{_TIME}\b"
    rf"|\s*an?\s+{_TIME}\b(?!-|\s+(?:ago|earlier|before|later|ahead|from|after|back|prior|hence|in|out)\b)"
    r"|\s*(?:hourly|daily|nightly|weekly|monthly|quarterly|yearly|annually|p\.\s?a\.)(?!\w)",
    re.IGNORECASE,
)
"""What a quantity is per: "/h", "per kWh", "a minute", "daily"; not "an hour ago"."""

_MARKS: Final = re.compile(
    r"[*_`\"\u201c\u201d)]*(?:\s?\x00+)*(?:\s[*_`\"'\u2018\u201c(]+|[*_`\"\u201d)]+)?"
)
"""Emphasis, quotes, brackets and citations, which may stand between a number and its unit."""


def quantity_after(
    text: str, end: int, units: tuple[str, ...], *, currency: str = ""
) -> tuple[float, Unit | None, int]:
    """Read scale and unit of the number that ends at `end`, and where they end.

    Emphasis or a citation may stand before the unit, and between the unit and what it is per: then
    the figure ends before them.
    """
    scale, unit, ends = _near(text, end, units, currency)
    far = _MARKS.match(text, ends)
    beyond = ends if far is None else far.end()
    if unit is None and beyond > ends:
        scale, unit, beyond = _beyond(text, beyond, scale, units)
    rate = _RATE.match(text, beyond)
    if rate is not None:
        return scale, _rated(unit, rate, units), ends
    scales = _SCALE if beyond > ends else _WORD_SCALE
    if unit is not None and (more := scales.match(text, beyond)) is not None:
        return scale, _odd(f"{unit.dimension}{more.group()}"), ends
    return scale, unit, ends


def _near(
    text: str, end: int, units: tuple[str, ...], currency: str
) -> tuple[float, Unit | None, int]:
    pattern, scale = unit_pattern(units), 1.0
    if not currency and (unit := pattern.match(text, end)) is not None:
        return scale, dimension_of(unit["unit"]), unit.end()
    if (scaled := _SCALE.match(text, end)) is not None:
        scale, end = _SCALES[scaled["scale"].lower()], scaled.end()
    if currency:
        return scale, *_after_currency(text, currency, end, units)
    return scale, *_unit_at(text, end, pattern)


def _unit_at(text: str, at: int, pattern: re.Pattern[str]) -> tuple[Unit | None, int]:
    if (unit := pattern.match(text, at)) is not None:
        return dimension_of(unit["unit"]), unit.end()
    if (odd := _ODD_UNIT.match(text, at)) is not None:
        return _odd(odd["unit"]), odd.end()
    return None, at


def _beyond(
    text: str, at: int, scale: float, units: tuple[str, ...]
) -> tuple[float, Unit | None, int]:
    """Read on after emphasis or the citation: "41.2 [price.now] EUR/MWh" states euros."""
    pattern = unit_pattern(units)
    if pattern.match(text, at) is None and (scaled := _SCALE.match(text, at)) is not None:
        scale, at = scale * _SCALES[scaled["scale"].lower()], scaled.end()
    return scale, *_unit_at(text, at, pattern)


def _rated(unit: Unit | None, rate: re.Match[str], units: tuple[str, ...]) -> Unit:
    """Take the unit per something as another one; of a bare number, as the price per it."""
    per = rate["per"] or rate["slash"]
    if unit is not None or not per:
        return _odd(f"{'' if unit is None else unit.dimension}{rate.group()}")
    known = next((u for u in units if u.partition("/")[2] == per), f"USD/{per}")
    return dimension_of(known)


def _odd(unit: str) -> Unit:
    return Unit(dimension=f"unit {unit}", factor=1.0)


def _after_currency(text: str, currency: str, end: int, units: tuple[str, ...]) -> tuple[Unit, int]:
    """Read "$41.20/MWh": the unit is the sign before with what follows the number."""
    rest = text[end : end + 40]
    whole = unit_pattern(units).match(currency + rest)
    taken = len(currency) if whole is None else max(whole.end(), len(currency))
    written = currency if whole is None else whole["unit"]
    return dimension_of(written), end + taken - len(currency)


def measured_by(text: str, end: int, units: tuple[str, ...]) -> bool:
    """Tell whether a unit of anything but time or things follows: then it is no date or time."""
    unit = unit_pattern(units).match(text, end)
    if unit is None:
        return re.match(rf"\s?[{CURRENCY_SIGNS}]", text[end : end + 2]) is not None
    return dimension_of(unit["unit"]).dimension not in {"time", "count"}
