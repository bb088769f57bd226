"""Exact money between the books and the database: Decimal and whole cents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mara.errors import InvalidValue
from mara.units import CENT

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["from_cents", "to_cents"]


def to_cents(amount: Decimal) -> int:
    """Whole cents of `amount`.

    >>> to_cents(Decimal("-12.34"))
    -1234

    Raises
    ------
    InvalidValue
        The amount has a fraction of a cent.
    """
    cents = amount / CENT
    if cents != cents.to_integral_value():
        raise InvalidValue(f"amount={amount} is not in whole cents; round it with mara.units.money")
    return int(cents)


def from_cents(cents: int) -> Decimal:
    """Amount of whole cents.

    >>> from_cents(-1234)
    Decimal('-12.34')
    """
    return CENT * cents
