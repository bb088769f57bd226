"""Sentences whose numbers all follow from the facts, and cite them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.insights.data.making.quantities import PLAIN_UNITS, TRUE_SHIFTS, Fact, written
from tests.insights.data.making.sentence import Sentence, right

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    import numpy as np

    from tests.insights.data.making.sheets import Sheet

__all__ = ["TRUE", "fact_of", "frame", "named", "pair_of_prices", "percent"]

_FRAMES: Final = (
    ("{name} is ", "."),
    ("{name} stands at ", "."),
    ("at present {name} is ", ", and the plan rests on it."),
    ("with {name} at ", " the controller holds its course."),
    ("note that {name} reads ", " now."),
    ("| {name} | ", " |"),
    ("- **{name}**: ", ""),
)


def fact_of(rng: np.random.Generator, sheet: Sheet, units: tuple[str, ...] = ()) -> Fact:
    """Pick a fact, of one of `units` where some are given."""
    fit = [f for f in sheet if not units or f.unit in units]
    return fit[int(rng.integers(len(fit)))]


def frame(rng: np.random.Generator, fact: Fact) -> tuple[str, str]:
    """Give the words before and after the figure of a fact."""
    before, after = _FRAMES[int(rng.integers(len(_FRAMES)))]
    return before.format(name=fact.name), after


def _style(rng: np.random.Generator, styles: tuple[str, ...], digits: str) -> str:
    text = styles[int(rng.integers(len(styles)))].format(digits)
    return text.replace("$-", "-$")


def exact(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a fact with all its digits."""
    fact = fact_of(rng, sheet)
    before, after = frame(rng, fact)
    text = _style(rng, PLAIN_UNITS[fact.unit], written(fact.value, fact.places))
    return (before, right(text, "exact", fact.id), f" [{fact.id}]", after)


def rounded(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a fact with a digit or two less."""
    fact = fact_of(rng, tuple(f for f in sheet if f.places and abs(f.value) >= 10))
    before, after = frame(rng, fact)
    places = int(rng.integers(fact.places))
    word = ("", "about ", "roughly ")[int(rng.integers(3))]
    text = _style(rng, PLAIN_UNITS[fact.unit], written(fact.value, places))
    return (before, word, right(text, "rounded", fact.id), f" [{fact.id}]", after)


def converted(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a fact in another unit of its quantity."""
    fact = fact_of(rng, sheet, tuple(TRUE_SHIFTS))
    before, after = frame(rng, fact)
    shifts = TRUE_SHIFTS[fact.unit]
    style, factor = shifts[int(rng.integers(len(shifts)))]
    places = max(fact.places - factor.adjusted() if factor < 1 else fact.places - 3, 0)
    text = _style(rng, (style,), written(fact.value * factor, places))
    return (before, right(text, "converted", fact.id), f" [{fact.id}]", after)


def interval(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State two facts as a range with one unit."""
    low, high = (named(sheet, f"forecast.{end}") for end in ("lower", "upper"))
    lower = right(written(low.value, 2), "range", low.id)
    upper = right(f"{written(high.value, 2)} USD/MWh", "range", high.id)
    ids = f" [{low.id}, {high.id}]"
    if rng.integers(2):
        return ("the price should stay between ", lower, " and ", upper, ids, ".")
    return ("the forecast spans ", lower, " to ", upper, ids, ".")


def pair_of_prices(rng: np.random.Generator, sheet: Sheet) -> tuple[Fact, Fact]:
    """Pick two prices above zero, in either order."""
    prices = [f for f in sheet if f.unit == "USD/MWh" and f.value > 10]
    one, other = rng.choice(len(prices), size=2, replace=False)
    return prices[int(one)], prices[int(other)]


def percent(one: Fact, other: Fact) -> Decimal:
    """Give the change from `other` to `one` in percent."""
    return 100 * (one.value - other.value) / other.value


def percent_change(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a declared change in percent, its direction in words."""
    one, other = pair_of_prices(rng, sheet)
    change = percent(one, other)
    about = f"percent_change({one.id}, {other.id})"
    text = f"{written(abs(change), int(rng.integers(2)))} %"
    way = "above" if change > 0 else "below"
    number = right(text, "derived", about)
    return (f"{one.name} is ", number, f" [{about}] {way} {other.name}.")


def difference(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a declared difference, its direction in words."""
    one, other = pair_of_prices(rng, sheet)
    gap = one.value - other.value
    about = f"difference({one.id}, {other.id})"
    way = "more" if gap > 0 else "less"
    number = right(f"{written(abs(gap), 2)} USD/MWh", "derived", about)
    return (f"{one.name} is ", number, f" [{about}] {way} than {other.name}.")


def ratio(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a declared ratio."""
    one, other = pair_of_prices(rng, sheet)
    about = f"ratio({one.id}, {other.id})"
    number = right(f"{written(one.value / other.value, 2)} times", "derived", about)
    return (f"{one.name} is ", number, f" [{about}] {other.name}.")


def total(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a declared sum."""
    one, other = named(sheet, "cost.day"), named(sheet, "margin.day")
    about = f"sum({one.id}, {other.id})"
    number = right(f"${written(one.value + other.value, 2)}", "derived", about)
    return ("cost and margin of the day make ", number, f" [{about}] of revenue.")


def clock(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State when a fact held, and the fact."""
    fact = fact_of(rng, sheet, ("USD/MWh",))
    at = right(f"{fact.at[11:16]} UTC", "time", fact.id)
    text = f"{written(fact.value, fact.places)} USD/MWh"
    return ("at ", at, f" {fact.name} was ", right(text, "exact", fact.id), f" [{fact.id}].")


def several(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State two facts, each with its citation."""
    one, other = fact_of(rng, sheet, ("USD",)), fact_of(rng, sheet, ("MW", "MWh"))
    first = right(f"${written(one.value, 2)}", "exact", one.id)
    second = right(f"{written(other.value, other.places)} {other.unit}", "exact", other.id)
    return (
        f"{one.name} is ", first, f" [{one.id}] and {other.name} ", second, f" [{other.id}].",
    )  # fmt: skip


def name(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Name a thing whose name holds digits, which are no figure."""
    del sheet
    model = ("S21", "H100", "HB_WEST2", "M63S")[int(rng.integers(4))]
    return ("nothing changes for the rows called ", right(model, "name"), ".")


def named(sheet: Sheet, fact_id: str) -> Fact:
    """Find a fact by its id."""
    return next(fact for fact in sheet if fact.id == fact_id)


_COMMON: Final = (
    exact, exact, exact, rounded, rounded, converted, converted, interval, percent_change,
    percent_change, difference, ratio, total, clock, several,
)  # fmt: skip
TRUE: Final[tuple[Callable[[np.random.Generator, Sheet], Sentence], ...]] = (*_COMMON * 6, name)
"""Makers of true sentences, as often as they are to come."""
