"""Times in HTTP headers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

__all__ = ["LONGEST_PAUSE_S", "http_date", "pause_s"]

LONGEST_PAUSE_S: Final = 3_600.0
"""Longest pause that a server can ask for at once."""

_SECONDS: Final = re.compile(r"\d{1,12}", re.ASCII)


def http_date(text: str | None) -> datetime | None:
    """Read the date of RFC 9110; None where there is none or it is wrong."""
    if text is None:
        return None
    try:
        stamp = parsedate_to_datetime(text)
        return stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def pause_s(text: str | None, *, now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks for, counted from the server's `now`, at most an hour.

    None where there is none or it is neither seconds nor a date (RFC 9110, 10.2.3).
    """
    if text is None:
        return None
    if _SECONDS.fullmatch(text.strip()):
        return min(float(text), LONGEST_PAUSE_S)
    date = http_date(text)
    if date is None:
        return None
    return min(max((date - now).total_seconds(), 0.0), LONGEST_PAUSE_S)
