"""Every figure that a sentence states: numbers with their units, number words, times and dates."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from mara.insights.units import Unit, dimension_of, unit_pattern
from mara.insights.wordnumbers import WORD_NUMBER, word_value

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
_NUMBER: Final = re.compile(
    r"(?<![\w.])(?<![A-Za-z]-)(?P<sign>(?:[-\u2212+]|\b(?:minus|negative)\s)\s?)?"
    r"(?P<currency>(?:US\$|\$|\u20ac|\u00a3|\u00a5|\bUSD\s?|\bEUR\s?))?(?P<inner>[-\u2212])?"
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?P<power>e[+-]?\d{1,2})?",
    re.IGNORECASE,
)
_SCALE: Final = re.compile(
    r"\s?(?P<scale>thousand|million|billion|trillion|mn|bn|k|M|B)(?![A-Za-z/])", re.IGNORECASE
)
_SCALES: Final = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "million": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "billion": 1e9,
    "trillion": 1e12,
}
_ORDINAL: Final = re.compile(
    r"(?:st|nd|rd|th)\b(?P<level>\s+(?:percentile|quantile))?", re.IGNORECASE
)
_ODD_UNIT: Final = re.compile(
    r"\s?(?P<unit>\u00b0\s?[A-Za-z]+|[A-Z]{3}(?:/\w+)?|[A-Za-z\u20ac\u00a3]+/[A-Za-z]\w*|[\u20ac\u00a3\u00a5]"
    r"|(?:yen|yuan|euros?|pounds?|pence|francs?|rupees?|roubles?|pesos?|bitcoins?|sats?|satoshis?)"
    r"(?:\s+per\s+\w+)?|[A-Za-z]+\s+per\s+[A-Za-z]\w*)(?!\w)"
)
"""What looks like a unit and is none of ours: it makes the figure another quantity."""

_CITATION: Final = re.compile(r"\x00+")
_LIST_MARK: Final = re.compile(r"^\s*(\d{1,2})[.)]\s")
_LOOSE: Final = Unit(dimension="loose words", factor=1.0)
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


def mentions(text: str, units: tuple[str, ...] = (), *, item: int = 1) -> tuple[Mention, ...]:
    """Find all figures of a sentence, in their order; `units` are those that our table lacks.

    A list mark is none where it is that of a first item or of the next, `item`. Citations are
    blanked with NUL; a unit that follows one is the figure's before it.

    >>> [(m.raw, m.unit.dimension) for m in mentions("Between 20 and 30 kW for $1.2k")]
    [(20.0, 'power'), (30.0, 'power'), (1200.0, 'money')]
    """
    marked = list_mark(text) in {1, item}
    masked = _blank(text, _LIST_MARK.match(text) if marked else None)
    found: list[Mention] = []
    for kind, pattern in (("date", _DATES), ("time", _TIMES)):
        for match in pattern.finditer(masked):
            found.append(_labelled(match, kind))  # type: ignore[arg-type]
            masked = _blank(masked, match)
    found += [m for match in _NUMBER.finditer(masked) if (m := _number(masked, match, units))]
    found += _word_numbers(_without(masked, found), units)
    found.sort(key=lambda m: m.start)
    return tuple(_inherited(text, found))


def _blank(text: str, match: re.Match[str] | None) -> str:
    if match is None:
        return text
    return text[: match.start()] + " " * len(match.group()) + text[match.end() :]


def _without(text: str, found: list[Mention]) -> str:
    for mention in found:
        if mention.kind == "number":
            text = (
                text[: mention.start] + "\x00" * (mention.end - mention.start) + text[mention.end :]
            )
    return text


def _labelled(match: re.Match[str], kind: Kind) -> Mention:
    return Mention(start=match.start(), end=match.end(), text=match.group(), kind=kind)


def _number(text: str, match: re.Match[str], units: tuple[str, ...]) -> Mention | None:
    digits = match["number"].replace(",", "")
    raw = float(digits + (match["power"] or ""))
    decimals = len(digits.partition(".")[2])
    step = 10.0 ** (-decimals + int((match["power"] or "e0")[1:]))
    if (ordinal := _ORDINAL.match(text, match.end())) is not None:
        return _level(match, ordinal, raw) if ordinal["level"] else None
    scale, unit, end = _scale_and_unit(text, match, units)
    negative = any(
        (match[name] or "+").strip().lower() not in {"", "+"} for name in ("sign", "inner")
    )
    return Mention(
        start=match.start(),
        end=end,
        text=text[match.start() : end],
        kind="number",
        raw=-raw * scale if negative else raw * scale,
        step=step * scale,
        unit=unit,
        signed=bool((match["sign"] or "").strip() or match["inner"]),
        digits=len(digits.replace(".", "").strip("0")),
    )


def _level(match: re.Match[str], ordinal: re.Match[str], raw: float) -> Mention:
    """Read "95th percentile" as 95 %."""
    return Mention(
        start=match.start(),
        end=ordinal.end(),
        text=match.string[match.start() : ordinal.end()],
        kind="number",
        raw=raw,
        unit=dimension_of("%"),
    )


def _scale_and_unit(
    text: str, match: re.Match[str], units: tuple[str, ...]
) -> tuple[float, Unit | None, int]:
    pattern, end = unit_pattern(units), match.end()
    currency = (match["currency"] or "").strip()
    if not currency and (unit := pattern.match(text, end)) is not None:
        return 1.0, dimension_of(unit["unit"]), unit.end()
    scale = 1.0
    if (scaled := _SCALE.match(text, end)) is not None:
        scale, end = _SCALES[scaled["scale"].lower()], scaled.end()
    if currency:
        return scale, *_after_currency(text, currency, end, units)
    if (unit := pattern.match(text, end)) is not None:
        return scale, dimension_of(unit["unit"]), unit.end()
    if (odd := _ODD_UNIT.match(text, end)) is not None:
        return scale, Unit(dimension=f"unit {odd['unit']}", factor=1.0), odd.end()
    return scale, _unit_beyond(text, end, pattern), end


def _unit_beyond(text: str, end: int, pattern: re.Pattern[str]) -> Unit | None:
    """Read a unit after the citation: "41.2 [price.now] EUR/MWh" states euros."""
    if (citation := _CITATION.match(text, end)) is None:
        return None
    if (unit := pattern.match(text, citation.end())) is not None:
        return dimension_of(unit["unit"])
    odd = _ODD_UNIT.match(text, citation.end())
    return None if odd is None else Unit(dimension=f"unit {odd['unit']}", factor=1.0)


def _after_currency(text: str, currency: str, end: int, units: tuple[str, ...]) -> tuple[Unit, int]:
    """Read "$41.20/MWh": the unit is the sign before with what follows the number."""
    rest = text[end : end + 40]
    whole = unit_pattern(units).match(currency + rest)
    taken = len(currency) if whole is None else max(whole.end(), len(currency))
    written = currency if whole is None else whole["unit"]
    return dimension_of(written), end + taken - len(currency)


def _word_numbers(text: str, units: tuple[str, ...]) -> list[Mention]:
    pattern = unit_pattern(units)
    found = []
    for match in WORD_NUMBER.finditer(text):
        if match["loose"]:
            found.append(_loose(match))
            continue
        raw, exact = word_value(match.group())
        unit = pattern.match(text, match.end())
        share = not exact
        if raw in {0.0, 1.0} and unit is None:
            continue
        found.append(
            Mention(
                start=match.start(),
                end=match.end() if unit is None or share else unit.end(),
                text=match.group(),
                kind="word",
                raw=raw,
                step=1e-6 if exact else 0.1 * abs(raw),
                unit=dimension_of("x") if share else unit and dimension_of(unit["unit"]),
                signed=raw < 0,
            )
        )
    return found


def _loose(match: re.Match[str]) -> Mention:
    """Take "dozens" or "tenfold" as a figure that no fact can be."""
    return Mention(
        start=match.start(), end=match.end(), text=match.group(), kind="word", unit=_LOOSE
    )


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
