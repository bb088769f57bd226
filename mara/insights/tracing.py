"""Whether a figure is what a fact says: rounding, sign, bounds, times."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from mara.insights.derivations import Cited, of_fact
from mara.insights.facts import FactSheet
from mara.insights.labels import LabelFigure, label_figures
from mara.insights.units import dimension_of

if TYPE_CHECKING:
    from datetime import datetime

    from mara.insights.facts import Fact
    from mara.insights.mentions import Mention

__all__ = ["Context", "traced"]

_ROUNDING: Final = 1.0 + 1e-9
_ABOUT_SHARE: Final = 0.05
_BOUND_SHARE: Final = 0.1
_SURE_DIGITS: Final = 4
_ABOUT: Final = re.compile(
    r"(?:about|around|roughly|nearly|almost|approximately|approx\.?|some|circa|close\s+to|~|\u2248)\s*$",
    re.IGNORECASE,
)
_ABOVE: Final = re.compile(
    r"(?:over|above|more\s+than|at\s+least|exceed(?:s|ing)?|just\s+(?:over|above)|upwards\s+of)\s*$",
    re.IGNORECASE,
)
_BELOW: Final = re.compile(
    r"(?:under|below|less\s+than|at\s+most|just\s+(?:under|below)|fewer\s+than)\s*$", re.IGNORECASE
)
_LESS: Final = re.compile(
    r"\b(?:below|lower|less|down|f[ae]ll|drop|declin|decreas|los[est]|short|under\b|behind|cheap|cut|"
    r"discharg|cost|expens|paid|pay|spen[dt]|negative|worse|trail|reduc|minus|penalt|wear)",
    re.IGNORECASE,
)
_SOON: Final = r"(?:\s+(?!and\b|but\b)[\w'-]+){0,4}\s*$"
_LOST: Final = {
    "money": re.compile(
        r"\b(?:lost|los(?:e[sd]?|ing)|loss(?:es)?|costs?|costing|paid|pay(?:s|ing)?|payments?|"
        r"spen(?:d|ds|t)|expens\w+|penalt\w+|short|behind|wear)" + _SOON,
        re.IGNORECASE,
    ),
    "power": re.compile(r"\bdischarg\w*" + _SOON, re.IGNORECASE),
}
"""Words right before a figure that say the sign of a negative one, by its dimension."""

_BELOW_ZERO: Final = re.compile(r"\s*(?:below|under|less\s+than)\s+zero\b", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]+")
_FUNCTION_WORD: Final = re.compile(
    r"a|above|after|against|ahead|all|also|an|and|as|at|because|before|behind|below|between|but|"
    r"by|cheaper|dearer|down|during|each|earlier|even|ever|every|fewer|for|from|had|has|have|here|"
    r"higher|if|in|is|it|just|last|later|left|less|like|long|lower|made|makes|more|most|much|next|"
    r"no|not|now|of|off|on|only|or|out|over|per|planned|remain|remains|right|running|since|so|"
    r"still|than|that|the|then|there|these|they|this|those|though|through|to|today|tonight|too|"
    r"under|until|up|was|we|were|when|where|which|while|will|with|within|yesterday|yet"
)
_COUNTED_AHEAD: Final = 3
_FELL_BY: Final = re.compile(
    r"(?:f[ae]ll(?:s|en|ing)?|drop(?:s|ped)?|declin(?:e|es|ed)|decreas(?:e|es|ed)|down|lost|loss)"
    r"\s+(?:of\s+|by\s+)?(?:about\s+)?$",
    re.IGNORECASE,
)
_DIRECTION: Final = re.compile(
    r"\s*(?:(?P<up>above|higher|more|over|up|greater|dearer)"
    r"|(?P<down>below|lower|less|under|down|cheaper|fewer))\b",
    re.IGNORECASE,
)
_NEAR: Final = 48
_CLOCK: Final = re.compile(
    r"(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s?(?:([ap])\.?m\.?)?(\s?(?:UTC|Z))?", re.IGNORECASE
)
_MONTHS: Final = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What figures without citation may be: constants, sure figures, and times of facts.

    `labels` are the figures within our own labels of what the sentence cites; `quoted` are the
    places where it quotes a label whole.
    """

    sheet: FactSheet
    zone: ZoneInfo
    constants: tuple[Cited, ...]
    all_facts: tuple[Cited, ...]
    here: tuple[Cited, ...] = ()
    labels: tuple[LabelFigure, ...] = field(default=())
    quoted: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, sheet: FactSheet) -> Context:
        """Prepare a sheet."""
        entries = tuple(of_fact(fact) for fact in sheet.facts)
        return cls(
            sheet=sheet,
            zone=ZoneInfo(sheet.zone),
            constants=tuple(c for c in entries if c.facts[0].constant),
            all_facts=entries,
        )

    def beside(self, here: tuple[Cited, ...], text: str) -> Context:
        """Make the context of the sentence `text` that cites `here`.

        Labels may hold names that others gave: their figures count where the label is our own, or
        within the label quoted as a whole.
        """
        if not here:
            return self
        facts = [fact for entry in here for fact in entry.facts]
        labels = tuple(f for fact in facts if fact.own_label for f in label_figures(fact.label))
        quoted = tuple(span for fact in facts for span in _spans(text, fact.label))
        return replace(self, here=here, labels=labels, quoted=quoted)


def traced(
    text: str, mention: Mention, own: tuple[Cited, ...], context: Context, *, cited: bool
) -> Cited | None:
    """Find what stands behind a figure; None where nothing does."""
    if mention.kind in {"time", "date"}:
        return _timed(mention, context)
    found = next((c for c in own if _is(text, mention, c)), None)
    if found is not None or (cited and not _labelled(text, mention, context)):
        return found
    if _labelled(text, mention, context):
        return context.here[0]
    return _uncited(text, mention, context)


def _spans(text: str, label: str) -> list[tuple[int, int]]:
    whole = " ".join(label.split())
    if whole.lower() not in text.lower():
        return []
    pattern = re.escape(whole)
    return [m.span() for m in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)]


def _labelled(text: str, mention: Mention, context: Context) -> bool:
    if any(start <= mention.start and mention.end <= end for start, end in context.quoted):
        return True
    return any(figure.repeated(text, mention) for figure in context.labels)


def _uncited(text: str, mention: Mention, context: Context) -> Cited | None:
    if mention.unit is None:
        return None
    constant = next((c for c in context.constants if _is(text, mention, c)), None)
    if constant is not None or mention.digits < _SURE_DIGITS:
        return constant
    same = [c for c in context.all_facts if _is(text, mention, c)]
    return same[0] if len({c.value for c in same}) == 1 else None


def _is(text: str, mention: Mention, entry: Cited) -> bool:
    """Whether the figure is the entry's value, within what its writing allows."""
    if mention.unit is None:
        if _of_another(text, mention, entry):
            return False
        wanted, said, half = entry.shown, mention.raw, mention.half
    elif mention.unit.dimension == entry.dimension:
        wanted, said, half = entry.value, mention.value, mention.half
    else:
        return False
    before = _read(text[: mention.start])[-_NEAR:]
    if not mention.signed:
        turned = _turned(before, _read(text[mention.end :])[:_NEAR], wanted, entry)
        if turned is None:
            return False
        wanted = turned
    return _close(before, said, wanted, half, mention)


def _of_another(text: str, mention: Mention, entry: Cited) -> bool:
    """Whether the word after a bare figure makes it a figure of other things ("412 yen [price]").

    What counts things may name them, in words of the fact's own label.
    """
    words = [w.lower() for w in _WORD.findall(text[mention.end :].partition("\x00")[0])]
    follows = text[mention.end :].lstrip(" *_-")[:1].isalpha()
    if not words or not follows or _FUNCTION_WORD.fullmatch(words[0]):
        return False
    own = {_stem(w) for fact in entry.facts for w in _WORD.findall(_names(fact).lower())}
    counts = entry.dimension == "count"
    ahead = words[: _COUNTED_AHEAD if counts else 1]
    return not any(
        _stem(w) in own or (counts and dimension_of(w).dimension == "count") for w in ahead
    )


def _names(fact: Fact) -> str:
    return f"{fact.label} {fact.fact_id} {fact.unit}"


def _stem(word: str) -> str:
    return word.rstrip("s")


def _read(text: str) -> str:
    """Take out the blanks that stand for citations."""
    return text.replace("\x00", "")


def _turned(before: str, after: str, wanted: float, entry: Cited) -> float | None:
    """Take the sign off a value that words say is less; None where words contradict the sign.

    A change says its direction right after its figure ("12 % above"), or by a verb before it. Of
    money a loss may be told without its sign, right after a word that says loss; a price only
    as "minus", "negative" or "below zero".
    """
    if "(" in entry.entry and not entry.entry.startswith(("sum", "ratio")):
        said = _DIRECTION.match(after)
        if said is not None:
            return abs(wanted) if (wanted < 0) == (said["down"] is not None) else None
        if wanted > 0 and _FELL_BY.search(before):
            return None
        return -wanted if wanted < 0 and _LESS.search(f"{before} {after}") else wanted
    told = _LOST.get(entry.dimension)
    less = _BELOW_ZERO.match(after) or (told is not None and told.search(before))
    return -wanted if wanted < 0 and less else wanted


def _close(before: str, said: float, wanted: float, half: float, mention: Mention) -> bool:
    tolerance = half * _ROUNDING + 1e-12 * abs(wanted)
    if _ABOUT.search(before):
        tolerance = max(tolerance, min(_coarse(mention), _ABOUT_SHARE * abs(wanted)))
    if abs(said - wanted) <= tolerance:
        return True
    near = abs(said - wanted) <= _BOUND_SHARE * abs(wanted)
    above = _ABOVE.search(before) is not None and wanted > said
    below = _BELOW.search(before) is not None and wanted < said
    return near and (above or below)


def _coarse(mention: Mention) -> float:
    """Half of the last digit that is not zero, in the base unit: "about 20,000" is one figure."""
    digits = f"{abs(mention.raw):.0f}"
    zeros = len(digits) - len(digits.rstrip("0"))
    return mention.half * 10.0**zeros


def _timed(mention: Mention, context: Context) -> Cited | None:
    """Find the fact whose time this is: one that the sentence cites, else any of the sheet."""
    pool = context.here or context.all_facts
    for entry in pool:
        if any(_same_time(mention, fact, context.zone) for fact in entry.facts):
            return entry
    return _sheet_time(mention, context)


def _sheet_time(mention: Mention, context: Context) -> Cited | None:
    made = context.sheet.made_at
    matches = _matches(mention, made, context.zone)
    return Cited(entry="", value=0.0, shown=0.0, dimension="time", facts=()) if matches else None


def _same_time(mention: Mention, fact: Fact, zone: ZoneInfo) -> bool:
    times = [fact.at, *([] if fact.until is None else [fact.until])]
    return any(_matches(mention, at, zone) for at in times)


def _matches(mention: Mention, at: datetime, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone)
    if mention.kind == "date":
        return _same_date(mention.text, local) or _same_date(mention.text, at)
    clock = _CLOCK.match(mention.text)
    if clock is None:
        return False
    hour, minute = int(clock[1]), int(clock[2] or 0)
    if clock[3]:
        hour = hour % 12 + (12 if clock[3].lower() == "p" else 0)
    shown = at if clock[4] else local
    return (shown.hour, shown.minute) == (hour, minute)


def _same_date(text: str, at: datetime) -> bool:
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    month = next((i for i, m in enumerate(_MONTHS, start=1) if m in text.lower()), None)
    if month is None:
        return numbers in ([at.year], [at.year, at.month, at.day])
    known = {at.day, at.year}
    return month == at.month and at.day in numbers and set(numbers) <= known
