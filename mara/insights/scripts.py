"""Characters: what is not seen is taken out, and digits and numerals of all scripts are found."""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CURRENCY_SIGNS", "cleaned", "numerals"]

CURRENCY_SIGNS: Final = (
    "$\u00a2-\u00a5\u058f\u060b\u07fe\u07ff\u09f2\u09f3\u09fb\u0af1\u0bf9\u0e3f\u17db\u20a0-\u20cf"
    "\ua838\ufdfc\U00011fdd-\U00011fe0\U0001e2ff\U0001ecb0"
)
"""The currency signs of Unicode (category Sc) after normalisation, as of a character class."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cs"})
_BLANK: Final = frozenset(
    chr(code)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2065, 0x2065),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xFFF0, 0xFFF8),
        (0xE0000, 0xE0FFF),
    )
    for code in range(first, last + 1)
)
"""Letters, marks and unassigned characters that show nothing (Unicode: Default_Ignorable)."""

_THIN_GROUP: Final = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_ON_DIGITS: Final = re.compile(r"(?<=\d)[\u0300-\u036f\u0483-\u0489\u20d0-\u20ff\ufe20-\ufe2f]+")
_BEFORE_FRACTION: Final = re.compile(r"(?<=\d)(?=[\u00bc-\u00be\u2150-\u215f\u2189])")
_RAISED: Final = re.compile(r"(?<=\d)(?=[\u00b2\u00b3\u00b9\u2070\u2074-\u207b])")


def cleaned(sentence: str) -> str:
    """Write a text so that its figures are seen as they are.

    Characters that show nothing go, as do marks on digits; digits of any style become plain ones;
    a raised digit becomes a power, a fraction stands apart from the number before it.

    >>> cleaned("4\u200b1\u20ac, 10\u00b3, 41\u00bd")
    '41\u20ac, 10^3, 41 1/2'
    """
    if sentence.isascii() and sentence.isprintable():
        return sentence
    seen = "".join(c for c in sentence if not _hidden(c))
    apart = _RAISED.sub("^", _BEFORE_FRACTION.sub(" ", _ON_DIGITS.sub("", seen)))
    return unicodedata.normalize("NFKC", _THIN_GROUP.sub("", apart)).replace("\u2044", "/")


def _hidden(character: str) -> bool:
    if character in "\t\n":
        return False
    return unicodedata.category(character) in _UNSEEN or character in _BLANK


def numerals(text: str) -> Iterator[tuple[int, int]]:
    """Find runs of numerals that are no decimal digits: start and end of each.

    >>> list(numerals("\u4e94\u767e USD"))
    [(0, 2)]
    """
    if text.isascii():
        return
    for is_numeral, places in itertools.groupby(range(len(text)), lambda i: _numeral(text[i])):
        if is_numeral:
            run = list(places)
            yield run[0], run[-1] + 1


def _numeral(character: str) -> bool:
    if character.isascii() or character.isdecimal():
        return False
    return unicodedata.numeric(character, None) is not None
