"""Sentences with one number that does not follow from the facts; its kind says how it is wrong.

Every planted value is off by 4 % at least, and by two units of its last digit; the digits of an
uncited one are apart from those of all facts.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tests.insights.data.making.quantities import (
    FALSE_UNITS,
    PLAIN_UNITS,
    TRUE_SHIFTS,
    Fact,
    written,
)
from tests.insights.data.making.sentence import Sentence, right, wrong
from tests.insights.data.making.sheets import apart
from tests.insights.data.making.true_sentences import fact_of, frame, pair_of_prices, percent

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from tests.insights.data.making.sheets import Sheet

__all__ = ["FALSE", "off", "plain"]

_FULLWIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")  # noqa: RUF001
_ARABIC: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_WORDS: Final = (
    ("the price has ", "doubled", " since the morning."),
    ("margin is ", "twice", " that of yesterday."),
    ("", "a third", " of the machines idle."),
    ("only ", "half", " of the battery is left."),
    ("demand response would pay ", "five hundred dollars", " an hour."),
    ("another ", "twenty-two machines", " could run."),
    ("the forecast errs by ", "a dozen percent", " on such days."),
    ("it costs ", "forty dollars", " to wait."),
)
_INVENTED: Final = (
    ("neighbouring sites pay ", " for the same hours."),
    ("a spike to ", " is likely tonight."),
    ("holding back would save ", " by midnight."),
    ("such days used to close at ", "."),
)


def off(rng: np.random.Generator, sheet: Sheet, fact: Fact) -> Decimal:
    """Draw a value that is clearly neither that of the fact nor of another one."""
    while True:
        factor = Decimal(f"{rng.uniform(1.04, 1.6):.3f}")
        near = fact.value * factor if rng.integers(2) else fact.value / factor
        value = near.quantize(Decimal(1).scaleb(-fact.places))
        step = Decimal(1).scaleb(-fact.places)
        clear = all(apart(abs(value), abs(other.value)) for other in sheet)
        if clear and abs(value - fact.value) >= max(2 * step, abs(fact.value) / 25):
            return value


def plain(rng: np.random.Generator, fact: Fact, value: Decimal) -> str:
    """Write a value in the unit of a fact."""
    styles = PLAIN_UNITS[fact.unit]
    style = styles[int(rng.integers(len(styles)))]
    return style.format(written(value, fact.places)).replace("$-", "-$")


def _cited(rng: np.random.Generator, fact: Fact, text: str, kind: str) -> Sentence:
    before, after = frame(rng, fact)
    return (before, wrong(text, kind, fact.id), f" [{fact.id}]", after)


def wrong_value(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Cite a fact with another value."""
    fact = fact_of(rng, sheet)
    return _cited(rng, fact, plain(rng, fact, off(rng, sheet, fact)), "wrong value")


def uncited(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a figure that no fact holds, citing nothing."""
    fact = fact_of(rng, sheet, ("USD/MWh", "USD", "MWh"))
    before, after = _INVENTED[int(rng.integers(len(_INVENTED)))]
    return (before, wrong(plain(rng, fact, off(rng, sheet, fact)), "uncited"), after)


def unknown_id(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Cite an id that is not on the sheet."""
    fact = fact_of(rng, sheet)
    text = plain(rng, fact, off(rng, sheet, fact))
    before, after = frame(rng, fact)
    return (before, wrong(text, "unknown id"), f" [{fact.id}.verified]", after)


def misattributed(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Give one fact the value of another of the same unit."""
    while True:
        one, other = pair_of_prices(rng, sheet)
        if abs(one.value / other.value - 1) > Decimal("0.04"):
            return _cited(rng, one, plain(rng, one, other.value), "misattributed")


def misrounded(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Round a fact to tens, in the wrong direction and beyond."""
    fact = fact_of(rng, tuple(f for f in sheet if f.unit == "USD/MWh" and 20 < f.value < 100))
    tens = (fact.value / 10).to_integral_value()
    value = 10 * (tens + (2 if fact.value > 10 * tens else -2))
    return _cited(rng, fact, f"{value} USD/MWh", "misrounded")


def unit_shifted(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Keep the digits of a fact and change its unit."""
    fact = fact_of(rng, sheet)
    styles = FALSE_UNITS[fact.unit]
    text = styles[int(rng.integers(len(styles)))].format(written(fact.value, fact.places))
    return _cited(rng, fact, text.replace("$-", "-$"), "unit shifted")


def misconverted(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Convert a fact with a factor that is ten times too large."""
    fact = fact_of(rng, sheet, tuple(TRUE_SHIFTS))
    shifts = TRUE_SHIFTS[fact.unit]
    style, factor = shifts[int(rng.integers(len(shifts)))]
    text = style.format(written(fact.value * factor * 10, 4)).replace("$-", "-$")
    return _cited(rng, fact, text, "misconverted")


def flipped(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Change the sign of a fact, with any of the signs that print."""
    fact = fact_of(rng, sheet, ("USD/MWh", "°C", "USD"))
    sign = ("-", "\N{MINUS SIGN}", "minus ")[int(rng.integers(3))] if fact.value > 0 else ""
    text = f"{sign}{written(abs(fact.value), fact.places)} {fact.unit}"
    return _cited(rng, fact, text, "sign flipped")


def swapped(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Swap two digits of a fact."""
    while True:
        fact = fact_of(
            rng, tuple(f for f in sheet if f.unit in {"USD/MWh", "MWh"} and f.value > 10)
        )
        digits = str(fact.value)
        made = Decimal(digits[1] + digits[0] + digits[2:])
        if made > 1 and abs(made / fact.value - 1) > Decimal("0.04"):
            return _cited(rng, fact, plain(rng, fact, made), "digits swapped")


def wrong_change(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Declare a change in percent and state another one."""
    one, other = pair_of_prices(rng, sheet)
    about = f"percent_change({one.id}, {other.id})"
    stated = abs(percent(one, other)) * Decimal("1.3") + 7
    way = "above" if one.value > other.value else "below"
    number = wrong(f"{written(stated, 1)} %", "wrong derivation", about)
    return (f"{one.name} is ", number, f" [{about}] {way} {other.name}.")


def wrong_way(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Declare a change in percent and state its opposite."""
    one, other = pair_of_prices(rng, sheet)
    about = f"percent_change({one.id}, {other.id})"
    change = percent(one, other)
    way = "below" if change > 0 else "above"
    number = wrong(f"{written(abs(change), 1)} %", "wrong direction", about)
    return (f"{one.name} is ", number, f" [{about}] {way} {other.name}.")


def wrong_difference(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Declare a difference and state the sum."""
    one, other = pair_of_prices(rng, sheet)
    about = f"difference({one.id}, {other.id})"
    number = wrong(f"{written(one.value + other.value, 2)} USD/MWh", "wrong derivation", about)
    return (f"{one.name} differs from {other.name} by ", number, f" [{about}].")


def impossible(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Declare the sum of things that do not add."""
    one, other = fact_of(rng, sheet, ("MW",)), fact_of(rng, sheet, ("USD",))
    about = f"sum({one.id}, {other.id})"
    number = wrong(f"{written(one.value + other.value, 2)} USD", "impossible derivation", about)
    return ("together that makes ", number, f" [{about}].")


def wrong_time(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Name a time of day at which no fact of the sheet held."""
    fact = fact_of(rng, sheet, ("USD/MWh",))
    hour = (int(fact.at[11:13]) + int(rng.integers(3, 20))) % 24
    return (f"{fact.name} was set at ", wrong(f"{hour:02d}:37 UTC", "wrong time"), ".")


def wrong_range(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State a range whose upper end is wrong."""
    low, high = (next(f for f in sheet if f.id == f"forecast.{e}") for e in ("lower", "upper"))
    number = wrong(f"{written(off(rng, sheet, high), 2)} USD/MWh", "wrong range", high.id)
    lower = right(written(low.value, 2), "range", low.id)
    return ("expect ", lower, " to ", number, f" [{low.id}, {high.id}].")


def rider(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Let an invented figure ride on the citation of a true one."""
    fact = fact_of(rng, sheet, ("USD/MWh",))
    number = wrong(f"{written(off(rng, sheet, fact), 2)} USD/MWh", "rider")
    said = right(f"{written(fact.value, fact.places)} USD/MWh", "exact", fact.id)
    return (f"{fact.name} is ", said, f" [{fact.id}] and will be ", number, " by tonight.")


def in_words(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """State an invented quantity in words."""
    before, text, after = _WORDS[int(rng.integers(len(_WORDS)))]
    return (before, wrong(text, "in words"), after)


def disguised(rng: np.random.Generator, sheet: Sheet) -> Sentence:
    """Write an invented figure so that its digits are hard to find but are read as digits."""
    fact = fact_of(rng, tuple(f for f in sheet if f.unit == "USD/MWh" and f.value > 20))
    digits = written(off(rng, sheet, fact), 2)
    forms = (
        digits.translate(_FULLWIDTH),
        digits.translate(_ARABIC),
        f"{digits[0]}\u200b{digits[1:]}",
        f"{digits[0]}**{digits[1:]}**",
        f"{digits[0]}&#{ord(digits[1])};{digits[2:]}",
        f"`{digits}`",
        f"{float(digits.replace(',', '')):.4e}",
        digits.replace(".", ","),
    )
    text = f"{forms[int(rng.integers(len(forms)))]} USD/MWh"
    return _cited(rng, fact, text, "disguised")


FALSE: Final[tuple[Callable[[np.random.Generator, Sheet], Sentence], ...]] = (
    wrong_value, wrong_value, uncited, uncited, unknown_id, misattributed, misrounded, unit_shifted,
    unit_shifted, misconverted, flipped, swapped, wrong_change, wrong_way, wrong_difference,
    impossible, wrong_time, wrong_range, rider, in_words, disguised, disguised,
)  # fmt: skip
"""Makers of false sentences; a reply takes them in turn, so that each comes as often as it stands."""
