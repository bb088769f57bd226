"""Numbers written as words: "twenty-five", "three hundred", "half of", "twice"."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["WORD_NUMBER", "word_value"]

_SMALL: Final = {
    word: float(value)
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS: Final = {
    word: float(10 * value)
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_LARGE: Final = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "dozen": 12.0}
_PARTS: Final = {
    "half": 0.5,
    "a third": 1 / 3,
    "one third": 1 / 3,
    "two thirds": 2 / 3,
    "a quarter": 0.25,
    "one quarter": 0.25,
    "three quarters": 0.75,
    "twice": 2.0,
    "double": 2.0,
    "doubled": 2.0,
    "doubles": 2.0,
    "doubling": 2.0,
    "triple": 3.0,
    "tripled": 3.0,
    "triples": 3.0,
    "tripling": 3.0,
    "quadrupled": 4.0,
    "halved": 0.5,
    "halves": 0.5,
    "halving": 0.5,
}
_PLAIN: Final = "|".join([*_SMALL, *_TENS, *_LARGE])
_PART: Final = (
    r"(?:half|a\s+third|one[\s-]third|two[\s-]thirds|a\s+quarter|one[\s-]quarter|three[\s-]quarters)"
    r"(?=\s+(?:of|the|as|its|that|what|an?)\b)|twice|(?:double|triple)[sd]?\b(?!-)|doubling|tripling"
    r"|quadrupled|halve[sd]|halving"
)
_LOOSE: Final = (
    rf"(?:{_PLAIN})[\s-]?fold|(?:dozens|hundreds|thousands|millions|billions|trillions)"
    r"|(?:couple|handful|scores)\s+of"
)
WORD_NUMBER: Final = re.compile(
    rf"\b(?:(?P<loose>{_LOOSE})|(?P<part>{_PART})|(?:(?:minus|negative)\s+)?(?:{_PLAIN})(?:(?:\s+and\s+|[\s-]+)(?:{_PLAIN}))*)\b",
    re.IGNORECASE,
)
"""Matches a number in words, a word that claims a ratio, or one that claims a loose amount."""


def word_value(words: str) -> tuple[float, bool]:
    """Read a number in words: its value, and whether it is exact ("half" is a rounded ratio).

    >>> word_value("minus two hundred and fifty-one"), word_value("twice")
    ((-251.0, True), (2.0, False))
    """
    text = " ".join(re.split(r"[\s-]+", words.lower().strip()))
    if text in _PARTS:
        return _PARTS[text], False
    negative = text.startswith(("minus ", "negative "))
    total = current = 0.0
    for word in text.split():
        if word in _LARGE:
            current = (current or 1.0) * _LARGE[word]
            if _LARGE[word] >= 1e3:
                total, current = total + current, 0.0
        else:
            current += _SMALL.get(word, _TENS.get(word, 0.0))
    value = total + current
    return (-value if negative else value), True
