"""How figures, times and texts are shown: units, thousands separators, the site's local time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from decimal import Decimal
    from zoneinfo import ZoneInfo

__all__ = [
    "DASH",
    "age",
    "clock",
    "moment",
    "money",
    "number",
    "percent",
    "plain",
    "price",
    "prose",
    "signed_money",
    "speed",
    "words",
]

DASH: Final = "—"
"""What stands where there is no figure."""

_MINUS: Final = "\N{MINUS SIGN}"
_ACRONYMS = frozenset({"gpu", "asic", "sla"})
_IDENTIFIER = re.compile(r"\b[a-z]+(?:[_-][a-z0-9]+)+\b")
_FIGURES = {
    "energy_usd_per_mwh": "energy price",
    "hash_usd_per_ph_day": "hash price",
    "token_usd_per_mtok": "token price",
    "demand_mtok_per_h": "demand",
}
_MARKED = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")


def number(value: float | Decimal | None, unit: str = "", digits: int = 1) -> str:
    """Write a figure with its unit.

    >>> number(1234.5, "MW")
    '1,234.5 MW'
    >>> number(None, "MW")
    '—'
    """
    if value is None:
        return DASH
    text = f"{value:,.{digits}f}".replace("-", _MINUS)
    return f"{text} {unit}".rstrip()


def money(value: float | Decimal | None, currency: str = "USD", digits: int = 0) -> str:
    """Write an amount of money.

    >>> money(1234.4)
    '1,234 USD'
    """
    return number(value, currency, digits)


def signed_money(value: float | None, currency: str = "USD", digits: int = 0) -> str:
    """Write a difference of money, always with its sign.

    >>> signed_money(12)
    '+12 USD'
    """
    if value is None:
        return DASH
    return f"{value:+,.{digits}f} {currency}".replace("-", _MINUS).rstrip()


def price(value: float | None, unit: str, factor: float = 1.0) -> str:
    """Write a price in the unit of its feed, with as many digits as it needs.

    >>> price(42.125, "USD/MWh"), price(8_804_904.0, "credits/W", 1 / 12e6)
    ('42.12 USD/MWh', '0.7337 credits/W')
    """
    if value is None:
        return DASH
    shown = value * factor
    return number(shown, unit, 2 if abs(shown) >= 1.0 or shown == 0.0 else 4)


def percent(share: float | None, digits: int = 0) -> str:
    """Write a share of one in percent.

    >>> percent(0.256)
    '26 %'
    """
    return DASH if share is None else f"{share * 100:,.{digits}f} %".replace("-", _MINUS)


def clock(at: datetime, zone: ZoneInfo) -> str:
    """Write the time of day at the site.

    >>> from datetime import UTC, datetime
    >>> from zoneinfo import ZoneInfo
    >>> clock(datetime(2026, 6, 1, 17, 5, tzinfo=UTC), ZoneInfo("America/Chicago"))
    '12:05'
    """
    return f"{at.astimezone(zone):%H:%M}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Write day and time at the site, with the name of its zone.

    >>> from datetime import UTC, datetime
    >>> from zoneinfo import ZoneInfo
    >>> moment(datetime(2026, 6, 1, 17, 5, tzinfo=UTC), ZoneInfo("America/Chicago"))
    'Mon 1 Jun 12:05 CDT'
    """
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M %Z}"


def age(span: timedelta) -> str:
    """Write how long something took or lies back.

    >>> from datetime import timedelta
    >>> age(timedelta(seconds=95))
    '1 min 35 s'
    """
    seconds = max(round(span.total_seconds()), 0)
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    if minutes:
        return f"{minutes} min {left} s" if left else f"{minutes} min"
    return f"{left} s"


def speed(factor: float | None) -> str:
    """Write how fast the market's clock runs.

    >>> speed(60.0), speed(1.0), speed(None)
    ('60x real time', 'real time', 'full speed')
    """
    if factor is None:
        return "full speed"
    return "real time" if factor == 1.0 else f"{factor:g}x real time"


def words(name: str) -> str:
    """Turn an identifier into words.

    >>> words("air_miners"), words("gpu_compute")
    ('Air miners', 'GPU compute')
    """
    parts = [p.upper() if p in _ACRONYMS else p for p in re.split(r"[_\s-]+", name.strip())]
    spaced = " ".join(parts)
    return spaced[:1].upper() + spaced[1:]


def prose(text: str, most: int | None = None) -> str:
    """Write an agent's sentence for people: identifiers as words, cut after `most` characters.

    >>> prose("keeps 12 x gpu_compute and 3 x air_miners", most=24)
    'Keeps 12 x GPU compute…'
    """
    shown = _IDENTIFIER.sub(_spelled, text)
    shown = shown[:1].upper() + shown[1:]
    if most is None or len(shown) <= most:
        return shown
    return shown[:most].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _spelled(match: re.Match[str]) -> str:
    name = match.group()
    if "_" not in name:
        return name
    spelled = words(name)
    known = _FIGURES.get(name)
    return known or (spelled if spelled[:2].isupper() else spelled[:1].lower() + spelled[1:])


def plain(text: str) -> str:
    r"""Escape a text from outside, so that Markdown shows it as it is and loads nothing.

    >>> print(plain("![x](http://example.org)"))
    \!\[x\]\(http\://example\.org\)
    """
    return _MARKED.sub(r"\\\1", " ".join(text.split()))
