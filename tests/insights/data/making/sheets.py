"""Fact sheets: invented figures of an invented site, with no two near each other."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tests.insights.data.making.quantities import Fact

if TYPE_CHECKING:
    import numpy as np

__all__ = ["APART", "Sheet", "sheet_of"]

Sheet = tuple[Fact, ...]

APART: Final = 0.03
"""Least share by which the digits of any two facts of one sheet differ."""

_NAMES: Final = (
    ("price.now", "the price", "USD/MWh", 12.0, 140.0, 2),
    ("price.hour_ago", "the price an hour ago", "USD/MWh", 12.0, 140.0, 2),
    ("price.mean_day", "the mean price of the day", "USD/MWh", 18.0, 90.0, 2),
    ("price.low", "the low of the day", "USD/MWh", -45.0, -4.0, 2),
    ("forecast.median", "the median forecast", "USD/MWh", 15.0, 120.0, 2),
    ("forecast.lower", "the lower end of the forecast", "USD/MWh", 5.0, 14.0, 2),
    ("forecast.upper", "the upper end of the forecast", "USD/MWh", 150.0, 400.0, 2),
    ("site.power", "the site's draw", "MW", 2.0, 9.0, 3),
    ("site.limit", "the connection", "MW", 10.0, 20.0, 1),
    ("battery.level", "the battery's level", "%", 21.0, 96.0, 1),
    ("energy.day", "the energy bought so far", "MWh", 30.0, 160.0, 2),
    ("margin.day", "the margin of the day", "USD", 1_100.0, 9_500.0, 2),
    ("cost.day", "the cost of the day", "USD", 10_500.0, 28_000.0, 2),
    ("risk.loss", "the loss at risk", "USD", 400.0, 990.0, 2),
    ("dual.connection", "the value of one more megawatt", "USD/MWh", 1.2, 4.8, 2),
    ("hash.price", "the hash price", "USD/PH/day", 38.0, 66.0, 2),
    ("weather.temperature", "the temperature", "°C", 22.0, 41.0, 1),
    ("horizon", "the horizon", "h", 12.0, 72.0, 0),
    ("miners.on", "the number running", "machines", 210.0, 880.0, 0),
)


def sheet_of(rng: np.random.Generator, number: int) -> Sheet:
    """Draw a sheet; figures too near another one, in whatever unit, are drawn again."""
    now = datetime(2026, 6, 2, 5, 5) + timedelta(hours=7 * number)  # noqa: DTZ001
    facts: list[Fact] = []
    for fact_id, name, unit, low, high, places in _NAMES:
        at = now - timedelta(hours=fact_id.endswith("ago"))
        stamp = f"{at.isoformat()}Z"
        while True:
            value = Decimal(f"{rng.uniform(low, high):.{places}f}")
            fact = Fact(id=fact_id, name=name, value=value, unit=unit, at=stamp)
            if all(apart(abs(value), abs(other.value)) for other in facts):
                break
        facts.append(fact)
    return tuple(facts)


def apart(one: Decimal, other: Decimal) -> bool:
    """Tell whether the digits of two numbers differ clearly, whatever the power of ten."""
    return abs(_digits(one) / _digits(other) - 1) > APART


def _digits(value: Decimal) -> float:
    return float(value.scaleb(-value.adjusted()))
