"""Every figure that a sentence states: numbers with their units, number words, times and dates."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from mara.insights.names import part_of_name, word_before
from mara.insights.quantities import CURRENCY, measured_by, quantity_after
from mara.insights.scripts import numerals
from mara.insights.units import Unit, dimension_of
from mara.insights.wordnumbers import foreign_numbers, word_numbers, word_value

__all__ = ["Mention", "list_mark", "mentions"]

Kind = Literal["number", "time", "date", "word"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A figure at `start` to `end` of a sentence.

    `raw` is the number as written, with its scale (k, million); `step` the unit of its last
    digit; `unit` is None where none is written. `signed`: the text gives a sign. Times and dates
    keep their text only.
    """

    start: int
    end: int
    text: str
    kind: Kind
    raw: float = 0.0
    step: float = 1.0
    unit: Unit | None = None
    signed: bool = False
    digits: int = 0

    @property
    def value(self) -> float:
        """The number in the base unit of its dimension."""
        return self.raw * (self.unit.factor if self.unit else 1.0)

    @property
    def loose(self) -> bool:
        """Whether it states an amount that no fact can be: "dozens", or what cannot be read."""
        return self.unit is _LOOSE

    @property
    def half(self) -> float:
        """Half of the last digit, in the base unit: how far rounding may take it."""
        return 0.5 * self.step * (abs(self.unit.factor) if self.unit else 1.0)


_MONTH: Final = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_TIMES: Final = re.compile(
    r"(?<![\d:])(?:\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\.?)?|\d{1,2}\s?[ap]\.?m\.?)"
    r"(?:\s?(?:UTC|Z)\b)?(?![\d:])",
    re.IGNORECASE,
)
_DATES: Final = re.compile(
    rf"\b\d{{4}}-\d{{2}}-\d{{2}}(?=T|\b)|\b\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}\b\.?(?:,?\s+\d{{4}})?"
    rf"|\b{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?|\b(?:in|of)\s+(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_NO_DATE: Final = re.compile(r"[.,]?\d|(?:\s?\x00)+")
"""A year that goes on in digits is a number, and so is one that is cited."""

_NUMBER: Final = re.compile(
    r"(?<!\d)(?<!\d[.,'\u2019])"
    r"(?P<sign>(?<![^\W_])(?<![%\x00])(?:[-\u2212+]\s?|[\u2010-\u2013](?=\S)|(?:minus|negative)\s+))?"
    rf"(?:(?P<currency>{CURRENCY})(?P<marks>[*_]{{0,3}})(?P<inner>[-\u2212])?)?"
    r"(?P<number>(?:\d{1,3}(?:(?:,\d{3})+|(?:['\u2019]\d{3})+)|(?<![A-Za-z])\d{1,3}(?: \d{3})+)(?!\d)(?:\.\d+)?"
    r"|\d+(?:\.\d+)?|\.\d+)(?P<power>e[+-]?\d{1,2})?",
    re.IGNORECASE,
)
_RUN_ON: Final = re.compile(r"(?:[.,'\u2019\u00b7]?\d+)+")
"""Digits that go on where no number does ("4.999,00", "1.2.3"): no fact is written so."""

_UNIT_BEFORE: Final = re.compile(r"\d\s?$|/$")
_GROUPING: Final = re.compile(r"[,'\u2019 ]")
_BULLET: Final = re.compile(r"^\s*[-+]\s")
_ORDINAL: Final = re.compile(
    r"(?:st|nd|rd|th)\b(?:(?P<level>\s+(?:percentile|quantile))|(?P<part>\s+of\s+an?\b))?",
    re.IGNORECASE,
)
_OTHER_SCRIPT: Final = re.compile(
    r"(?<![^\W\d_\x00-\u024f])[^\W\d_\x00-\u024f]+(?=\s?(?:USD|US\$|\$|dollars?|[kMG]Wh?|%|percent)(?![A-Za-z]))"
)
"""A word of another script before a unit: a number that we cannot read."""

_BROKEN: Final = re.compile(r"(?<![A-Za-z])[A-Za-z]+(?:[*]+[A-Za-z]+)+")
"""A word with emphasis inside, which is read as one."""

_LIST_MARK: Final = re.compile(r"^\s*(\d{1,2})[.)]\s")
_LOOSE: Final = Unit(dimension="loose words", factor=1.0)
_A_SHARE: Final = (1.0, dimension_of("x"), 0)
_CONNECTED: Final = re.compile(
    r"\s*(?:-|\u2013|\u2014|/|,|to|and|or|up\s+to|and\s+up\s+to|,\s*and)\s*", re.IGNORECASE
)


def list_mark(text: str) -> int | None:
    """Read the number of the list item that a sentence begins with; None where there is none.

    >>> list_mark("2. Wait."), list_mark("2 MW. Wait.")
    (2, None)
    """
    match = _LIST_MARK.match(text)
    return None if match is None else int(match[1])


def mentions(
    text: str,
    units: tuple[str, ...] = (),
    *,
    item: int = 1,
    names: frozenset[str] = frozenset(),
) -> tuple[Mention, ...]:
    """Find all figures of a sentence, in their order; `units` are those that our table lacks.

    A list mark is none where it is that of a first item or of the next, `item`; digits are none
    within a name (`mara.insights.names`), of `names` for one. Citations are blanked with NUL; a
    unit that follows one is the figure's before it.

    >>> [(m.raw, m.unit.dimension) for m in mentions("Between 20 and 30 kW for $1.2k")]
    [(20.0, 'power'), (30.0, 'power'), (1200.0, 'money')]
    """
    marked = list_mark(text) in {1, item}
    masked = _blank(text, _LIST_MARK.match(text) if marked else _BULLET.match(text))
    found: list[Mention] = []
    for kind, pattern in (("date", _DATES), ("time", _TIMES)):
        for match in pattern.finditer(masked):
            if not _states_quantity(masked, match, units):
                found.append(_labelled(match, kind))  # type: ignore[arg-type]
                masked = _blank(masked, match)
    found += _numbers(masked, units, names)
    left = _without(masked, found)
    found += _word_numbers(left, units)
    found += _unreadable(_without(left, found))
    found.sort(key=lambda m: m.start)
    return tuple(_inherited(text, found))


def _states_quantity(text: str, match: re.Match[str], units: tuple[str, ...]) -> bool:
    """Tell whether what is written as a date or time is a number: "of 2026 USD"."""
    if not match.group()[-1].isdecimal():
        return False
    if measured_by(text, match.end(), units):
        return True
    year = match.group()[:2].lower() in {"in", "of"}
    return year and _NO_DATE.match(text, match.end()) is not None


def _numbers(text: str, units: tuple[str, ...], names: frozenset[str]) -> list[Mention]:
    found: list[Mention] = []
    at = 0
    while (match := _NUMBER.search(text, at)) is not None:
        at = match.end()
        named = not match["currency"] and part_of_name(text, match.span("number"), units, names)
        if not named and (mention := _number(text, match, units)) is not None:
            found.append(mention)
            at = max(at, mention.end)
    return found


def _unreadable(text: str) -> list[Mention]:
    """Find what may state a figure and cannot be read: other languages, scripts, broken words."""
    spans = [*numerals(text), *foreign_numbers(text)]
    if not text.isascii():
        spans += [match.span() for match in _OTHER_SCRIPT.finditer(text)]
    if "*" in text:
        broken = _BROKEN.finditer(text)
        spans += [m.span() for m in broken if any(word_numbers(m.group().replace("*", "")))]
    out: list[Mention] = []
    for start, end in sorted(spans):
        if not out or start >= out[-1].end:
            out.append(_loose(text, start, end))
    return out


def _blank(text: str, match: re.Match[str] | None) -> str:
    if match is None:
        return text
    return text[: match.start()] + " " * len(match.group()) + text[match.end() :]


def _without(text: str, found: list[Mention]) -> str:
    for mention in found:
        if mention.kind in {"number", "word"}:
            text = (
                text[: mention.start] + "\x00" * (mention.end - mention.start) + text[mention.end :]
            )
    return text


def _labelled(match: re.Match[str], kind: Kind) -> Mention:
    return Mention(start=match.start(), end=match.end(), text=match.group(), kind=kind)


def _number(text: str, match: re.Match[str], units: tuple[str, ...]) -> Mention | None:
    if (more := _RUN_ON.match(text, match.end())) is not None:
        return _loose(text, match.start(), more.end())
    digits = _GROUPING.sub("", match["number"])
    raw = float(digits + (match["power"] or ""))
    decimals = len(digits.partition(".")[2])
    step = 10.0 ** (-decimals + int((match["power"] or "e0")[1:]))
    if (ordinal := _ORDINAL.match(text, match.end())) is not None:
        return _ranked(match, ordinal, raw)
    currency = (match["currency"] or "").strip()
    scale, unit, end = quantity_after(text, match.end(), units, currency=currency)
    hyphened = _hyphened(text, match)
    start = match.start("number") if match["marks"] else match.start() - hyphened
    signed = bool((match["sign"] or "").strip() or match["inner"] or hyphened)
    return Mention(
        start=start,
        end=end,
        text=text[start:end],
        kind="number",
        raw=-raw * scale if signed and not _plus(match) else raw * scale,
        step=step * scale,
        unit=unit,
        signed=signed,
        digits=len(digits.replace(".", "").strip("0")),
    )


def _plus(match: re.Match[str]) -> bool:
    return (match["sign"] or "").strip() == "+" and not match["inner"]


def _hyphened(text: str, match: re.Match[str]) -> bool:
    """Tell whether a hyphen between a word and the number is read as a minus: "at-500".

    That of a range is none: "20 MW-30 MW", "36.8 USD/MWh-41.2 USD/MWh".
    """
    if (before := word_before(text, match.start("number"))) is None:
        return False
    place = match.start("number") - len(before.group())
    return before["joint"] == "-" and _UNIT_BEFORE.search(text[max(place - 3, 0) : place]) is None


def _ranked(match: re.Match[str], ordinal: re.Match[str], raw: float) -> Mention | None:
    """Read "95th percentile" as 95 %, "500th of a dollar" as a part; a rank is no figure."""
    start, end = match.start(), ordinal.end()
    if ordinal["part"]:
        return _loose(match.string, start, end)
    if not ordinal["level"]:
        return None
    text = match.string[start:end]
    return Mention(start=start, end=end, text=text, kind="number", raw=raw, unit=dimension_of("%"))


def _word_numbers(text: str, units: tuple[str, ...]) -> list[Mention]:
    found = []
    for match in word_numbers(text):
        if match["loose"]:
            found.append(_loose(text, *match.span()))
            continue
        raw, exact = word_value(match.group())
        scale, unit, end = quantity_after(text, match.end(), units) if exact else _A_SHARE
        if raw in {0.0, 1.0} and unit is None and scale == 1.0:
            continue
        found.append(
            Mention(
                start=match.start(),
                end=max(end, match.end()),
                text=match.group(),
                kind="word",
                raw=raw * scale,
                step=1e-6 if exact else 0.1 * abs(raw),
                unit=unit,
                signed=raw < 0,
            )
        )
    return found


def _loose(text: str, start: int, end: int) -> Mention:
    """Take "dozens" or "tenfold" as a figure that no fact can be."""
    return Mention(start=start, end=end, text=text[start:end], kind="word", unit=_LOOSE)


def _inherited(text: str, found: list[Mention]) -> list[Mention]:
    """Give figures of a range or list the unit of the last one, or of a currency before."""
    out = list(found)
    for i in range(len(out) - 2, -1, -1):
        if _bare(out[i]) and out[i + 1].unit is not None and _joined(text, out[i], out[i + 1]):
            out[i] = replace(out[i], unit=out[i + 1].unit)
    for i in range(1, len(out)):
        before = out[i - 1]
        if _bare(out[i]) and before.text[:1] in "$U" and _joined(text, before, out[i]):
            out[i] = replace(out[i], unit=before.unit)
    return out


def _bare(mention: Mention) -> bool:
    return mention.unit is None and mention.kind in {"number", "word"}


def _joined(text: str, left: Mention, right: Mention) -> bool:
    return _CONNECTED.fullmatch(text[left.end : right.start]) is not None
