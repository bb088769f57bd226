"""Digits that belong to a name ("S19", "GPT-4", "h12") and state no figure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mara.insights.units import dimension_of, unit_pattern

if TYPE_CHECKING:
    from mara.insights.facts import FactSheet

__all__ = ["names_of", "part_of_name", "word_before"]

_BEFORE: Final = re.compile(r"(?<![A-Za-z0-9])(?P<word>[A-Za-z][A-Za-z0-9]*)(?P<joint>[-_]?)$")
_LOOK_BACK: Final = 24
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*[-_]?\d[A-Za-z0-9]*")
_TAIL: Final = re.compile(r"[A-Za-z0-9]*")
_PLAIN: Final = re.compile(r"\d{1,4}")
_VERSION: Final = re.compile(r"\d{1,4}(?:\.\d)?")
_MOST_LETTERS: Final = 5
_PRODUCTS: Final = frozenset({"Cal", "Sum", "Win"})
_MOST_AFTER_ONE: Final = 2
_OF_NAMES: Final = frozenset({"count", "time"})
_ALSO_NAMES: Final = frozenset({"x", "c", "W", "$"})
_PER: Final = re.compile(r"\s?(?:per\s|/\s?(?:[kMG]Wh?|h|day)\b)")


def names_of(sheet: FactSheet) -> frozenset[str]:
    """Find the names with digits in the labels of a sheet."""
    return frozenset(n.lower() for fact in sheet.facts for n in _NAME.findall(fact.label))


def word_before(text: str, at: int) -> re.Match[str] | None:
    """Find the word that touches what begins at `at`, with its joint: "-", "_" or none."""
    return _BEFORE.search(text[max(at - _LOOK_BACK, 0) : at])


def part_of_name(
    text: str, span: tuple[int, int], units: tuple[str, ...], names: frozenset[str]
) -> bool:
    """Tell whether the number at `span` is part of a name.

    A name is of capital letters, or of one letter with at most two digits, that of a product of the
    power market ("Cal-27"), or one of `names`. What
    a unit follows that names do not have is a figure all the same ("CHF500 per MWh"): machines are
    counted and run for hours, but have no price.
    """
    start, end = span
    before = word_before(text, start)
    if before is None or _measured(text, end, units):
        return False
    tail = _TAIL.match(text, end)
    whole = before.group() + text[start : tail.end() if tail else end]
    return whole.lower() in names or _designates(before, text[start:end])


def _designates(before: re.Match[str], number: str) -> bool:
    word, joint = before["word"], before["joint"]
    if not joint and len(word) == 1:
        most = 4 if word.isupper() else _MOST_AFTER_ONE
        return number.isdecimal() and len(number) <= most
    form = _VERSION if joint else _PLAIN
    capitals = word.isupper() and len(word) <= _MOST_LETTERS
    return (capitals or word in _PRODUCTS) and form.fullmatch(number) is not None


def _measured(text: str, end: int, units: tuple[str, ...]) -> bool:
    unit = unit_pattern(units).match(text, end)
    if unit is None:
        return _PER.match(text, end) is not None
    return unit["unit"] not in _ALSO_NAMES and dimension_of(unit["unit"]).dimension not in _OF_NAMES
