"""Guards of the frozen values: each refuses the impossible at construction."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mara.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "all_finite",
    "aware",
    "finite",
    "named",
    "non_negative",
    "positive",
    "whole",
    "within",
]


def finite(owner: str, field: str, value: float) -> None:
    """Refuse NaN and infinities, and what is not a number."""
    if type(value) is float and math.isfinite(value):
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidValue(f"{owner}: {field}={value!r} must be a finite number")


def all_finite(owner: str, field: str, values: Sequence[float]) -> None:
    """Refuse a series that holds NaN or infinities; quick, for long ones."""
    if not all(map(math.isfinite, values)):
        at, value = next((i, v) for i, v in enumerate(values) if not math.isfinite(v))
        raise InvalidValue(f"{owner}: {field}[{at}]={value!r} must be a finite number")


def non_negative(owner: str, field: str, value: float) -> None:
    """Refuse what is below zero or not finite."""
    finite(owner, field, value)
    if value < 0:
        raise InvalidValue(f"{owner}: {field}={value!r} must not be negative")


def whole(owner: str, field: str, value: int) -> None:
    """Refuse what is not a whole number of things: fractions, and numbers below zero."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidValue(f"{owner}: {field}={value!r} must be a whole number, zero or above")


def positive(owner: str, field: str, value: float) -> None:
    """Refuse what is not above zero or not finite."""
    finite(owner, field, value)
    if value <= 0:
        raise InvalidValue(f"{owner}: {field}={value!r} must be above zero")


def within(owner: str, field: str, value: float, low: float, high: float) -> None:
    """Refuse what lies outside [`low`, `high`]."""
    finite(owner, field, value)
    if not low <= value <= high:
        raise InvalidValue(f"{owner}: {field}={value!r} must lie between {low} and {high}")


def aware(owner: str, field: str, value: datetime) -> None:
    """Refuse times that are not in UTC."""
    if value.tzinfo is not UTC and value.utcoffset() is None:
        raise InvalidValue(f"{owner}: {field}={value!r} has no time zone; give it in UTC")
    if value.utcoffset() != UTC.utcoffset(None):
        raise InvalidValue(f"{owner}: {field}={value!r} is not in UTC; convert it first")


def named(owner: str, field: str, value: str) -> None:
    """Refuse empty and overlong names."""
    if not value or len(value) > 200:
        raise InvalidValue(f"{owner}: {field}={value[:40]!r} must have 1 to 200 characters")
