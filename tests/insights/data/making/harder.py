"""The makers of the second set: how writers vary their sentences, and how figures slip through."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tests.insights.data.making.false_sentences import FALSE, off, plain
from tests.insights.data.making.quantities import written
from tests.insights.data.making.sentence import Sentence, right, wrong
from tests.insights.data.making.true_sentences import TRUE, fact_of, named, pair_of_prices, percent

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from tests.insights.data.making.sheets import Sheet

__all__ = ["HARDER_FALSE", "HARDER_TRUE"]

_UP: Final = ("has risen by ", "is up ", "went up by ", "rose ")
_DOWN: Final = ("has fallen by ", "is down ", "went down by ", "dropped ")
_OTHER_UNITS: Final = ("EUR/MWh", "pounds per MWh", "yen", "cents per kWh", "bitcoin", "MW")
_LOOSE: Final = (
    ("the price may rise ", "tenfold", "."),
    ("", "a couple of megawatts", " are idle."),
    ("it saves ", "hundreds of dollars", " an hour."),
    ("", "dozens of machines", " are off."),
    ("", "a quarter of", " the load moved."),
    ("this would cost ", "thousands", "."),
    ("the odds are ", "three to one", " for a spike."),
    ("the risk has ", "quadrupled", "."),
)
_WITH_LESS: Final = (
    ("the low was ", ", shortly before noon."),
    ("after costs, the low stands at ", "."),
    ("we understand that the low was ", "."),
    ("the low, under pressure, is ", " and no worse."),
)


def moved(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a change by a verb."""
    now, then = named(sheet, "price.now"), named(sheet, "price.hour_ago")
    change = percent(now, then)
    verb = (_UP if change > 0 else _DOWN)[int(rng.integers(4))]
    about = f"percent_change({now.id}, {then.id})"
    number = right(f"{written(abs(change), 1)} %", "derived", about)
    return (f"within an hour the price {verb}", number, f" [{about}].")


def cited_late(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Cite a change at the end of its phrase."""
    one, other = pair_of_prices(rng, sheet)
    change = percent(one, other)
    about = f"percent_change({one.id}, {other.id})"
    way = "above" if change > 0 else "below"
    number = right(f"{written(abs(change), 1)} %", "derived", about)
    return (f"{one.name} is ", number, f" {way} {other.name} [{about}].")


def price_and_change(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a price and its change in one sentence."""
    now, then = named(sheet, "price.now"), named(sheet, "price.hour_ago")
    change = percent(now, then)
    about = f"percent_change({now.id}, {then.id})"
    way = "above" if change > 0 else "below"
    price = right(f"{written(now.value, 2)} USD/MWh", "exact", now.id)
    share = right(f"{written(abs(change), 0)} %", "derived", about)
    tail = f" [{about}] {way} that of an hour ago."
    return ("the price is ", price, f" [{now.id}], ", share, tail)


def negative(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a price below zero with its sign, in one of the ways that signs are written."""
    low = named(sheet, "price.low")
    sign = ("-", "\N{MINUS SIGN}", "minus ")[int(rng.integers(3))]
    text = f"{sign}{written(abs(low.value), int(rng.integers(3)))} USD/MWh"
    return ("prices went as low as ", right(text, "rounded", low.id), f" [{low.id}].")


def unit_after(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Put the digits of a price before its citation and another unit after it."""
    fact = fact_of(rng, sheet, ("USD/MWh",))
    unit = _OTHER_UNITS[int(rng.integers(len(_OTHER_UNITS)))]
    digits = written(fact.value, fact.places)
    number = wrong(digits, "unit after citation", fact.id)
    return (f"{fact.name} is ", number, f" [{fact.id}] {unit}.")


def other_unit(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Write a unit out that no fact has."""
    fact = fact_of(rng, sheet, ("USD/MWh",))
    unit = _OTHER_UNITS[int(rng.integers(len(_OTHER_UNITS)))]
    number = wrong(f"{written(fact.value, fact.places)} {unit}", "unit shifted", fact.id)
    return (f"{fact.name} is ", number, f" [{fact.id}].")


def lost_sign(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a price below zero as one above, with a word near it that speaks of less."""
    low = named(sheet, "price.low")
    before, after = _WITH_LESS[int(rng.integers(len(_WITH_LESS)))]
    text = f"{written(abs(low.value), 2)} USD/MWh"
    return (before, wrong(text, "sign flipped", low.id), f" [{low.id}]", after)


def moved_wrong_way(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a change by the verb of its opposite."""
    now, then = named(sheet, "price.now"), named(sheet, "price.hour_ago")
    change = percent(now, then)
    verb = (_DOWN if change > 0 else _UP)[int(rng.integers(4))]
    about = f"percent_change({now.id}, {then.id})"
    number = wrong(f"{written(abs(change), 1)} %", "wrong direction", about)
    return (f"within an hour the price {verb}", number, f" [{about}].")


def cited_late_wrong(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State the opposite of a change, cited at the end of its phrase."""
    one, other = pair_of_prices(rng, sheet)
    change = percent(one, other)
    about = f"percent_change({one.id}, {other.id})"
    way = "below" if change > 0 else "above"
    number = wrong(f"{written(abs(change), 1)} %", "wrong direction", about)
    return (f"{one.name} is ", number, f" {way} {other.name} [{about}].")


def loose(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State an invented quantity in loose words."""
    del sheet
    before, text, after = _LOOSE[int(rng.integers(len(_LOOSE)))]
    return (before, wrong(text, "in words", None), after)


def list_mark(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Let an invented figure stand where the number of a list item does."""
    fact = fact_of(rng, sheet, ("USD/MWh",))
    value = int(abs(off(rng, sheet, fact)))
    return ("\n", wrong(str(value % 80 + 15), "list mark"), ". That is where the price will go.")


def lone_total(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Cite two facts for their product, which is no derivation."""
    price, power = named(sheet, "price.now"), named(sheet, "site.power")
    cost = (price.value * power.value).quantize(Decimal("0.01"))
    ids = f" [{price.id}, {power.id}]"
    return ("each hour costs ", wrong(f"{written(cost, 2)} USD", "product", price.id), ids, ".")


def second_of_two(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Give two figures one citation of one fact; the first has none."""
    fact = fact_of(rng, sheet, ("USD/MWh",))
    first = wrong(f"{plain(rng, fact, off(rng, sheet, fact))}", "rider")
    said = right(f"{written(fact.value, fact.places)} USD/MWh", "exact", fact.id)
    return (f"{fact.name} went from ", first, " to ", said, f" [{fact.id}].")


HARDER_TRUE: Final[tuple[Callable[[np.random.Generator, Sheet], Sentence], ...]] = (
    *TRUE, *(moved, cited_late, price_and_change, negative) * 6,
)  # fmt: skip
"""True sentences of the second set."""

HARDER_FALSE: Final[tuple[Callable[[np.random.Generator, Sheet], Sentence], ...]] = (
    *FALSE, unit_after, other_unit, lost_sign, moved_wrong_way, cited_late_wrong, loose, list_mark,
    lone_total, second_of_two,
)  # fmt: skip
"""False sentences of the second set."""
