"""Quantities and the ways in which a text writes them, right and wrong.

A shift is a unit with the factor from the fact's unit to it. `TRUE_SHIFTS` are conversions, so that
value times factor is the same quantity; in a `FALSE_UNIT` the same digits are another quantity.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

__all__ = ["FALSE_UNITS", "PLAIN_UNITS", "TRUE_SHIFTS", "Fact", "written"]

PLAIN_UNITS: Final[dict[str, tuple[str, ...]]] = {
    "USD/MWh": ("{} USD/MWh", "${}/MWh", "{} dollars per MWh"),
    "MW": ("{} MW", "{} megawatts"),
    "MWh": ("{} MWh", "{} megawatt-hours"),
    "USD": ("{} USD", "${}", "{} dollars"),
    "%": ("{} %", "{}%", "{} percent"),
    "USD/PH/day": ("{} USD/PH/day", "${}/PH/day"),
    "°C": ("{} °C", "{} degrees Celsius"),
    "h": ("{} h", "{} hours"),
    "machines": ("{} machines",),
}
"""How the unit of a fact may be written."""

TRUE_SHIFTS: Final[dict[str, tuple[tuple[str, Decimal], ...]]] = {
    "USD/MWh": (
        ("{} cents/kWh", Decimal("0.1")),
        ("${}/kWh", Decimal("0.001")),
        ("{} USD/kWh", Decimal("0.001")),
    ),
    "MW": (("{} kW", Decimal(1000)), ("{} GW", Decimal("0.001"))),
    "MWh": (("{} kWh", Decimal(1000)), ("{} GWh", Decimal("0.001"))),
    "USD": (("${}k", Decimal("0.001")), ("{} thousand dollars", Decimal("0.001"))),
    "USD/PH/day": (("{} USD/TH/day", Decimal("0.001")),),
}
"""Other units of the same quantity, with their factors."""

FALSE_UNITS: Final[dict[str, tuple[str, ...]]] = {
    "USD/MWh": ("{} USD/kWh", "{} cents/kWh", "{} EUR/MWh", "{} MWh"),
    "MW": ("{} kW", "{} GW", "{} MWh"),
    "MWh": ("{} kWh", "{} GWh", "{} MW"),
    "USD": ("{} cents", "{} USD/MWh", "${} million", "{} EUR"),
    "%": ("{} USD", "{} MW"),
    "USD/PH/day": ("{} USD/TH/day", "{} USD/MWh"),
    "°C": ("{} °F", "{} %"),
    "h": ("{} days", "{} minutes"),
    "machines": ("{} MW", "{} %"),
}
"""Units with which the digits of a fact are wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A figure of a sheet; `value` is exact."""

    id: str
    name: str
    value: Decimal
    unit: str
    at: str

    @property
    def places(self) -> int:
        """Digits after the point."""
        exponent = self.value.as_tuple().exponent
        return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def written(value: Decimal, places: int) -> str:
    """Write a number with thousands separated and `places` digits after the point."""
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    return f"{rounded:,.{places}f}"
