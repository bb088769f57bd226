"""Numbers written as words: "twenty-five", "three hundred", "half of", "twice"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["foreign_numbers", "word_numbers", "word_value"]

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
_LARGE: Final = {
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "quadrillion": 1e15,
    "dozen": 12.0,
}
_PARTS: Final = {
    "third": 3.0,
    "quarter": 4.0,
    "fifth": 5.0,
    "sixth": 6.0,
    "seventh": 7.0,
    "eighth": 8.0,
    "ninth": 9.0,
    "tenth": 10.0,
    "twelfth": 12.0,
    "twentieth": 20.0,
    "hundredth": 1e2,
    "thousandth": 1e3,
}
"""One over these: "a third", "two fifths"."""

_RATIOS: Final = {
    "hal": 0.5,
    "twice": 2.0,
    "doubl": 2.0,
    "thrice": 3.0,
    "tripl": 3.0,
    "trebl": 3.0,
    "quadrupl": 4.0,
    "quintupl": 5.0,
    "sextupl": 6.0,
    "septupl": 7.0,
    "octupl": 8.0,
}
"""Words that claim a ratio, by how they begin."""

_PLAIN: Final = "|".join([*_SMALL, *_TENS, *_LARGE])
_PART_OF: Final = "|".join(_PARTS)
_CLAIMED: Final = (
    r"(?=\s*(?:[.,;:!?)\]\x00*_\u2013\u2014]|$)|\s+(?:of|the|as|its|that|what|an?|more|less|fewer|"
    r"higher|lower|cheaper|dearer|larger|smaller|bigger|greater|better|worse|faster|slower|above|"
    r"below|over|under|off|from|since|in|on|to|and|or|than|again|today|now|by|for|between|when|"
    r"while|because|after|before|within|during|with|up|down|this|last|every|each|per)\b)"
)
"""What follows a part that is claimed: "a third of", "by a third.", and not "a third reason"."""

_PART: Final = (
    r"(?<!first )(?<!second )(?<!other )(?<!latter )half(?![\s-]hour)(?!-(?:time|life))"
    rf"|an?\s+(?:{_PART_OF}){_CLAIMED}|one[\s-](?:{_PART_OF})"
    rf"|(?:two|three|four|five|six|seven|eight|nine|ten|eleven)[\s-](?:{_PART_OF})s"
    r"|twice|thrice|(?:double|triple|treble|(?:quadr|quint|sext|sept|oct)uple)[sd]?(?!-)"
    r"|(?:doubl|tripl|trebl|(?:quadr|quint|sext|sept|oct)upl|halv)ing|halve[sd]?"
)
_LOOSE: Final = (
    rf"(?:{_PLAIN})[\s-]?fold|(?:single|double|triple)[\s-]digits?"
    r"|(?:dozens|hundreds|thousands|millions|billions|trillions|(?:ba|ga|ka)?zillions?)"
    r"|umpteen|(?:couple|pair|handful|scores)\s+of"
)
_NUMBER: Final = re.compile(
    rf"(?:(?P<loose>{_LOOSE})|(?P<part>{_PART})|"
    rf"(?:(?:minus|negative)\s+)?(?:{_PLAIN})(?:(?:\s+and\s+|[\s-]+)(?:{_PLAIN}))*)(?![^\W\d_])",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_HEAD: Final = 3
_OTHERS: Final = "a an minus negative single couple pair umpteen handful score zillion bazillion gazillion kazillion"
_HEADS: Final = frozenset(
    word[:_HEAD] for word in (*_SMALL, *_TENS, *_LARGE, *_RATIOS, *_OTHERS.split())
)

_SPANISH_TO_DUTCH: Final = (
    "cuatro cinco seis siete ocho nueve diez doce trece catorce veinte treinta cuarenta cincuenta "
    "sesenta setenta ochenta noventa cien ciento quinientos quinientas mil millón millon millones "
    "mitad doble dois duas quatro sete oito dez vinte trinta quarenta cinquenta noventa cem cento "
    "quinhentos quinhentas milhão milhões milhoes metade dobro deux trois quatre cinq huit neuf dix "
    "onze douze treize quatorze quinze vingt vingts trente quarante cinquante soixante septante "
    "nonante mille milliard milliards moitié zwei drei vier fünf fuenf sechs sieben acht neun zehn "
    "zwölf zwoelf zwanzig dreißig dreissig vierzig fünfzig fuenfzig sechzig siebzig achtzig neunzig "
    "millionen milliarde milliarden hälfte doppelt quattro cinque otto dieci undici dodici quindici "
    "venti trenta quaranta cinquanta sessanta settanta ottanta novanta milioni miliardo miliardi "
    "metà doppio twee drie vijf zeven negen tien twaalf dertig veertig vijftig zestig zeventig "
    "tachtig negentig miljoen miljard helft"
)
_FOREIGN: Final = frozenset(_SPANISH_TO_DUTCH.split())
_FOREIGN_PART: Final = re.compile(
    r"dieci.+|veinti.+|.+(?:cientos|cientas|centos|centas|zehn|undzwanzig|twintig|cento)"
    r"|.*(?:hundert|tausend|honderd|duizend).*|(?:due|tre|quattro|cinque|sei|sette|otto|nove|cento)mila"
)
_LONGEST: Final = 40


def word_numbers(text: str) -> Iterator[re.Match[str]]:
    """Find numbers in words, words that claim a ratio ("part") and loose amounts ("loose").

    Only where a word begins as one of them does: emphasis and digits may touch it.

    >>> [match.group() for match in word_numbers("_Fifty_ or a third, dozens")]
    ['Fifty', 'a third', 'dozens']
    """
    at = 0
    for word in _WORD.finditer(text):
        if word.start() < at or word.group()[:_HEAD].lower() not in _HEADS:
            continue
        if (match := _NUMBER.match(text, word.start())) is not None:
            at = match.end()
            yield match


def foreign_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Find common number words of other languages; replies are English, so no fact is one.

    >>> list(foreign_numbers("El precio es quinientos."))
    [(13, 23)]
    """
    for match in _WORD.finditer(text):
        word = match.group().lower()
        if word in _FOREIGN or (len(word) < _LONGEST and _FOREIGN_PART.fullmatch(word)):
            yield match.span()


def word_value(words: str) -> tuple[float, bool]:
    """Read a number in words: its value, and whether it is exact ("half" is a rounded ratio).

    >>> word_value("minus two hundred and fifty-one"), word_value("twice"), word_value("two fifths")
    ((-251.0, True), (2.0, False), (0.4, False))
    """
    text = " ".join(re.split(r"[\s-]+", words.lower().strip()))
    ratio = next((v for stem, v in _RATIOS.items() if text.startswith(stem)), None)
    if ratio is not None:
        return ratio, False
    count, _, part = text.rpartition(" ")
    if part.rstrip("s") in _PARTS:
        return _SMALL.get(count, 1.0) / _PARTS[part.rstrip("s")], False
    return _whole(text), True


def _whole(text: str) -> float:
    total = current = 0.0
    for word in text.split():
        if word in _LARGE:
            current = (current or 1.0) * _LARGE[word]
            if _LARGE[word] >= 1e3:
                total, current = total + current, 0.0
        else:
            current += _SMALL.get(word, _TENS.get(word, 0.0))
    value = total + current
    return -value if text.startswith(("minus ", "negative ")) else value
